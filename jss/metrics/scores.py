"""Score curves of a set as one array, and their events at some or at all thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from jss.arrays import Float64
from jss.decoding import MEDIAN_FRAMES
from jss.metrics.events import EventArrays, Ints

#: The 50 thresholds of the DCASE baselines and of the paper: 0.01, 0.03 ... 0.99.
THRESHOLDS: Float64 = np.round(np.arange(0.01, 1, 0.02), 2)


@dataclass(frozen=True, eq=False)
class ScoreSet:
    """Scores of N clips and K classes, concatenated; every curve ends with -inf."""

    #: K.
    n_labels: int
    #: (F,), F = sum over clips of K (T + 1), plus one -inf in front.
    value: Float64
    #: (F,) clip * K + class.
    series: npt.NDArray[np.int32]
    #: (N K,) index of the first frame of each curve.
    start: Ints
    #: Frame boundaries of all clips in seconds, T + 1 per clip.
    edges: Float64
    #: (N,) index of the first boundary of each clip.
    first_edge: Ints

    @classmethod
    def build(
        cls,
        clips: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]],
        n_labels: int,
        *,
        median: int = MEDIAN_FRAMES,
    ) -> ScoreSet:
        """Score curves of a set from arrays by clip.

        A median filter before the threshold gives the same events as one after it.

        Args:
            clips: For each the scores (K, T) and the frame boundaries (T + 1,) in seconds.
            n_labels: K, the number of classes.
            median: Length of the median filter in frames, odd; 1: no filter.

        Raises:
            ValueError: Another shape, or an even length.
        """
        if median % 2 != 1:
            raise ValueError("the median filter must have an odd length")
        values, edges = [np.full(1, -np.inf)], []
        for scores, boundaries in clips:
            table, times = np.asarray(scores, np.float64), np.asarray(boundaries, np.float64)
            if table.ndim != 2 or len(table) != n_labels or times.shape != (table.shape[1] + 1,):
                raise ValueError(
                    f"scores {table.shape} and boundaries {times.shape} do not fit {n_labels} classes"
                )
            closed = np.full((n_labels, len(times)), -np.inf)
            closed[:, :-1] = (
                median_filter(table, size=(1, median)) if median > 1 and table.size else table
            )
            values.append(closed.ravel())
            edges.append(times)
        lengths = np.array([len(e) for e in edges], np.int64)
        series = np.repeat(
            np.arange(len(edges) * n_labels, dtype=np.int32), np.repeat(lengths, n_labels)
        )
        start = np.cumsum(np.concatenate(([1], np.repeat(lengths, n_labels))))[:-1]
        return cls(
            n_labels=n_labels,
            value=np.concatenate(values),
            series=np.concatenate((np.full(1, -1, np.int32), series)),
            start=start,
            edges=np.concatenate(edges) if edges else np.zeros(0),
            first_edge=np.cumsum(np.concatenate(([0], lengths)))[:-1],
        )

    def __len__(self) -> int:
        return len(self.first_edge)

    def at(self, thresholds: Sequence[float] | Float64 = THRESHOLDS) -> EventArrays:
        """Events above each threshold (strict ``>``); their ``point`` is the threshold's index."""
        begin, end, point = [], [], []
        for index, threshold in enumerate(thresholds):
            active = self.value > threshold
            turns = np.flatnonzero(active[1:] != active[:-1]) + 1
            begin.append(turns[::2])
            end.append(turns[1::2])
            point.append(np.full(len(turns) // 2, index, np.int64))
        if not begin:
            raise ValueError("at least one threshold is needed")
        return self.events(np.concatenate(begin), np.concatenate(end), np.concatenate(point))

    def events(self, begin: Ints, end: Ints, point: Ints) -> EventArrays:
        """Runs of frames [begin, end) as events in seconds; runs without a length are left out.

        Args:
            begin: (n,) first frame of each run, an index into ``value``.
            end: (n,) frame after its last.
            point: (n,) operating point of the event.
        """
        series = self.series[begin].astype(np.int64)
        clip, label = np.divmod(series, self.n_labels)
        shift = self.first_edge[clip] - self.start[series]
        onset, offset = self.edges[begin + shift], self.edges[end + shift]
        if np.all(offset > onset):
            return EventArrays(clip, label, onset, offset, point)
        keep = np.flatnonzero(offset > onset)
        return EventArrays(clip[keep], label[keep], onset[keep], offset[keep], point[keep])

    def part(self, first: int, last: int) -> slice:
        """Range of ``value`` with the curves of the clips first to last - 1, between two -inf."""
        k = self.n_labels
        stop = int(self.start[last * k]) if last < len(self) else len(self.value)
        return slice(int(self.start[first * k]) - 1, stop)


def maximal_runs(value: Float64) -> tuple[Ints, Ints, Float64, Float64]:
    """Every run of frames that some threshold cuts out of the curves: at most one per frame.

    Args:
        value: (F,) curves with -inf before and after each.

    Returns:
        begin, end (exclusive), birth and death of each run: it is above the threshold where death
        <= threshold < birth.
    """
    size = len(value)
    frames = np.flatnonzero(value > -np.inf)
    left = np.arange(-1, size - 1)
    pending = frames
    while len(pending := pending[value[left[pending]] > value[pending]]):
        left[pending] = left[left[pending]]
    peaks = frames[value[left[frames]] < value[frames]]
    right = np.arange(1, size + 1)
    pending = frames
    while len(pending := pending[value[right[pending]] >= value[pending]]):
        right[pending] = right[right[pending]]
    begin, end = left[peaks] + 1, right[peaks]
    return begin, end, value[peaks], np.maximum(value[begin - 1], value[end])
