"""Training runs on disk, finished or not: settings, history, and the epochs that are selected."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jss.errors import JssError
from jss.io import histories
from jss.io.schema import read_yaml
from jss.training.selection import best_epoch

#: Network -> column of the history, whether the largest value is selected, and the rule in words.
SELECTIONS: Mapping[str, tuple[str, bool, str]] = {
    "student": ("student_objective", True, "student selection (Eq. 23)"),
    "teacher": ("teacher_objective", True, "teacher selection (Eq. 24)"),
    "separator": ("validation_loss", False, "least validation loss"),
}
#: A run that has not written for this many seconds counts as stopped.
STOPPED_AFTER = 3600.0


@dataclass(frozen=True)
class Run:
    """The training of one stage."""

    #: Its folder, relative to the root.
    name: str
    #: The system or block that it trains.
    system: str
    #: Where its data comes from.
    data: str
    #: How many epochs are planned.
    epochs: int | None
    #: The config of the whole experiment.
    settings: Mapping[str, Any]
    #: A row for each epoch.
    history: Sequence[Mapping[str, float]]
    #: Seconds since it last wrote.
    age: float

    @property
    def running(self) -> bool:
        """Whether epochs are still to come, and it has written within the last hour."""
        if self.epochs is None or len(self.history) >= self.epochs:
            return False
        return self.age < STOPPED_AFTER


def selected_epochs(history: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """The selected epoch of each network, from 1; without those that the history has no values for.

    Args:
        history: A row for each epoch.
    """
    selected: dict[str, int] = {}
    for name, (column, largest, _) in SELECTIONS.items():
        if any(column in row for row in history):
            try:
                selected[name] = int(history[best_epoch(history, column, largest)].get("epoch", 0))
            except ValueError:  # no epoch has a finite value
                continue
    return selected


def find(root: str | Path) -> list[Run]:
    """Every run below a folder, the last written first.

    A run is a folder with a config.yaml that ``jss train`` wrote.
    """
    folders = [path.parent for path in Path(root).glob("**/config.yaml")]
    return sorted((read(folder, root) for folder in folders), key=lambda run: run.age)


def read(folder: Path, root: str | Path) -> Run:
    """One run, which may not have finished its first epoch.

    Args:
        folder: Of the run.
        root: What the run's name is relative to.

    Raises:
        JssError: A file is damaged.
    """
    note = read_yaml(folder / "config.yaml")
    system, settings = str(note.get("system", folder.name)), note.get("config")
    if not isinstance(settings, dict):
        raise JssError(f"{folder / 'config.yaml'} is not of a training run of jss.")
    path = folder / "history.csv"
    history = histories.load(path) if path.is_file() else []
    age = time.time() - max(
        p.stat().st_mtime for p in (path, folder / "config.yaml") if p.is_file()
    )
    epochs, data = note.get("epochs"), note.get("data", "")
    roots = data if isinstance(data, list) else [data]
    return Run(
        folder.relative_to(root).as_posix(),
        system,
        ", ".join(map(str, roots)),
        epochs if isinstance(epochs, int) else None,
        settings,
        history,
        age,
    )
