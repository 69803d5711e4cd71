"""The separator's element-wise steps, compiled by Numba: one pass each, in float32, without the
interpreter's lock.

Importing this module compiles them (some seconds), or loads them from Numba's cache on the disk;
see ``jss.models.fast``. Arrays are C-contiguous; T is time, C channels. Those that pass from
one product of matrices to the next are float32 or bfloat16 (``jss.models.fast.bf16``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jss.models.fast.bf16 import compiled_for_both, get, put
from jss.models.fast.numba_options import FAST, one_and_exp


@compiled_for_both("UniTuple(float64, 2)(T[:, ::1], float32[::1], float32)")
def activate(x: Any, bias: Any, slope: Any) -> Any:
    """PReLU(x + bias) in place. x: (T, C), bias: (C,) -> its sum and sum of squares."""
    total: Any = 0.0
    squares: Any = 0.0
    for t in range(x.shape[0]):
        row, row_squares = np.float32(0), np.float32(0)
        for c in range(x.shape[1]):
            v = get(x, t, c) + bias[c]
            v = max(v, np.float32(0)) + slope * min(v, np.float32(0))
            put(x, t, c, v)
            row += v
            row_squares += v * v
        total += row
        squares += row_squares
    return total, squares


@compiled_for_both("void(float32[:, ::1], int64, float32[::1], float32, T[:, ::1])")
def activate_columns(x: Any, first: Any, bias: Any, slope: Any, out: Any) -> None:
    """PReLU(x[:, first:] + bias). x: (T, first + C), bias: (C,) -> out: (T, C)."""
    for t in range(x.shape[0]):
        for c in range(out.shape[1]):
            v = x[t, first + c] + bias[c]
            put(out, t, c, max(v, np.float32(0)) + slope * min(v, np.float32(0)))


@compiled_for_both("void(T[:, ::1], float32, float32[:, ::1], int64)")
def add_columns(x: Any, scale: Any, out: Any, first: Any) -> None:
    """out[:, first:] += scale * x. x: (T, C) -> out: (T, first + C)."""
    for t in range(x.shape[0]):
        for c in range(x.shape[1]):
            out[t, first + c] += scale * get(x, t, c)


@compiled_for_both(
    "UniTuple(float64, 2)(T[:, ::1], T[:, ::1], float32[:, ::1], float32[::1], float32[:, ::1], int64, float32, "
    "int64, int64)"
)
def convolve(
    x: Any,
    out: Any,
    taps: Any,
    bias: Any,
    shifts: Any,
    dilation: Any,
    slope: Any,
    start: Any,
    stop: Any,
) -> Any:
    """PReLU of a dilated depth-wise convolution of three taps, frames start to stop. x: (T, C),
    out: (stop - start, C), taps, shifts: (3, C), bias: (C,), which holds the sum of the shifts:
    that of a tap beyond the clip is taken off.

    -> the result's sum and sum of squares.
    """
    total: Any = 0.0
    squares: Any = 0.0
    frames = x.shape[0]
    for t in range(start, stop):
        before, after = t - dilation, t + dilation
        row, row_squares = np.float32(0), np.float32(0)
        if before >= 0 and after < frames:
            for c in range(x.shape[1]):
                v = bias[c] + taps[0, c] * get(x, before, c) + taps[1, c] * get(x, t, c)
                v += taps[2, c] * get(x, after, c)
                v = max(v, np.float32(0)) + slope * min(v, np.float32(0))
                put(out, t - start, c, v)
                row += v
                row_squares += v * v
        else:
            for c in range(x.shape[1]):
                v = bias[c] + taps[1, c] * get(x, t, c)
                v += taps[0, c] * get(x, before, c) if before >= 0 else -shifts[0, c]
                v += taps[2, c] * get(x, after, c) if after < frames else -shifts[2, c]
                v = max(v, np.float32(0)) + slope * min(v, np.float32(0))
                put(out, t - start, c, v)
                row += v
                row_squares += v * v
        total += row
        squares += row_squares
    return total, squares


@compiled_for_both("void(T[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1])", FAST)
def mask(x: Any, bias: Any, encoded: Any, out: Any) -> None:
    """encoded * sigmoid(x + bias) for M masks of each frame. x: (T * M, C), bias: (M, C), encoded:
    (T, C)
    -> out: (T * M, C), another array.
    """
    masks = bias.shape[0]
    for row in range(x.shape[0]):
        t, m = row // masks, row % masks
        for c in range(x.shape[1]):
            out[row, c] = encoded[t, c] / one_and_exp(get(x, row, c) + bias[m, c])
