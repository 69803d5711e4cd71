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
from jss.data.scenes.scenes import SceneData, scene_data
from jss.errors import JssError
from jss.io.schema import validate
from jss.models.critic import Critic
from jss.models.separator import ConvTasNet
from jss.models.tf_masker import TFMasker
from jss.training.cards import Heard, plain
from jss.training.distributed import alone
from jss.training.experiment import Chain
from jss.training.loop import fit
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
    def heard(self) -> Heard:
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

    def _train(self, name: str, run: Path) -> None:
        stage = WEAK_STAGES[name]
        overrides = dict(self.config.stages.get(name, {}))
        c = validate(
            WeakLabelConfig, {**dataclasses.asdict(self.config.weak), **overrides}, f"stages.{name}"
        )
        torch.manual_seed(self.config.seed)
        task = self._task(stage, c, run)
        self._note(run, name, c.epochs)
        fit(task, self.config, c.epochs, clip=c.clip or None)
        alone(lambda: self._keep(name, task, stage, c))

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
        config, count = self.config, len(self.scenes.train.recipe.labels)
        if stage.network == "critic":
            critic = Critic(dataclasses.replace(config.critic, n_classes=count))
            return CriticTask(run, config, c, self.scenes, critic, stage.labels)
        separator: nn.Module = (
            TFMasker(dataclasses.replace(config.masker, n_src=count))
            if stage.network == "tf_masker"
            else ConvTasNet(dataclasses.replace(config.separator, n_src=count)).fix_fourier_basis()
        )
        judge = checkpoints.load_network(stage.critic, self.folder)[0] if stage.critic else None
        assert judge is None or isinstance(judge, Critic)
        return SeparatorTask(run, config, c, self.scenes, separator, judge, stage.labels)

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
