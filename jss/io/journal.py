"""Journal of the finished parts of a long computation, so that it resumes where it was stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from jss.errors import JssError
from jss.io.atomic import unwritable
from jss.io.locks import busy_folder, lock

#: Names of the journal of ``detect`` and of its tables of events and of lengths, in its output folder.
DETECTED, EVENTS, DURATIONS = "jss-detect.jsonl", "events.tsv", "durations.tsv"


class Journal:
    """Append-only file of JSON lines: the first holds the settings, each later one a finished part.

    Memory holds only where the lines begin, and which one named a file last. A last line that was
    cut off is removed. One process at a time can open it: use it in a ``with`` block.

    Args:
        path: The file.
        settings: What the results depend on.

    Raises:
        JssError: The file is of other settings, damaged or in use, or the disk refuses.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self._offsets: dict[str, int] = {}
        self._owners: dict[str, str] = {}
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
        return key in self._offsets

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Line of a key."""
        self._file.seek(self._offsets[key])
        line: dict[str, Any] = json.loads(self._file.readline())
        return line

    def owner(self, file: str) -> str | None:
        """Key of the last line with a file in its "files"; None where there is none."""
        return self._owners.get(file)

    def add(self, key: str, line: Mapping[str, Any]) -> None:
        """Append the line of a finished part.

        Args:
            key: Name of the part.
            line: What to store; plain data.

        Raises:
            JssError: The disk refuses; then nothing is appended.
        """
        offset = self._file.seek(0, 2)
        try:
            self._file.write(json.dumps({"key": key, **line}).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(offset)
            raise unwritable(self.path, error) from error
        self._note(key, line, offset)

    def sync(self) -> None:
        """Wait until the lines are on disk, where a power loss takes none of them.

        Raises:
            JssError: The disk refuses.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _note(self, key: str, line: Mapping[str, Any], offset: int) -> None:
        """Remember where the line of a key begins, and the files that it names."""
        self._offsets[key] = offset
        files = line.get("files")
        if isinstance(files, list):
            self._owners.update({file: key for file in files if isinstance(file, str)})

    def _begin(self, settings: Mapping[str, Any]) -> None:
        """Read the lines, or write the settings where the file is new."""
        lock(self._file, busy_folder(self.path.parent))
        self._file.seek(0)
        first, end = self._file.readline(), 0
        if first.endswith(b"\n"):
            self._compare(first, settings)
            end = self._file.tell()
            for raw in self._file:
                if raw.endswith(b"\n"):
                    line = _parsed(raw)
                    # The part of a damaged line is computed again.
                    if line is not None and "key" in line:
                        self._note(str(line["key"]), line, end)
                    end += len(raw)
        self._file.truncate(end)
        if not end:
            self._file.write(json.dumps(dict(settings)).encode() + b"\n")
            self._file.flush()

    def _compare(self, first: bytes, settings: Mapping[str, Any]) -> None:
        stored = _parsed(first)
        if stored is None:
            raise JssError(f"{self.path} is damaged: name another folder, or delete it.")
        other = [key for key, value in settings.items() if stored.get(key) != value]
        if other:
            raise JssError(
                f"{self.path.parent} holds results with another {other[0].replace('_', ' ')}: name "
                "another folder, or delete it first."
            )


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """Parse a line as a JSON object; None where it is damaged."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
