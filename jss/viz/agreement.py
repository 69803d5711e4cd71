"""Detected events against the truth, second by second: hits, misses and false alarms."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

Event = tuple[float, float, str]
Kind = Literal["hit", "miss", "false alarm"]
Span = tuple[float, float, str, Kind]


def events_of(truth: Any) -> list[Event]:
    """Events in any of the forms in use as a list of (onset s, offset s, label).

    Args:
        truth: A table with the columns onset, offset and event_label (rows without a label, for
            clips without an event, are left out), or an iterable of (onset, offset, label) or of
            objects with these attributes.
    """
    if isinstance(truth, pd.DataFrame):
        rows = truth.dropna(subset=["event_label"])
        return [
            (float(on), float(off), str(label))
            for on, off, label in zip(
                rows["onset"], rows["offset"], rows["event_label"], strict=True
            )
        ]
    items = (
        item if isinstance(item, tuple | list) else (item.onset, item.offset, item.label)
        for item in truth
    )
    return [(float(onset), float(offset), str(label)) for onset, offset, label in items]


def agreement(detected: Iterable[Event], truth: Iterable[Event]) -> list[Span]:
    """Spans in which a class is a hit, a miss or a false alarm.

    A class that is detected and true is a hit; only true, a miss; only detected, a false alarm.
    Spans of one kind that touch are one.

    Args:
        detected: (onset s, offset s, label); overlaps within a class are allowed.
        truth: The same of the true events.

    Returns:
        [(onset s, offset s, label, kind), ...] by label, then onset.
    """
    both = [list(detected), list(truth)]
    spans: list[Span] = []
    for label in sorted({event[2] for events in both for event in events}):
        detected_spans, true_spans = (
            _union([(on, off) for on, off, name in events if name == label]) for events in both
        )
        edges = sorted({edge for span in detected_spans + true_spans for edge in span})
        for start, end in itertools.pairwise(edges):
            is_detected, is_true = (
                any(on <= start and end <= off for on, off in active)
                for active in (detected_spans, true_spans)
            )
            if not (is_detected or is_true):
                continue
            kind: Kind = "miss" if not is_detected else "hit" if is_true else "false alarm"
            if spans and spans[-1][1:] == (start, label, kind):
                spans[-1] = (spans[-1][0], end, label, kind)
            else:
                spans.append((start, end, label, kind))
    return spans


def _union(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def confusions(spans: Iterable[Span]) -> list[tuple[float, float, str, str]]:
    """Spans in which one class is missed while another is a false alarm.

    Args:
        spans: Of :func:`agreement`.

    Returns:
        [(onset s, offset s, missed label, label detected instead), ...] by onset.
    """
    spans = list(spans)
    misses, alarms = ([s for s in spans if s[3] == kind] for kind in ("miss", "false alarm"))
    both = [
        (max(m[0], a[0]), min(m[1], a[1]), m[2], a[2]) for m, a in itertools.product(misses, alarms)
    ]
    return sorted(span for span in both if span[1] > span[0])


@dataclass(frozen=True)
class Agreement:
    """Seconds of a clip, summed over classes."""

    #: Detected and true.
    hit: float
    #: True only.
    missed: float
    #: Detected only.
    false_alarm: float
    #: One class is missed while another is a false alarm; counted once.
    confused: float
    #: Part of ``confused`` in which two or more true classes are active.
    confused_overlap: float


def tally(spans: Iterable[Span]) -> Agreement:
    """Sums of the spans of :func:`agreement`."""
    spans = list(spans)
    hit, missed, false = (
        sum(s[1] - s[0] for s in spans if s[3] == kind) for kind in ("hit", "miss", "false alarm")
    )
    confused = _union([(onset, offset) for onset, offset, _, _ in confusions(spans)])
    true = [s for s in spans if s[3] != "false alarm"]
    shared = _union(
        [
            (max(a[0], b[0]), min(a[1], b[1]))
            for a, b in itertools.combinations(true, 2)
            if a[2] != b[2]
        ]
    )
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a, b in itertools.product(confused, shared)]
    return Agreement(
        hit,
        missed,
        false,
        sum(offset - onset for onset, offset in confused),
        sum(max(0.0, offset - onset) for onset, offset in both),
    )
