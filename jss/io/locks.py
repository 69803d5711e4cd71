"""Locks, with which one process at a time writes a file or a folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jss.errors import JssError
from jss.io.atomic import unwritable

#: Attempts, a tenth of a second apart: the app looks at a file, or the workers of a killed process
#: hold it, for a moment.
_ATTEMPTS = 10


def lock(file: Any, busy: str) -> None:
    """Lock an open file or folder until it is closed, which the end of the process does too.

    Where the file system has no locks, or (NFS) none for folders, nothing is locked.

    Args:
        file: The file, or the descriptor of a folder.
        busy: Message where another process has locked it.

    Raises:
        JssError: Another process has locked it.
    """
    for attempt in range(_ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if attempt == _ATTEMPTS - 1:
                raise JssError(busy) from error
            time.sleep(0.1)
        except OSError:  # a file system without locks
            return
        else:
            return


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Create a folder where it is missing, and lock it in the ``with`` block.

    Args:
        folder: The folder.

    Raises:
        JssError: Another process has locked it, or the disk refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        lock(descriptor, busy_folder(folder))
        yield
    finally:
        with suppress(OSError):  # workers that outlive the block hold the descriptor too
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def busy_folder(folder: Path) -> str:
    """Message where another process writes a folder."""
    return f"{folder} is being written by another process: wait for it, or name another folder."
