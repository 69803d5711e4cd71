"""Mel spectrograms as images: one fixed scale in dB, the HTK mel axis in Hz, small palette PNGs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from jss.arrays import Floats

Palette = Literal["grey", "magma"]

#: Range of the features in dB, and of a stored image.
FEATURE_DB = (-50.0, 80.0)
#: Range in dB of every figure and player, so that two pictures can be compared.
SHOWN_DB = (-30.0, 50.0)
#: The upper edge of the highest mel filter, in Hz.
TOP_HZ = 8000.0
#: Frequencies in Hz at which an axis is labelled.
TICKS_HZ = (250, 1000, 4000)


def hz_to_row(hz: float, n_mels: int = 128) -> float:
    """Row of a frequency, from 0 at the bottom, fractional: mel filter i (HTK) peaks at row i."""
    return float(np.log10(1 + hz / 700) / np.log10(1 + TOP_HZ / 700) * (n_mels + 1) - 1)


def hz_label(hz: float) -> str:
    """250 -> '250 Hz', 4000 -> '4 kHz'."""
    return f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz:g} Hz"


def levels(
    mel: Floats, low: float = FEATURE_DB[0], high: float = FEATURE_DB[1]
) -> npt.NDArray[np.uint8]:
    """Levels in dB as bytes.

    Args:
        mel: In dB, of any shape.
        low: dB of 0; lower values are clipped.
        high: dB of 255; higher values are clipped.
    """
    scaled = (np.asarray(mel, np.float32) - low) * (255.0 / (high - low))
    image: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return image


def mel_png(
    mel: Floats,
    palette: Palette = "grey",
    *,
    low: float = FEATURE_DB[0],
    high: float = FEATURE_DB[1],
) -> bytes:
    """A mel spectrogram as an 8-bit palette PNG, low frequencies at the bottom.

    Args:
        mel: (mels, frames) in dB.
        palette: With "grey", the grey value is the level itself.
        low: dB of the first of the 256 colours; lower values are clipped.
        high: dB of the last; higher values are clipped.

    Returns:
        A PNG of frames x mels pixels, at most 73 kB for 626 x 128.
    """
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(levels(mel, low, high)[::-1]), "P")
    image.putpalette(_colours(palette))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _colours(palette: Palette) -> Sequence[int]:
    """256 x (red, green, blue), as a flat list."""
    if palette == "grey":
        return [level for level in range(256) for _ in range(3)]
    from matplotlib import colormaps

    return [
        round(255 * float(part)) for colour in colormaps["magma"](range(256)) for part in colour[:3]
    ]
