"""Recordings of sounds by class, and the banks that hand them out: a folder on disk, or several banks mixed.

A recording belongs to one split. Splits go by the original recording (speaker, Freesound id), never by file,
since several files may be cut from one recording. Each split also has two halves, ``test_a`` and ``test_b``,
with no recording in common.
"""

from __future__ import annotations

import csv
import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from jss import audio
from jss.errors import JssError

SPLITS = ("train", "validation", "test")
HALVES = ("a", "b")

Audio = npt.NDArray[np.float32]


@dataclass(frozen=True, order=True)
class Recording:
    """One file of a bank. path: its name within the bank, the same on every machine; recording: what it was cut from.

    duration: seconds, or None where it is known only after loading.
    """

    label: str
    path: str
    recording: str
    split: str
    licence: str = "unstated"
    dataset: str = "folder"
    duration: float | None = None


class Bank(Protocol):
    """Anything that hands out recordings by label and split."""

    def labels(self, split: str) -> tuple[str, ...]:
        """Labels that have a recording in the split, sorted."""

    def recordings(self, label: str, split: str) -> tuple[Recording, ...]:
        """Recordings of a label in a split, sorted by path; empty where there is none."""

    def pick(self, label: str, split: str, rng: np.random.Generator) -> Recording:
        """One recording at random. Raises JssError where the label has none in the split."""

    def holds(self, recording: Recording) -> bool:
        """Whether ``load`` knows the recording."""

    def load(self, recording: Recording) -> Audio:
        """Samples at 16 kHz, mono, float32 (samples,). Raises JssError where the file is missing or damaged."""


def split_name(split: str) -> tuple[str, str | None]:
    """``"test_a"`` -> ("test", "a"), ``"test"`` -> ("test", None). Raises JssError for any other name."""
    base, _, half = split.partition("_")
    if base not in SPLITS or half not in ("", *HALVES):
        raise JssError(f"There is no split {split!r}: use train, validation or test, or a half such as test_a.")
    return base, half or None


def choose(recordings: Sequence[Recording], label: str, split: str, rng: np.random.Generator) -> Recording:
    """First an original recording, then one of its files, so that a recording cut in many does not dominate."""
    if not recordings:
        raise JssError(f"The soundbank has no recording of {label!r} in the split {split!r}: add one or mix in another.")
    origins = sorted({r.recording for r in recordings})
    origin = origins[int(rng.integers(len(origins)))]
    files = [r for r in recordings if r.recording == origin]
    return files[int(rng.integers(len(files)))]


def halves(recordings: Iterable[Recording]) -> dict[str, str]:
    """Original recording -> "a" or "b", so that every label is halved as evenly as can be (rare labels first)."""
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


