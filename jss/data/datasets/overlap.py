"""The overlap version of a data set: clips added in pairs, so that their events overlap heavily.

Each of a few permutations pairs every clip with another one, so that each clip is once the first
and once the second of a pair. Signals are added without gain; events of one class that then overlap
become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jss import audio
from jss.data.clip import Clip, Event
from jss.errors import JssError

#: Number of permutations in the paper: 2076 pairs of 692 clips.
PERMUTATIONS = 3
#: Suffix of a subset's name for the pairs of its clips.
SUFFIX = "_overlap"

Audio = npt.NDArray[np.float32]


@dataclass(frozen=True)
class OverlapClip:
    """The sum of two clips."""

    #: Name of the pair.
    filename: str
    first: Clip
    second: Clip
    #: Length of the longer clip in seconds.
    duration: float
    #: Events of both clips, merged.
    events: tuple[Event, ...]

    @property
    def missing(self) -> bool:
        """Whether the audio of a clip is missing."""
        return self.first.path is None or self.second.path is None

    @property
    def padded_to(self) -> float | None:
        """Clip length of the data set, as for a ``Clip``."""
        return self.first.padded_to

    @property
    def sources(self) -> tuple[tuple[str, Path], ...]:
        """Isolated sources of both clips; empty unless both have them."""
        return (
            self.first.sources + self.second.sources
            if self.first.sources and self.second.sources
            else ()
        )

    def load(self) -> Audio:
        """Load and add the audio.

        Returns:
            (samples,) at 16 kHz; may exceed full scale.

        Raises:
            JssError: The audio of a clip is missing or damaged.
        """
        if self.first.path is None or self.second.path is None:
            raise JssError(
                f"The audio of {self.filename} is incomplete: one of its two clips is missing."
            )
        return add(audio.load(self.first.path), audio.load(self.second.path))


def overlap_pairs(
    n: int, permutations: int = PERMUTATIONS, seed: int | Sequence[int] = 0
) -> list[tuple[int, int]]:
    """Draw pairs (i, j), i != j, in which every clip is first and second once a permutation.

    Args:
        n: Number of clips, two or more.
        permutations: Number of permutations.
        seed: Random seed.

    Returns:
        n * permutations pairs.

    Raises:
        JssError: There are fewer than two clips.
    """
    if n < 2:
        raise JssError("Overlap needs at least two clips.")
    rng = np.random.default_rng(seed)
    identity = np.arange(n)
    pairs: list[tuple[int, int]] = []
    for _ in range(permutations):
        second = rng.permutation(n)
        while np.any(second == identity):
            second = rng.permutation(n)
        pairs += [(i, int(j)) for i, j in enumerate(second)]
    return pairs


def build(
    clips: Sequence[Clip], permutations: int = PERMUTATIONS, seed: int = 0
) -> list[OverlapClip]:
    """Make the overlap version of strongly labelled clips, sorted by name.

    Args:
        clips: The clips.
        permutations: Number of permutations.
        seed: Random seed.

    Returns:
        The pairs.

    Raises:
        JssError: A clip has no strong labels.
    """
    ordered = sorted(clips, key=lambda clip: clip.filename)
    unlabelled = next((clip.filename for clip in ordered if clip.events is None), None)
    if unlabelled is not None:
        raise JssError(
            f"Overlap needs strong labels, but {unlabelled} has none: choose another subset."
        )
    pairs = overlap_pairs(len(ordered), permutations, seed)
    return [
        _pair(_name(number, len(ordered)), ordered[i], ordered[j])
        for number, (i, j) in enumerate(pairs)
    ]


def pair_indices(names: Sequence[str], total: int) -> npt.NDArray[np.int64] | None:
    """Which two clips each pair is made of, from the pairs' names as ``build`` gives them.

    Args:
        names: Of some pairs of a set with the usual permutations and seed.
        total: Number of all its pairs.

    Returns:
        (names, 2) indices into the clips in the order of their names; None where the names are
        others.
    """
    n = total // PERMUTATIONS
    if n < 2:
        return None
    known = {_name(number, n): pair for number, pair in enumerate(overlap_pairs(n))}
    if not known.keys() >= set(names):
        return None
    return np.array([known[name] for name in names], np.int64).reshape(-1, 2)


def _name(number: int, n_clips: int) -> str:
    return f"{number // n_clips}_{number % n_clips:05d}.wav"


def add(first: Audio, second: Audio) -> Audio:
    """Add signals without gain; the shorter one is padded.

    Args:
        first: (n,).
        second: (m,).

    Returns:
        (max(n, m),).
    """
    total = np.zeros(max(len(first), len(second)), np.float32)
    total[: len(first)] += first
    total[: len(second)] += second
    return total


def merge(events: Iterable[Event]) -> tuple[Event, ...]:
    """Sort events by onset and join overlapping ones of a class."""
    merged: dict[str, list[Event]] = {}
    for event in sorted(events):
        joined = merged.setdefault(event.label, [])
        if joined and event.onset < joined[-1].offset:
            joined[-1] = Event(joined[-1].onset, max(joined[-1].offset, event.offset), event.label)
        else:
            joined.append(event)
    return tuple(sorted(event for joined in merged.values() for event in joined))


def _pair(filename: str, first: Clip, second: Clip) -> OverlapClip:
    events = merge((*(first.events or ()), *(second.events or ())))
    return OverlapClip(filename, first, second, max(first.duration, second.duration), events)
