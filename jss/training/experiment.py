"""A whole experiment: every system of a preset, each stage from the selected blocks of the one
before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jss import checkpoints
from jss.config import Config, DetectionConfig, SeparationConfig
from jss.data.training.datasets import SoundscapeSet, TrainingData
from jss.data.training.training_data import class_list, training_data
from jss.errors import JssError
from jss.models.branches import Balance, freeze_norms
from jss.training.blocks import chosen_row, new_block
from jss.training.cards import Described, save_card, save_manifest, save_note, settings
from jss.training.detection import DetectionTask
from jss.training.distributed import check, on_rank_zero, rank_zero_first
from jss.training.loop import fit
from jss.training.plan import Before, Planned, plan_detection, plan_separation
from jss.training.selection import best_epoch
from jss.training.separation import SeparationTask
from jss.training.stages import (
    SELECTIONS,
    STAGES,
    Stage,
    comes_from,
    needs,
    parse,
    separates_only,
    split,
    trainings,
)
from jss.training.task import load_networks

log = logging.getLogger(__name__)


@dataclass
class Chain:
    """Trains the systems of a config.

    root: the data, one folder or several; out: a folder for runs; folder: where blocks and systems
    are kept; half: store blocks in half precision; pool: where soundscapes are
    kept that are rendered once (default: in out). Of several processes the first alone writes.
    """

    config: Config
    root: str | tuple[str, ...]
    out: Path
    folder: Path
    half: bool = False
    pool: Path | None = None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The K class identifiers."""
        return class_list(self.root, self.config)

    @cached_property
    def counted(self) -> TrainingData:
        """The subsets, to be counted and checked; soundscapes are not rendered."""
        return training_data(self.root, self.config, ready=False)

    @cached_property
    def data(self) -> TrainingData:
        """The subsets to learn from, opened when the first stage needs them."""
        if not isinstance(self.counted.synthetic, SoundscapeSet):
            return self.counted
        return rank_zero_first(
            lambda: training_data(self.root, self.config, self.pool or self.out / "pool")
        )

    @property
    def heard(self) -> Described:
        """What the systems learn from, as their cards tell it."""
        return self.data

    def run(self, systems: tuple[str, ...], resume: bool) -> None:
        """Train ``systems`` in order, and first what they start from; finished ones are reused.

        Raises JssError where an unfinished run is there and ``resume`` is false, and where there
        are not as many processes as the config says.
        """
        on_rank_zero(lambda: check(self.config.devices, self.config.nodes))
        if self.config.threads:
            torch.set_num_threads(self.config.threads)
        on_rank_zero(lambda: self.plan(systems, resume))  # what would fail later fails now
        for name in self._trainings(systems):
            self._ensure(name, resume)

    def plan(self, systems: tuple[str, ...], resume: bool, memory: bool = False) -> list[Planned]:
        """What ``run`` will do, a stage after the other. memory: estimate that too, which takes
        seconds a stage.

        Raises JssError for what would fail later.
        """
        self._check_stages()
        order: list[str] = []

        def add(name: str) -> None:
            for need in self._needs(name):  # a wrong name is refused here
                if not self._finished(name):
                    add(need)
            if name not in order:
                order.append(name)

        for name in self._trainings(systems):
            add(name)
        return [self._plan(name, resume, memory) for name in order]

    def _check_stages(self) -> None:
        """Raises JssError where the config names a stage that there is not."""
        strange = next((name for name in self.config.stages if name not in STAGES), None)
        if strange is not None:
            raise JssError(
                f"stages.{strange}: there is no such stage; known are {', '.join(STAGES)}."
            )

    @cached_property
    def _before(self) -> Before:
        return Before(self.config, self.counted, self.labels, self.folder)

    def _plan(self, name: str, resume: bool, memory: bool) -> Planned:
        if self._finished(name):
            self._check_finished(name)
            return Planned(name, f"finished before, in {self.folder}")
        self._check_run(name, resume)
        if separates_only(name):
            return plan_separation(self._before, name, memory)
        return plan_detection(self._before, name, memory)

    def _check_run(self, name: str, resume: bool) -> None:
        """Raises JssError where a run of this name is there that is not to be resumed."""
        run = self.out / name
        if run.exists() and not resume:
            raise JssError(
                f"{run} holds an unfinished run: add --resume to go on with it, or use another --out."
            )

    def _check_finished(self, name: str) -> None:
        """Raises JssError where a finished system has other classes than those to be learnt."""
        if separates_only(name):
            return
        if checkpoints.manifest(split(name)[0], self.folder).labels != self.labels:
            raise JssError(
                f"{name} in {self.folder} was trained for other classes: use another --checkpoints."
            )

    def _ensure(self, name: str, resume: bool) -> None:
        if on_rank_zero(lambda: self._finished(name)):
            log.info("%s: finished before", name)
            return
        for need in self._needs(name):
            self._ensure(need, resume)
        run = self.out / name
        on_rank_zero(lambda: self._check_run(name, resume))
        log.info("%s: training", name)
        if separates_only(name):
            self._pretrain(name, run)
        else:
            self._train(name, run)

    def _trainings(self, systems: tuple[str, ...]) -> list[str]:
        """The trainings of the systems, in order: of a chain each, where a stage needs two."""
        return [name for system in systems for name in trainings(system)]

    def _needs(self, name: str) -> list[str]:
        return [] if separates_only(name) else needs(name)

    def _finished(self, name: str) -> bool:
        if separates_only(name):
            return (self.folder / "blocks" / f"{separator_block(name)}.json").is_file()
        system, who = split(name)
        if not (self.folder / "systems" / f"{system}.yaml").is_file():
            return False
        return who is None or who in checkpoints.manifest(system, self.folder).selections

    def _pretrain(self, name: str, run: Path) -> None:
        stage, c = chosen_row(self.config, name, self.config.separation)
        assert isinstance(c, SeparationConfig)
        torch.manual_seed(self.config.seed)
        separator, parent = self._start(stage.separator, name, "separator")
        assert separator is not None
        pool = self.data.pool(stage.data or "detection", stage.loss)
        task = SeparationTask(run, self.config, c, pool, separator, stage.loss, stage.learning_rate)
        self._note(run, name, c.epochs)
        fit(task, self.config, c.epochs, clip=c.clip)
        on_rank_zero(lambda: self._keep_separator(name, task, parent, stage, c))

    def _keep_separator(
        self, name: str, task: SeparationTask, parent: str | None, stage: Stage, c: SeparationConfig
    ) -> None:
        c = task.reached(c)
        best = best_epoch(task.history, "validation_loss", largest=False)
        task.separator.load_state_dict(
            load_networks(task.folder / "best-separator.safetensors")["separator"]
        )
        self._save(
            separator_block(name),
            task.separator,
            task.history,
            best,
            data=task.pool,
            stage=name,
            parent=parent,
            settings=settings(self.config, stage, c),
        )

    def _train(self, name: str, run: Path) -> None:
        pretraining, stage_name = parse(name)
        system, who = split(name)
        stage, c = chosen_row(self.config, stage_name, self.config.detection)
        assert isinstance(c, DetectionConfig)
        torch.manual_seed(self.config.seed)
        blocks: dict[str, nn.Module] = {}
        names: dict[str, str | None] = {"separator": None}
        for block in ("separator", "detector", "mixture"):
            network, found = self._start(
                getattr(stage, block), pretraining, block, who or SELECTIONS[0]
            )
            if network is not None:
                blocks[block], names[block] = network, found
        if not stage.trains:
            source = checkpoints.manifest("SED", self.folder).selections
            parts = {
                each: {**names, "detector": chosen.detector} for each, chosen in source.items()
            }
            on_rank_zero(lambda: self._system(system, stage, parts))
            return
        if "mixture" in blocks:
            blocks["balance"] = Balance(float(torch.rand(())))
        if c.frozen_norms:
            freeze_norms(blocks["detector"])
        selected = (who,) if who else SELECTIONS
        task = DetectionTask(run, self.config, c, self.data, self.labels, stage, blocks, selected)
        self._note(run, name, c.epochs)
        fit(task, self.config, c.epochs, accumulate=c.accumulate, clip=c.clip or None)
        on_rank_zero(lambda: self._keep_system(system, task, names, stage, c))

    def _keep_system(
        self,
        name: str,
        task: DetectionTask,
        names: Mapping[str, str | None],
        stage: Stage,
        c: DetectionConfig,
    ) -> None:
        c = task.reached(c)
        self._system(
            name,
            stage,
            {who: self._selected(name, task, who, names, stage, c) for who in task.selections},
        )

    def _selected(
        self,
        name: str,
        task: DetectionTask,
        who: str,
        names: Mapping[str, str | None],
        stage: Stage,
        c: Any,
    ) -> dict[str, Any]:
        """Save the blocks of a selection (Eqs 23, 24). -> what its manifest says: names of blocks,
        and q.
        """
        chosen: dict[str, Any] = dict(names)
        best = best_epoch(task.history, task.selections[who][0])
        states = load_networks(task.folder / f"best-{who}.safetensors")
        for block in stage.trains:
            network = getattr(task.student, block)
            network.load_state_dict(states[f"{who}-{block}"])
            if isinstance(network, Balance):
                chosen["q"] = min(max(network.q.item(), 0.0), 1.0)
                chosen["mixture_input"] = "sources"
                continue
            chosen[block] = f"{name}-{block}-{who}".lower()
            self._save(
                chosen[block],
                network,
                task.history,
                best,
                stage=name,
                who=who,
                parent=names[block],
                settings=settings(self.config, stage, c),
            )
        return chosen

    def _start(
        self, start: str | None, pretraining: str | None, block: str, who: str = SELECTIONS[0]
    ) -> tuple[nn.Module | None, str | None]:
        """The block that a stage starts from, and its name; a new one has no name. who: the chain
        whose selected block it is, student and teacher starting alike from it.
        """
        if start is None:
            return None, None
        if start in ("new", "new TDCN++"):
            return new_block(self.config, start, block, len(self.labels)), None
        source = comes_from(start, pretraining)
        if source is None:
            name = start
        elif separates_only(source):
            name = separator_block(source)
        else:
            chosen = checkpoints.manifest(source, self.folder).selections[who]
            name = str(chosen.separator if block == "separator" else chosen.detector)
        network, _ = checkpoints.load_network(name, self.folder)
        return network, name

    def _note(self, run: Path, name: str, epochs: int) -> None:
        on_rank_zero(lambda: save_note(run, name, self.root, epochs, self.config))

    def _save(
        self,
        block: str,
        network: nn.Module,
        history: Any,
        best: int,
        *,
        data: Described | None = None,
        **told: Any,
    ) -> None:
        save_card(
            block,
            network,
            history,
            best,
            self.folder,
            data=data or self.heard,
            seed=self.config.seed,
            half=self.half,
            **told,
        )

    def _system(self, name: str, stage: Stage, selections: Mapping[str, Mapping[str, Any]]) -> None:
        save_manifest(name, self.config, self.labels, stage, selections, self.folder)
        log.info("%s: done", name)


def separator_block(pretraining: str) -> str:
    """The name of a pre-trained separator's block."""
    return f"{pretraining}-separator".lower()
