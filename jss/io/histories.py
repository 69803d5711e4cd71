"""The epochs of a training run as a small CSV file: one epoch a row, one figure a column."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jss.errors import JssError
from jss.io.atomic import aside


def save(path: str | os.PathLike[str], rows: Sequence[Mapping[str, float]]) -> None:
    """Write the epochs at five digits, aside first and then renamed. rows: one an epoch; lacking
    figures stay empty.
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [
        columns,
        *([f"{row[key]:.5g}" if key in row else "" for key in columns] for row in rows),
    ]
    with aside(path) as part:
        part.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")


def load(path: str | os.PathLike[str]) -> list[dict[str, float]]:
    """The epochs of a history.csv, of a run or beside a card; empty cells are left out. Raises
    JssError.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            columns, *rows = csv.reader(file)
            return [
                {key: float(cell) for key, cell in zip(columns, row, strict=True) if cell}
                for row in rows
                if row
            ]
    except (OSError, ValueError, csv.Error) as error:
        raise JssError(
            f"{path} is no history of a training run: it should be a CSV file, one epoch a row."
        ) from error
