"""True positives, false positives and cross-triggers by class, threshold and clip.

Stored as single entries, ready to be summed or resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from jss.arrays import Float64, Floats
from jss.metrics.events import EventArrays, Ints

#: Kinds of count: true positive, false positive, CROSS + j: cross-trigger of class j.
TRUE, FALSE, CROSS = 0, 1, 2


#: Stored by the million, so as small as they can be.
Small = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes of counts as the threshold falls below a score: n entries."""

    #: (n,) index of the class.
    label: Small
    #: (n,) kind of count.
    kind: Small
    #: (n,) the score below which the change counts.
    score: Floats
    #: (n,) index of the clip.
    clip: Small
    #: (n,) the change.
    value: Small

    @classmethod
    def concatenate(cls, parts: Sequence[Changes]) -> Changes:
        """All entries of the parts; none for no part."""
        filled = [p for p in parts if len(p.score)]
        if not filled:
            none = np.zeros(0, np.int16)
            return cls(none, none, np.zeros(0), none, none)
        return cls(
            np.concatenate([p.label for p in filled]),
            np.concatenate([p.kind for p in filled]),
            np.concatenate([p.score for p in filled]),
            np.concatenate([p.clip for p in filled]),
            np.concatenate([p.value for p in filled]),
        )

    def take(self, index: npt.NDArray[np.intp]) -> Changes:
        """The entries of the given rows."""
        return Changes(
            self.label[index],
            self.kind[index],
            self.score[index],
            self.clip[index],
            self.value[index],
        )

    def above(self, floor: Float64) -> Changes:
        """The changes at scores above the floor of their class. floor: (K,)"""
        index = np.flatnonzero(self.score > floor[self.label])
        return self if len(index) == len(self.score) else self.take(index)


@dataclass(frozen=True, eq=False)
class Totals:
    """What the rates of a set are taken of: its true events and its length, in B resamples."""

    #: (N, B), how often each clip counts; None: once, and B is 1.
    weights: Float64 | None
    #: (K, B) events of each class.
    number: Float64
    #: (K, B) their seconds.
    seconds: Float64
    #: (B,) seconds of the clips.
    duration: Float64


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
        return self.events.by_clip((len(self.durations), self.n_labels))

    def totals(self, weights: Float64 | None = None) -> Totals:
        """Sums over the set.

        Args:
            weights: (N, B), how often each clip counts; None: once.
        """
        events = self.events
        once = np.ones((len(self.durations), 1)) if weights is None else weights
        shape = (self.n_labels, len(self.durations))

        def summed(values: Float64) -> Float64:
            return np.asarray(csr_matrix((values, (events.label, events.clip)), shape) @ once)

        return Totals(
            weights,
            summed(np.ones(len(events))),
            summed(events.length),
            self.durations @ once,
        )


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Counts of one class over L levels (thresholds), as n single entries."""

    #: (n,) kind of count.
    kind: Small
    #: (n,) index of the level.
    level: Small
    #: (n,) index of the clip.
    clip: Small
    #: (n,) the count, or its change.
    value: Small
    #: Whether entries are changes, to be summed up over the levels.
    falling: bool
    #: (L,), falling where ``falling``.
    thresholds: Floats

    @property
    def levels(self) -> int:
        """L."""
        return len(self.thresholds)

    def total(self, kind: int, totals: Totals) -> Float64:
        """Counts of a kind over the set. -> (L, B)

        Args:
            kind: ``TRUE`` or ``FALSE``.
            totals: Of the set, with how often each clip counts.
        """
        rows = np.flatnonzero(self.kind == kind)
        return self._summed(self._weighted(rows, self.level[rows], self.levels, totals))

    def crossing(self, rate: Float64, totals: Totals) -> Float64:
        """Cross-triggers over the set, each counted as the rate of its other class. -> (L, B)

        Args:
            rate: (K, B)
            totals: Of the set, with how often each clip counts.
        """
        rows = np.flatnonzero(self.kind >= CROSS)
        other = self.kind[rows].astype(np.int64) - CROSS
        cells, cell = np.unique(other * self.levels + self.level[rows], return_inverse=True)
        other, level = np.divmod(cells, self.levels)
        counts = self._weighted(rows, cell, len(cells), totals) * rate[other]
        shape = (self.levels, len(cells))
        by_level = csr_matrix((np.ones(len(cells)), (level, np.arange(len(cells)))), shape)
        # Sums of changes that come back to 0 may end just beside it.
        return np.maximum(self._summed(np.asarray(by_level @ counts)), 0.0)

    def _weighted(self, rows: Ints, group: Small, size: int, totals: Totals) -> Float64:
        """Sums of some entries by group, as often as their clips count. -> (size, B)"""
        values = self.value[rows].astype(np.float64)
        if totals.weights is None:
            return np.asarray(np.bincount(group, values, minlength=size), np.float64)[:, None]
        shape = (size, len(totals.weights))
        return np.asarray(csr_matrix((values, (group, self.clip[rows])), shape) @ totals.weights)

    def _summed(self, table: Float64) -> Float64:
        return np.cumsum(table, axis=0) if self.falling else table

    def select(self, levels: Ints) -> ClassCounts:
        """The same at some of the levels only (sorted); falling counts only."""
        nearest = np.searchsorted(levels, self.level).astype(np.int32)
        keep = np.flatnonzero(nearest < len(levels))
        return ClassCounts(
            self.kind[keep],
            nearest[keep],
            self.clip[keep],
            self.value[keep],
            True,
            self.thresholds[levels],
        )


def at_points(
    label: Ints, kind: Ints, point: Ints, clip: Ints, *, thresholds: Float64, n_labels: int
) -> list[ClassCounts]:
    """Counts by class from single entries at operating points; each entry counts one.

    Args:
        label: (n,) index of the class.
        kind: (n,) kind of count.
        point: (n,) index of the operating point.
        clip: (n,) index of the clip.
        thresholds: (L,) of the operating points.
        n_labels: K, the number of classes.

    Returns:
        Counts of each of the K classes.
    """
    result = []
    for rows in by_class(label, n_labels):
        kinds, points, clips = (of[rows].astype(np.int32) for of in (kind, point, clip))
        once = np.ones(len(rows), np.int32)
        result.append(ClassCounts(kinds, points, clips, once, False, thresholds))
    return result


def falling(changes: Changes, *, n_labels: int) -> list[ClassCounts]:
    """Counts by class at every score at which any of them changes.

    Args:
        changes: The changes of all classes.
        n_labels: K, the number of classes.

    Returns:
        Counts of each of the K classes.
    """
    result = []
    for rows in by_class(changes.label, n_labels):
        scores, level = np.unique(-changes.score[rows], return_inverse=True)
        thresholds = -scores if len(scores) else np.full(1, np.inf)
        result.append(
            ClassCounts(
                changes.kind[rows],
                level.astype(np.int32),
                changes.clip[rows],
                changes.value[rows],
                True,
                thresholds,
            )
        )
    return result


def by_class(label: npt.NDArray[np.integer], n_labels: int) -> list[Ints]:
    """Indices of the entries of each of the K classes.

    Args:
        label: (n,) index of the class.
        n_labels: K, the number of classes.
    """
    short = label.astype(np.int16 if n_labels < 2**15 else np.int64)  # which sorts faster
    order = np.argsort(short, kind="stable")
    return np.split(order, np.searchsorted(short[order], np.arange(1, n_labels)))
