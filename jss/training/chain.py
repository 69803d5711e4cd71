"""A chain of trainings: each starts from the blocks of earlier ones, and finished ones are reused.

Both papers' experiments are a :class:`Chain` over trainings of their own:
``jss.training.experiment`` and ``jss.training.weak_experiment``.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from jss.config import Config
from jss.errors import JssError
from jss.training import runs
from jss.training.cards import Described, save_card, save_note
from jss.training.distributed import check, on_rank_zero
from jss.training.loop import fit
from jss.training.plan import Planned
from jss.training.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Workspace:
    """What trainings read and where they write; of several processes, the first alone writes."""

    config: Config
    #: The data, one folder or several.
    root: str | tuple[str, ...]
    #: A folder for each run.
    out: Path
    #: Where blocks and systems are saved, and those to start from are.
    folder: Path
    #: Whether blocks are stored in half precision.
    half: bool = False
    #: Where soundscapes lie that are rendered once; by default in ``out``.
    pool: Path | None = None

    def has_block(self, name: str) -> bool:
        """Whether a block has been saved, and is not the one that its own training goes on from."""
        return runs.has_block(name, self.folder)

    def fit(
        self,
        task: Task,
        training: str,
        epochs: int,
        *,
        accumulate: int = 1,
        clip: float | None = None,
    ) -> None:
        """Train a task, after its settings have been written to config.yaml of its run.

        While it trains, the run is marked as running, for the app.

        Args:
            task: What is trained.
            training: Its name.
            epochs: Where training ends.
            accumulate: Micro-batches for each optimizer step.
            clip: Largest norm of the gradient; 0 or None for any.

        Raises:
            JssError: Another process trains it; see also :func:`jss.training.loop.fit`.
        """
        with ExitStack() as stack:
            on_rank_zero(lambda: stack.enter_context(runs.training(task.folder)))
            on_rank_zero(lambda: save_note(task.folder, training, self.root, epochs, self.config))
            fit(task, self.config, epochs, accumulate=accumulate, clip=clip or None)

    def save(
        self,
        block: str,
        network: nn.Module,
        history: Sequence[Mapping[str, float]],
        best: int,
        data: Described,
        **card: Any,
    ) -> None:
        """Save a trained block with its card and history.

        Args:
            block: Its name.
            network: With the weights of the selected epoch.
            history: A row for each epoch.
            best: The index of the selected epoch.
            data: What it was trained on.
            card: Further arguments of :func:`jss.training.cards.save_card`.
        """
        save_card(
            block,
            network,
            history,
            best,
            self.folder,
            data=data,
            seed=self.config.seed,
            half=self.half,
            **card,
        )
        runs.unmark_start(block, self.folder)


class Trainings(Protocol):
    """The trainings of one paper: what each needs, what it will do, and the training itself."""

    @property
    def workspace(self) -> Workspace: ...

    @property
    def stages(self) -> Collection[str]:
        """The stages that a preset may have settings for."""

    def of(self, system: str) -> Sequence[str]:
        """The trainings that make a system, in order."""

    def needs(self, training: str) -> Sequence[str]:
        """The trainings that must be finished before. Raises JssError for an unknown training."""

    def is_finished(self, training: str) -> bool:
        """Whether its blocks have been saved."""

    def check_finished(self, training: str) -> None:
        """Raises JssError where a finished training is of other classes than the config's."""

    def plan(self, training: str, memory: bool) -> Planned:
        """What ``train`` will do, with an estimate of its memory if asked for. Raises JssError."""

    def train(self, training: str, run: Path) -> None:
        """Train in the folder of a run, and save the blocks. Raises JssError."""


@dataclass(frozen=True)
class Chain:
    """Trains systems, and first whatever they need that is not finished."""

    trainings: Trainings

    def run(self, systems: Sequence[str], resume: bool) -> None:
        """Train systems in order; what is finished is reused.

        Args:
            systems: Names of systems, or of single trainings.
            resume: Whether to continue unfinished runs.

        Raises:
            JssError: There is an unfinished run and ``resume`` is false, the number of processes is
                not the config's, or a training cannot be done.
        """
        config = self.trainings.workspace.config
        on_rank_zero(lambda: check(config.devices, config.nodes))
        if config.threads:
            torch.set_num_threads(config.threads)
        on_rank_zero(lambda: self.plan(systems, resume))  # what would fail later fails now
        for training in self._trainings(systems):
            self._ensure(training, resume)

    def plan(self, systems: Sequence[str], resume: bool, memory: bool = False) -> list[Planned]:
        """What :meth:`run` will do, training by training.

        Args:
            systems: Names of systems, or of single trainings.
            resume: Whether to continue unfinished runs.
            memory: Whether to estimate memory too, which takes seconds for each training.

        Raises:
            JssError: :meth:`run` would fail.
        """
        self._check_stages()
        order: list[str] = []

        def add(training: str, after: tuple[str, ...] = ()) -> None:
            if training in after:
                cycle = after[after.index(training) :]
                first, *others = zip(cycle, (*cycle[1:], training), strict=True)
                path = [f"{first[0]} starts from {first[1]}", *map(" from ".join, others)]
                raise JssError(
                    f"{', '.join(path)}, so none can be trained first: in the settings stages.NAME of "
                    "one, name a block or another stage to start from."
                )
            if not self.trainings.is_finished(training):
                for need in self.trainings.needs(training):
                    if not self.trainings.is_finished(need):
                        add(need, (*after, training))
            if training not in order:
                order.append(training)

        for training in self._trainings(systems):
            add(training)
        return [self._plan(training, resume, memory) for training in order]

    def _trainings(self, systems: Sequence[str]) -> list[str]:
        return [training for system in systems for training in self.trainings.of(system)]

    def _plan(self, training: str, resume: bool, memory: bool) -> Planned:
        if self.trainings.is_finished(training):
            self.trainings.check_finished(training)
            return Planned(training, f"finished before, in {self.trainings.workspace.folder}")
        self._check_run(training, resume)
        return self.trainings.plan(training, memory)

    def _ensure(self, training: str, resume: bool) -> None:
        """Train, unless finished, and first what is needed."""
        if on_rank_zero(lambda: self.trainings.is_finished(training)):
            log.info("%s: finished before", training)
            return
        for need in self.trainings.needs(training):
            self._ensure(need, resume)
        on_rank_zero(lambda: self._check_run(training, resume))
        log.info("%s: training", training)
        self.trainings.train(training, self.trainings.workspace.out / training)
        log.info("%s: done", training)

    def _check_stages(self) -> None:
        """Raises JssError where the config has settings for an unknown stage."""
        stages = self.trainings.stages
        for name in self.trainings.workspace.config.stages:
            if name not in stages:
                raise JssError(
                    f"stages.{name}: there is no such stage; known are {', '.join(stages)}."
                )

    def _check_run(self, training: str, resume: bool) -> None:
        """Raises JssError where there is an unfinished run that is not to be continued."""
        run = self.trainings.workspace.out / training
        if run.exists() and not resume:
            raise JssError(
                f"{run} holds an unfinished run: add --resume to go on with it, or use another "
                "--out."
            )
