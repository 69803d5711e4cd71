"""The history of a training run: a CSV file with one row an epoch and one column a figure."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jss.errors import JssError
from jss.io.atomic import atomic_write


def save(path: str | os.PathLike[str], rows: Sequence[Mapping[str, float]]) -> None:
    """Write the epochs atomically, with five significant digits.

    Args:
        path: The CSV file.
        rows: Figures of each epoch by name; a figure that an epoch lacks stays empty.
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = [
        columns,
        *([f"{row[key]:.5g}" if key in row else "" for key in columns] for row in rows),
    ]
    with atomic_write(path) as part:
        part.write_text("".join(",".join(line) + "\n" for line in table), encoding="utf-8")


def load(path: str | os.PathLike[str]) -> list[dict[str, float]]:
    """Read a file that :func:`save` wrote; empty cells are left out.

    Args:
        path: The history.csv of a run, or the one beside a card.

    Returns:
        Figures of each epoch by name.

    Raises:
        JssError: The file is missing or not such a history.
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
            f"{path} is not the history of a training run: it must be a CSV file, one epoch a row."
        ) from error
