"""Soundbank of the built-in synthesiser, which needs no download."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jss.data.recordings import HALVES, SPLITS, Recording, choose, split_name
from jss.data.soundbank.bank import Audio, as_int16
from jss.errors import JssError

#: Number of seeds reserved for each split, so that no two splits (or banks) share a recording.
BLOCK = 100_000
#: Beginning of the paths of synthesised recordings.
PREFIX = "synthesis"
#: Name given in place of a folder, for sounds from the built-in synthesiser alone.
SYNTHSCAPES = "synthscapes"


class SynthBank:
    """Synthesised recordings of every label and split, synthesised at their first use.

    The same seed gives the same bank on every machine, and splits share no recording. Safe for
    threads.

    Args:
        per_label: Number of recordings for each label and split.
        seed: Random seed of the bank.
        megabytes: Memory for recordings, as int16; beyond it the least recently used are dropped.
        classes: Labels of the bank; None for ``jss.synthesis.LABELS``.

    Raises:
        JssError: A number is out of range.
    """

    def __init__(
        self,
        per_label: int = 40,
        seed: int = 0,
        megabytes: int = 400,
        classes: Sequence[str] | None = None,
    ) -> None:
        if not 2 <= per_label <= BLOCK:
            raise JssError(
                f"A synthesised soundbank needs 2 to {BLOCK} recordings a label, not {per_label}."
            )
        if seed < 0:
            raise JssError(f"The seed of a synthesised soundbank cannot be negative: {seed}.")
        self.per_label, self.seed, self.megabytes = per_label, seed, megabytes
        self.classes = None if classes is None else tuple(sorted(classes))
        self._audio: OrderedDict[str, npt.NDArray[np.int16]] = OrderedDict()
        self._members: dict[tuple[str, str], tuple[Recording, ...]] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def labels(self, split: str) -> tuple[str, ...]:
        from jss.synthesis import LABELS

        split_name(split)
        return tuple(sorted(LABELS)) if self.classes is None else self.classes

    def recordings(self, label: str, split: str) -> tuple[Recording, ...]:
        members = self._members.get((label, split))
        if members is None:
            members = self._list(label, split) if label in self.labels(split) else ()
            self._members[label, split] = members
        return members

    def pick(self, label: str, split: str, rng: np.random.Generator) -> Recording:
        return choose(self.recordings(label, split), label, split, rng)

    def holds(self, recording: Recording) -> bool:
        return recording.path.startswith(f"{PREFIX}/{recording.label}/")

    def load(self, recording: Recording) -> Audio:
        with self._lock:
            samples = self._audio.get(recording.path)
            if samples is not None:
                self._audio.move_to_end(recording.path)
        if samples is None:
            samples = self._synthesise(recording)
            with self._lock:
                if recording.path not in self._audio:
                    self._audio[recording.path] = samples
                    self._bytes += samples.nbytes
                while self._bytes > self.megabytes * 1_000_000 and len(self._audio) > 1:
                    self._bytes -= self._audio.popitem(last=False)[1].nbytes
        return samples.astype(np.float32) / np.float32(32768.0)

    def preload(self, split: str, labels: tuple[str, ...] | None = None) -> SynthBank:
        """Synthesise a split now, for example before worker processes are forked.

        Args:
            split: The split.
            labels: Its labels; None for all.

        Returns:
            The bank itself.
        """
        for label in labels or self.labels(split):
            for recording in self.recordings(label, split):
                self.load(recording)
        return self

    def _list(self, label: str, split: str) -> tuple[Recording, ...]:
        base, half = split_name(split)
        first = (self.seed * len(SPLITS) + SPLITS.index(base)) * BLOCK
        paths = (
            f"{PREFIX}/{label}/{first + i:010d}"
            for i in range(self.per_label)
            if half is None or i % 2 == HALVES.index(half)
        )
        return tuple(Recording(label, path, path, base, "MIT", PREFIX) for path in paths)

    def _synthesise(self, recording: Recording) -> npt.NDArray[np.int16]:
        from jss.synthesis import ALL_LABELS, synthesise

        parts = recording.path.split("/")
        if (
            not self.holds(recording)
            or recording.label not in ALL_LABELS
            or not parts[-1].isdigit()
        ):
            raise JssError(f"{recording.path!r} is not a recording of the synthesiser.")
        return as_int16(synthesise(recording.label, int(parts[-1])))
