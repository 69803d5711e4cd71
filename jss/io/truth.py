"""Events that do not fit their clip, handled the same way by every command.

Events without length, and those that begin after the end of their clip, are left out; those that
end far beyond it are clamped. Each kind is counted and reported with the line of its first event.
``jss.io.tsv.read_events`` raises an error for rows that cannot be events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Seconds by which an annotated offset may exceed the clip's end, from rounding; offsets beyond are
#: clamped. (The published figures of DESED include these roundings: clamping them too changes PSDS1
#: by 1.3e-4.)
SLACK = 0.2


@dataclass(frozen=True)
class Events:
    """Events that fit their clips."""

    #: filename, onset, offset, event_label; files without events have no row.
    table: pd.DataFrame
    #: Number of events of each file that were left out.
    lost: dict[str, int]
    #: One sentence for each kind of misfit.
    notes: tuple[str, ...]


def within(table: pd.DataFrame, seconds: Sequence[float], source: str) -> Events:
    """Select the events that fit their clips.

    Args:
        table: Events by ``jss.io.tsv.read_events``, indexed by line number.
        seconds: Length of each row's clip; NaN where it is unknown.
        source: How the notes call the table.

    Returns:
        The events.
    """
    labelled = table["event_label"].notna()
    length = pd.Series(np.asarray(seconds, float), index=table.index)[labelled]
    table = table[labelled]
    empty = table["offset"] <= table["onset"]
    beyond = ~empty & (table["offset"] > length + SLACK)
    outside = ~empty & (table["onset"] >= length)
    clamped = beyond & ~outside
    kinds = (
        (empty, "have no length and are left out"),
        (outside, "begin after the end of their clip and are left out"),
        (clamped, f"end more than {SLACK:g} s after their clip and are clamped to its end"),
    )
    notes = tuple(
        f"{source}: {int(rows.sum())} of {len(table)} events {what} (the first in line "
        f"{table.index[int(np.argmax(rows))]})."
        for rows, what in kinds
        if rows.any()
    )
    lost = table["filename"][empty | outside].value_counts().to_dict()
    offset = table["offset"].where(~clamped, length)
    return Events(table.assign(offset=offset)[~(empty | outside)], lost, notes)
