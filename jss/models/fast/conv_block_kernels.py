"""The gate and the pooling of a block of the CRNN, compiled by Numba; see ``separator_kernels``."""

from __future__ import annotations

from typing import Any

import numpy as np

from jss.models.fast.bf16 import compiled_for_both, get, put
from jss.models.fast.numba_options import FAST, one_and_exp


@compiled_for_both(
    "void(T[:, ::1], T[:, ::1], T[:, ::1], int64, int64, int64, int64, int64, int64)", FAST
)
def gate(
    x: Any,
    linear: Any,
    out: Any,
    frames: Any,
    mels: Any,
    by_time: Any,
    by_mel: Any,
    start: Any,
    stop: Any,
) -> None:
    """linear * sigmoid(x), averaged over by_time frames and by_mel mels. x, linear: (N * frames *
    mels, C) -> out: (N * frames // by_time * (mels // by_mel), C), of its N * (frames // by_time)
    pooled frames those from start to stop.
    """
    times, width = frames // by_time, mels // by_mel
    share = np.float32(1) / np.float32(by_time * by_mel)
    sums = np.empty(x.shape[1], np.float32)
    for row in range(start, stop):
        n, time = row // times, row % times
        for m in range(width):
            sums[:] = 0
            for i in range(by_time):
                first = (n * frames + time * by_time + i) * mels + m * by_mel
                for cell in range(first, first + by_mel):
                    for c in range(x.shape[1]):
                        sums[c] += get(linear, cell, c) / one_and_exp(get(x, cell, c))
            for c in range(x.shape[1]):
                put(out, row * width + m, c, sums[c] * share)
