"""Mean Teacher training of a joint model (Eqs 3-6): one step for SED, S1, S2 and JT."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from jss.arrays import Float32
from jss.config import Config, DetectionConfig
from jss.data.training.batching import DetectionBatch, DetectionSteps, mix, stacked_mels
from jss.data.training.datasets import TrainingData
from jss.data.training.example import Example, Examples
from jss.features import Scaling, scale, to_db
from jss.losses.sed import consistency_loss, supervised_loss
from jss.models.branches import Balance, TwoBranchModel
from jss.models.fast import accelerate
from jss.models.joint import JointModel, JointOutput, freeze
from jss.training.mean_teacher import update_teacher, warmup
from jss.training.norms import averaging, has_norms
from jss.training.retention import Retention
from jss.training.selection import objective
from jss.training.stages import SELECTIONS, Stage
from jss.training.task import Task, compiles

#: Clips of a validation batch.
VALIDATION_BATCH = 8


class DetectionTask(Task):
    """A student that learns by Eq. 6, and a teacher that follows it by Eq. 3.

    Each has its own best epoch (Eqs 23, 24). Blocks that are not trained are frozen and shared by
    student and teacher, so that a frozen separator runs once for both.

    Args:
        folder: Of the run.
        config: The preset.
        c: The settings of the stage.
        data: What it learns from.
        labels: The K classes.
        stage: Its row: which blocks it trains, learning rate, retention loss and pooling.
        blocks: "detector" and, where there are such, "separator", "mixture" and "balance"
            (jss.models.branches).
        selected: Whose best epoch is saved: that of student, teacher or both.
    """

    def __init__(
        self,
        folder: Path,
        config: Config,
        c: DetectionConfig,
        data: TrainingData,
        labels: Sequence[str],
        stage: Stage,
        blocks: Mapping[str, nn.Module],
        selected: Sequence[str] = SELECTIONS,
    ) -> None:
        super().__init__(folder, config, c.patience)
        self.selections = {name: (f"{name}_objective", True) for name in selected}
        self.c, self.data, self.labels, self.rate = c, data, tuple(labels), stage.learning_rate
        self.trained = trains = stage.trains
        for name, block in blocks.items():
            if name not in trains:
                freeze(block)
        averaged = dict(blocks)
        averaged.update(
            {name: copy.deepcopy(blocks[name]).requires_grad_(False) for name in trains}
        )
        pooling = stage.pooling or config.pooling
        self.student, self.teacher = (
            joint_model(which, pooling, config.scaling) for which in (blocks, averaged)
        )
        self.shared = "separator" not in trains
        micro_batch = max(1, sum(c.batch) // (c.accumulate * config.processes))
        averages = any(has_norms(blocks[name]) for name in trains)
        #: Samples, and saved mels if any, of the last micro-batches of the epoch, without mixup;
        #: none where no trained block has BatchNorm.
        self.recent: deque[tuple[Tensor, Tensor | None]] = deque(
            maxlen=-(-c.norm_clips // micro_batch) if averages else 0
        )
        self.retention = (
            Retention(stage.retention, blocks["separator"], config.separation)
            if stage.retention
            else None
        )
        self.separates = {"student": self.student.separate, "teacher": self.teacher.separate}
        if compiles(config, blocks.get("separator"), gradients=not self.shared):
            self.separates["student"] = torch.compile(self.separates["student"], dynamic=False)
        if compiles(config, blocks.get("separator"), gradients=False):
            self.separates["teacher"] = torch.compile(self.separates["teacher"], dynamic=False)

    def networks(self) -> dict[str, nn.Module]:
        """The trained blocks of student and teacher: "student-detector" and so on."""
        models = {"student": self.student, "teacher": self.teacher}
        return {
            f"{selection}-{name}": getattr(model, name)
            for selection, model in models.items()
            for name in self.trained
        }

    def both(self, batch: DetectionBatch) -> tuple[JointOutput, JointOutput]:
        """Student and teacher on one batch.

        Mixup is of linear mel spectrograms where there is no separator, and otherwise of waveforms
        before separation. The inputs that both have in common (mel spectrograms of the mixture,
        sources of a frozen separator) are computed once, or were before (batch.mels).
        """
        if self.student.separator is None:
            mel = self.student.mel(batch.audio)
            features = scale(to_db(mix(mel, batch.order, batch.share))).unsqueeze(1)
            no_sources = batch.audio[:, None][:, :0]
            with torch.no_grad():
                teacher = self.teacher.score(features, no_sources)
            return self.student.score(features, no_sources), teacher
        if batch.mels is not None:
            with torch.no_grad():
                teacher = _of_mels(self.teacher, batch.mels)
            return _of_mels(self.student, batch.mels), teacher
        audio = mix(batch.audio, batch.order, batch.share)
        with torch.no_grad():
            sources = self.separates["teacher"](audio)
            teacher = self.teacher.detect(audio, sources)
        if not self.shared:
            sources = self.separates["student"](audio)
        return self.student.detect(audio, sources), teacher

    def losses(self, batch: DetectionBatch) -> dict[str, Tensor]:
        """The terms of Eq. 6, and the retention loss.

        Cross-entropy (Eq. 4) is of frames of the synthetic clips and of the weakly labelled clips,
        where there are any; consistency (Eq. 5) and retention are of all clips.
        """
        student, teacher = self.both(batch)
        # Checked first: torch's cross-entropy fails on NaN without an explanation.
        self.finite(student.strong.sum() + student.weak.sum())
        n_strong, n_weak = len(batch.strong), len(batch.weak)
        strong = mix(batch.strong, batch.order[:n_strong], batch.share[:n_strong])
        part = slice(n_strong, n_strong + n_weak)
        weak = mix(batch.weak, batch.order[part] - n_strong, batch.share[part])
        frames = student.strong.shape[-1]
        losses = {
            "mse_strong": consistency_loss(student.strong, teacher.strong),
            "mse_weak": consistency_loss(student.weak, teacher.weak),
        }
        if n_strong:
            losses["bce_strong"] = supervised_loss(student.strong[:n_strong], strong[..., :frames])
        if n_weak:
            losses["bce_weak"] = supervised_loss(student.weak[part], weak)
        if self.retention is not None:
            audio = mix(batch.audio, batch.order, batch.share)
            losses["retention"] = self.retention(audio, student.sources, self.separates["student"])
        return losses

    def training_step(self, batch: DetectionBatch, step: int) -> Tensor:
        """Lightning's hook: one micro-batch of Eq. 6."""
        self.recent.append((batch.audio, batch.mels))
        losses = self.losses(batch)
        weight = self.c.consistency * warmup(self.global_step, self._warmup_steps())
        loss = weight * (losses["mse_strong"] + losses["mse_weak"])
        loss = loss + losses.get("bce_strong", 0.0) + losses.get("bce_weak", 0.0)
        loss = loss + self.c.retention_weight * losses.get("retention", 0.0)
        return self.tally({**losses, "loss": loss})

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Lightning's hook: the teacher follows after every optimizer step."""
        if (batch_idx + 1) % self.c.accumulate == 0:
            for name in self.trained:
                update_teacher(
                    getattr(self.teacher, name),
                    getattr(self.student, name),
                    self.global_step,
                    self.c.ema,
                )

    def _analyse(self, audio: Tensor, mels: Tensor | None) -> dict[str, JointOutput]:
        """Student and teacher on clips, without mixup.

        Args:
            audio: (B, samples).
            mels: Saved ones of their sources, in place of the samples.
        """
        models = {"student": self.student, "teacher": self.teacher}
        if mels is not None:
            return {name: _of_mels(model, mels) for name, model in models.items()}
        sources = self.student.separate(audio)
        student = self.student.detect(audio, sources)
        if not self.shared:
            sources = self.teacher.separate(audio)
        return {"student": student, "teacher": self.teacher.detect(audio, sources)}

    def average_norms(self) -> None:
        """Estimate the BatchNorm statistics of the trained blocks from the epoch's last clips."""
        if not self.recent:
            return
        with averaging(list(self.networks().values())):
            for audio, mels in self.recent:
                self._analyse(audio, mels)
        self.recent.clear()  # a resumed run has none of the epoch before either

    def _analysed(self, subset: Examples) -> Iterator[tuple[list[Example], dict[str, JointOutput]]]:
        """Student and teacher on the clips of a set.

        Yields:
            The clips of a batch, and {"student", "teacher"} -> output: scores (batch, K, T) and clip
            scores (batch, K).
        """
        for begin in range(0, len(subset), VALIDATION_BATCH):
            end = min(begin + VALIDATION_BATCH, len(subset))
            examples = [subset[i] for i in range(begin, end)]
            audio = torch.from_numpy(np.stack([example.mixture for example in examples]))
            mels = stacked_mels(examples)
            mels = None if mels is None else mels.to(self.device)
            yield examples, self._analyse(audio.to(self.device), mels)

    def validate(self) -> dict[str, float]:
        """The objectives of student and teacher and their terms, after ``average_norms``."""
        self.average_norms()
        strong: dict[str, list[Float32]] = {"student": [], "teacher": []}
        weak: dict[str, list[Float32]] = {"student": [], "teacher": []}
        events: list[Any] = []
        tags: list[Any] = []
        for examples, outputs in self._analysed(self.data.synthetic_validation):
            events += [example.events or () for example in examples]
            for selection, output in outputs.items():
                strong[selection] += [*output.strong.float().cpu().numpy()]
        for examples, outputs in self._analysed(self.data.weak_validation):
            tags += [example.weak(self.labels) for example in examples]
            for selection, output in outputs.items():
                weak[selection] += [*output.weak.float().cpu().numpy()]
        row = {}
        for selection in strong:
            values = objective(
                strong[selection],
                events,
                weak[selection],
                tags,
                self.labels,
                seconds=self.config.data.seconds,
                threshold=self.c.threshold,
            )
            row.update({f"{selection}_{key}": value for key, value in values.items()})
        return row

    def _warmup_steps(self) -> float:
        steps = self._steps()
        return self.c.warmup_epochs * len(steps) / steps.parts

    def configure_optimizers(self) -> Any:
        """Adam (0.9, 0.999) on the trained blocks, its learning rate ramped up by ``warmup``."""
        parameters = [
            parameter
            for name in self.trained
            for parameter in getattr(self.student, name).parameters()
            if parameter.requires_grad
        ]
        optimizer = torch.optim.Adam(parameters, lr=self.rate)
        steps = self._warmup_steps()
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warmup(step, steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _steps(self) -> DetectionSteps:
        return DetectionSteps(self.data, self.config, self.c, self.labels, self.current_epoch)

    def train_dataloader(self) -> Any:
        """One epoch of batches."""
        return self.batches(self._steps())


def _of_mels(model: JointModel, mels: Tensor) -> JointOutput:
    """A model on clips that were separated before.

    Args:
        model: With a separator.
        mels: As of ``jss.training.separated.mels_of``, in half precision.
    """
    mels = mels.float()
    mixture = mels[:, -1] if model.needs_mixture else None
    of_sources = mels[:, :-1] if model.needs_mixture else mels
    no_samples = of_sources.new_zeros(*of_sources.shape[:2], 0)
    return model.detect_mels(of_sources, mixture, no_samples)


def joint_model(blocks: Mapping[str, nn.Module], pooling: str, scaling: Scaling) -> JointModel:
    """The model of a system's blocks, which are made fast."""
    separator, detector, balance = (
        blocks.get("separator"),
        blocks["detector"],
        blocks.get("balance"),
    )
    if separator is None or not isinstance(balance, Balance):
        return accelerate(JointModel(separator, detector, pooling, scaling))
    mixture = blocks["mixture"]
    return accelerate(TwoBranchModel(separator, detector, mixture, balance, pooling, scaling))
