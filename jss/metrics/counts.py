"""True positives, false positives and cross-triggers by class, threshold and clip.

Stored as sparse matrices, ready to be summed or resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from jss.arrays import Float64
from jss.metrics.events import EventArrays, Ints

#: Kinds of count: true positive, false positive, CROSS + j: cross-trigger of class j.
TRUE, FALSE, CROSS = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes of counts as the threshold falls below a score: n entries."""

    #: (n,) index of the class.
    label: Ints
    #: (n,) kind of count.
    kind: Ints
    #: (n,) the score below which the change counts.
    score: Float64
    #: (n,) index of the clip.
    clip: Ints
    #: (n,) the change.
    value: Float64

    @classmethod
    def concatenate(cls, parts: Sequence[Changes]) -> Changes:
        """All entries of the parts; none for no part."""
        if not parts:
            none, empty = np.zeros(0, np.int64), np.zeros(0)
            return cls(none, none, empty, none, empty)
        return cls(
            np.concatenate([p.label for p in parts]),
            np.concatenate([p.kind for p in parts]),
            np.concatenate([p.score for p in parts]),
            np.concatenate([p.clip for p in parts]),
            np.concatenate([p.value for p in parts]),
        )


@dataclass(frozen=True, eq=False)
class Truth:
    """The ground truth of a set."""

    #: Without overlaps within a class.
    events: EventArrays
    #: (N,) lengths of the clips in seconds.
    durations: Float64
    #: K, the number of classes.
    n_labels: int

    @property
    def number(self) -> Float64:
        """Events by clip and class. -> (N, K)"""
        return self._table(np.ones(len(self.events)))

    @property
    def seconds(self) -> Float64:
        """Total length of events by clip and class. -> (N, K)"""
        return self._table(self.events.length)

    def _table(self, weights: Float64) -> Float64:
        cell = self.events.clip * self.n_labels + self.events.label
        size = len(self.durations) * self.n_labels
        return np.asarray(np.bincount(cell, weights, minlength=size), np.float64).reshape(
            -1, self.n_labels
        )


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Counts of one class over L levels (thresholds), by clip, as a sparse matrix."""

    #: ((2 + K) L, N): row kind * L + level.
    matrix: csr_matrix
    #: L.
    levels: int
    #: Whether entries are changes, to be summed up over the levels.
    falling: bool
    #: (L,), falling where ``falling``.
    thresholds: Float64

    def total(self, weights: npt.NDArray[np.float64] | None = None) -> Float64:
        """Counts over the set.

        Args:
            weights: (N, B), how often each clip counts; None: once.

        Returns:
            (kinds, L, B)
        """
        if weights is None:
            summed = np.asarray(self.matrix.sum(axis=1), np.float64)
        else:
            summed = np.asarray(self.matrix @ weights)
        table = summed.reshape(-1, self.levels, summed.shape[1])
        return np.cumsum(table, axis=1) if self.falling else table

    def select(self, levels: Ints) -> ClassCounts:
        """The same at some of the levels only (sorted); falling counts only."""
        kinds = self.matrix.shape[0] // self.levels
        entries = self.matrix.tocoo()
        kind, level = np.divmod(entries.row, self.levels)
        nearest = np.asarray(np.searchsorted(levels, level))
        keep = nearest < len(levels)
        row = kind[keep] * len(levels) + nearest[keep]
        shape = (kinds * len(levels), self.matrix.shape[1])
        matrix = csr_matrix((entries.data[keep], (row, entries.col[keep])), shape=shape)
        return ClassCounts(matrix, len(levels), True, self.thresholds[levels])


def at_points(
    label: Ints,
    kind: Ints,
    point: Ints,
    clip: Ints,
    *,
    thresholds: Float64,
    n_labels: int,
    n_clips: int,
) -> list[ClassCounts]:
    """Counts by class from single entries at operating points; each entry counts one.

    Args:
        label: (n,) index of the class.
        kind: (n,) kind of count.
        point: (n,) index of the operating point.
        clip: (n,) index of the clip.
        thresholds: (L,) of the operating points.
        n_labels: K, the number of classes.
        n_clips: N, the number of clips.

    Returns:
        Counts of each of the K classes.
    """
    levels = len(thresholds)
    shape = ((CROSS + n_labels) * levels, n_clips)
    result = []
    for k in range(n_labels):
        rows = np.flatnonzero(label == k)
        row = kind[rows] * levels + point[rows]
        matrix = csr_matrix((np.ones(len(rows)), (row, clip[rows])), shape=shape)
        result.append(ClassCounts(matrix, levels, False, thresholds))
    return result


def falling(changes: Changes, *, n_labels: int, n_clips: int) -> list[ClassCounts]:
    """Counts by class at every score at which any of them changes.

    Args:
        changes: The changes of all classes.
        n_labels: K, the number of classes.
        n_clips: N, the number of clips.

    Returns:
        Counts of each of the K classes.
    """
    result = []
    for k in range(n_labels):
        rows = np.flatnonzero(changes.label == k)
        scores, level = np.unique(-changes.score[rows], return_inverse=True)
        levels = max(len(scores), 1)
        row = changes.kind[rows] * levels + level
        shape = ((CROSS + n_labels) * levels, n_clips)
        matrix = csr_matrix((changes.value[rows], (row, changes.clip[rows])), shape=shape)
        result.append(
            ClassCounts(matrix, levels, True, -scores if len(scores) else np.full(1, np.inf))
        )
    return result
