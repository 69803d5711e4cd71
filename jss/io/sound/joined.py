"""Recordings joined end to end in one file (``cat a.wav b.wav``), each as a file."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from jss.io.sound.headers import samples_of

_FLAC = b"fLaC\x00\x00\x00\x22"


class _Part(io.RawIOBase):
    """The bytes of a file from ``start`` to ``end``, as a file."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._start, self._end, self._at = file, start, end, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end - self._start}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        count = max(0, min(len(buffer), self._end - self._start - self._at))
        data = self._file.read(count)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def parts_of(file: BinaryIO, size: int) -> list[tuple[BinaryIO, int]]:
    """Divide WAVs, FLACs or Oggs that were joined end to end.

    Args:
        file: The open file.
        size: Its bytes.

    Returns:
        Each recording as a file, with its size; the file itself where there is only one.
    """
    file.seek(0)
    head = file.read(12)
    starts = [0]
    if head[:4] == b"fLaC":
        starts = _occurrences(file, size, _FLAC) or [0]
    elif head[:4] == b"OggS":
        starts = _chains(file)
    elif head[:4] == b"RIFF":
        while True:
            part = _Part(file, starts[-1], size)
            samples = samples_of(part)  # type: ignore[arg-type]
            if samples is None or samples.promised is None:
                break
            end = starts[-1] + samples.start + samples.promised + samples.promised % 2
            file.seek(end)
            head = file.read(12)
            if head[:4] != b"RIFF" or head[8:] != b"WAVE":
                break
            starts.append(end)
    if len(starts) == 1:
        return [(file, size)]
    ends = [*starts[1:], size]
    return [(_Part(file, a, b), b - a) for a, b in zip(starts, ends, strict=True)]  # type: ignore[misc]


def _chains(file: BinaryIO) -> list[int]:
    """Offsets of the chains of an Ogg stream: first pages that follow other pages."""
    starts, at, first = [0], 0, True
    while True:
        file.seek(at)
        head = file.read(27 + 255)
        if len(head) < 27 or head[:4] != b"OggS":
            return starts
        begins = bool(head[5] & 2)
        if begins and not first:
            starts.append(at)
        first = begins
        at += 27 + head[26] + sum(head[27 : 27 + head[26]])


def _occurrences(file: BinaryIO, size: int, magic: bytes) -> list[int]:
    """Offsets of some bytes in a file."""
    offsets: list[int] = []
    file.seek(0)
    at, tail = 0, b""
    while block := file.read(1 << 22):
        data = tail + block
        index = data.find(magic)
        while index >= 0:
            offsets.append(at - len(tail) + index)
            index = data.find(magic, index + 1)
        tail = data[1 - len(magic) :]
        at += len(block)
    return offsets
