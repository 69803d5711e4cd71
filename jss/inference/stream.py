"""Events of audio from a pipe, as it arrives; memory stays the same however long it lasts."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO

from jss import audio
from jss.arrays import Float32
from jss.decoding import BASELINE, Decoder, decode_stream
from jss.errors import JssError
from jss.features import SCORE_HOP_S
from jss.inference.system import System
from jss.inference.windows import Stretch, pieces
from jss.io.notes import warn
from jss.io.sound.ffmpeg import open_container, packets, track
from jss.io.sound.headers import Samples, is_rest, samples_of, short
from jss.io.sound.pcm import Blocks, Note, pcm

_NAME = "Standard input"
_RATES, _CHANNELS = (1000, 768_000), (1, 64)


def pipe(descriptor: int = 0, rate: int | None = None, channels: int = 1) -> Iterator[Float32]:
    """Blocks of a second, (samples,) at 16 kHz, as they arrive.

    descriptor: of the open pipe, 0 for standard input; rate: of raw 16-bit little-endian samples,
    None where a file comes: a WAV, which may promise any length, or what FFmpeg reads from its
    beginning to its end. Raises what ``jss.audio.load`` raises, and JssError for a terminal.
    """
    if os.isatty(descriptor):
        raise JssError(f"{_NAME} is a terminal: pipe sound into it.")
    for what, value, (least, most) in (
        ("--raw", rate, _RATES),
        ("--channels", channels, _CHANNELS),
    ):
        if value is not None and not least <= value <= most:
            raise JssError(f"{what} {value} is not from {least} to {most}.")
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        if rate is None:
            blocks = _decoded(file, _NAME, warn)
        else:
            blocks = pcm(file, Samples("raw", "pcm_s16le", rate, channels, 0, None))
        yield from audio.resampled_blocks(_checked(blocks), _NAME, 1.0)


def _decoded(pipe: BinaryIO, name: str, note: Note) -> Blocks:
    """Decode the formats of ``jss.audio.load`` that can be read from beginning to end.

    A WAV lasts until the pipe ends, or until data that is not sound follows it, whatever length its
    header names.

    Args:
        pipe: The open pipe.
        name: In messages.
        note: Called with warnings.

    Raises:
        JssError: It is not audio.
    """
    reader = _Rewound(pipe)
    samples = samples_of(reader)  # type: ignore[arg-type]
    if samples is None or samples.codec is None:
        reader.rewind()
        with ExitStack() as stack:
            container = open_container(reader, stack)
            if container is None or track(container) is None:
                raise JssError(
                    f"{name} is not audio that can be read: pipe a WAV, FLAC, OGG, MP3 or WebM into it, or "
                    "raw 16-bit samples with --raw RATE."
                )
            yield from packets(container, name, note)
        return
    promised = None if samples.endless else samples.promised
    reader.forget()
    frames = 0
    for rate, block in pcm(reader, samples, promised):  # type: ignore[arg-type]
        frames += len(block)
        yield rate, block
    if frames and promised is not None and short(promised, frames * samples.frame):
        stated = promised / samples.frame / samples.rate
        note(f"{name} ended after {frames / samples.rate:.1f} s; its header says {stated:.1f} s.")
    rest = reader.peek(64) if promised is not None else b""
    if rest and not is_rest(rest + bytes(4096), 1 << 26):
        note(f"{name} goes on after the end that its header names: the rest is analysed too.")
        yield from pcm(reader, samples)  # type: ignore[arg-type]


class _Rewound(io.RawIOBase):
    """A pipe whose first bytes can be read again."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe, self._begin, self._at, self._remember = pipe, b"", 0, True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._at < len(self._begin):
            data = self._begin[self._at : self._at + len(buffer)]
        else:
            data = self._pipe.read(len(buffer)) or b""
            if self._remember:
                self._begin += data
        self._at += len(data) if self._remember or self._at < len(self._begin) else 0
        buffer[: len(data)] = data
        return len(data)

    def rewind(self) -> None:
        """Read once more from the start, and from then on without remembering."""
        self._at, self._remember = 0, False

    def forget(self) -> None:
        """Read on from here without remembering."""
        self._begin, self._at, self._remember = b"", 0, False

    def peek(self, size: int) -> bytes:
        """The next bytes, without consuming them."""
        data = b""
        while len(data) < size and (more := self.read(size - len(data))):
            data += more
        self._begin, self._at = data, 0
        return data


def _checked(blocks: Blocks) -> Blocks:
    """The blocks, with their sample rate checked.

    Raises:
        JssError: The rate is too low for sound.
    """
    for rate, block in blocks:
        if rate < _RATES[0]:
            raise JssError(
                f"{_NAME} has {rate} samples a second, too few for sound: is its header right?"
            )
        yield rate, block


def events(
    system: System, blocks: Iterable[Float32], decoder: Decoder = BASELINE
) -> Iterator[tuple[float, float, str]]:
    """Events (onset s, offset s, label), each as soon as it has ended.

    They are those that ``detect`` reports for the whole recording.

    Args:
        system: The system.
        blocks: (samples,) at 16 kHz, one after the other.
        decoder: What makes events of scores, without boxes, which need the whole recording.

    Raises:
        JssError: The audio cannot be read.
    """

    def scores(stretches: Iterable[Stretch]) -> Iterator[tuple[Float32, float]]:
        samples = 0
        for stretch in stretches:
            samples += len(stretch.mixture)
            yield stretch.scores, samples / audio.SAMPLE_RATE

    scored = scores(pieces(blocks, system.analyse))
    ended = decode_stream(
        scored, system.labels, hop=SCORE_HOP_S, threshold=decoder.threshold, median=decoder.median
    )
    return ((onset, offset, label) for onset, offset, label, _ in ended)
