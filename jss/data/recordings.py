"""Recordings, the splits they belong to, and how a folder of them is read.

A recording belongs to one split. Splits go by the original recording (speaker, Freesound id), never
by file, since several files may be cut from one recording. Each split also has two halves,
``test_a`` and ``test_b``, with no recording in common.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jss.errors import JssError
from jss.io.inputs import audio_files, is_hidden
from jss.io.tables import open_table

SPLITS = ("train", "validation", "test")
HALVES = ("a", "b")


@dataclass(frozen=True, order=True)
class Recording:
    """One file of a bank. path: its name within the bank, the same on every machine; recording:
    what it was cut from.

    duration: seconds, or None where it is known only after loading.
    """

    label: str
    path: str
    recording: str
    split: str
    licence: str = "unstated"
    dataset: str = "folder"
    duration: float | None = None


def split_name(split: str) -> tuple[str, str | None]:
    """``"test_a"`` -> ("test", "a"), ``"test"`` -> ("test", None). Raises JssError for any other
    name.
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
    """First an original recording, then one of its files, so that a recording cut in many does not
    dominate.
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
    """Original recording -> "a" or "b", so that every label is halved as evenly as can be (rare
    labels first).
    """
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


def index(found: Iterable[Recording]) -> Mapping[tuple[str, str], tuple[Recording, ...]]:
    """Recordings by (label, split), the halves of each split included."""
    index: dict[tuple[str, str], list[Recording]] = {}
    for split in SPLITS:
        members = sorted(r for r in found if r.split == split)
        side = halves(members)
        for item in members:
            index.setdefault((item.label, split), []).append(item)
            index.setdefault((item.label, f"{split}_{side[item.recording]}"), []).append(item)
    return {key: tuple(items) for key, items in index.items()}


def read_catalogue(path: Path) -> list[Recording]:
    """The rows of a soundbank's catalogue. Raises JssError for a missing column, an unknown split,
    a file that is listed twice and a recording that stands in two splits.
    """
    found: list[Recording] = []
    files: set[str] = set()
    split_of: dict[str, str] = {}
    with open_table(path) as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = {"file", "class", "recording", "split"} - set(rows.fieldnames or ())
        if missing:
            raise JssError(
                f"{path} lacks the column {sorted(missing)[0]!r}: it needs file, class, recording, split."
            )
        for number, row in enumerate(rows, start=2):
            if row["split"] not in SPLITS:
                raise JssError(
                    f"{path}, line {number}: the split {row['split']!r} is not train, validation or test."
                )
            if row["file"] in files:
                raise JssError(f"{path}, line {number}: the file {row['file']!r} is listed twice.")
            files.add(row["file"])
            if split_of.setdefault(row["recording"], row["split"]) != row["split"]:
                raise JssError(
                    f"{path}, line {number}: the recording {row['recording']!r} stands in two splits."
                )
            found.append(
                Recording(
                    row["class"],
                    row["file"],
                    row["recording"],
                    row["split"],
                    row.get("licence") or "unstated",
                    row.get("dataset") or "folder",
                    _seconds(row.get("duration_s")),
                )
            )
    return found


def scan(root: Path) -> list[Recording]:
    """The recordings of a soundbank without a catalogue: a folder a class, the split drawn by a
    hash of the name.
    """
    folders = (
        folder for folder in root.iterdir() if folder.is_dir() and not is_hidden(folder.name)
    )
    paths = sorted(path for folder in folders for path in audio_files(folder))
    names = [p.relative_to(root).as_posix() for p in paths]
    return [Recording(name.split("/")[0], name, name, hashed_split(name)) for name in names]


def hashed_split(name: str) -> str:
    """train, validation or test (80/10/10) by a hash of the name: the same on every machine,
    whatever else is there.
    """
    share = int(_digest(name)[:8], 16) / 0x1_0000_0000
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
