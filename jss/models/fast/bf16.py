"""Kernels for what passes from one product of matrices to the next: float32, or bfloat16 as the
bits of uint16, for products of that type. They compute in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from numba.extending import overload

from jss.models.fast.numba_options import FAST, compiled

# Sums may be taken in any order, values are finite; NaN still spreads through the matrix products.
_SUMS = FAST | {"reassoc"}


def compiled_for_both(signature: str, fastmath: set[str] = _SUMS) -> Callable[[Any], Any]:
    """Numba's decorator, for both types of what passes ("T" in the signature)."""
    return compiled(
        [signature.replace("T[", f"{kind}[") for kind in ("float32", "uint16")], fastmath
    )


def factors() -> torch.dtype:
    """The type of the factors of products here: bfloat16 under autocast to it, else float32."""
    autocast = torch.is_autocast_enabled("cpu")
    half = autocast and torch.get_autocast_dtype("cpu") == torch.bfloat16
    return torch.bfloat16 if half else torch.float32


def as_array(x: torch.Tensor) -> Any:
    """A tensor, float32 or bfloat16, as the array that the kernels take; its memory is shared."""
    return (x.view(torch.uint16) if x.dtype == torch.bfloat16 else x).numpy()


def get(x: Any, t: Any, c: Any) -> Any:
    """x[t, c] as float32, in a kernel."""


def put(x: Any, t: Any, c: Any, value: Any) -> None:
    """x[t, c] = value, in a kernel; rounded to the nearest, to even where two are as near."""


@overload(get, strict=False)
def _get_of(x: Any, t: Any, c: Any) -> Any:
    if x.dtype == numba.types.uint16:
        return lambda x, t, c: np.int32(np.int32(x[t, c]) << np.int32(16)).view(np.float32)
    return lambda x, t, c: x[t, c]


@overload(put, strict=False)
def _put_of(x: Any, t: Any, c: Any, value: Any) -> Any:
    if x.dtype == numba.types.uint16:

        def rounded(x: Any, t: Any, c: Any, value: Any) -> None:
            bits = np.float32(value).view(np.int32)
            even = np.int32(np.int32(bits >> np.int32(16)) & np.int32(1))
            x[t, c] = np.uint16(
                np.int32(np.int32(np.int32(bits + np.int32(0x7FFF)) + even) >> np.int32(16))
            )

        return rounded

    def plain(x: Any, t: Any, c: Any, value: Any) -> None:
        x[t, c] = value

    return plain
