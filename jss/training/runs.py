"""Training runs on disk: settings, history, whether each still runs, and the selected epochs."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from jss.errors import JssError
from jss.io import histories
from jss.io.locks import lock
from jss.io.schema import read_yaml
from jss.io.stamps import Stamp, stamp
from jss.training.selection import best_epoch

#: Network -> column of the history, whether the largest value is selected, and the rule in words.
SELECTION_RULES: Mapping[str, tuple[str, bool, str]] = {
    "student": ("student_objective", True, "student selection (Eq. 23)"),
    "teacher": ("teacher_objective", True, "teacher selection (Eq. 24)"),
    "separator": ("validation_loss", False, "least validation loss"),
}
#: "ended": its last epoch is done; "interrupted": its process ended before that.
State = Literal["running", "ended", "interrupted"]
#: File of a run that holds its state; the process that trains the run holds it locked.
STATE = "state.txt"
#: File in the folder of a campaign: what it is to train, for whoever looks at the folder.
PLAN = "campaign.yaml"
#: Seconds without a written epoch after which a run without such a lock counts as interrupted.
STOPPED_AFTER = 3600.0
#: File with the hours that a run's finished epochs took. They are no column of the history, which
#: is the same however often a run was stopped.
HOURS = "hours.txt"


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
    #: Whether it runs.
    state: State
    #: When it began or was resumed, in seconds since 1970.
    began: float
    #: Seconds since it last wrote.
    age: float


class Found(NamedTuple):
    """The runs below a folder."""

    #: Those that run first, the last begun of them first; then the others, the last written first.
    runs: list[Run]
    #: A sentence for each run that cannot be read.
    faults: list[str]


def selected_epochs(history: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """The selected epoch of each network, from 1; without those that the history has no values for.

    Args:
        history: A row for each epoch.
    """
    selected: dict[str, int] = {}
    for name, (column, largest, _) in SELECTION_RULES.items():
        if any(column in row for row in history):
            try:
                selected[name] = int(history[best_epoch(history, column, largest)].get("epoch", 0))
            except ValueError:  # no epoch has a finite value
                continue
    return selected


def find(root: str | Path) -> Found:
    """Every run below a folder. A run is a folder with a config.yaml that ``jss train`` wrote."""
    found, faults = [], []
    for path in sorted(Path(root).glob("**/config.yaml")):
        try:
            found.append(read(path.parent, root))
        except JssError as error:
            faults.append(f"The run {path.parent.relative_to(root)} is left out: {error}")

    def order(run: Run) -> tuple[bool, float]:
        return run.state != "running", -run.began if run.state == "running" else run.age

    return Found(sorted(found, key=order), faults)


def read(folder: Path, root: str | Path) -> Run:
    """One run, which may not have finished its first epoch.

    Args:
        folder: Of the run.
        root: What the run's name is relative to.

    Raises:
        JssError: A file is damaged.
    """
    config, table = folder / "config.yaml", folder / "history.csv"
    note = _parsed(config, stamp(config))
    settings, epochs, data = note.get("config"), note.get("epochs"), note.get("data", "")
    if not isinstance(settings, dict):
        raise JssError(f"{config} is not of a training run of jss.")
    history = _history(table, stamp(table)) if table.is_file() else ()
    planned = epochs if isinstance(epochs, int) else None
    began = stamp(config)[0] / 1e9
    age = time.time() - max(began, stamp(table)[0] / 1e9)
    return Run(
        folder.relative_to(root).as_posix(),
        str(note.get("system", folder.name)),
        ", ".join(map(str, data if isinstance(data, list) else [data])),
        planned,
        settings,
        history,
        _state(folder, planned is not None and len(history) >= planned, age),
        began,
        age,
    )


def hours_of(run: Path) -> float:
    """Hours that the finished epochs of a run took; 0 before the first."""
    path = run / HOURS
    return float(path.read_text()) if path.is_file() else 0.0


@contextmanager
def training(run: Path) -> Iterator[None]:
    """Mark a run as running in the ``with`` block, and as ended where that comes to its end.

    Args:
        run: Its folder.

    Raises:
        JssError: Another process trains it.
    """
    run.mkdir(parents=True, exist_ok=True)
    with (run / STATE).open("a+", encoding="utf-8") as file:  # the lock ends with the process
        lock(file, f"{run} is being trained by another process: wait for it, or use another --out.")
        _write(file, "running")
        yield
        _write(file, "ended")


def _write(file: Any, state: State) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"{state}\n")
    file.flush()


def _state(folder: Path, complete: bool, age: float) -> State:
    """Whether a run runs.

    Args:
        folder: Of the run.
        complete: Whether all planned epochs are done.
        age: Seconds since it last wrote.
    """
    try:
        with (folder / STATE).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return "ended" if file.read(5) == b"ended" else "interrupted"
    except BlockingIOError:
        return "running"
    except OSError:  # a run of an earlier version, or a file system without locks
        if complete:
            return "ended"
        return "running" if age < STOPPED_AFTER else "interrupted"


@lru_cache(512)
def _parsed(path: Path, written: Stamp) -> dict[str, Any]:
    return read_yaml(path)


@lru_cache(512)
def _history(path: Path, written: Stamp) -> tuple[dict[str, float], ...]:
    return tuple(histories.load(path))


def has_block(name: str, folder: Path) -> bool:
    """Whether a checkpoints folder has a block that a training saved there."""
    return (folder / "blocks" / f"{name}.json").is_file() and not _start_mark(name, folder).exists()


def mark_start(name: str, folder: Path) -> None:
    """Say of a block in a folder that its own training goes on from it, and will replace it."""
    _start_mark(name, folder).touch()


def unmark_start(name: str, folder: Path) -> None:
    """Say of a block that it is the result of its training."""
    _start_mark(name, folder).unlink(missing_ok=True)


def _start_mark(name: str, folder: Path) -> Path:
    return folder / "blocks" / f"{name}.start"
