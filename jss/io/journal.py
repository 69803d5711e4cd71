"""What a long piece of work has finished: a line of JSON each, so that it goes on where it was
killed.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from jss.errors import JssError
from jss.io.atomic import unwritable


class Journal:
    """An append-only file. Its first line holds the settings, each one after it something finished,
    under a key.

    Only where the lines begin is held in memory. A last line that was cut off by a kill is taken
    away. One process at a time has it: use it in a ``with`` block. Raises JssError where it belongs
    to other settings, is damaged or in use, and where the disk refuses.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self._places: dict[str, int] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("a+b")
            try:
                self._begin(settings)
            except BaseException:
                self._file.close()
                raise
        except OSError as error:
            raise unwritable(path, error) from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # of a line that a full disk refused, which was said
            self._file.close()

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __getitem__(self, key: str) -> dict[str, Any]:
        """What was finished under the key."""
        self._file.seek(self._places[key])
        line: dict[str, Any] = json.loads(self._file.readline())
        return line

    def add(self, key: str, line: Mapping[str, Any]) -> None:
        """Write a line, which holds from then on. Raises JssError; then nothing is added."""
        place = self._file.seek(0, 2)
        try:
            self._file.write(json.dumps({"key": key, **line}).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(place)
            raise unwritable(self.path, error) from error
        self._places[key] = place

    def _begin(self, settings: Mapping[str, Any]) -> None:
        """Read what is there, or write the first line."""
        self._lock()
        self._file.seek(0)
        first, end = self._file.readline(), 0
        if first.endswith(b"\n"):
            self._compare(first, settings)
            end = self._file.tell()
            for raw in self._file:
                if raw.endswith(b"\n"):
                    line = _parsed(raw)
                    if line is not None and "key" in line:  # a damaged one is done again
                        self._places[str(line["key"])] = end
                    end += len(raw)
        self._file.truncate(end)
        if not end:
            self._file.write(json.dumps(dict(settings)).encode() + b"\n")
            self._file.flush()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JssError(
                f"{self.path.parent} is being written by another process: wait for it, or name another "
                "folder."
            ) from error
        except OSError:  # a file system that knows no locks
            pass

    def _compare(self, first: bytes, settings: Mapping[str, Any]) -> None:
        there = _parsed(first)
        if there is None:
            raise JssError(f"{self.path} is damaged: name another folder, or delete it.")
        other = [key for key, value in settings.items() if there.get(key) != value]
        if other:
            raise JssError(
                f"{self.path.parent} holds what was found with another {other[0].replace('_', ' ')}: name "
                "another folder, or delete it first."
            )


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The keys and values of a line; None where it holds none."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