class SoundBank:
    """A folder of class folders, with an optional ``catalog.tsv`` (file, class, recording, split, ...).

    Without a catalogue each file is its own recording and the split follows from a hash of its name (80/10/10).
    A file stays in memory as int16 after its first use; safe for threads. Raises JssError where the folder is
    missing, empty or its catalogue lacks a column or names an unknown split.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise JssError(f"There is no soundbank at {self.root}: give a folder that holds one folder for each class.")
        catalogue = self.root / "catalog.tsv"
        found = _read_catalogue(catalogue) if catalogue.is_file() else _scan(self.root)
        if not found:
            raise JssError(f"The soundbank {self.root} is empty: it needs class folders with audio files in them.")
        self._by_split = _index(found)
        self._known = {r.path: r for r in found}
        self._audio: dict[str, npt.NDArray[np.int16]] = {}
        self._lock = threading.Lock()

    def labels(self, split: str) -> tuple[str, ...]:
        split_name(split)
        return tuple(sorted(label for label, known in self._by_split if known == split))

    def recordings(self, label: str, split: str) -> tuple[Recording, ...]:
        split_name(split)
        return self._by_split.get((label, split), ())

    def pick(self, label: str, split: str, rng: np.random.Generator) -> Recording:
        return choose(self.recordings(label, split), label, split, rng)

    def holds(self, recording: Recording) -> bool:
        return recording.path in self._known

    def load(self, recording: Recording) -> Audio:
        samples = self._audio.get(recording.path)
        if samples is None:
            if not self.holds(recording):
                raise JssError(f"The soundbank {self.root} has no recording {recording.path!r}.")
            samples = _read_int16(self.root / recording.path)
            with self._lock:
                samples = self._audio.setdefault(recording.path, samples)
        return samples.astype(np.float32) / np.float32(32768.0)

    def preload(self, split: str | None = None) -> SoundBank:
        """Read every file of a split (None: all) into memory, e.g. before worker processes are forked."""
        base = split_name(split)[0] if split else None
        for recording in self._known.values():
            if base is None or recording.split == base:
                self.load(recording)
        return self


class MixedBank:
    """Several banks as one, each with a weight: how often it is drawn from where more than one has the label.

    A bank of weight 0 is used only for labels that no other bank has in the split.
    """

    def __init__(self, parts: Sequence[tuple[Bank, float]]) -> None:
        if not parts or any(weight < 0 for _, weight in parts):
            raise JssError("A mixed soundbank needs at least one bank, and weights of 0 or more.")
        self.parts = tuple(parts)

    def labels(self, split: str) -> tuple[str, ...]:
        return tuple(sorted({label for bank, _ in self.parts for label in bank.labels(split)}))

    def recordings(self, label: str, split: str) -> tuple[Recording, ...]:
        return tuple(sorted(r for bank, _ in self._with(label, split) for r in bank.recordings(label, split)))

    def pick(self, label: str, split: str, rng: np.random.Generator) -> Recording:
        parts = self._with(label, split)
        if not parts:
            return choose((), label, split, rng)
        weights = np.array([weight for _, weight in parts])
        return parts[int(rng.choice(len(parts), p=weights / weights.sum()))][0].pick(label, split, rng)

    def holds(self, recording: Recording) -> bool:
        return any(bank.holds(recording) for bank, _ in self.parts)

    def load(self, recording: Recording) -> Audio:
        for bank, _ in self.parts:
            if bank.holds(recording):
                return bank.load(recording)
        raise JssError(f"None of the mixed soundbanks has the recording {recording.path!r}.")

    def _with(self, label: str, split: str) -> list[tuple[Bank, float]]:
        having = [(bank, weight) for bank, weight in self.parts if bank.recordings(label, split)]
        return [(bank, weight) for bank, weight in having if weight > 0] or [(bank, 1.0) for bank, _ in having]


def _index(found: Iterable[Recording]) -> Mapping[tuple[str, str], tuple[Recording, ...]]:
    """Recordings by (label, split), the halves of each split included."""
    index: dict[tuple[str, str], list[Recording]] = {}
    for split in SPLITS:
        members = sorted(r for r in found if r.split == split)
        side = halves(members)
        for item in members:
            index.setdefault((item.label, split), []).append(item)
            index.setdefault((item.label, f"{split}_{side[item.recording]}"), []).append(item)
    return {key: tuple(items) for key, items in index.items()}


def _read_catalogue(path: Path) -> list[Recording]:
    found: list[Recording] = []
    split_of: dict[str, str] = {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = {"file", "class", "recording", "split"} - set(rows.fieldnames or ())
        if missing:
            raise JssError(f"{path} lacks the column {sorted(missing)[0]!r}: it needs file, class, recording and split.")
        for number, row in enumerate(rows, start=2):
            if row["split"] not in SPLITS:
                raise JssError(f"{path}, line {number}: the split {row['split']!r} is not train, validation or test.")
            if split_of.setdefault(row["recording"], row["split"]) != row["split"]:
                raise JssError(f"{path}, line {number}: the recording {row['recording']!r} stands in two splits.")
            found.append(Recording(row["class"], row["file"], row["recording"], row["split"],
                                   row.get("licence") or "unstated", row.get("dataset") or "folder",
                                   _seconds(row.get("duration_s"))))
    return found


def _scan(root: Path) -> list[Recording]:
    paths = sorted(p for folder in root.iterdir() if folder.is_dir() for p in folder.iterdir()
                   if p.suffix.lower() in audio.SUFFIXES)
    names = [p.relative_to(root).as_posix() for p in paths]
    return [Recording(name.split("/")[0], name, name, _hashed_split(name)) for name in names]


def _hashed_split(name: str) -> str:
    share = int(_digest(name)[:8], 16) / 0x1_0000_0000
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _read_int16(path: Path) -> npt.NDArray[np.int16]:
    """A file's samples. 16 kHz mono needs no conversion; anything else goes through ``jss.audio``."""
    import soundfile

    try:
        info = soundfile.info(str(path))
        if info.samplerate == audio.SAMPLE_RATE and info.channels == 1:
            samples: npt.NDArray[np.int16] = soundfile.read(str(path), dtype="int16")[0]
            return samples
    except (soundfile.LibsndfileError, OSError) as error:
        raise JssError(f"The soundbank's file {path} cannot be read: remove it or put it back.") from error
    return as_int16(audio.load(path))


def as_int16(samples: Audio) -> npt.NDArray[np.int16]:
    """Float samples in [-1, 1] as int16, rounded and clipped."""
    scaled: npt.NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return scaled
