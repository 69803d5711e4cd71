"""Tables of data sets: rows of cells with a header, read by column name and written aside."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from jss.errors import JssError
from jss.io import cells
from jss.io.atomic import aside


@contextmanager
def reading(path: Path, kind: str = "tabs") -> Iterator[TextIO]:
    """A table, open for ``csv``; kind: what lies between its cells. Raises JssError where it is no
    text or has cells without end.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors=cells.ERRORS) as file:
            yield file
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JssError(f"{path} cannot be read: it should be a text file with {kind}.") from error


def read_table(path: Path, *columns: str, delimiter: str = "\t") -> list[dict[str, str]]:
    """Rows as {column: cell}, blanks stripped, missing cells "". Raises JssError where a column is
    missing.
    """
    if delimiter != "\t":
        with reading(path, "commas") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            _check(path, reader.fieldnames or (), columns)
            return [{column: (row[column] or "").strip() for column in columns} for row in reader]
    with reading(path) as file:
        rows = cells.rows(file.read())
        _, header = next(rows, (0, []))
        _check(path, header, columns)
        places = [(column, header.index(column)) for column in columns]
        table = []
        for number, row in rows:
            found = {column: row[at] if at < len(row) else "" for column, at in places}
            if any(map(cells.undecodable, [found[c] for c in columns if c != "filename"])):
                raise JssError(f"{path}, line {number}: the text is not UTF-8: save it as UTF-8.")
            table.append(found)
        return table


def _check(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    lacking = [column for column in columns if column not in header]
    if lacking:
        raise JssError(f"{path} lacks the column {lacking[0]!r}: it needs {', '.join(columns)}.")


def home(root: str | Path, table: str, names: Sequence[str]) -> Path | None:
    """The folder that ``table`` is relative to: ROOT itself or one of ``names`` in it; None where
    it is in neither.
    """
    bases = (Path(root), *(Path(root) / name for name in names))
    return next((base for base in bases if (base / table).is_file()), None)


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table with tabs and a header."""
    write_lines(path, (header, *rows))


def write_lines(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Rows of cells with tabs between them, written aside and renamed."""
    with aside(path) as part:
        text = "".join(cells.row(list(row)) for row in rows)
        part.write_text(text, encoding="utf-8", errors=cells.ERRORS, newline="")
