"""Soundbanks: a folder of recordings, or a mixture of several banks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from jss import audio
from jss.data.datasets import esc50, urbansound
from jss.data.recordings import (
    SPLITS,
    Recording,
    choose,
    index_by_split,
    read_catalogue,
    scan,
    split_name,
)
from jss.errors import JssError
from jss.labels import DESED_LABELS

__all__ = [
    "TERMS",
    "Audio",
    "Bank",
    "MixedBank",
    "Recording",
    "SoundBank",
    "as_int16",
    "recordings_sha256",
]

Audio = npt.NDArray[np.float32]
#: Licence of a model trained on any bank of recordings, as its card states it.
TERMS = "trained partly on non-commercial and research-only recordings"


class Bank(Protocol):
    """Interface of a soundbank; instances are hashed by identity."""

    def __hash__(self) -> int: ...

    def labels(self, split: str) -> tuple[str, ...]:
        """Labels that have a recording in the split, sorted."""

    def recordings(self, label: str, split: str) -> tuple[Recording, ...]:
        """List the recordings of a label in a split, sorted by path; empty where there is none.

        Args:
            label: The class.
            split: The split, or a half of it such as test_a.
        """

    def pick(self, label: str, split: str, rng: np.random.Generator) -> Recording:
        """Draw a recording.

        Args:
            label: The class.
            split: The split, or a half of it such as test_a.
            rng: Random generator.

        Returns:
            The recording.

        Raises:
            JssError: The label has no recording in the split.
        """

    def holds(self, recording: Recording) -> bool:
        """Whether :meth:`load` can load the recording."""

    def load(self, recording: Recording) -> Audio:
        """Load a recording.

        Returns:
            (samples,) at 16 kHz, mono.

        Raises:
            JssError: The file is missing or damaged.
        """


class SoundBank:
    """A folder with a subfolder for each class, UrbanSound8K, or a data set in ESC-50's layout.

    An optional ``catalog.tsv`` lists file, class, recording and split; without one, each file is
    its own recording and its split follows from :func:`hashed_split`. Folds of the data sets make
    their splits. Files stay in memory as int16 after their first use. Safe for threads.

    Args:
        root: The folder.
        selection: The recordings to use; None for all.

    Raises:
        JssError: The folder is missing or empty, or its catalogue is invalid.
    """

    def __init__(self, root: str | Path, selection: Sequence[Recording] | None = None) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise JssError(
                f"There is no soundbank at {self.root}: give a folder that holds one folder for each class."
            )
        self.root, recordings = read_bank(self.root)
        if selection is not None:
            recordings = list(selection)
        if not recordings:
            raise JssError(
                f"The soundbank {self.root} is empty: it needs class folders with audio files in them."
            )
        self._by_split = index_by_split(recordings)
        self._known = {r.path: r for r in recordings}
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

    def preload(self, split: str | None = None, threads: int = 1) -> SoundBank:
        """Read every file of a split into memory, for example before worker processes are forked.

        Args:
            split: The split; None for all.
            threads: Number of threads.

        Returns:
            The bank itself.
        """
        base = split_name(split)[0] if split else None
        wanted = [
            recording
            for recording in self._known.values()
            if base is None or recording.split == base
        ]
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(self.load, wanted):
                pass
        return self


class MixedBank:
    """Several banks as one.

    Args:
        parts: Banks and their weights: how often a recording is drawn from each bank that has the
            label. A bank of weight 0 is used only for labels that no other bank has in the split.

    Raises:
        JssError: There is no bank, or a weight is negative.
    """

    def __init__(self, parts: Sequence[tuple[Bank, float]]) -> None:
        if not parts or any(weight < 0 for _, weight in parts):
            raise JssError("A mixed soundbank needs at least one bank, and weights of 0 or more.")
        self.parts = tuple(parts)
        self._members: dict[tuple[str, str], tuple[Recording, ...]] = {}

    def labels(self, split: str) -> tuple[str, ...]:
        return tuple(sorted({label for bank, _ in self.parts for label in bank.labels(split)}))

    def recordings(self, label: str, split: str) -> tuple[Recording, ...]:
        if (label, split) not in self._members:
            members = (
                r
                for bank, _ in self._banks_with(label, split)
                for r in bank.recordings(label, split)
            )
            self._members[label, split] = tuple(sorted(members))
        return self._members[label, split]

    def pick(self, label: str, split: str, rng: np.random.Generator) -> Recording:
        parts = self._banks_with(label, split)
        if not parts:
            return choose((), label, split, rng)
        weights = np.array([weight for _, weight in parts])
        return parts[int(rng.choice(len(parts), p=weights / weights.sum()))][0].pick(
            label, split, rng
        )

    def holds(self, recording: Recording) -> bool:
        return any(bank.holds(recording) for bank, _ in self.parts)

    def load(self, recording: Recording) -> Audio:
        for bank, _ in self.parts:
            if bank.holds(recording):
                return bank.load(recording)
        raise JssError(f"None of the mixed soundbanks has the recording {recording.path!r}.")

    def _banks_with(self, label: str, split: str) -> list[tuple[Bank, float]]:
        having = [(bank, weight) for bank, weight in self.parts if bank.recordings(label, split)]
        return [(bank, weight) for bank, weight in having if weight > 0] or [
            (bank, 1.0) for bank, _ in having
        ]


def recordings_sha256(bank: Bank) -> str:
    """Hash of the names of a bank's recordings and their splits.

    Another bank gives other soundscapes. Contents do not count: a bank at another sampling rate
    (``jss prepare --convert``) gives the same ones, and thousands of files would have to be read.
    So a recording that is replaced under its name is not noticed.
    """
    known = "\n".join(
        f"{r.path} {r.recording} {r.split}"
        for split in SPLITS
        for label in bank.labels(split)
        for r in bank.recordings(label, split)
    )
    return hashlib.sha256(known.encode()).hexdigest()


def is_bank(folder: Path) -> bool:
    """Whether a folder is a soundbank: it has a catalogue, or a subfolder of a known class."""
    known = {*DESED_LABELS, "background"}
    return (folder / "catalog.tsv").is_file() or any((folder / label).is_dir() for label in known)


def read_bank(root: Path) -> tuple[Path, list[Recording]]:
    """Folder that the paths of a soundbank are relative to, and its recordings."""
    if (root / "catalog.tsv").is_file():
        return root, read_catalogue(root / "catalog.tsv")
    for layout in (urbansound, esc50):
        base = layout.find(root)
        if base is not None:
            return base, layout.recordings(base)
    return root, scan(root)


def _read_int16(path: Path) -> npt.NDArray[np.int16]:
    """Samples of a file."""
    try:
        return as_int16(audio.load(path))
    except JssError as error:
        raise JssError(
            f"{error} It is a recording of the soundbank: put a good copy in its place, or remove it from there."
        ) from error


def as_int16(samples: Audio) -> npt.NDArray[np.int16]:
    """Convert samples in [-1, 1] to int16, rounded and clipped."""
    scaled: npt.NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(
        np.int16
    )
    return scaled
