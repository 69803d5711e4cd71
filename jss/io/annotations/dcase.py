"""The tables of DCASE: filename, onset, offset, event_label, and confidence where there is one.

With tabs (TSV) or commas (CSV); a file may hold any number of recordings.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from jss.io import cells
from jss.io.annotations.events import Durations
from jss.io.tsv import EVENT_COLUMNS, numbers, read_events, read_table, read_text

CONFIDENCE = "confidence"


def recognise(text: str) -> bool:
    """Whether the first line of a text names the columns, whatever separates them."""
    return {"filename", "onset"} <= header(text)


def header(text: str, separators: str = "\t,;") -> set[str]:
    """Cells of the first line, which any of the separators may divide."""
    first = re.split("[\r\n]", text.lstrip(), maxsplit=1)[0]
    return {cell.strip(' "') for cell in re.split(f"[{separators}]", first)}


def read(path: Path, filename: str) -> pd.DataFrame:
    """Read a table of events with tabs or commas.

    Args:
        path: The file.
        filename: Not used.

    Returns:
        The plain table of events.

    Raises:
        JssError: See ``jss.io.tsv.read_events``; or a confidence is not a number.
    """
    events = read_events(path, separators="\t,")
    if CONFIDENCE in header(read_text(path)):
        table = read_table(path, separators="\t,")
        events[CONFIDENCE] = numbers(path, table, CONFIDENCE, table[CONFIDENCE] != "")
    return events


def write_tsv(events: pd.DataFrame, durations: Durations) -> str:
    """Write a table with tabs.

    Args:
        events: The plain table.
        durations: Not used.
    """
    return _write(events, "\t")


def write_csv(events: pd.DataFrame, durations: Durations) -> str:
    """Write a table with commas; see :func:`write_tsv`."""
    return _write(events, ",")


def _write(events: pd.DataFrame, separator: str) -> str:
    scored = CONFIDENCE in events
    columns = [*EVENT_COLUMNS, *([CONFIDENCE] * scored)]
    lines = [cells.row(columns, separator)]
    for name, onset, offset, label, *score in events[columns].itertuples(index=False):
        row = ["", "", ""] if pd.isna(onset) else [f"{onset:.6f}", f"{offset:.6f}", label]
        row += ["" if pd.isna(value) else f"{value:.6f}" for value in score]
        lines.append(cells.row([name, *row], separator))
    return "".join(lines)
