"""Detected events against the truth, second by second: hits, misses and false alarms."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd

Event = tuple[float, float, str]
Kind = Literal["hit", "miss", "false alarm"]
Span = tuple[float, float, str, Kind]


def events_of(truth: Any) -> list[Event]:
    """Events in any of the forms in use -> [(onset s, offset s, label), ...].

    truth: a table with the columns onset, offset and event_label (rows without a label, which say that a clip holds
    no event, are left out), or an iterable of (onset, offset, label) or of objects with these attributes.
    """
    if isinstance(truth, pd.DataFrame):
        rows = truth.dropna(subset=["event_label"])
        return [(float(on), float(off), str(label))
                for on, off, label in zip(rows["onset"], rows["offset"], rows["event_label"], strict=True)]
    items = (item if isinstance(item, tuple | list) else (item.onset, item.offset, item.label) for item in truth)
    return [(float(onset), float(offset), str(label)) for onset, offset, label in items]


def agreement(detected: Iterable[Event], truth: Iterable[Event]) -> list[Span]:
    """Spans in which a class is both detected and true (hit), only true (miss) or only detected (false alarm).

    detected, truth: (onset s, offset s, label), overlaps within a class allowed. -> [(onset, offset, label, kind), ...]
    by label, then onset; spans of one kind that touch are one.
    """
    both = [list(detected), list(truth)]
    spans: list[Span] = []
    for label in sorted({event[2] for events in both for event in events}):
        found, true = (_union([(on, off) for on, off, name in events if name == label]) for events in both)
        edges = sorted({edge for span in found + true for edge in span})
        for start, end in itertools.pairwise(edges):
            is_found, is_true = (any(on <= start and end <= off for on, off in kept) for kept in (found, true))
            if not (is_found or is_true):
                continue
            kind: Kind = "miss" if not is_found else "hit" if is_true else "false alarm"
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
