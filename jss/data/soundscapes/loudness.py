"""Loudness in LUFS as pyloudnorm measures it (ITU-R BS.1770-4, gated), for events of any length."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from jss.arrays import Float32
from jss.audio import SAMPLE_RATE

#: The gate measures blocks of this length (s); a shorter event is repeated until it fills one.
BLOCK_S = 0.4


def lufs(samples: Float32) -> float:
    """Integrated loudness of an event, in LUFS; -inf for silence. samples: (n,) at 16 kHz.

    An event shorter than 0.4 s is measured on a copy tiled to that length; where every block lies
    below the gate (-70 LUFS) the root mean square in dB stands in.
    """
    block = round(BLOCK_S * SAMPLE_RATE)
    if not len(samples) or not np.any(samples):
        return -math.inf
    heard = np.asarray(samples, np.float64)
    if len(heard) < block:
        heard = np.tile(heard, -(-block // len(heard)))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(_meter().integrated_loudness(heard))
    return value if math.isfinite(value) else float(10.0 * np.log10(np.mean(heard**2)))


@cache
def _meter() -> Any:
    import pyloudnorm

    return pyloudnorm.Meter(SAMPLE_RATE, block_size=BLOCK_S)
