"""Public overlap: clips added in pairs, so that events of both overlap severely.

Each of a few permutations pairs every clip with another one, once as the first of a pair; the
signals are summed without any gain, and same-class events that then overlap become one.
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

#: As the paper: three permutations, so 2076 pairs of 692 clips.
PERMUTATIONS = 3
#: A subset's name with this at its end means the pairs of its clips.
SUFFIX = "_overlap"

Audio = npt.NDArray[np.float32]


@dataclass(frozen=True)
class OverlapClip:
    """The sum of two clips. filename: of the pair; duration: seconds of the longer one; events: of
    both, merged.
    """

    filename: str
    first: Clip
    second: Clip
    duration: float
    events: tuple[Event, ...]

    @property
    def missing(self) -> bool:
        """Whether the audio of either clip is not there."""
        return self.first.path is None or self.second.path is None

    @property
    def padded_to(self) -> float | None:
        """The clip length of the set, as for a ``Clip``: the sum of two short clips is as short."""
        return self.first.padded_to

    @property
    def sources(self) -> tuple[tuple[str, Path], ...]:
        """Isolated sources of both clips; none unless both have them."""
        return (
            self.first.sources + self.second.sources
            if self.first.sources and self.second.sources
            else ()
        )

    def load(self) -> Audio:
        """The summed audio: float32 (samples,) at 16 kHz, which may exceed full scale. Raises
        JssError.
        """
        if self.first.path is None or self.second.path is None:
            raise JssError(
                f"The audio of {self.filename} is incomplete: one of its two clips is missing."
            )
        return add(audio.load(self.first.path), audio.load(self.second.path))


def overlap_pairs(n: int, permutations: int = PERMUTATIONS, seed: int = 0) -> list[tuple[int, int]]:
    """Pairs (i, j) with i != j: in each permutation every clip is the first once and the second
    once.

    -> n * permutations pairs, the same for the same seed. Raises JssError for fewer than two clips.
    """
    if n < 2:
        raise JssError("Overlap needs at least two clips.")
    rng = np.random.default_rng(seed)
    every = np.arange(n)
    pairs: list[tuple[int, int]] = []
    for _ in range(permutations):
        second = rng.permutation(n)
        while np.any(second == every):
            second = rng.permutation(n)
        pairs += [(i, int(j)) for i, j in enumerate(second)]
    return pairs


def build(
    clips: Sequence[Clip], permutations: int = PERMUTATIONS, seed: int = 0
) -> list[OverlapClip]:
    """The overlap version of strongly labelled clips, in the order of their names, those without
    audio included.

    Raises JssError where a clip has no strong labels.
    """
    ordered = sorted(clips, key=lambda clip: clip.filename)
    unlabelled = next((clip.filename for clip in ordered if clip.events is None), None)
    if unlabelled is not None:
        raise JssError(
            f"Overlap needs strong labels, but {unlabelled} has none: choose another subset."
        )
    return [
        _pair(f"{number // len(ordered)}_{number % len(ordered):05d}.wav", ordered[i], ordered[j])
        for number, (i, j) in enumerate(overlap_pairs(len(ordered), permutations, seed))
    ]


def add(first: Audio, second: Audio) -> Audio:
    """Sum without gain; the shorter one is silent beyond its end. (n,), (m,) -> (max(n, m),)"""
    total = np.zeros(max(len(first), len(second)), np.float32)
    total[: len(first)] += first
    total[: len(second)] += second
    return total


def merge(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events sorted by onset, overlapping ones of a class joined into one."""
    merged: dict[str, list[Event]] = {}
    for event in sorted(events):
        own = merged.setdefault(event.label, [])
        if own and event.onset < own[-1].offset:
            own[-1] = Event(own[-1].onset, max(own[-1].offset, event.offset), event.label)
        else:
            own.append(event)
    return tuple(sorted(event for own in merged.values() for event in own))


def _pair(filename: str, first: Clip, second: Clip) -> OverlapClip:
    events = merge((*(first.events or ()), *(second.events or ())))
    return OverlapClip(filename, first, second, max(first.duration, second.duration), events)
