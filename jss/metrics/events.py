"""Event tables as sorted arrays: what every event metric counts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EventArrays:
    """n events, sorted by operating point, clip, label and onset.

    clip, label: indices; onset, offset: seconds, offset > onset; point: the operating point (all 0 for a ground truth).
    """

    clip: Ints
    label: Ints
    onset: Floats
    offset: Floats
    point: Ints

    def __len__(self) -> int:
        return len(self.clip)

    def take(self, index: npt.NDArray[np.intp]) -> EventArrays:
        """The events of the given rows, which must keep the order."""
        return EventArrays(
            self.clip[index], self.label[index], self.onset[index], self.offset[index], self.point[index]
        )

    @property
    def length(self) -> Floats:
        """Offset minus onset in seconds. -> (n,)"""
        return self.offset - self.onset


def from_arrays(clip: Ints, label: Ints, onset: Floats, offset: Floats, point: Ints | None = None) -> EventArrays:
    """Sorts events given as equally long arrays; those without a length are left out."""
    point = np.zeros(len(clip), np.int64) if point is None else point
    keep = np.flatnonzero(offset > onset)
    clip, label, onset, offset, point = clip[keep], label[keep], onset[keep], offset[keep], point[keep]
    order = np.lexsort((onset, label, clip, point))
    return EventArrays(clip[order], label[order], onset[order], offset[order], point[order])


def from_table(table: pd.DataFrame, clips: Sequence[str], labels: Sequence[str], point: int = 0) -> EventArrays:
    """Events of a table with columns filename, onset, offset (seconds), event_label.

    clips, labels: what the indices stand for. Rows without an event, of another clip, of another label or without
    a length are left out.
    """
    clip = pd.Index(clips).get_indexer(pd.Index(table["filename"]))
    label = pd.Index(labels).get_indexer(pd.Index(table["event_label"]))
    onset, offset = table["onset"].to_numpy(float), table["offset"].to_numpy(float)
    keep = np.flatnonzero((clip >= 0) & (label >= 0) & np.isfinite(onset) & np.isfinite(offset))
    points = np.full(len(keep), point, np.int64)
    return from_arrays(
        clip[keep].astype(np.int64), label[keep].astype(np.int64), onset[keep], offset[keep], points
    )


def concatenate(parts: Sequence[EventArrays]) -> EventArrays:
    """Several event arrays as one, sorted anew."""
    if not parts:
        none, empty = np.zeros(0, np.int64), np.zeros(0)
        return EventArrays(none, none, empty, empty, none)
    return from_arrays(
        np.concatenate([p.clip for p in parts]),
        np.concatenate([p.label for p in parts]),
        np.concatenate([p.onset for p in parts]),
        np.concatenate([p.offset for p in parts]),
        np.concatenate([p.point for p in parts]),
    )


def union(events: EventArrays) -> EventArrays:
    """Merges overlapping events of one clip and label (and operating point) into one; events that only touch stay."""
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
        events.clip[index], events.label[index], events.onset[index], np.array(ends), events.point[index]
    )


def _same_group(events: EventArrays) -> npt.NDArray[np.bool_]:
    """Whether each event but the first has the point, clip and label of the one before. -> (n - 1,)"""
    same = events.clip[1:] == events.clip[:-1]
    same &= events.label[1:] == events.label[:-1]
    same &= events.point[1:] == events.point[:-1]
    return np.asarray(same, bool)


def durations_array(durations: Mapping[str, float] | pd.DataFrame) -> tuple[list[str], Floats]:
    """Clip names and their durations in seconds, from a mapping or a table with columns filename and duration."""
    if isinstance(durations, pd.DataFrame):
        durations = dict(zip(durations["filename"], durations["duration"], strict=True))
    return list(durations), np.array(list(durations.values()), float)
