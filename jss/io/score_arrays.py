"""Scores as one NumPy array for each clip.

A folder holds a ``<clip>.npy`` of shape (T, K) for each clip, as a score table has rows and columns
of scores, and a ``scores.yaml`` that says what the columns are and how long a row is.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from tokenize import TokenError
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as declared

from jss.errors import JssError
from jss.io.schema import SCHEMA, read_yaml, validate
from jss.io.tsv import Curves

#: Name of the file beside the arrays.
LAYOUT = "scores.yaml"
SUFFIX = ".npy"
#: Types of scores: float16, float32 and float64.
FLOATS = "efd"
#: What NumPy raises for headers of files that are no arrays, or claim more than the file holds.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    SyntaxError,
    TokenError,
    RecursionError,
    MemoryError,
)


@declared(frozen=True, config=SCHEMA)
class Layout:
    """What the rows and columns of the arrays of a folder are."""

    #: The K classes, in the order of the columns.
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    #: Seconds from one row to the next; the first begins at 0.
    hop: Annotated[float, Field(gt=0, le=3600)]


def read_layout(folder: Path) -> Layout | None:
    """What a folder's ``scores.yaml`` says; None where there is none.

    Raises:
        JssError: The file is wrong.
    """
    path = folder / LAYOUT
    if not path.is_file():
        return None
    layout = validate(Layout, read_yaml(path), str(path))
    twice = next((label for label in layout.labels if layout.labels.count(label) > 1), None)
    if twice is not None:
        raise JssError(f"{path}: the label '{twice}' is there twice.")
    return layout


def read_array(path: Path, layout: Layout, seconds: float) -> Curves:
    """Read the scores of a clip; no file stays open.

    Args:
        path: The array.
        layout: Of the folder.
        seconds: Length of the clip, at which its last frame ends; what comes after is left out.

    Returns:
        Scores (K, T) with frame boundaries (T + 1,) in seconds.

    Raises:
        JssError: The file is not such an array.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JssError(f"{path} cannot be read: {error.strerror}.") from error
    start = 10 + int.from_bytes(data[8:10], "little")
    try:
        shape, by_column, kind = _header(data[:start])
        if kind.char not in FLOATS:
            raise JssError(
                f"{path} must hold floating-point numbers of 16, 32 or 64 bits, not {kind.name}."
            )
        table = np.ndarray(shape, kind, data, start, order="F" if by_column else "C")
    except UNREADABLE as error:
        raise JssError(f"{path} is damaged, or not an array that numpy.save wrote.") from error
    size = len(layout.labels)
    if len(shape) != 2 or shape[1] != size or not shape[0]:
        raise JssError(
            f"{path} must hold a row for each frame and a column for each of the {size} classes of "
            f"{LAYOUT}; its shape is {shape}."
        )
    times = np.arange(len(table) + 1) * layout.hop
    frames = int(np.count_nonzero(times[:-1] < seconds))
    return table[:frames].T, np.minimum(times[: frames + 1], seconds)


@lru_cache(maxsize=16)
def _header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and type of an array; the same for most files of a folder.

    ``numpy.load`` reads it anew for each, which takes longer than the scores of a clip do.

    Raises:
        UNREADABLE: The file does not begin as an array of numbers does.
    """
    numpy_format: Any = np.lib.format  # its functions have no types
    file = io.BytesIO(data)
    if numpy_format.read_magic(file) != (1, 0):
        raise ValueError("another version, which numpy.save only writes for named fields")
    shape, by_column, kind = numpy_format.read_array_header_1_0(file)
    return shape, by_column, kind
