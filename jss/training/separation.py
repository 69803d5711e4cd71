"""Pre-training of a separator: PIT on isolated sources (Eq. 15) or MixIT on mixtures (Eq. 17)."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from jss.config import Config, SeparationConfig
from jss.data.training.batching import (
    SeparationBatch,
    SeparationSteps,
    SeparationValidation,
    loader,
)
from jss.data.training.datasets import SeparationPool
from jss.losses.mixit import mixit_loss
from jss.losses.pit import pit_loss
from jss.models.fast import accelerate
from jss.training.task import Task, compiles


class SeparationTask(Task):
    """Training of a separator; the epoch with the lowest validation loss is selected.

    Args:
        folder: Of the run.
        config: The preset.
        c: The settings of the stage.
        pool: What it learns from.
        separator: What is trained, (batch, samples) -> (batch, M, samples).
        loss: "pit" or "mixit".
        learning_rate: Of Adam, until it is halved.
    """

    selections = MappingProxyType({"separator": ("validation_loss", False)})

    def __init__(
        self,
        folder: Path,
        config: Config,
        c: SeparationConfig,
        pool: SeparationPool,
        separator: nn.Module,
        loss: str,
        learning_rate: float,
    ) -> None:
        super().__init__(folder, config, c.early_stop)
        self.c, self.pool, self.loss, self.rate = c, pool, loss, learning_rate
        self.separator = accelerate(separator)
        # A function, so that its compiled copy is not saved as a second submodule.
        self.run = separator.forward
        if compiles(config, separator, gradients=True):
            self.run = torch.compile(self.run, dynamic=False)
        self.validation = SeparationValidation(pool, config, c, loss)
        self.plateau: torch.optim.lr_scheduler.ReduceLROnPlateau
        self.plateau_state: dict[str, Any] | None = None

    def networks(self) -> dict[str, nn.Module]:
        """The separator alone."""
        return {"separator": self.separator}

    def separation_loss(self, targets: Tensor) -> Tensor:
        """The loss of a batch (Eq. 15 or 17).

        The input of the separator is the sum of the targets.

        Args:
            targets: Sources for PIT, two mixtures for MixIT (Eq. 16), (batch, n, samples).

        Returns:
            A scalar in dB, the mean over clips and targets.
        """
        mixture = targets.sum(1)
        estimates = (self.run if torch.is_grad_enabled() else self.separator)(mixture)
        c = self.c
        if self.loss == "pit":
            loss, _ = pit_loss(estimates, targets, mixture, tau=c.tau, tau_inactive=c.tau_inactive)
        else:
            loss, _ = mixit_loss(estimates, targets, tau=c.tau if c.thresholded else None)
        return loss.mean() / targets.shape[1]

    def training_step(self, batch: SeparationBatch, step: int) -> Tensor:
        """Lightning's hook: one optimizer step."""
        return self.tally({"loss": self.separation_loss(batch.targets)})

    def on_train_epoch_end(self) -> None:
        """Lightning's hook: validate, record, halve the rate on a plateau, stop early."""
        super().on_train_epoch_end()
        self.plateau.step(self.history[-1]["validation_loss"])

    def validate(self) -> dict[str, float]:
        """The mean loss over the validation mixtures, which are the same in every epoch."""
        total = 0.0
        for batch in loader(self.validation, self.config.data.workers):
            total += len(batch.targets) * self.separation_loss(batch.targets.to(self.device)).item()
        return {"validation_loss": total / len(self.validation.items)}

    def configure_optimizers(self) -> Any:
        """Adam; its learning rate halves after ``patience`` epochs without progress."""
        optimizer = torch.optim.Adam(self.separator.parameters(), lr=self.rate)
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            # A share of the best loss as threshold would, of losses below 0, count worse ones too.
            optimizer,
            factor=0.5,
            patience=self.c.patience,
            threshold=0.0,
        )
        if self.plateau_state:
            self.plateau.load_state_dict(self.plateau_state)
        return optimizer

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Lightning's hook: it does not know of our scheduler, whose state is saved here."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["plateau"] = self.plateau.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Lightning's hook, called before ``configure_optimizers``."""
        super().on_load_checkpoint(checkpoint)
        self.plateau_state = checkpoint["plateau"]

    def train_dataloader(self) -> Any:
        """One epoch of batches."""
        steps = SeparationSteps(self.pool, self.config, self.c, self.loss, self.current_epoch)
        return self.batches(steps)
