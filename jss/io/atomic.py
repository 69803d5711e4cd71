"""Files that appear whole or not at all: they are written under another name, then renamed."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from jss.errors import DiskError, JssError

#: Errors after which no file can be written: the disk is full or read-only.
DISK_FAILURES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
#: Name of a temporary file.
_PART = re.compile(r"\.[0-9a-f]{16}\.part")


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path; at the end of the ``with`` block it is renamed to ``path``.

    Missing folders are created. The temporary file is locked for as long as its writer lives. Where
    the block raises, the temporary file is deleted and ``path`` stays as it was. The content is on disk
    before it is renamed, so that after a power loss ``path`` is whole or as it was.

    Args:
        path: The file to write.

    Yields:
        A path in the same folder.

    Raises:
        DiskError: The disk is full or read-only.
        JssError: The file cannot be written for another reason, such as missing permission.
    """
    path = Path(path)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                _lock(file)
                yield part
                os.fsync(file.fileno())
                os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: str | os.PathLike[str], error: OSError) -> JssError:
    """Error that says which file cannot be written, and why.

    Args:
        path: The file.
        error: What the operating system raised.

    Returns:
        A DiskError where the disk is full or read-only, else a JssError.
    """
    kind = DiskError if error.errno in DISK_FAILURES else JssError
    return kind(f"{os.fspath(path)} cannot be written: {error.strerror or error}.")


def remove_partial_files(folder: str | os.PathLike[str]) -> None:
    """Delete the temporary files in a folder and its subfolders that a killed run left.

    Those of a process that still writes remain, and so do all of them where the file system has no
    locks, so that nobody knows.

    Raises:
        JssError: The disk refuses.
    """
    try:
        for part in Path(folder).rglob(".*.part"):
            # processes of that run may still be ending and delete their files themselves
            if _PART.fullmatch(part.name) and part.is_file():
                with suppress(FileNotFoundError), part.open("r+b") as file:
                    if _lock(file):
                        part.unlink()
    except OSError as error:
        raise unwritable(folder, error) from error


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed; False where another has locked it, or locks are missing."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_json_lines(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write a JSON object atomically, one line for each of its keys.

    Args:
        path: The file to write.
        content: The object.

    Raises:
        ValueError: A number is NaN or infinite.
    """
    rows = [
        f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in content.items()
    ]
    with atomic_write(path) as part:
        part.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


class Sink:
    """File object for libsndfile, whose callbacks cannot raise.

    The first error is stored until :meth:`check` raises it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write data; all of it counts as written, whether or not an error occurs."""
        self._attempt(self._file.write, data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> None:
        """Like the method of a file."""
        self._attempt(self._file.seek, offset, whence)

    def tell(self) -> int:
        """Like the method of a file."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """Like the method of a file."""
        return self._file.read(size)

    def check(self) -> None:
        """Raise the first OSError that occurred."""
        if self._error is not None:
            raise self._error

    def _attempt(self, operation: Callable[..., object], *arguments: object) -> None:
        if self._error is None:
            try:
                operation(*arguments)
            except OSError as error:
                self._error = error
