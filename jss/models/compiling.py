"""What the modules of kernels share: Numba's decorator as they want it, and an exponential that
loops vectorise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

#: No reassociation, for what calls ``one_and_exp``: it adds a number and takes it off again. NaN
#: stays NaN.
FAST = {"contract", "nsz", "arcp"}


def compiled(signatures: str | list[str], fastmath: set[str] = FAST) -> Callable[[Any], Any]:
    """Numba's decorator, without the interpreter's lock; without Numba's cache where no folder can
    be written.
    """

    def compile(function: Any) -> Any:
        options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
        try:
            return numba.njit(signatures, cache=True, **options)(function)
        except RuntimeError:
            return numba.njit(signatures, **options)(function)

    return compile


@numba.njit(fastmath=FAST, error_model="numpy")
def one_and_exp(x: Any) -> Any:
    """1 + exp(-x) of a float32; NaN stays NaN.

    exp(-x) = 2^k 2^s with k whole and |s| <= 1/2: 2^s by its Taylor series (error 2e-7), 2^k by the
    exponent's bits.
    """
    y = x * np.float32(-1.4426950408889634)
    y = np.float32(-125) if y < np.float32(-125) else y  # so written, NaN passes
    y = np.float32(125) if y > np.float32(125) else y
    rounded = np.float32(y + np.float32(12582912))  # 1.5 * 2^23: k stands in the lowest bits
    s = y - (rounded - np.float32(12582912))
    p = np.float32(1.5403530393381608e-4)
    p = p * s + np.float32(1.3333558146428443e-3)
    p = p * s + np.float32(9.618129107628477e-3)
    p = p * s + np.float32(5.550410866482158e-2)
    p = p * s + np.float32(2.402265069591007e-1)
    p = p * s + np.float32(6.931471805599453e-1)
    p = p * s + np.float32(1)
    bits = np.int32(np.int32(rounded.view(np.int32) << np.int32(23)) + np.int32(0x3F800000))
    return np.float32(1) + p * bits.view(np.float32)
