"""The plain table of events, into which every annotation format is read.

Its columns are those of ``jss.io.tsv.read_events``, filename, onset, offset (seconds) and
event_label, and confidence where the file has one. A recording without events has a row with NaN.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from jss.errors import JssError
from jss.io import cells
from jss.io.tsv import EVENT_COLUMNS

#: What programs add to the name of a recording when they name a file of its annotations.
_ADDED = re.compile(
    r"(\.Table\.\d+)?(\.BirdNET)?([._]selections?(\.table)?|\.results|_labels?|\.labels?)?"
    r"\.(txt|tsv|csv|json|textgrid)$",
    re.IGNORECASE,
)


#: Seconds by name of recording, as far as they are known.
Durations = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """An event, or a recording without events, as a file has it."""

    #: Line of the file, or number of the entry, for messages.
    line: int
    #: Name of the recording.
    filename: str
    #: Seconds; NaN for a recording without events.
    onset: float = math.nan
    #: Seconds.
    offset: float = math.nan
    #: Class; None for a recording without events.
    label: str | None = None
    #: Score of the event, NaN where none is given.
    confidence: float = math.nan


def table(path: Path, rows: Sequence[Row], unit: str = "line") -> pd.DataFrame:
    """Make the plain table, after a check of every event.

    Args:
        path: The file, for messages.
        rows: The events.
        unit: What ``Row.line`` counts.

    Returns:
        One row an event, indexed by ``Row.line``: filename, onset, offset (seconds), event_label,
        and confidence where any event has one.

    Raises:
        JssError: A time is negative or no number, an offset lies before its onset, or a label is
            missing or not UTF-8.
    """
    for row in rows:
        if row.label is None:
            continue
        why = ""
        if not (math.isfinite(row.onset) and math.isfinite(row.offset)):
            why = "a time is not a number"
        elif row.onset < 0:
            why = f"the onset {row.onset:g} is negative"
        elif row.offset < row.onset:
            why = f"the offset {row.offset:g} lies before the onset {row.onset:g}"
        elif not row.label:
            why = "the event has no label: name its class"
        elif cells.undecodable(row.label):
            why = "the text is not UTF-8: save it as UTF-8"
        if why:
            raise JssError(f"{path}, {unit} {row.line}: {why}.")
    data = {
        "filename": [row.filename for row in rows],
        "onset": [row.onset for row in rows],
        "offset": [row.offset for row in rows],
        "event_label": [row.label for row in rows],
    }
    index = np.array([row.line for row in rows], int)
    frame = pd.DataFrame(data, index=index, columns=list(EVENT_COLUMNS)).astype(
        {"filename": object, "onset": float, "offset": float, "event_label": object}
    )
    confidence = np.array([row.confidence for row in rows], float)
    if np.isfinite(confidence).any():
        frame["confidence"] = confidence
    return frame


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join plain tables, those without events too, whose columns ``pandas.concat`` would retype."""
    columns = dict.fromkeys(column for events in tables for column in events.columns)
    data = {
        column: [
            value
            for events in tables
            for value in (events[column] if column in events else [math.nan] * len(events))
        ]
        for column in columns
    }
    index = np.concatenate([events.index.to_numpy() for events in tables])
    return pd.DataFrame(data, index=index).astype(
        {"filename": object, "onset": float, "offset": float, "event_label": object}
    )


def groups(events: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Divide a plain table by recording; ``groupby`` confuses names that are not UTF-8."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(events["filename"]):
        places.setdefault(name, []).append(place)
    return {name: events.iloc[rows] for name, rows in places.items()}


def by_recording(events: pd.DataFrame) -> Iterator[tuple[str, list[tuple[float, float, str]]]]:
    """Divide a plain table by recording.

    Args:
        events: The table.

    Yields:
        (filename, (onset s, offset s, label) of its events in order of time), in the order of the
        table.
    """
    lists: dict[str, list[tuple[float, float, str]]] = {}
    columns = events[list(EVENT_COLUMNS)].itertuples(index=False)
    for name, onset, offset, label in columns:
        entries = lists.setdefault(name, [])
        if isinstance(label, str):
            entries.append((float(onset), float(offset), label))
    for name, entries in lists.items():
        yield name, sorted(entries)


def number(path: Path, line: int, what: str, cell: str) -> float:
    """Read a number, with a decimal point or a decimal comma.

    Args:
        path: The file, for messages.
        line: Line of the cell.
        what: What the number is.
        cell: The text.

    Raises:
        JssError: It is not a number.
    """
    try:
        return parsed(cell)
    except ValueError as error:
        problem = f"'{cell}' is not a number" if cell else "is missing"
        raise JssError(f"{path}, line {line}: the {what} {problem}.") from error


def parsed(cell: str) -> float:
    """Parse a number with a decimal point or comma; raises ValueError for anything else."""
    return cells.number(cell.replace(",", ".") if re.fullmatch(r"[-+]?\d*,\d+", cell) else cell)


def recording(name: str) -> str:
    """Name of the recording that a file of annotations is of, without audio suffix.

    Args:
        name: Of the file: ``mon/x.Table.1.selections.txt`` is of ``mon/x``, ``x.wav.txt`` of
            ``x.wav``.
    """
    return _ADDED.sub("", name)


def one_line(label: str, program: str) -> str:
    """Return a label that is written into a line of a file.

    Raises:
        JssError: It has a line break.
    """
    if "\n" in label or "\r" in label:
        raise JssError(
            f"The label {label!r} has a line break, which {program} cannot hold: rename it."
        )
    return label


def end(name: str, events: Sequence[tuple[float, float, str]], durations: Durations) -> float:
    """End of a recording in seconds: its length, or the last offset where that is later."""
    return max([durations.get(name, 0.0), *(offset for _, offset, _ in events)])
