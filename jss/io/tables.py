"""Tables of data sets: rows of cells below a header, read by column name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from jss.errors import JssError
from jss.io import cells
from jss.io.atomic import atomic_write

#: Columns with names of files, which need not be UTF-8.
_FILES = ("filename", "recording")


@contextmanager
def open_table(path: Path, kind: str = "tabs") -> Iterator[TextIO]:
    """Open a table for ``csv``.

    Args:
        path: The table.
        kind: What separates its cells, for the error.

    Yields:
        The file.

    Raises:
        JssError: The file is missing, not text, or has cells of endless length.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors=cells.ERRORS) as file:
            yield file
    except PermissionError as error:
        raise JssError(f"{path} cannot be read: permission denied.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JssError(f"{path} cannot be read: it should be a text file with {kind}.") from error


def read_table(path: Path, *columns: str, delimiter: str = "\t") -> list[dict[str, str]]:
    """Read the rows of a table.

    Args:
        path: The table.
        columns: Columns to read.
        delimiter: What separates its cells.

    Returns:
        Rows as {column: cell}, without surrounding blanks; missing cells are "".

    Raises:
        JssError: The file cannot be read or a column is missing.
    """
    if delimiter != "\t":
        with open_table(path, "commas") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            _check_columns(path, reader.fieldnames or (), columns)
            return [{column: (row[column] or "").strip() for column in columns} for row in reader]
    with open_table(path) as file:
        rows = cells.rows(file.read())
        _, header = next(rows, (0, []))
        _check_columns(path, header, columns)
        places = [(column, header.index(column)) for column in columns]
        table = []
        for number, row in rows:
            values = {column: row[place] if place < len(row) else "" for column, place in places}
            if any(map(cells.undecodable, [values[c] for c in columns if c not in _FILES])):
                raise JssError(f"{path}, line {number}: the text is not UTF-8: save it as UTF-8.")
            table.append(values)
        return table


def _check_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        raise JssError(f"{path} lacks the column {missing[0]!r}: it needs {', '.join(columns)}.")


def table_folder(root: str | Path, table: str, names: Sequence[str]) -> Path | None:
    """Folder that a table is relative to.

    Args:
        root: Folder given by the user.
        table: Path of the table, relative to the folder that is searched for.
        names: Names of the subfolders of root to search as well.

    Returns:
        The folder; None where the table is in none of them.
    """
    bases = (Path(root), *(Path(root) / name for name in names))
    return next((base for base in bases if (base / table).is_file()), None)


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table with tabs and a header, atomically.

    Args:
        path: The table.
        header: Names of the columns.
        rows: Cells of each row.
    """
    write_lines(path, (header, *rows))


def write_lines(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells with tabs between them, atomically.

    Args:
        path: The file.
        rows: Cells of each row.
    """
    with atomic_write(path) as part:
        text = "".join(cells.row(list(row)) for row in rows)
        part.write_text(text, encoding="utf-8", errors=cells.ERRORS, newline="")
