"""The first paper's experiment: the trainings of its separators and systems."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jss import checkpoints
from jss.checkpoints import Card
from jss.config import DetectionConfig, SeparationConfig
from jss.data.training.datasets import SeparationPool, SoundscapeSet, TrainingData
from jss.data.training.soundscapes import DETECTION, SEPARATION, SETS
from jss.data.training.training_data import class_list, training_data
from jss.errors import JssError
from jss.models.branches import Balance, freeze_norms
from jss.training.blocks import chosen_row, new_block, with_blocks
from jss.training.cards import save_manifest, settings
from jss.training.chain import Workspace
from jss.training.detection import DetectionTask, joint_model
from jss.training.distributed import on_rank_zero, rank_zero_first
from jss.training.plan import PlanInputs, Planned, plan_detection, plan_separation
from jss.training.separated import separate_once
from jss.training.separation import SeparationTask
from jss.training.stages import (
    NEW,
    SELECTIONS,
    STAGES,
    Stage,
    comes_from,
    needs,
    parse,
    separates_only,
    separator_block,
    split,
    trainings,
)


@dataclass(frozen=True)
class JointTrainings:
    """Trainings of separators (PIT, MixIT, TDCN) and of systems (SED, PIT-S1-teacher, ...)."""

    workspace: Workspace
    #: The last data, by the sets of soundscapes that are prepared: it may hold a whole soundbank.
    _opened: dict[tuple[str, ...], TrainingData] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def stages(self) -> Collection[str]:
        """The stages that a preset may have settings for."""
        return STAGES

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The K classes."""
        return class_list(self.workspace.root, self.workspace.config)

    @cached_property
    def unrendered_data(self) -> TrainingData:
        """The subsets for counting and checking; soundscapes are not rendered."""
        return training_data(self.workspace.root, self.workspace.config, used=())

    def data(self, used: Sequence[str]) -> TrainingData:
        """The subsets for training, opened when the first stage needs them.

        Args:
            used: Names of the sets that the stage draws from (``soundscapes.SETS``). Where
                soundscapes are rendered once, the others are not rendered.
        """
        work = self.workspace
        if not isinstance(self.unrendered_data.synthetic, SoundscapeSet):
            return self.unrendered_data
        sets = SETS if work.config.data.fresh else tuple(used)
        if sets not in self._opened:
            self._opened.clear()
            self._opened[sets] = rank_zero_first(
                lambda: training_data(work.root, work.config, self.pool, used=sets)
            )
        return self._opened[sets]

    def _separation_pool(self, wanted: str, loss: str) -> SeparationPool:
        """The pool for training a separator.

        Args:
            wanted: A key of POOLS.
            loss: "pit" or "mixit".

        Raises:
            JssError: None is suitable.
        """
        pool = self.unrendered_data.pool(wanted, loss)
        of_soundbank = any(isinstance(part, SoundscapeSet) for part in pool.mixtures.values())
        return self.data(SEPARATION[pool.name]).pool(wanted, loss) if of_soundbank else pool

    @property
    def pool(self) -> Path:
        """The folder of what is rendered or separated once."""
        return self.workspace.pool or self.workspace.out / "pool"

    def of(self, system: str) -> Sequence[str]:
        """The trainings that make a system: two, where teacher and student need one each."""
        return trainings(system)

    def needs(self, training: str) -> Sequence[str]:
        """The trainings that must be finished before."""
        config = self.workspace.config
        if separates_only(training):
            start = chosen_row(config, training, config.separation)[0].separator
            return [start] if start and separates_only(start) else []
        return needs(training, chosen_row(config, parse(training)[1], config.detection)[0])

    def is_finished(self, training: str) -> bool:
        """Whether its separator, or its selection of its system, has been saved."""
        if separates_only(training):
            return self.workspace.has_block(separator_block(training))
        system, selection = split(training)
        folder = self.workspace.folder
        if not (folder / "systems" / f"{system}.yaml").is_file():
            return False
        return selection is None or selection in checkpoints.manifest(system, folder).selections

    def check_finished(self, training: str) -> None:
        """Raises JssError where a finished system has other classes than the config's."""
        folder = self.workspace.folder
        if separates_only(training):
            return
        if checkpoints.manifest(split(training)[0], folder).labels != self.labels:
            raise JssError(
                f"{training} in {folder} was trained for other classes: use another --checkpoints."
            )

    @cached_property
    def _plan_inputs(self) -> PlanInputs:
        work = self.workspace
        return PlanInputs(work.config, self.unrendered_data, self.labels, work.folder)

    def plan(self, training: str, memory: bool) -> Planned:
        """What ``train`` will do."""
        if separates_only(training):
            return plan_separation(self._plan_inputs, training, memory)
        return plan_detection(self._plan_inputs, training, memory)

    def train(self, training: str, run: Path) -> None:
        """Train in the folder of a run, and save the blocks."""
        if separates_only(training):
            self._train_separator(training, run)
        else:
            self._train_system(training, run)

    def _train_separator(self, training: str, run: Path) -> None:
        config = self.workspace.config
        stage, c = chosen_row(config, training, config.separation)
        assert isinstance(c, SeparationConfig)
        torch.manual_seed(config.seed)
        row = with_blocks(stage, None, SELECTIONS[0], self.workspace.folder)
        separator, parent = self._start(row.starts["separator"], "separator")
        pool = self._separation_pool(stage.data or "detection", stage.loss)
        task = SeparationTask(run, config, c, pool, separator, stage.loss, stage.learning_rate)
        self.workspace.fit(task, training, c.epochs, clip=c.clip)
        on_rank_zero(lambda: self._save_separator(training, task, parent, stage, c))

    def _save_separator(
        self,
        training: str,
        task: SeparationTask,
        parent: Card | None,
        stage: Stage,
        c: SeparationConfig,
    ) -> None:
        best, states = task.selected("separator")
        task.separator.load_state_dict(states["separator"])
        self.workspace.save(
            separator_block(training),
            task.separator,
            task.history,
            best,
            task.pool,
            stage=training,
            parent=parent,
            settings=settings(self.workspace.config, stage, task.reached(c)),
        )

    def _train_system(self, training: str, run: Path) -> None:
        config = self.workspace.config
        pretraining, stage_name = parse(training)
        system, selection = split(training)
        stage, c = chosen_row(config, stage_name, config.detection)
        assert isinstance(c, DetectionConfig)
        if not stage.trains:
            parts = self._joined(stage, pretraining)
            on_rank_zero(lambda: self._save_manifest(system, stage, parts))
            return
        torch.manual_seed(config.seed)
        blocks: dict[str, nn.Module] = {}
        parents: dict[str, Card | None] = {"separator": None}
        row = with_blocks(stage, pretraining, selection or SELECTIONS[0], self.workspace.folder)
        for block, start in row.starts.items():
            blocks[block], parents[block] = self._start(start, block)
        if "mixture" in blocks:
            blocks["balance"] = Balance(float(torch.rand(())))
        if c.frozen_norms:
            freeze_norms(blocks["detector"])
        selections = (selection,) if selection else SELECTIONS
        data = self.data(DETECTION)
        if c.save_sources and "separator" in blocks and "separator" not in stage.trains:
            c = replace(c, mixup=0.0)
            data = rank_zero_first(lambda: self._separated(stage, c, blocks))
        task = DetectionTask(run, config, c, data, self.labels, stage, blocks, selections)
        self.workspace.fit(task, training, c.epochs, accumulate=c.accumulate, clip=c.clip)
        on_rank_zero(lambda: self._save_system(system, task, parents, stage, c))

    def _joined(self, stage: Stage, pretraining: str | None) -> dict[str, dict[str, str]]:
        """The blocks of a stage that trains nothing, for each selection of its detector."""
        source = comes_from(stage.starts["detector"], pretraining)
        selections: Iterable[str] = SELECTIONS
        if source is not None:
            selections = checkpoints.manifest(source, self.workspace.folder).selections
        return {
            each: with_blocks(stage, pretraining, each, self.workspace.folder).starts
            for each in selections
        }

    def _separated(
        self, stage: Stage, c: DetectionConfig, blocks: Mapping[str, nn.Module]
    ) -> TrainingData:
        """The data of a stage with a frozen separator, separated once."""
        config = self.workspace.config
        model = joint_model(blocks, stage.pooling or config.pooling, config.scaling)
        folder = self.pool / "separated"
        return separate_once(self.data(DETECTION), model, config, c, self.labels, folder)

    def _save_system(
        self,
        system: str,
        task: DetectionTask,
        parents: Mapping[str, Card | None],
        stage: Stage,
        c: DetectionConfig,
    ) -> None:
        c = task.reached(c)
        selections = {
            selection: self._save_selection(system, task, selection, parents, stage, c)
            for selection in task.selections
        }
        self._save_manifest(system, stage, selections)

    def _save_selection(
        self,
        system: str,
        task: DetectionTask,
        selection: str,
        parents: Mapping[str, Card | None],
        stage: Stage,
        c: DetectionConfig,
    ) -> dict[str, Any]:
        """Save the blocks of a selection (Eqs 23, 24).

        Args:
            system: Its name.
            task: That has been trained.
            selection: "student" or "teacher".
            parents: Cards of the blocks that the stage started from.
            stage: Its row.
            c: Its settings.

        Returns:
            The selection's part of the manifest: names of blocks, and q.
        """
        part: dict[str, Any] = _names(parents)
        best, states = task.selected(selection)
        for block in stage.trains:
            network = getattr(task.student, block)
            network.load_state_dict(states[f"{selection}-{block}"])
            if isinstance(network, Balance):
                part["q"] = min(max(network.q.item(), 0.0), 1.0)
                part["mixture_input"] = "sources"
                continue
            part[block] = f"{system}-{block}-{selection}".lower()
            self.workspace.save(
                part[block],
                network,
                task.history,
                best,
                self.unrendered_data,
                stage=system,
                selection=selection,
                parent=parents[block],
                settings=settings(self.workspace.config, stage, c),
            )
        return part

    def _start(self, start: str, block: str) -> tuple[nn.Module, Card | None]:
        """The block that a stage starts from.

        Args:
            start: One of ``Stage.starts``: a new block, or the name of one.
            block: "separator", "detector" or "mixture".

        Returns:
            The network and the card of its block; a new one has no card.
        """
        if start in NEW:
            return new_block(self.workspace.config, start, block, len(self.labels)), None
        return checkpoints.load_network(start, self.workspace.folder)

    def _save_manifest(
        self, system: str, stage: Stage, selections: Mapping[str, Mapping[str, Any]]
    ) -> None:
        work = self.workspace
        save_manifest(system, work.config, self.labels, stage, selections, work.folder)


def _names(parents: Mapping[str, Card | None]) -> dict[str, Any]:
    """Names of blocks from their cards."""
    return {block: None if card is None else card.name for block, card in parents.items()}
