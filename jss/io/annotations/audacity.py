"""Audacity's labels: a line an event, onset, offset and label with tabs between them; no header.

https://manual.audacityteam.org/man/importing_and_exporting_labels.html. A label of a spectral
selection has a second line, which begins with a backslash and is left out. The file does not say of
which recording it is: its name does.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from jss.io import cells
from jss.io.annotations.events import Durations, Row, by_recording, number, one_line, parsed, table
from jss.io.tsv import read_text


def recognise(text: str) -> bool:
    """Whether a text begins as labels do: with a number and a tab."""
    first, tab, _ = text.lstrip().partition("\t")
    try:
        parsed(first.strip())
    except ValueError:
        return False
    return bool(tab)


def read(path: Path, filename: str) -> pd.DataFrame:
    """Read labels.

    Args:
        path: The file.
        filename: Name of the recording.

    Returns:
        The plain table of events.

    Raises:
        JssError: A line is not a label.
    """
    rows = []
    text = read_text(path, utf16=True, empty=True)
    for line, content in enumerate(cells.lines(text), 1):
        if not content.strip() or content.startswith("\\"):
            continue
        first, *others = (cell.strip() for cell in content.split("\t", 2))
        onset = number(path, line, "onset", first)
        try:
            offset = parsed(others[0])
            label = others[1] if len(others) > 1 else ""
        except (ValueError, IndexError):  # a point label of old: onset and label
            offset, label = onset, "\t".join(others)
        rows.append(Row(line, filename, onset, offset, label))
    return table(path, rows or [Row(1, filename)])


def write(events: pd.DataFrame, durations: Durations) -> str:
    """Write the labels of one recording.

    Args:
        events: The plain table.
        durations: Not used.

    Raises:
        JssError: A label has a line break.
    """
    return "".join(
        f"{onset:.6f}\t{offset:.6f}\t{one_line(label, 'Audacity')}\n"
        for _, entries in by_recording(events)
        for onset, offset, label in entries
    )
