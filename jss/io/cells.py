"""Cells of a text table, for every name that a file may have.

A cell is quoted, with quotation marks in it doubled, only where it would else be misread: with a
tab, a line break, spaces at an end or a quotation mark at the start. Any other quotation mark
stands for itself, so that tables without quoting are read correctly. Bytes of a name that are not
UTF-8 are preserved (``surrogateescape``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache

#: How bytes that are not UTF-8 are decoded and encoded.
ERRORS = "surrogateescape"


def quoted(cell: str, separator: str = "\t") -> str:
    """Quote a cell where it needs it.

    Args:
        cell: The cell.
        separator: What separates cells.
    """
    plain = cell == cell.strip() and not cell.startswith('"')
    if plain and not any(character in cell for character in (separator, "\n", "\r")):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def row(cells: Sequence[str], separator: str = "\t") -> str:
    """Format a line of a table, with its line break.

    Args:
        cells: The cells.
        separator: What separates them.
    """
    return separator.join(quoted(cell, separator) for cell in cells) + "\n"


def lines(text: str) -> list[str]:
    """Lines of a text with the line ends of Unix, Windows or an old Mac."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def rows(text: str, separator: str = "\t") -> Iterator[tuple[int, list[str]]]:
    """Parse a table.

    Args:
        text: The table.
        separator: What separates its cells.

    Yields:
        (line number, cells) of each line that is not blank, without surrounding spaces unless
        quoted.
    """
    if '"' not in text:
        for number, line in enumerate(lines(text), 1):
            if line.strip():
                yield number, [cell.strip() for cell in line.split(separator)]
        return
    cell, end = _cell(separator)
    at, number, cells, first_number = 0, 1, [], 1
    while at <= len(text):
        match = cell.match(text, at)
        assert match is not None  # the last alternative matches any cell
        one_line, several, plain = match.groups()
        quoted_text = one_line if one_line is not None else several
        cells.append(plain.strip() if quoted_text is None else quoted_text.replace('""', '"'))
        number += len(end.findall(match[0]))
        at = match.end()
        if text.startswith(separator, at):
            at += len(separator)
            continue
        if len(cells) > 1 or cells[0]:
            yield first_number, cells
        cells = []
        stop = end.match(text, at)
        if stop is None:
            return
        at, number = stop.end(), number + 1
        first_number = number


def number(cell: str) -> float:
    """Parse a finite number. Unlike Python's float, ``1_0`` and digits of other scripts are refused.

    Args:
        cell: The cell.

    Returns:
        The number.

    Raises:
        ValueError: It is no such number.
    """
    value = float(cell)
    if not is_plain(cell) or not math.isfinite(value):
        raise ValueError(f"{cell!r} is not a number")
    return value


def is_plain(numbers: str) -> bool:
    """Whether a text has neither ``_`` nor characters beyond ASCII, which Python's float would take."""
    return "_" not in numbers and numbers.isascii()


def undecodable(cell: str) -> bool:
    """Whether a cell has bytes that are not UTF-8."""
    return any("\udc80" <= character <= "\udcff" for character in cell)


@cache
def _cell(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of a cell (quoted in one line, quoted over several, plain) and of a line break."""
    after = rf"(?=[{re.escape(separator)}\r\n]|\Z)"
    return (
        re.compile(
            rf'"((?:[^"\r\n]|"")*)"{after}|"((?:[^"]|"")*)"{after}|([^{re.escape(separator)}\r\n]*)'
        ),
        re.compile(r"\r\n|\n|\r"),
    )
