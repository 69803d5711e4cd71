"""Training of the weak-label paper: a critic on mixtures, then a separator by the frozen critic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from jss.config import Config, WeakLabelConfig
from jss.data.scenes.batches import SceneBatch, SceneSteps, active_share
from jss.data.scenes.scenes import SceneData
from jss.data.training.batching import loader, per_process
from jss.losses import weak_label as losses
from jss.metrics.f_score import clip_f1
from jss.metrics.separation import si_sdr_improvement
from jss.models.critic import Critic
from jss.models.fast import accelerate
from jss.models.joint import freeze
from jss.models.separator import ConvTasNet
from jss.models.stft import stft
from jss.models.tf_masker import magnitudes, signals
from jss.training.task import Task, compiles

Labels = Literal["strong", "frame", "clip"]
Terms = dict[str, Tensor]


class WeakLabelTask(Task):
    """What both tasks share: Adam, selection by the lowest validation loss, and an early stop."""

    selections = MappingProxyType({"network": ("validation_loss", False)})
    network: nn.Module

    def __init__(self, folder: Path, config: Config, c: WeakLabelConfig, data: SceneData) -> None:
        super().__init__(folder, config, c.early_stop)
        self.c, self.data = c, data
        self.gamma: Tensor
        self.register_buffer("gamma", torch.from_numpy(active_share(data.train)))
        #: The running mean of the network's weights, where there is one.
        self.average: AveragedModel | None = None

    def terms(self, batch: SceneBatch) -> Terms:
        """The "loss" of a batch, and its terms by name."""
        raise NotImplementedError

    def measures(self, batch: SceneBatch) -> dict[str, Any]:
        """Further results of a validation batch, which ``summary`` turns into figures."""
        raise NotImplementedError

    def summary(self, results: dict[str, list[Any]]) -> dict[str, float]:
        """Columns of the history, from the ``measures`` of every validation batch."""
        raise NotImplementedError

    def begin(self, network: nn.Module) -> None:
        """Train a network, with a running mean of its weights where the settings ask for one."""
        self.network = accelerate(network)
        if self.c.ema:
            mean = get_ema_multi_avg_fn(self.c.ema)
            self.average = AveragedModel(network, multi_avg_fn=mean, use_buffers=True)
            self.average.requires_grad_(False)

    @property
    def saved(self) -> nn.Module:
        """The network that is trained, or the running mean of its weights."""
        module: nn.Module = self.network if self.average is None else self.average.module
        return module

    @property
    def current(self) -> nn.Module:
        """The network that learns; in validation, what is saved of it."""
        return self.network if torch.is_grad_enabled() else self.saved

    def networks(self) -> dict[str, nn.Module]:
        """What is saved."""
        return {"network": self.saved}

    def training_step(self, batch: SceneBatch, step: int) -> Tensor:
        """Lightning's hook: one optimizer step."""
        return self.tally(self.terms(batch))

    def on_train_batch_end(self, *_: Any) -> None:
        """Lightning's hook: the mean follows the weights."""
        if self.average is not None:
            self.average.update_parameters(self.network)

    def validate(self) -> dict[str, float]:
        """The means of the terms over the validation scenes, and a summary of the measures."""
        means: dict[str, float] = {}
        results: dict[str, list[Any]] = {}
        scenes = self.data.validation
        for batch in loader(
            SceneSteps(scenes, self.c.batch, order=False), self.config.data.workers
        ):
            batch = SceneBatch(*(part.to(self.device) for part in batch))
            share = len(batch.mixture) / len(scenes)
            for name, value in self.terms(batch).items():
                column = f"validation_{name}"
                means[column] = means.get(column, 0.0) + share * value.item()
            for name, result in self.measures(batch).items():
                results.setdefault(name, []).append(result)
        return {**means, **self.summary(results)}

    def configure_optimizers(self) -> Any:
        """Adam (0.9, 0.999) at a constant learning rate."""
        return torch.optim.Adam(self.network.parameters(), lr=self.c.learning_rate)

    def train_dataloader(self) -> Any:
        """One epoch of batches."""
        c, batch = self.c, per_process(self.c.batch, self.config)
        steps = SceneSteps(
            self.data.train, batch, self.current_epoch, fresh=c.fresh, seconds=c.crop
        )
        return self.batches(steps)


