"""Tables of data sets: rows of cells with a header, read by column name and written aside."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from jss.errors import JssError
from jss.io.atomic import aside


@contextmanager
def reading(path: Path, kind: str = "tabs") -> Iterator[TextIO]:
    """A table, open for ``csv``; kind: what lies between its cells. Raises JssError where it is no
    text or has cells without end.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield file
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JssError(f"{path} cannot be read: it should be a text file with {kind}.") from error


def read_table(path: Path, *columns: str, delimiter: str = "\t") -> list[dict[str, str]]:
    """Rows as {column: cell}, blanks stripped, missing cells "". Raises JssError where a column is
    missing.
    """
    plain = delimiter == "\t"  # where a quotation mark is one
    with reading(path, "tabs" if plain else "commas") as file:
        reader = csv.DictReader(
            file, delimiter=delimiter, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
        )
        lacking = [column for column in columns if column not in (reader.fieldnames or ())]
        if lacking:
            raise JssError(
                f"{path} lacks the column {lacking[0]!r}: it needs {', '.join(columns)}."
            )
        return [{column: (row[column] or "").strip() for column in columns} for row in reader]


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
        part.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
