"""Tables beside the figures: the events of a clip with their properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jss.decoding import Threshold
from jss.labels import sound_class
from jss.results import ClipResult
from jss.viz.agreement import agreement, events_of


def detected_events(
    result: ClipResult, ground_truth: Any = None, *, threshold: Threshold = 0.5
) -> pd.DataFrame:
    """Decoded events, one per row: Class, Onset (s), Offset (s), Duration (s), Peak score.

    With sources also Source, the number of the one that gave the peak (Eq. 28); with ground truth
    also In truth (%), the share of the event's length in which its class is true.

    Args:
        result: The clip through a system.
        ground_truth: In any form of :func:`jss.viz.agreement.events_of`; None: not annotated.
        threshold: As of :meth:`jss.results.ClipResult.events`.
    """
    table = result.scored_events(threshold)
    events = events_of(table)
    truth = None if ground_truth is None else events_of(ground_truth)
    rows = []
    for (onset, offset, label), peak in zip(events, table["confidence"], strict=True):
        k = result.labels.index(label)
        first = round(onset / result.score_hop)
        frames = slice(first, max(first + 1, int(np.ceil(offset / result.score_hop - 1e-6))))
        row: dict[str, object] = {
            "Class": sound_class(label, k).display,
            "Onset (s)": onset,
            "Offset (s)": offset,
            "Duration (s)": offset - onset,
            "Peak score": peak,
        }
        if result.n_sources:
            row["Source"] = int(result.source_scores[:, k, frames].max(axis=1).argmax()) + 1
        if truth is not None:
            hits = agreement(
                [(onset, offset, label)], [event for event in truth if event[2] == label]
            )
            row["In truth (%)"] = (
                100 * sum(b - a for a, b, _, kind in hits if kind == "hit") / (offset - onset)
            )
        rows.append(row)
    columns = ["Class", "Onset (s)", "Offset (s)", "Duration (s)", "Peak score"]
    columns += ["Source"] * bool(result.n_sources) + ["In truth (%)"] * (truth is not None)
    return pd.DataFrame(rows, columns=columns)


def truth_table(ground_truth: Any) -> pd.DataFrame:
    """Annotated events, one per row: Class, Onset (s), Offset (s), Duration (s)."""
    rows = [
        (sound_class(label).display, onset, offset, offset - onset)
        for onset, offset, label in sorted(events_of(ground_truth))
    ]
    return pd.DataFrame(rows, columns=["Class", "Onset (s)", "Offset (s)", "Duration (s)"])