class CriticTask(WeakLabelTask):
    """Training of the critic on mixtures, by frame labels (Eq. 3) or clip labels (Eq. 5)."""

    network: Critic

    def __init__(
        self,
        folder: Path,
        config: Config,
        c: WeakLabelConfig,
        data: SceneData,
        critic: Critic,
        labels: Labels,
    ) -> None:
        super().__init__(folder, config, c, data)
        self.begin(critic)
        self.labels = labels

    def terms(self, batch: SceneBatch) -> Terms:
        """Eq. 3 or 5."""
        logits = self.current(stft(batch.mixture).abs())
        if self.labels == "clip":
            return {"loss": losses.critic_clip_loss(logits, batch.present, self.c.reduction)}
        active = losses.pooled_labels(batch.active, self.network.pool)
        weights = losses.class_weights(active, self.gamma)
        return {"loss": losses.critic_frame_loss(logits, active, weights, self.c.reduction)}

    def measures(self, batch: SceneBatch) -> dict[str, Any]:
        """Probabilities and labels of frames and of clips, each (n, K)."""
        critic = self.current
        assert isinstance(critic, Critic)
        p = critic.probabilities(stft(batch.mixture).abs()).float().cpu()
        active = losses.pooled_labels(batch.active, self.network.pool).cpu()
        return {
            "frames": (
                p.transpose(1, 2).flatten(0, 1).numpy(),
                active.transpose(1, 2).flatten(0, 1).numpy(),
            ),
            "clips": (p.amax(-1).numpy(), active.amax(-1).numpy()),
        }

    def summary(self, results: dict[str, list[Any]]) -> dict[str, float]:
        """Macro F-measures of frames and of clips, at a threshold of 0.5."""
        labels = self.data.train.recipe.labels
        rows = {
            key: [np.concatenate(part) for part in zip(*pairs, strict=True)]
            for key, pairs in results.items()
        }
        return {
            f"validation_{key[:-1]}_f1": clip_f1(probabilities, truth, labels).macro
            for key, (probabilities, truth) in rows.items()
        }


class SeparatorTask(WeakLabelTask):
    """Training of a separator whose output i is class i.

    It learns from isolated sources ("strong"), or through a frozen critic from frame labels (Eq. 8)
    or clip labels (Eq. 9).
    """

    critic: Critic | None

    def __init__(
        self,
        folder: Path,
        config: Config,
        c: WeakLabelConfig,
        data: SceneData,
        separator: nn.Module,
        critic: Critic | None,
        labels: Labels,
    ) -> None:
        super().__init__(folder, config, c, data)
        self.begin(separator)
        #: Its compiled forward pass: a function, so that it is not saved as a second submodule.
        self.compiled: Callable[[Tensor], Tensor] | None = None
        if isinstance(separator, ConvTasNet) and compiles(config, separator, gradients=True):
            self.compiled = torch.compile(separator.forward, dynamic=False)
        self.critic = None if critic is None else accelerate(critic)
        if critic is not None:
            freeze(critic)
        self.labels = labels

    def terms(self, batch: SceneBatch) -> Terms:
        """The loss of isolated sources, or Eqs 8 or 9 with both terms."""
        compiled = self.compiled if torch.is_grad_enabled() else None
        separator = compiled or self.current
        if self.critic is None and self.c.strong == "snr":
            estimates = signals(separator, batch.mixture)
            return {"loss": losses.source_snr_loss(estimates, batch.sources, batch.mixture)}
        mixture, sources = magnitudes(separator, batch.mixture)
        if self.critic is None:
            return {"loss": losses.magnitude_loss(sources, stft(batch.sources).abs())}
        logits = self.critic(sources.flatten(0, 1))  # (batch * n, K, T)
        logits = logits.unflatten(0, sources.shape[:2])  # (batch, n, K, T)
        if self.labels == "clip":
            classification = losses.source_clip_loss(logits, batch.present, self.c.reduction)
            active = batch.present.unsqueeze(-1).expand_as(batch.active)
        else:
            active = losses.pooled_labels(batch.active, self.critic.pool)
            weights = losses.class_weights(active, self.gamma)
            classification = losses.source_frame_loss(logits, active, weights, self.c.reduction)
            active = batch.active
        mixture_term = losses.mixture_loss(mixture, sources, active, self.c.reduction)
        total = losses.total_loss(classification, mixture_term, self.c.alpha)
        return {"loss": total, "classification_loss": classification, "mixture_loss": mixture_term}

    def measures(self, batch: SceneBatch) -> dict[str, Any]:
        """SI-SDR improvement of the active sources in clips with two or more; no loss uses it."""
        several = (batch.present.sum(1, keepdim=True) > 1) & (batch.present > 0)
        mixtures = batch.mixture.unsqueeze(1).expand_as(batch.sources)
        estimates, targets, before = (
            x[several].cpu().numpy() for x in (self.current(batch.mixture), batch.sources, mixtures)
        )
        return {"si_sdri": si_sdr_improvement(estimates, targets, before)}

    def summary(self, results: dict[str, list[Any]]) -> dict[str, float]:
        """The mean improvement in dB; NaN without such sources."""
        values = np.concatenate(results["si_sdri"])
        return {"validation_si_sdri": float(values.mean()) if len(values) else float("nan")}
