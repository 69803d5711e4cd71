"""Files are written aside and renamed, so that no half file is ever seen."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from jss.errors import DiskError, JssError

#: What a full or read-only disk says.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


@contextmanager
def aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A fresh path in the folder of ``path``, to be written in the ``with`` block; renamed to
    ``path`` at its end.

    Missing folders are made. Where the block raises, nothing is left behind and ``path`` stays as
    it was. Raises JssError where the disk refuses (no permission, a file in place of a folder),
    DiskError where it is full or read-only.
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
        raise unwritable(path, error) from error


def unwritable(path: str | os.PathLike[str], error: OSError) -> JssError:
    """The sentence for it; a DiskError where the disk is full or read-only."""
    kind = DiskError if error.errno in FULL else JssError
    return kind(f"{os.fspath(path)} cannot be written: {error.strerror or error}.")


def sweep(folder: str | os.PathLike[str]) -> None:
    """Take away what a killed run left half written. Its processes may still be ending: what goes
    by itself is fine.

    Raises JssError where the disk refuses.
    """
    try:
        for part in Path(folder).rglob(".*.part"):
            part.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def write_json_lines(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """A JSON object, a line for each of its keys, written aside and renamed. Raises ValueError for
    NaN or infinity.
    """
    rows = [
        f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in content.items()
    ]
    with aside(path) as part:
        part.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


class Sink:
    """A file for libsndfile, whose callbacks cannot raise: the first error is kept until
    :meth:`check` raises it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Whatever happens, all of data counts as written."""
        self._try(self._file.write, data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> None:
        """As a file's."""
        self._try(self._file.seek, offset, whence)

    def tell(self) -> int:
        """As a file's."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """As a file's."""
        return self._file.read(size)

    def check(self) -> None:
        """Raises the first OSError of all that was written."""
        if self._error is not None:
            raise self._error

    def _try(self, act: Callable[..., object], *arguments: object) -> None:
        if self._error is None:
            try:
                act(*arguments)
            except OSError as error:
                self._error = error
