"""Sound that comes through a pipe, and its events as they come; memory stays the same however long
it lasts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from jss import audio
from jss.decoding import decode_running
from jss.errors import JssError
from jss.features import SCORE_HOP_S
from jss.inference.system import System
from jss.inference.windows import Piece, pieces
from jss.models.compiled import kernels
from jss.results import Array

_NAME = "Standard input"
_RATES, _CHANNELS = (1000, 768_000), (1, 64)
_ENDLESS = 2**31 - 2**17  # bytes that a header promises where its writer did not know better


def pipe(descriptor: int = 0, rate: int | None = None, channels: int = 1) -> Iterator[Array]:
    """Blocks of a second, (samples,) at 16 kHz, as they arrive.

    descriptor: of the open pipe, 0 for standard input; rate: of raw 16-bit little-endian samples,
    None where a WAV comes, which may promise any length. Raises what ``jss.audio.load`` raises, and
    JssError for a terminal.
    """
    import soundfile

    if os.isatty(descriptor):
        raise JssError(f"{_NAME} is a terminal: pipe sound into it.")
    for what, value, (least, most) in (
        ("--raw", rate, _RATES),
        ("--channels", channels, _CHANNELS),
    ):
        if value is not None and not least <= value <= most:
            raise JssError(f"{what} {value} is not from {least} to {most}.")
    try:
        if rate is None:
            file = soundfile.SoundFile(descriptor, closefd=False)
            if file.format == "WAV" and file.frames * _bytes(file) >= _ENDLESS:
                file = _raw(
                    descriptor, file.samplerate, file.channels, file.subtype
                )  # goes on when that is over
        else:
            file = _raw(descriptor, rate, channels, "PCM_16")
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError) as error:
        raise JssError(
            f"{_NAME} is no WAV: pipe one into it, or raw 16-bit samples with --raw RATE."
        ) from error
    with file:
        if file.samplerate < _RATES[0]:
            raise JssError(
                f"{_NAME} has {file.samplerate} samples a second, too few for sound: is its header right?"
            )
        yield from audio.stretches(file, _NAME, 1.0, most=file.samplerate * file.channels)


def events(
    system: System, blocks: Iterable[Array], threshold: float = 0.5
) -> Iterator[tuple[float, float, str]]:
    """(onset s, offset s, label) of each event once it has ended: those that ``detect`` finds in
    the whole recording.

    blocks: (samples,) at 16 kHz, one after the other; threshold: a score above it is an event.
    Raises JssError.
    """
    kernels(wait=None)

    def stretches(found: Iterable[Piece]) -> Iterator[tuple[Array, float]]:
        samples = 0
        for piece in found:
            samples += len(piece.mixture)
            yield piece.scores, samples / audio.SAMPLE_RATE

    found = stretches(pieces(blocks, system.analyse))
    return decode_running(found, system.labels, hop=SCORE_HOP_S, threshold=threshold)


def _raw(descriptor: int, rate: int, channels: int, subtype: str) -> Any:
    """Samples without a header."""
    import soundfile

    return soundfile.SoundFile(
        descriptor, "r", rate, channels, subtype, "LITTLE", "RAW", closefd=False
    )


def _bytes(file: Any) -> int:
    """Of a frame, about."""
    return int(file.channels) * {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}.get(
        file.subtype, 4
    )
