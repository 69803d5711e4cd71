"""Training runs as they lie on disk, finished or not: settings, epochs, and the epochs that Eqs 23
and 24 choose.
"""

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

#: What is selected -> (column of the history, whether the largest wins, the rule as a person reads
#: it).
SELECTIONS: Mapping[str, tuple[str, bool, str]] = {
    "student": ("student_objective", True, "student selection (Eq. 23)"),
    "teacher": ("teacher_objective", True, "teacher selection (Eq. 24)"),
    "separator": ("validation_loss", False, "least validation loss"),
}
#: A run that has not written for this many seconds is taken for stopped.
SILENT = 3600.0


@dataclass(frozen=True)
class Run:
    """One stage's training. name: of its folder under the root; system: what it trains; data: on
    what; epochs: planned; settings: of the whole experiment; history: a row an epoch; age: seconds
    since it last wrote.
    """

    name: str
    system: str
    data: str
    epochs: int | None
    settings: Mapping[str, Any]
    history: Sequence[Mapping[str, float]]
    age: float

    @property
    def going(self) -> bool:
        """Whether epochs are still to come and it has written within the last hour."""
        return self.epochs is not None and len(self.history) < self.epochs and self.age < SILENT


def chosen(history: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """Network -> the epoch, from 1, that its rule chooses; without those that the history cannot
    tell.
    """
    found: dict[str, int] = {}
    for name, (column, largest, _) in SELECTIONS.items():
        if any(column in row for row in history):
            try:
                found[name] = int(history[best_epoch(history, column, largest)].get("epoch", 0))
            except ValueError:  # no epoch has a finite value
                continue
    return found


def find(root: str | Path) -> list[Run]:
    """Every run under a folder, the last written first: folders with a config.yaml that ``jss
    train`` wrote.
    """
    folders = [path.parent for path in Path(root).glob("**/config.yaml")]
    return sorted((read(folder, root) for folder in folders), key=lambda run: run.age)


def read(folder: Path, root: str | Path) -> Run:
    """One run, before its first epoch too. Raises JssError where a file is damaged."""
    noted = read_yaml(folder / "config.yaml")
    system, settings = str(noted.get("system", folder.name)), noted.get("config")
    if not isinstance(settings, dict):
        raise JssError(f"{folder / 'config.yaml'} is not of a training run of jss.")
    path = folder / "history.csv"
    history = histories.load(path) if path.is_file() else []
    age = time.time() - max(
        p.stat().st_mtime for p in (path, folder / "config.yaml") if p.is_file()
    )
    epochs, data = noted.get("epochs"), noted.get("data", "")
    heard = ", ".join(map(str, data)) if isinstance(data, list) else str(data)
    return Run(
        folder.relative_to(root).as_posix(),
        system,
        heard,
        epochs if isinstance(epochs, int) else None,
        settings,
        history,
        age,
    )
