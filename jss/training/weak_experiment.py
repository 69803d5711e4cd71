"""The weak-label paper's experiment: critics first, then the separators that they judge."""

from __future__ import annotations

import dataclasses
import logging
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jss import checkpoints
from jss.config import WeakLabelConfig
from jss.data.scenes.batches import SceneSteps
from jss.data.scenes.scenes import SceneData, scene_data
from jss.data.training.batching import per_process
from jss.errors import JssError
from jss.features import SAMPLE_RATE
from jss.io.plain import plain
from jss.io.schema import validate
from jss.models.critic import Critic
from jss.models.joint import freeze
from jss.models.separator import ConvTasNet
from jss.models.stft import stft
from jss.models.tf_masker import TFMasker, magnitudes
from jss.training.cards import Described
from jss.training.distributed import on_rank_zero
from jss.training.experiment import Chain
from jss.training.loop import fit
from jss.training.memory import gigabytes, peak_bytes
from jss.training.plan import Planned
from jss.training.selection import best_epoch
from jss.training.task import load_networks
from jss.training.weak_label import CriticTask, SeparatorTask, WeakLabelTask
from jss.training.weak_stages import WEAK_STAGES, WeakStage

log = logging.getLogger(__name__)


class WeakChain(Chain):
    """Trains the stages of ``jss.training.weak_stages``, each once; blocks are named as their
    stage.
    """

    @cached_property
    def scenes(self) -> SceneData:
        """The mixtures, opened when the first stage needs them."""
        if not isinstance(self.root, str) and len(self.root) > 1:
            raise JssError("Scenes come from one place: give --data once.")
        return scene_data(self.root if isinstance(self.root, str) else self.root[0], self.config)

    @property
    def heard(self) -> Described:
        """The scenes."""
        return self.scenes

    def _trainings(self, systems: tuple[str, ...]) -> list[str]:
        return list(systems)

    def _finished(self, name: str) -> bool:
        return (self.folder / "blocks" / f"{name}.json").is_file()

    def _needs(self, name: str) -> list[str]:
        if name not in WEAK_STAGES:
            raise JssError(
                f'There is no way to train "{name}" here: name some of {", ".join(WEAK_STAGES)}.'
            )
        critic = WEAK_STAGES[name].critic
        return [critic] if critic else []

    def _chosen(self, name: str) -> WeakLabelConfig:
        """A stage's settings with the preset's overrides."""
        overrides = dict(self.config.stages.get(name, {}))
        return validate(
            WeakLabelConfig, {**dataclasses.asdict(self.config.weak), **overrides}, f"stages.{name}"
        )

    def _check_stages(self) -> None:
        strange = next((name for name in self.config.stages if name not in WEAK_STAGES), None)
        if strange is not None:
            raise JssError(
                f"stages.{strange}: there is no such stage; known are {', '.join(WEAK_STAGES)}."
            )

    def _plan(self, name: str, resume: bool, memory: bool) -> Planned:
        if self._finished(name):
            return Planned(name, f"finished before, in {self.folder}")
        self._check_run(name, resume)
        stage, c = WEAK_STAGES[name], self._chosen(name)
        train, validation = self.scenes.train, self.scenes.validation
        for scenes, setting in ((train, "synthetic"), (validation, "validation_synthetic")):
            if not len(scenes):
                raise JssError(f"{name}: there are no {scenes.split} scenes: raise data.{setting}.")
            lacking = sorted({*scenes.recipe.labels} - {*scenes.bank.labels(scenes.split)})
            if lacking:
                raise JssError(
                    f"{self.scenes.description} have no recording of {lacking[0]} for {scenes.split}: "
                    "add some, or use another soundbank."
                )
        steps = SceneSteps(train, per_process(c.batch, self.config), fresh=c.fresh)
        parts = [
            f"data={self.scenes.description} (train {len(train)}, validation {len(validation)} scenes)",
            f"{c.epochs} epochs of {len(steps)} steps at most",
            f"batch {c.batch}",
            *([f"memory about {gigabytes(self._memory(stage, c))}"] if memory else []),
            f"starts from a new {stage.network}"
            + (f", with {stage.critic} as its judge" if stage.critic else ""),
        ]
        return Planned(name, "; ".join(parts))

    def _memory(self, stage: WeakStage, c: WeakLabelConfig) -> float:
        """Bytes of weights, gradients, Adam's two moments and one step, from one mixture."""
        config, count = self.config, len(self.scenes.train.recipe.labels)
        network, critic = self._network(stage), None
        if stage.critic:
            critic = freeze(Critic(dataclasses.replace(config.critic, n_classes=count)))
        length = c.crop or config.data.seconds
        mixture = torch.randn(1, round(length * SAMPLE_RATE))
        network.train()

        def run() -> torch.Tensor:
            if isinstance(network, Critic):
                found: torch.Tensor = network(stft(mixture).abs())
                return found.sum()
            sources = magnitudes(network, mixture)[1]
            return (sources if critic is None else critic(sources.flatten(0, 1))).sum()

        one = peak_bytes(run, network.parameters())
        learning = sum(parameter.numel() for parameter in network.parameters())
        return 16 * learning + one * c.batch / config.processes

    def _train(self, name: str, run: Path) -> None:
        stage, c = WEAK_STAGES[name], self._chosen(name)
        torch.manual_seed(self.config.seed)
        task = self._task(stage, c, run)
        self._note(run, name, c.epochs)
        fit(task, self.config, c.epochs, clip=c.clip or None)
        on_rank_zero(lambda: self._keep(name, task, stage, c))

    def _keep(self, name: str, task: WeakLabelTask, stage: WeakStage, c: WeakLabelConfig) -> None:
        c = task.reached(c)
        best = best_epoch(task.history, "validation_loss", largest=False)
        task.network.load_state_dict(
            load_networks(task.folder / "best-network.safetensors")["network"]
        )
        self._save(
            name,
            task.network,
            task.history,
            best,
            stage=stage.says,
            settings=self._settings(stage, c),
        )
        log.info("%s: done", name)

    def _task(self, stage: WeakStage, c: WeakLabelConfig, run: Path) -> WeakLabelTask:
        network = self._network(stage)
        if isinstance(network, Critic):
            return CriticTask(run, self.config, c, self.scenes, network, stage.labels)
        judge = checkpoints.load_network(stage.critic, self.folder)[0] if stage.critic else None
        assert judge is None or isinstance(judge, Critic)
        return SeparatorTask(run, self.config, c, self.scenes, network, judge, stage.labels)

    def _network(self, stage: WeakStage) -> nn.Module:
        """What a stage trains, of the preset's sizes."""
        config, count = self.config, len(self.scenes.train.recipe.labels)
        if stage.network == "critic":
            return Critic(dataclasses.replace(config.critic, n_classes=count))
        if stage.network == "tf_masker":
            return TFMasker(dataclasses.replace(config.masker, n_src=count))
        return ConvTasNet(dataclasses.replace(config.separator, n_src=count)).fix_fourier_basis()

    def _settings(self, stage: WeakStage, c: WeakLabelConfig) -> dict[str, Any]:
        """What makes a stage again."""
        recipe = self.scenes.train.recipe
        parts = {"weak": c, "data": self.config.data, "recipe": recipe}
        return {
            "preset": self.config.name,
            "note": self.config.description,
            "labels": stage.labels,
            "critic": stage.critic,
            "classes": list(recipe.labels),
            **{key: plain(vars(part)) for key, part in parts.items()},
        }
