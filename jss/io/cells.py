"""Cells of a text table, for any name that a file may have.

A cell is written as it is. Between quotation marks, with those within it doubled, stands what would
else be read as something else: a tab or a line break, blanks at an end, and a quotation mark at the
start. A quotation mark anywhere else is one, so that tables without any quoting are read as meant.
Bytes of a name that are no UTF-8 are written as they are (``surrogateescape``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

ERRORS = "surrogateescape"


def quoted(cell: str, separator: str = "\t") -> str:
    """How a cell is written."""
    plain = cell == cell.strip() and not cell.startswith('"')
    if plain and not any(character in cell for character in (separator, "\n", "\r")):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def row(cells: Sequence[str], separator: str = "\t") -> str:
    """A line of a table, with its end."""
    return separator.join(quoted(cell, separator) for cell in cells) + "\n"


def rows(text: str, separator: str = "\t") -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not blank; blanks around a cell are no part of it,
    unless it is quoted.
    """
    if '"' not in text:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, [cell.strip() for cell in line.split(separator)]
        return
    cell, end = _cell(separator)
    at, number, cells, begun = 0, 1, [], 1
    while at <= len(text):
        match = cell.match(text, at)
        assert match is not None  # the last alternative is any cell
        one_line, several, plain = match.groups()
        inside = one_line if one_line is not None else several
        cells.append(plain.strip() if inside is None else inside.replace('""', '"'))
        number += len(end.findall(match[0]))
        at = match.end()
        if text.startswith(separator, at):
            at += len(separator)
            continue
        if len(cells) > 1 or cells[0]:
            yield begun, cells
        cells = []
        stop = end.match(text, at)
        if stop is None:
            return
        at, number = stop.end(), number + 1
        begun = number


def undecodable(cell: str) -> bool:
    """Whether it has bytes that are no UTF-8."""
    return any("\udc80" <= character <= "\udcff" for character in cell)


@cache
def _cell(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A cell (quoted in one line, quoted over several, plain), and the end of a line."""
    after = rf"(?=[{re.escape(separator)}\r\n]|\Z)"
    return (
        re.compile(
            rf'"((?:[^"\r\n]|"")*)"{after}|"((?:[^"]|"")*)"{after}|([^{re.escape(separator)}\r\n]*)'
        ),
        re.compile(r"\r\n|\n|\r"),
    )
