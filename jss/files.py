"""Files are written aside and renamed, so that no half file is ever seen."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jss.errors import JssError


@contextmanager
def aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A fresh path in the folder of ``path``, to be written in the ``with`` block; renamed to ``path`` at its end.

    Missing folders are made. Where the block raises, nothing is left behind and ``path`` stays as it was.
    Raises JssError where the disk refuses (full, no permission, a file in place of a folder).
    """
    path = Path(path)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise JssError(f"{path} cannot be written: {error.strerror or error}.") from error
