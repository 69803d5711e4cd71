"""Uncompressed samples: bytes to floats with full scale 1, equal to libsndfile's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from jss.arrays import Float32
from jss.io.sound.headers import Samples

#: (rate, samples (n, channels)) in order.
Blocks = Iterator[tuple[int, Float32]]
#: Called with a sentence where a file is not read as its header says.
Note = Callable[[str], None]
#: libsndfile's names of sample formats that are floats.
FLOATS = ("FLOAT", "DOUBLE")
#: Samples beyond this do not have full scale 1.
FAR_BEYOND = 100.0
#: Possible full scales of integers that were written to a float file.
_INTEGER_SCALES = (2.0**15, 2.0**23, 2.0**31)
#: Channels cancel one another where their average has less than this share of their mean power,
#: which is -20 dB.
_CANCELLED = 0.01


def pcm(file: BinaryIO, samples: Samples, count: int | None = None) -> Blocks:
    """Read uncompressed samples; an incomplete frame at the end is dropped.

    Args:
        file: The file, at its first sample.
        samples: Its header.
        count: Number of bytes; None reads to the end.

    Yields:
        (rate, samples (n, channels)).
    """
    assert samples.codec is not None
    step, remainder = samples.frame * max(1, min(samples.rate, (1 << 20) // samples.frame)), b""
    while count is None or count > 0:
        data = file.read(step if count is None else min(step, count))
        if not data:
            return
        count = None if count is None else count - len(data)
        data = remainder + data
        complete = len(data) - len(data) % samples.frame
        remainder = data[complete:]
        if complete:
            yield (
                samples.rate,
                _numbers(data[:complete], samples.codec).reshape(-1, samples.channels),
            )


def _numbers(data: bytes, codec: str) -> Float32:
    """Convert bytes to samples with full scale 1."""
    kind, order = codec.removeprefix("pcm_"), "<"
    if kind.endswith(("le", "be")):
        kind, order = kind[:-2], "<" if kind.endswith("le") else ">"
    if kind in ("f32", "f64"):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.frombuffer(
                data, f"{order}f{kind[1:-1].replace('3', '4').replace('6', '8')}"
            ).astype(np.float32)
    if kind == "s24":
        bytes_of = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(bytes_of), 4), np.uint8)
        wide[:, 1:] = bytes_of if order == "<" else bytes_of[:, ::-1]
        return wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
    if kind in ("alaw", "mulaw"):
        table = _alaw() if kind == "alaw" else _mulaw()
        return table[np.frombuffer(data, np.uint8)]
    numbers = np.frombuffer(
        data, {"u8": "u1", "s8": "i1", "s16": f"{order}i2", "s32": f"{order}i4"}[kind]
    )
    return integers(numbers)


def integers(numbers: npt.NDArray[Any]) -> Float32:
    """Convert integers to full scale 1; unsigned ones have 8 bits."""
    if numbers.dtype.kind == "u":
        return (numbers.astype(np.float32) - np.float32(128)) / np.float32(128)
    return numbers.astype(np.float32) / np.float32(2 ** (8 * numbers.dtype.itemsize - 1))


def _mulaw() -> Float32:
    code = ~np.arange(256) & 0xFF
    size = ((((code & 15) << 3) + 132) << (code >> 4 & 7)) - 132
    return np.asarray(np.where(code & 128, -size, size) / 32768, np.float32)


def _alaw() -> Float32:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, (code & 15) << 4
    size = np.where(exponent == 0, mantissa + 8, (mantissa + 264) << np.maximum(exponent - 1, 0))
    return np.asarray(np.where(code & 128, size, -size) / 32768, np.float32)


def to_full_scale(read: Callable[[], Blocks], name: str, note: Note) -> Callable[[], Blocks]:
    """Divide floats that are integers (a peak far beyond 1) by their full scale.

    Args:
        read: Reads the file from its start.
        name: How notes call the file.
        note: Called with a sentence where samples are divided.

    Returns:
        Reads the file, with samples of full scale 1.
    """

    def scaled() -> Blocks:
        scale = full_scale(read(), name, note)
        for rate, block in read():
            yield rate, block if scale == 1 else block / np.float32(scale)

    return scaled


def full_scale(blocks: Blocks, name: str, note: Note) -> float:
    """Full scale of the floats of a whole file: 1, or that of integers (a peak far beyond 1).

    Args:
        blocks: Of the file.
        name: See :func:`to_full_scale`.
        note: See :func:`to_full_scale`.

    Returns:
        What samples are divided by to have full scale 1.
    """
    peak = max((float(np.max(np.abs(block))) for _, block in blocks if block.size), default=0.0)
    if not peak > FAR_BEYOND:  # NaN and infinity are found where samples are checked
        return 1.0
    scale = next((scale for scale in _INTEGER_SCALES if peak <= 2 * scale), 1.0)
    if scale > 1:
        note(
            f"{name} holds samples of up to {peak:.0f} where full scale is 1: they are divided by {scale:.0f}."
        )
    return scale


def average(block: Float32) -> tuple[Float32, bool]:
    """Average channels; where they cancel one another, take the loudest one.

    Args:
        block: (n, channels).

    Returns:
        (n,), and whether the channels cancel one another.
    """
    total = block[:, 0].copy()  # column by column: faster than a mean along the short axis
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    mean = total / np.float32(block.shape[1])
    power = np.einsum("nc,nc->c", block, block)
    if float(mean @ mean) >= _CANCELLED * float(power.mean()) or not np.isfinite(power).all():
        return mean, False
    return block[:, int(power.argmax())].copy(), bool(power.any())
