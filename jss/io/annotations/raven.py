"""Raven's selection tables: tabs, a header, a row a selection.

In a table of one recording, Begin Time (s) counts from its start. In a table of several, it counts
from the start of the first of them, as if they were joined: there File Offset (s) is the time within
the file that Begin File, or Begin Path, names. So times are read from File Offset (s) where it is
there, and a table of several files without it is refused. A selection has a row for each of Raven's
views: the first is read.
"""

from __future__ import annotations

import math
from pathlib import Path, PurePosixPath, PureWindowsPath

import pandas as pd

from jss.errors import JssError
from jss.io import cells
from jss.io.annotations.dcase import header
from jss.io.annotations.events import Durations, Row, end, groups, number, one_line, table
from jss.io.tsv import EVENT_COLUMNS, read_table

BEGIN, END, OFFSET = "Begin Time (s)", "End Time (s)", "File Offset (s)"
FILE, PATH = "Begin File", "Begin Path"
#: Columns that may hold the class, in the order in which they are looked for.
LABELS = ("Annotation", "event_label", "Label", "Common Name", "Species", "Class", "Type", "Tags")
#: Columns that may hold the score.
CONFIDENCE = ("Confidence", "Score")
_COLUMNS = ("Selection", "View", "Channel", BEGIN, END, "Low Freq (Hz)", "High Freq (Hz)")
#: Upper limit of the boxes that are written: half of jss's sampling rate.
_HIGHEST = 8000


def recognise(text: str) -> bool:
    """Whether a text begins as a selection table does."""
    return BEGIN in header(text, "\t")


def read(path: Path, filename: str) -> pd.DataFrame:
    """Read a selection table.

    Args:
        path: The file.
        filename: Name of the recording where the table does not say it.

    Returns:
        The plain table of events, with times within each recording.

    Raises:
        JssError: A column is missing, a time is not a number, or the table is of several files
            without File Offset (s).
    """
    frame = read_table(path)
    for column in (BEGIN, END):
        if column not in frame:
            raise JssError(
                f"{path}, line 1: the column '{column}' of a selection table is missing."
            )
    names = _names(frame, filename)
    if OFFSET not in frame and len(set(names)) > 1:
        raise JssError(
            f"{path}: the table is of {len(set(names))} files, and its times count from the first: add "
            f"the measurement {OFFSET} in Raven, or write a table for each file."
        )
    columns: dict[str, list[str]] = {c: frame[c].tolist() for c in frame}
    classes: list[str] = next((columns[c] for c in LABELS if any(columns.get(c, ()))), [])
    if len(frame) and not classes:
        raise JssError(
            f"{path}: no column holds the class: name one of them {', '.join(LABELS[:-1])} or {LABELS[-1]}."
        )
    score = next((c for c in CONFIDENCE if c in frame), None)
    rows: dict[tuple[str, str, float, str], Row] = {}
    selections = frame.get("Selection", frame.index.astype(str)).tolist()
    for at, line in enumerate(frame.index.tolist()):

        def value(column: str, at: int = at, line: int = line) -> float:
            return number(path, line, column, columns[column][at])

        begin, stop = value(BEGIN), value(END)
        onset = value(OFFSET) if OFFSET in frame else begin
        confidence = value(score) if score is not None and columns[score][at] else math.nan
        # In this order, an event without length has none after rounding either.
        offset = onset + (stop - begin)
        row = Row(line, names[at], onset, offset, classes[at], confidence)
        rows.setdefault((selections[at] or str(line), names[at], begin, classes[at]), row)
    return table(path, [*rows.values()] or [Row(1, filename)])


def _names(frame: pd.DataFrame, filename: str) -> list[str]:
    """Recording of each row: below the folder that all paths share, where they are absolute."""
    if PATH in frame and (frame[PATH] != "").all():
        paths: list[str] = frame[PATH].tolist()
    elif FILE in frame and (frame[FILE] != "").all():
        paths = frame[FILE].tolist()
    else:
        return [filename] * len(frame)
    if paths and all(PurePosixPath(p).is_absolute() or PureWindowsPath(p).drive for p in paths):
        parts = [[part for part in p.replace("\\", "/").split("/")] for p in paths]
        shared = 0
        while all(len(p) > shared + 1 and p[shared] == parts[0][shared] for p in parts):
            shared += 1
        paths = ["/".join(p[shared:]) for p in parts]
    return paths


def write(events: pd.DataFrame, durations: Durations) -> str:
    """Write a selection table.

    Args:
        events: The plain table.
        durations: Lengths of the recordings; only a table of several needs them.

    Raises:
        JssError: The table is of several recordings, and a length is missing.
    """
    scored = "confidence" in events
    header = [*_COLUMNS, FILE, PATH, OFFSET, "Annotation", *(["Score"] * scored)]
    tables = groups(events)
    names = list(tables)
    if len(names) > 1:
        missing = next((name for name in names[:-1] if name not in durations), None)
        if missing is not None:
            raise JssError(
                f"A selection table of {len(names)} recordings needs their lengths, and that of {missing} is "
                "not known: name the folder of the recordings with --audio, or a folder with --out, for a "
                "table each."
            )
    lines = [cells.row(header)]
    start, selection = 0.0, 0
    for name in names:
        rows = tables[name].dropna(subset=["event_label"])
        rows = rows.sort_values(["onset", "offset"], kind="stable")
        for row in rows.itertuples(index=False):
            selection += 1
            values = [str(selection), "Spectrogram 1", "1"]
            values += [
                f"{start + row.onset:.6f}",
                f"{start + row.offset:.6f}",
                "0.0",
                f"{_HIGHEST:.1f}",
            ]
            values += [name.rpartition("/")[2], name, f"{row.onset:.6f}"]
            values += [one_line(row.event_label, "Raven")]
            if scored:
                values.append("" if pd.isna(row.confidence) else f"{row.confidence:.6f}")
            lines.append(cells.row(values))
        plain = [(a, b, c) for a, b, c in rows[list(EVENT_COLUMNS[1:])].itertuples(index=False)]
        start += end(name, plain, durations)
    return "".join(lines)
