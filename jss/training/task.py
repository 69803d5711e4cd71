"""What all training tasks share: a history, selected weights, seeds for each step, exact resume."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from jss.config import Config
from jss.data.scenes.batches import SceneSteps
from jss.data.training.batching import DetectionSteps, SeparationSteps, loader
from jss.errors import JssError
from jss.io.atomic import atomic_write
from jss.training.distributed import mean_over_processes, on_rank_zero, rank, world_size
from jss.training.runs import HOURS, hours_of
from jss.training.selection import best_epoch

log = logging.getLogger(__name__)

C = TypeVar("C")
#: After a loss or a score that is no number.
_ADVICE = "lower the learning rate, or set precision=fp32, and resume."


def compiles(config: Config, separator: nn.Module | None, *, gradients: bool) -> bool:
    """Whether torch compiles a separator's forward pass, if ``config.compile`` allows it.

    On a GPU it compiles all passes, on a CPU those with gradients: for the others,
    ``jss.models.fast`` is faster there.

    Args:
        config: The preset.
        separator: None where there is none.
        gradients: Whether the pass is one with gradients.
    """
    if not config.compile or separator is None:
        return False
    return torch.cuda.is_available() or (gradients and _cpp_compiler())


@functools.cache
def _cpp_compiler() -> bool:
    """Whether there is the C++ compiler that torch needs on a CPU; a warning is logged if not."""
    name = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    exists = shutil.which(name) is not None
    if not exists:
        log.warning(
            "There is no C++ compiler %s: separators are trained uncompiled, which takes two to "
            "four times as long.",
            name,
        )
    return exists


class Task(pl.LightningModule):
    """A LightningModule that writes history.csv, and saves the best networks by ``selections``.

    Training ends after the first epoch for which ``enough`` or ``late`` holds. Of several
    processes, the first alone validates and writes; all have its history.

    Args:
        folder: Of the run.
        config: The preset.
        patience: Epochs without progress of any selected network before the end; 0 for no such end.
    """

    #: Name -> column of the history, and whether its largest value is the best.
    selections: Mapping[str, tuple[str, bool]]

    def __init__(self, folder: Path, config: Config, patience: int) -> None:
        super().__init__()
        self.folder, self.config, self.seed = folder, config, config.seed
        self.patience = patience
        self.began = self.epoch_began = time.monotonic()
        self.history: list[dict[str, float]] = []
        self.sums: dict[str, float] = {}
        self.count = 0

    def networks(self) -> dict[str, nn.Module]:
        """The networks to save of an epoch that is selected, by name."""
        raise NotImplementedError

    def validate(self) -> dict[str, float]:
        """Validation's columns of the history; called in eval mode and without gradients."""
        raise NotImplementedError

    def enough(self) -> bool:
        """Whether no selected network has got better for ``patience`` epochs (0: never)."""
        stale = min(self.stale(key, largest) for key, largest in self.selections.values())
        return bool(self.patience) and stale >= self.patience

    @property
    def late(self) -> bool:
        """Whether the config's minutes have passed since training began or was resumed."""
        return 0 < self.config.minutes * 60 <= time.monotonic() - self.began

    def reached(self, c: C) -> C:
        """A stage's settings, a dataclass, with ``epochs`` as many as there was time for."""
        return dataclasses.replace(c, epochs=len(self.history)) if self.late else c  # type: ignore[type-var]

    def selected(self, selection: str) -> tuple[int, dict[str, dict[str, Tensor]]]:
        """The best epoch by one of ``selections``.

        Args:
            selection: A key of ``selections``.

        Returns:
            Its index in the history, and the state dicts of its networks by name.

        Raises:
            JssError: The file of the networks is damaged, or of another epoch.
        """
        column, largest = self.selections[selection]
        best = best_epoch(self.history, column, largest)
        return best, load_networks(self.folder / f"best-{selection}.safetensors", best + 1)

    def stale(self, key: str, largest: bool = True) -> int:
        """Epochs since the best one; 0 before the first.

        Args:
            key: The column of the history that decides.
            largest: Whether its largest value is the best.
        """
        return len(self.history) - 1 - best_epoch(self.history, key, largest) if self.history else 0

    def tally(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Add the losses of a step to the means of the epoch.

        Args:
            losses: "loss" and its terms, scalars.

        Returns:
            "loss".

        Raises:
            JssError: It is not finite.
        """
        values = torch.stack([*losses.values()]).tolist()  # waits once for a GPU, not for each
        for name, value in zip(losses, values, strict=True):
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.count += 1
        self.log("loss", losses["loss"].detach(), prog_bar=True, logger=False)
        return self.finite(losses["loss"])

    def means(self) -> dict[str, float]:
        """The means of ``tally`` over steps and processes since the last call."""
        row = {name: total / max(self.count, 1) for name, total in self.sums.items()}
        self.sums, self.count = {}, 0
        return mean_over_processes(row)

    def batches(self, steps: DetectionSteps | SeparationSteps | SceneSteps) -> DataLoader[Any]:
        """This process's micro-batches of an epoch, as many as every other process has.

        Raises:
            JssError: There are fewer micro-batches than processes.
        """
        share = range(rank(), len(steps) // world_size() * world_size(), world_size())
        if not share:
            raise JssError(
                f"An epoch of {len(steps)} micro-batches is too short for {world_size()} processes: "
                "lower devices or nodes, or add data."
            )
        return loader(Subset(steps, share), self.config.data.workers)

    @contextmanager
    def validating(self) -> Iterator[None]:
        """In the ``with`` block: eval mode, no gradients, the precision of the run."""
        self.eval()
        with torch.no_grad(), self.trainer.precision_plugin.forward_context():
            yield
        self.train()

    def current_rate(self) -> float:
        """The optimizer's current learning rate."""
        optimizer: Any = self.optimizers(use_pl_optimizer=False)
        return float(optimizer.param_groups[0]["lr"])

    def on_train_start(self) -> None:
        """Lightning's hook: a resumed run that had stopped early stops at once."""
        self.began = self.epoch_began = time.monotonic()
        if self.enough():
            self.trainer.should_stop = True

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Lightning's hook: seed every batch, so that a resumed run draws the same dropout."""
        number = batch_idx * world_size() + rank()
        seed = (self.seed * 10_000 + self.current_epoch) * 1_000_000 + number
        torch.manual_seed(seed % 2**64)  # torch takes no larger one

    def on_train_epoch_end(self) -> None:
        """Lightning's hook: validate, record."""
        self.record(
            {**self.means(), **on_rank_zero(self._validated), "learning_rate": self.current_rate()}
        )

    def _validated(self) -> dict[str, float]:
        with self.validating():
            return self.validate()

    def finite(self, loss: Tensor) -> Tensor:
        """The loss as it is.

        Raises:
            JssError: It is NaN or infinite.
        """
        if not torch.isfinite(loss):
            raise JssError(
                f"The loss became {loss.item()} in epoch {self.current_epoch + 1}: {_ADVICE}"
            )
        return loss

    def record(self, row: dict[str, float]) -> None:
        """Append an epoch to the history, and save its networks where it is the best so far."""
        row = {"epoch": len(self.history) + 1, "steps": self.global_step, **row}
        # Plain numbers: checkpoints are read as data only.
        self.history.append({key: float(value) for key, value in row.items()})
        on_rank_zero(self._write)
        if on_rank_zero(lambda: self.enough() or self.late):
            self.trainer.should_stop = True

    def _write(self) -> None:
        with atomic_write(self.folder / "history.csv") as part:
            pd.DataFrame(self.history).to_csv(part, index=False)
        now = time.monotonic()
        hours = hours_of(self.folder) + (now - self.epoch_began) / 3600
        self.epoch_began = now
        with atomic_write(self.folder / HOURS) as part:
            part.write_text(f"{hours:.4f}\n")
        if self.logger is not None:
            self.logger.log_metrics(self.history[-1], self.global_step)
        for name, (key, largest) in self.selections.items():
            try:
                best = best_epoch(self.history, key, largest)
            except ValueError as error:
                raise JssError(
                    f"The {key.replace('_', ' ')} is not a number in any epoch: {_ADVICE}"
                ) from error
            if best == len(self.history) - 1:
                path = self.folder / f"best-{name}.safetensors"
                save_networks(path, self.networks(), len(self.history))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Lightning's hook: the history is saved with the weights."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Lightning's hook.

        Raises:
            JssError: More epochs have been trained than were asked for.
        """
        self.history = checkpoint["history"]
        trained, asked = len(self.history), self.trainer.max_epochs
        if asked is not None and trained > asked:
            raise JssError(
                f"{self.folder} has trained {trained} epochs, more than the {asked} asked for: ask for "
                f"epochs={trained} to end with these, or train in another --out."
            )


def save_networks(path: Path, networks: dict[str, nn.Module], epoch: int) -> None:
    """Save several networks of an epoch in one safetensors file, with keys "name/parameter"."""
    from safetensors.torch import save

    state = {
        f"{name}/{key}": tensor.detach().cpu().contiguous().clone()
        for name, network in networks.items()
        for key, tensor in network.state_dict().items()
    }
    with atomic_write(path) as part:
        part.write_bytes(save(state, {"epoch": str(epoch)}))


def load_networks(path: Path, epoch: int | None = None) -> dict[str, dict[str, Tensor]]:
    """The state dicts that :func:`save_networks` wrote, by name.

    Args:
        path: The file.
        epoch: The epoch that they must be of, from 1; None for any. Older files do not have theirs.

    Raises:
        JssError: The file is damaged, or of another epoch.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        stored = load_file(path)
        with safe_open(path, "pt") as file:
            written = (file.metadata() or {}).get("epoch")
    except (OSError, SafetensorError) as error:
        raise JssError(
            f"{path} cannot be read: delete the run's folder and train it again."
        ) from error
    if epoch is not None and written not in (None, str(epoch)):
        raise JssError(
            f"{path} has the weights of epoch {written}, not of {epoch}, the best, because training was "
            "stopped while it saved them: delete the run's folder and train it again."
        )
    networks: dict[str, dict[str, Tensor]] = {}
    for key, tensor in stored.items():
        name, _, parameter = key.partition("/")
        networks.setdefault(name, {})[parameter] = tensor
    return networks
