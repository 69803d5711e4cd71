"""Labels are never dropped unseen: what becomes of events that cannot be, the same in every verb.

A row with an offset before its onset, without a label or with times that are no numbers stops the
reading, with file and line (``jss.io.tsv.read_events``). Events without length, and those that
begin after their clip has ended, are left out; those that end far beyond it are cut at its end;
each is counted and reported with the line of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Annotations run past a clip's end by as much as a rounding; what lies further out, in seconds, is
#: cut at the end. (The published figures of DESED count the roundings as they stand: cutting them
#: moves PSDS1 by 1.3e-4.)
SLACK = 0.2


@dataclass(frozen=True)
class Events:
    """Events that can be.

    table: filename, onset, offset, event_label, without the rows of files that have no event; lost:
    how many labels of each file were left out; notes: a sentence for each kind.
    """

    table: pd.DataFrame
    lost: dict[str, int]
    notes: tuple[str, ...]


def within(table: pd.DataFrame, seconds: Sequence[float], source: str) -> Events:
    """The events of a table that lie in their clips.

    Args:
        table: Of ``jss.io.tsv.read_events``, its index the lines of the file.
        seconds: The length of each row's clip; NaN where it is not known.
        source: What a sentence calls the table.
    """
    labelled = table["event_label"].notna()
    length = pd.Series(np.asarray(seconds, float), index=table.index)[labelled]
    table = table[labelled]
    empty = table["offset"] <= table["onset"]
    far = ~empty & (table["offset"] > length + SLACK)
    outside = far & (table["onset"] >= length)
    cut = far & ~outside
    kinds = (
        (empty, "have no length and are left out"),
        (outside, "begin after the end of their clip and are left out"),
        (cut, f"end more than {SLACK:g} s after their clip and are cut at its end"),
    )
    notes = tuple(
        f"{source}: {int(rows.sum())} of {len(table)} events {what} (the first in line "
        f"{table.index[int(np.argmax(rows))]})."
        for rows, what in kinds
        if rows.any()
    )
    lost = table["filename"][empty | outside].value_counts().to_dict()
    offset = table["offset"].where(~cut, length)
    return Events(table.assign(offset=offset)[~(empty | outside)], lost, notes)
