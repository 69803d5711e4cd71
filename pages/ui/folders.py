"""The folders that the app was started with, in variables of the environment: a line a folder.

A colon, which joins the folders of PATH, stands in names such as ``2024-01-31T06:15:00``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write(variable: str, folders: Iterable[str | Path]) -> None:
    """Name folders in a variable."""
    os.environ[variable] = "\n".join(map(str, folders))


def read(variable: str) -> list[Path]:
    """Return the folders that a variable names; none where it is not set."""
    return [Path(path) for path in os.environ.get(variable, "").split("\n") if path]
