"""Recordings of a soundbank, and their splits.

A recording belongs to one split. Splits follow the original recording (speaker, Freesound id),
never the file, because several files may be cut from one recording. Each split has two halves, such
as ``test_a`` and ``test_b``, without a recording in common.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jss.errors import JssError
from jss.io import cells
from jss.io.inputs import audio_files, is_hidden
from jss.io.notes import warn
from jss.io.tsv import check_filled, read_table

SPLITS = ("train", "validation", "test")
HALVES = ("a", "b")
#: Columns that a catalogue must have.
COLUMNS = ("file", "class", "recording", "split")


@dataclass(frozen=True, order=True)
class Recording:
    """One file of a soundbank."""

    #: Class label.
    label: str
    #: Name within the soundbank, the same on every machine.
    path: str
    #: Name of the original recording that the file was cut from.
    recording: str
    #: train, validation or test.
    split: str
    #: Licence of the recording.
    licence: str = "unstated"
    #: Name of the data set it comes from.
    dataset: str = "folder"
    #: Length in seconds as its table has it, noted in the lines of soundscapes.jsonl; None: not stated.
    duration: float | None = None


def split_name(split: str) -> tuple[str, str | None]:
    """Divide a split's name: ``"test_a"`` gives ("test", "a"), ``"test"`` gives ("test", None).

    Raises:
        JssError: There is no such split.
    """
    base, _, half = split.partition("_")
    if base not in SPLITS or half not in ("", *HALVES):
        raise JssError(
            f"There is no split {split!r}: use train, validation or test, or a half such as test_a."
        )
    return base, half or None


def choose(
    recordings: Sequence[Recording], label: str, split: str, rng: np.random.Generator
) -> Recording:
    """Draw an original recording, then one of its files, so that many files give no advantage.

    Args:
        recordings: The recordings to choose from.
        label: Their class, for the error.
        split: Their split, for the error.
        rng: Random generator.

    Returns:
        One of them.

    Raises:
        JssError: There is no recording.
    """
    if not recordings:
        raise JssError(
            f"The soundbank has no recording of {label!r} in the split {split!r}: add one to it, or mix in "
            "another soundbank."
        )
    origins = sorted({r.recording for r in recordings})
    origin = origins[int(rng.integers(len(origins)))]
    files = [r for r in recordings if r.recording == origin]
    return files[int(rng.integers(len(files)))]


def halves(recordings: Iterable[Recording]) -> dict[str, str]:
    """Map each original recording to half "a" or "b"; every label is divided evenly, rare first."""
    by_label: dict[str, set[str]] = {}
    for item in recordings:
        by_label.setdefault(item.label, set()).add(item.recording)
    assigned: dict[str, str] = {}
    for label in sorted(by_label, key=lambda name: (len(by_label[name]), name)):
        origins = sorted(by_label[label], key=_digest)
        balance = sum({"a": 1, "b": -1}.get(assigned.get(origin, ""), 0) for origin in origins)
        tie = -1 if _digest(label)[-1] in "02468ace" else 1
        for origin in origins:
            if origin not in assigned:
                side = balance or tie
                assigned[origin] = "b" if side > 0 else "a"
                balance += 1 if side < 0 else -1
    return assigned


def index_by_split(
    recordings: Iterable[Recording],
) -> Mapping[tuple[str, str], tuple[Recording, ...]]:
    """Group recordings by (label, split), with the halves of each split."""
    groups: dict[tuple[str, str], list[Recording]] = {}
    for split in SPLITS:
        members = sorted(r for r in recordings if r.split == split)
        side = halves(members)
        for item in members:
            groups.setdefault((item.label, split), []).append(item)
            groups.setdefault((item.label, f"{split}_{side[item.recording]}"), []).append(item)
    return {key: tuple(items) for key, items in groups.items()}


def read_catalogue(path: Path) -> list[Recording]:
    """Read the catalogue of a soundbank.

    Raises:
        JssError: A column is missing or a cell of it empty, a split unknown, a file listed twice, a
            recording in two splits, or a duration not a number of seconds above 0.
    """
    recordings: list[Recording] = []
    files: set[str] = set()
    split_of: dict[str, str] = {}
    table = read_table(path, COLUMNS, optional=("licence", "dataset", "duration_s"))
    for column in COLUMNS:
        check_filled(path, table, column)
    for line, file, label, recording, split, licence, dataset, seconds in table.itertuples():
        if cells.undecodable(recording):
            raise JssError(f"{path}, line {line}: the text is not UTF-8: save it as UTF-8.")
        if split not in SPLITS:
            raise JssError(
                f"{path}, line {line}: the split {split!r} is not train, validation or test."
            )
        if file in files:
            raise JssError(f"{path}, line {line}: the file {file!r} is listed twice.")
        files.add(file)
        if split_of.setdefault(recording, split) != split:
            raise JssError(f"{path}, line {line}: the recording {recording!r} is in two splits.")
        recordings.append(
            Recording(
                label,
                file,
                recording,
                split,
                licence or "unstated",
                dataset or "folder",
                _seconds(seconds, f"{path}, line {line}"),
            )
        )
    return recordings


def scan(root: Path) -> list[Recording]:
    """List a soundbank without a catalogue, which has a subfolder for each class.

    Splits are drawn by :func:`hashed_split`.
    """
    folders = (
        folder for folder in root.iterdir() if folder.is_dir() and not is_hidden(folder.name)
    )
    paths = []
    for path in sorted(path for folder in folders for path in audio_files(folder)):
        if cells.undecodable(path.relative_to(root).as_posix()):
            warn(f"{path} has a name that is not UTF-8: rename it, or the soundbank lacks it.")
        else:
            paths.append(path)
    names = [p.relative_to(root).as_posix() for p in paths]
    return [Recording(name.split("/")[0], name, name, hashed_split(name)) for name in names]


def hashed_split(name: str) -> str:
    """Split of a name by its hash (80/10/10), the same on every machine."""
    share = int(_digest(name)[:8], 16) / 0x1_0000_0000
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _seconds(text: str, place: str) -> float | None:
    try:
        seconds = cells.number(text) if text else None
    except ValueError as error:
        raise JssError(f"{place}: the duration_s {text!r} is not a number of seconds.") from error
    if seconds is not None and seconds <= 0:
        raise JssError(f"{place}: the duration_s {text} is not above 0.")
    return seconds
