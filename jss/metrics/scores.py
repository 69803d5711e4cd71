"""Score curves of a set, and their events at some or at all thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64, Floats
from jss.decoding import MEDIAN_FRAMES
from jss.metrics.events import EventArrays, Ints

#: The 50 thresholds of the DCASE baselines and of the paper: 0.01, 0.03 ... 0.99.
THRESHOLDS: Float64 = np.round(np.arange(0.01, 1, 0.02), 2)
#: Scores a block, about: bounds the memory where they are read from files.
BLOCK = 1_000_000
#: Seconds of the shortest frame that ``highest`` looks at.
SHORTEST = 1e-3
#: Scores (K, T) of a clip, and its frame boundaries (T + 1,) in seconds.
Curves = tuple[npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True, eq=False)
class Block:
    """Score curves of n consecutive clips and K classes as one array; every curve ends with -inf."""

    #: Index of the first clip.
    first: int
    #: K.
    n_labels: int
    #: (F,), F = sum over clips of K (T + 1), plus one -inf in front.
    value: Floats
    #: (n K + 1,) index of the first frame of each curve, and F.
    start: Ints
    #: Frame boundaries of all clips in seconds, T + 1 per clip.
    edges: Float64
    #: (n,) index of the first boundary of each clip.
    first_edge: Ints

    @classmethod
    def build(cls, first: int, n_labels: int, clips: Sequence[tuple[Floats, Float64]]) -> Block:
        """Join curves.

        Args:
            first: Index of the first clip.
            n_labels: K, the number of classes.
            clips: For each the scores (K, T) and the frame boundaries (T + 1,) in seconds.
        """
        lengths = np.array([len(edges) for _, edges in clips], np.int64)
        start = np.cumsum(np.concatenate(([1], np.repeat(lengths, n_labels))))
        kind = np.result_type(np.float32, *{table.dtype for table, _ in clips})
        value = np.full(int(start[-1]), -np.inf, kind)
        for n, (table, edges) in enumerate(clips):
            curves = value[start[n * n_labels] : start[(n + 1) * n_labels]]
            curves.reshape(n_labels, len(edges))[:, :-1] = table
        return cls(
            first,
            n_labels,
            value,
            start,
            np.concatenate([np.zeros(0), *(edges for _, edges in clips)]),
            np.cumsum(np.concatenate(([0], lengths)))[:-1],
        )

    def __len__(self) -> int:
        return len(self.first_edge)

    def at(self, thresholds: Sequence[float] | Float64) -> EventArrays:
        """Events above each threshold (strict ``>``); their ``point`` is the threshold's index."""
        begin: list[Ints] = []
        end: list[Ints] = []
        point: list[Ints] = []
        for index, threshold in enumerate(thresholds):
            # An array, since numpy 1 would round a scalar to the type of the scores.
            active = self.value > np.array([threshold], np.float64)
            turns = np.flatnonzero(active[1:] != active[:-1]) + 1
            begin.append(turns[::2])
            end.append(turns[1::2])
            point.append(np.full(len(turns) // 2, index, np.int64))
        return self.events(*map(np.concatenate, (begin, end, point)))

    def events(self, begin: Ints, end: Ints, point: Ints) -> EventArrays:
        """Events of runs of frames.

        Those without a length, where the frame boundaries give none, are left out.

        Args:
            begin: (n,) index of the first frame in ``value``.
            end: (n,) index after the last frame.
            point: (n,) operating point.
        """
        series = np.searchsorted(self.start, begin, side="right") - 1
        clip, label = np.divmod(series, self.n_labels)
        shift = self.first_edge[clip] - self.start[series]
        onset, offset = self.edges[begin + shift], self.edges[end + shift]
        events = EventArrays(clip + self.first, label, onset, offset, point)
        return events if np.all(offset > onset) else events.take(np.flatnonzero(offset > onset))

    def above(self, floor: Floats) -> Ints:
        """Frames whose score is above the floor of their class, as sorted indices into ``value``.

        Args:
            floor: (K,)
        """
        active = np.zeros(len(self.value), bool)
        for n in range(len(self)):
            frames = slice(self.start[n * self.n_labels], self.start[(n + 1) * self.n_labels])
            curves = self.value[frames].reshape(self.n_labels, -1)
            np.greater(curves, floor[:, None], out=active[frames].reshape(curves.shape))
        return np.flatnonzero(active)


@dataclass(frozen=True, eq=False)
class ScoreSet:
    """Score curves of N clips and K classes, in memory or read from files a block at a time."""

    #: K.
    n_labels: int
    #: (M + 1,) index of the first clip of each of the M blocks, and N.
    bounds: tuple[int, ...]
    #: The block of the clips first to last - 1.
    block: Callable[[int, int], Block]
    #: (N, K) highest score in frames of at least ``SHORTEST``; -inf where there is none.
    highest: Floats

    @classmethod
    def build(
        cls,
        clips: Iterable[Curves],
        n_labels: int,
        *,
        median: int = MEDIAN_FRAMES,
        again: Callable[[int], Curves] | None = None,
    ) -> ScoreSet:
        """Score curves of a set from arrays by clip.

        A median filter before the threshold gives the same events as one after it.

        Args:
            clips: For each the scores (K, T) and the frame boundaries (T + 1,) in seconds.
            n_labels: K, the number of classes.
            median: Length of the median filter in frames, odd; 1: no filter.
            again: Reads the clip of an index another time, from any thread, so that curves are not
                kept in memory; None: they are kept.

        Raises:
            ValueError: Another shape, or an even length.
        """
        if median % 2 != 1:
            raise ValueError("the median filter must have an odd length")
        # Imported here: it is slow to import, and counts can also be read from a report.
        from scipy.ndimage import median_filter

        def filtered(clip: Curves) -> tuple[Floats, Float64]:
            table, times = np.asarray(clip[0]), np.asarray(clip[1], np.float64)
            if table.ndim != 2 or len(table) != n_labels or times.shape != (table.shape[1] + 1,):
                raise ValueError(
                    f"scores {table.shape} and boundaries {times.shape} do not fit {n_labels} classes"
                )
            kind = (
                np.result_type(table.dtype, np.float32) if table.dtype.kind == "f" else np.float64
            )
            table = table.astype(kind, copy=False)
            return median_filter(table, (1, median)) if median > 1 and table.size else table, times

        highest: list[Floats] = []
        bounds, size = [0], 0
        kept: list[tuple[Floats, Float64]] = []
        for n, clip in enumerate(clips):
            table, times = filtered(clip)
            timed = np.diff(times) >= SHORTEST
            highest.append((table if timed.all() else table[:, timed]).max(axis=1, initial=-np.inf))
            if again is None:
                kept.append((table, times))
            elif size > BLOCK:
                bounds, size = [*bounds, n], 0
            size += table.size
        peaks = np.stack(highest) if highest else np.zeros((0, n_labels))
        if again is None:
            whole = Block.build(0, n_labels, kept)
            return cls(n_labels, (0, len(highest)), lambda first, last: whole, peaks)
        read = again

        def block(first: int, last: int) -> Block:
            return Block.build(first, n_labels, [filtered(read(n)) for n in range(first, last)])

        return cls(n_labels, (*bounds, len(highest)), block, peaks)

    def __len__(self) -> int:
        return len(self.highest)

    def at(self, thresholds: Sequence[float] | Float64 = THRESHOLDS) -> EventArrays:
        """Events above each threshold (strict ``>``); their ``point`` is the threshold's index."""
        if not len(thresholds):
            raise ValueError("at least one threshold is needed")
        parts = [self.block(*span).at(thresholds) for span in pairwise(self.bounds)]
        events = EventArrays.concatenate(parts)
        if len(parts) == 1:
            return events
        return events.take(np.argsort(events.point, kind="stable"))


@dataclass(frozen=True, eq=False)
class Runs:
    """R runs of frames that thresholds cut out of curves.

    A run is above the threshold where death <= threshold < birth. Where it dies, it becomes part of
    a longer one, its parent, which is born there.
    """

    #: (R,) first frame.
    begin: Ints
    #: (R,) frame after the last.
    end: Ints
    #: (R,) lowest score in it.
    birth: Floats
    #: (R,) higher one of the scores beside it.
    death: Floats
    #: (R,) index of the parent; -1 where the death is -inf.
    parent: Ints


def maximal_runs(value: Floats) -> Runs:
    """Every run of frames that some threshold cuts out of the curves: at most one per frame.

    Args:
        value: (F,) curves with -inf before and after each.
    """
    size = len(value)
    frames = np.flatnonzero(value > -np.inf)
    left = np.arange(-1, size - 1)
    pending = frames
    while len(pending := pending[value[left[pending]] > value[pending]]):
        left[pending] = left[left[pending]]
    is_first = value[left[frames]] < value[frames]  # of the frames of this score in the run
    peaks, later = frames[is_first], frames[~is_first]
    right = np.arange(1, size + 1)
    pending = frames
    while len(pending := pending[value[right[pending]] >= value[pending]]):
        right[pending] = right[right[pending]]
    before, after = left[peaks], right[peaks]
    beside = np.where(value[before] >= value[after], before, after)
    peak = np.arange(size)
    peak[later] = left[later]
    while len(later := later[peak[peak[later]] != peak[later]]):
        peak[later] = peak[peak[later]]
    index = np.full(size, -1)
    index[peaks] = np.arange(len(peaks))
    return Runs(before + 1, after, value[peaks], value[beside], index[peak[beside]])
