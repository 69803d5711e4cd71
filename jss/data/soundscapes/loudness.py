"""Loudness in LUFS by pyloudnorm (ITU-R BS.1770-4, gated), for events of any length."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from jss.arrays import Float32
from jss.audio import SAMPLE_RATE

#: Length of the gate's blocks in seconds; a shorter event is repeated until it fills one.
BLOCK_S = 0.4


def lufs(samples: Float32) -> float:
    """Integrated loudness of an event.

    An event shorter than 0.4 s is repeated to that length; where every block is below the gate (-70
    LUFS), the result is the RMS level in dB.

    Args:
        samples: (n,) at 16 kHz.

    Returns:
        LUFS; -inf for silence.
    """
    block = round(BLOCK_S * SAMPLE_RATE)
    if not len(samples) or not np.any(samples):
        return -math.inf
    signal = np.asarray(samples, np.float64)
    if len(signal) < block:
        signal = np.tile(signal, -(-block // len(signal)))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(_meter().integrated_loudness(signal))
    return value if math.isfinite(value) else float(10.0 * np.log10(np.mean(signal**2)))


@cache
def _meter() -> Any:
    import pyloudnorm

    return pyloudnorm.Meter(SAMPLE_RATE, block_size=BLOCK_S)
