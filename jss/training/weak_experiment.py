"""The weak-label paper's experiment: critics first, then the separators that they teach."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jss import checkpoints
from jss.checkpoints import Card
from jss.config import WeakLabelConfig
from jss.data.scenes.scenes import SceneData, scene_data
from jss.errors import JssError
from jss.io.plain import plain
from jss.models.critic import Critic
from jss.training.blocks import stage_settings
from jss.training.chain import Workspace
from jss.training.distributed import on_rank_zero
from jss.training.plan import Planned
from jss.training.weak_label import CriticTask, SeparatorTask, WeakLabelTask
from jss.training.weak_plan import new_network, plan_weak
from jss.training.weak_stages import WEAK_STAGES, WeakStage


@dataclass(frozen=True)
class WeakTrainings:
    """A training for each stage of ``WEAK_STAGES``; its block has the name of the stage."""

    workspace: Workspace

    @property
    def stages(self) -> Collection[str]:
        """The stages that a preset may have settings for."""
        return WEAK_STAGES

    @cached_property
    def scenes(self) -> SceneData:
        """The mixtures, opened when the first stage needs them."""
        root = self.workspace.root
        if not isinstance(root, str):
            if len(root) > 1:
                raise JssError("Scenes come from one place: give --data once.")
            (root,) = root
        return scene_data(root, self.workspace.config)

    def of(self, system: str) -> Sequence[str]:
        """The stage itself."""
        return [system]

    def needs(self, training: str) -> Sequence[str]:
        """The critic that teaches a separator."""
        if training not in WEAK_STAGES:
            raise JssError(
                f'There is no way to train "{training}" here: name some of '
                f"{', '.join(WEAK_STAGES)}."
            )
        critic, start = WEAK_STAGES[training].critic, self._settings(training).start
        wanted = [critic, start if start in WEAK_STAGES and start != training else None]
        return [need for need in wanted if need]

    def is_finished(self, training: str) -> bool:
        """Whether its block has been saved."""
        return self.workspace.has_block(training)

    def check_finished(self, training: str) -> None:
        """Raises JssError where a finished block has other classes than the scenes."""
        folder = self.workspace.folder
        if self._settings(training).start == training:
            raise JssError(
                f"{training} in {folder} is finished, and only a row of a campaign goes on from its "
                "own block: write such a row, or use another --checkpoints."
            )
        classes = checkpoints.load_card(training, folder).settings.get("classes")
        if classes != list(self.scenes.train.recipe.labels):
            raise JssError(
                f"{training} in {folder} was trained for other classes: use another --checkpoints."
            )

    def plan(self, training: str, memory: bool) -> Planned:
        """What ``train`` will do."""
        stage, c = WEAK_STAGES[training], self._settings(training)
        if c.start and (c.start not in self.needs(training) or self.is_finished(c.start)):
            self._start(training, stage, c)  # raises now what would be raised after other trainings
        config, folder = self.workspace.config, self.workspace.folder
        return plan_weak(training, config, self.scenes, stage, c, memory, folder)

    def train(self, training: str, run: Path) -> None:
        """Train in the folder of a run, and save the block."""
        stage, c = WEAK_STAGES[training], self._settings(training)
        torch.manual_seed(self.workspace.config.seed)
        network, parent = self._start(training, stage, c)
        task = self._task(stage, c, run, network)
        self.workspace.fit(task, training, c.epochs, clip=c.clip)
        on_rank_zero(lambda: self._save(training, task, stage, c, parent))

    def _settings(self, training: str) -> WeakLabelConfig:
        """The settings of a stage with the preset's overrides."""
        config = self.workspace.config
        overrides = config.stages.get(training, {})
        if "strong" in overrides and WEAK_STAGES[training].labels != "strong":
            raise JssError(f"stages.{training}.strong: only isolated sources have this choice.")
        return stage_settings(config.weak, overrides, training)

    def _start(
        self, training: str, stage: WeakStage, c: WeakLabelConfig
    ) -> tuple[nn.Module, Card | None]:
        """A new network, or the block that the settings go on from and its card."""
        config, labels = self.workspace.config, self.scenes.train.recipe.labels
        new = new_network(config, stage, len(labels))
        if not c.start:
            return new, None
        network, card = checkpoints.load_network(c.start, self.workspace.folder)
        weights = network.state_dict()
        fits = {key: value.shape for key, value in weights.items()} == {
            key: value.shape for key, value in new.state_dict().items()
        }
        if not fits or card.settings.get("classes") != list(labels):
            raise JssError(
                f"{training} cannot go on from {c.start}, which has other classes or sizes, or is no "
                f"{stage.network}: name another block in stages.{training}.start."
            )
        new.load_state_dict(weights)
        return new, card

    def _task(
        self, stage: WeakStage, c: WeakLabelConfig, run: Path, network: nn.Module
    ) -> WeakLabelTask:
        config, folder = self.workspace.config, self.workspace.folder
        if isinstance(network, Critic):
            return CriticTask(run, config, c, self.scenes, network, stage.labels)
        critic = checkpoints.load_network(stage.critic, folder)[0] if stage.critic else None
        assert critic is None or isinstance(critic, Critic)
        return SeparatorTask(run, config, c, self.scenes, network, critic, stage.labels)

    def _save(
        self,
        training: str,
        task: WeakLabelTask,
        stage: WeakStage,
        c: WeakLabelConfig,
        parent: Card | None,
    ) -> None:
        best, states = task.selected("network")
        task.network.load_state_dict(states["network"])
        self.workspace.save(
            training,
            task.network,
            task.history,
            best,
            self.scenes,
            stage=stage.description,
            parent=parent,
            settings=self._card_settings(stage, task.reached(c)),
        )

    def _card_settings(self, stage: WeakStage, c: WeakLabelConfig) -> dict[str, Any]:
        """The settings of a stage for its card."""
        config, recipe = self.workspace.config, self.scenes.train.recipe
        settings: dict[str, Any] = plain(
            {
                "preset": config.name,
                "note": config.description,
                "labels": stage.labels,
                "critic": stage.critic,
                "classes": recipe.labels,
                "weak": vars(c),
                "data": vars(config.data),
                "recipe": vars(recipe),
            }
        )
        return settings
