"""Event tables as sorted arrays, the input of every event metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jss.arrays import Float64

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EventArrays:
    """n events, sorted by operating point, clip, label and onset."""

    #: (n,) index of the clip.
    clip: Ints
    #: (n,) index of the class.
    label: Ints
    #: (n,) seconds.
    onset: Float64
    #: (n,) seconds, greater than onset.
    offset: Float64
    #: (n,) index of the operating point; all 0 for a ground truth.
    point: Ints

    def __len__(self) -> int:
        return len(self.clip)

    def take(self, index: npt.NDArray[np.intp]) -> EventArrays:
        """The events of the given rows, which must keep the order."""
        return EventArrays(
            self.clip[index],
            self.label[index],
            self.onset[index],
            self.offset[index],
            self.point[index],
        )

    @classmethod
    def concatenate(cls, parts: Sequence[EventArrays]) -> EventArrays:
        """The events of all parts, one part after another."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([p.clip for p in parts]),
            np.concatenate([p.label for p in parts]),
            np.concatenate([p.onset for p in parts]),
            np.concatenate([p.offset for p in parts]),
            np.concatenate([p.point for p in parts]),
        )

    @property
    def length(self) -> Float64:
        """Offset minus onset in seconds. -> (n,)"""
        return self.offset - self.onset

    def by_clip(self, shape: tuple[int, int], amounts: Float64 | None = None) -> Float64:
        """Sums of an amount of each event by clip and class.

        Args:
            shape: N and K, the numbers of clips and of classes.
            amounts: (n,); None: 1 for each event, to count them.

        Returns:
            (N, K)
        """
        cells = np.bincount(self.clip * shape[1] + self.label, amounts, shape[0] * shape[1])
        return cells.reshape(shape).astype(np.float64)


def from_arrays(
    clip: Ints, label: Ints, onset: Float64, offset: Float64, point: Ints | None = None
) -> EventArrays:
    """Sort events; those without a length are left out.

    Args:
        clip: (n,) index of the clip.
        label: (n,) index of the class.
        onset: (n,) seconds.
        offset: (n,) seconds.
        point: (n,) index of the operating point; None: all 0.
    """
    point = np.zeros(len(clip), np.int64) if point is None else point
    keep = np.flatnonzero(offset > onset)
    clip, label, onset, offset, point = (
        clip[keep],
        label[keep],
        onset[keep],
        offset[keep],
        point[keep],
    )
    if not len(clip):
        return EventArrays(clip, label, onset, offset, point)
    group = (point * (int(clip.max()) + 1) + clip) * (int(label.max()) + 1) + label
    order = np.argsort(onset, kind="stable")
    order = order[np.argsort(group[order], kind="stable")]
    return EventArrays(clip[order], label[order], onset[order], offset[order], point[order])


def from_tables(
    tables: Sequence[pd.DataFrame], clips: Sequence[str], labels: Sequence[str]
) -> EventArrays:
    """Events of one table per operating point.

    Rows without an event, of another clip, of another label or without a length are left out.

    Args:
        tables: Columns filename, onset, offset (seconds) and event_label.
        clips: The names that the clip indices stand for.
        labels: The names that the label indices stand for.
    """

    def column(name: str, kind: type) -> npt.NDArray[Any]:
        return np.concatenate([np.zeros(0, kind), *(t[name].to_numpy(kind) for t in tables)])

    clip = _lookup(clips, column("filename", object))
    label = _lookup(labels, column("event_label", object))
    onset, offset = column("onset", float), column("offset", float)
    point = np.repeat(np.arange(len(tables)), [len(t) for t in tables])
    keep = np.flatnonzero((clip >= 0) & (label >= 0) & (offset > onset))
    return from_arrays(clip[keep], label[keep], onset[keep], offset[keep], point[keep])


def _lookup(names: Sequence[str], values: npt.NDArray[Any]) -> Ints:
    """Index of each value among the names, -1 where it is not one of them."""
    index: Any = pd.Index(np.array(list(names), object))
    return np.asarray(index.get_indexer(values), np.int64)


def from_table(table: pd.DataFrame, clips: Sequence[str], labels: Sequence[str]) -> EventArrays:
    """:func:`from_tables` of a single table."""
    return from_tables([table], clips, labels)


def union(events: EventArrays) -> EventArrays:
    """Merge overlapping events of one clip, label and point; touching events stay apart."""
    if not len(events):
        return events
    same = _same_group(events)
    if not np.any(same & (events.onset[1:] < events.offset[:-1])):
        return events
    onset, offset = events.onset.tolist(), events.offset.tolist()
    first = [0]
    ends = [offset[0]]
    for i in range(1, len(onset)):
        if same[i - 1] and onset[i] < ends[-1]:
            ends[-1] = max(ends[-1], offset[i])
        else:
            first.append(i)
            ends.append(offset[i])
    index = np.array(first)
    return EventArrays(
        events.clip[index],
        events.label[index],
        events.onset[index],
        np.array(ends),
        events.point[index],
    )


def _same_group(events: EventArrays) -> npt.NDArray[np.bool_]:
    """Whether each event but the first has the point, clip and label of the one before. -> (n - 1,)"""
    same = events.clip[1:] == events.clip[:-1]
    same &= events.label[1:] == events.label[:-1]
    same &= events.point[1:] == events.point[:-1]
    return np.asarray(same, bool)


def durations_array(durations: Mapping[str, float] | pd.DataFrame) -> tuple[list[str], Float64]:
    """Clip names and their durations in seconds.

    Args:
        durations: By file name, or a table with the columns filename and duration.

    Returns:
        The N names, and their durations (N,).
    """
    if isinstance(durations, pd.DataFrame):
        durations = dict(zip(durations["filename"], durations["duration"], strict=True))
    return list(durations), np.array(list(durations.values()), float)
