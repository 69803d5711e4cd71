"""What the modules of kernels share: Numba's decorator as they want it, and an exponential that loops vectorise."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from numba.core import event
from numba.core.errors import NumbaError

log = logging.getLogger(__name__)

#: No reassociation, for what calls ``one_and_exp``: it adds a number and takes it off again. NaN stays NaN.
FAST = {"contract", "nsz", "arcp"}


def compiled(signatures: str | list[str], fastmath: set[str] = FAST) -> Callable[[Any], Any]:
    """Numba's decorator: compiles at once, or loads from Numba's cache on the disk; releases the interpreter's lock.

    Where no folder for the cache can be written, every process compiles. Raises ImportError where Numba cannot
    compile: a module of kernels cannot be imported then.
    """

    def decorate(function: Any) -> Any:
        options: dict[str, Any] = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
        try:
            try:
                return numba.njit(signatures, cache=True, **options)(function)
            except RuntimeError:  # Numba's words for: no folder to cache in
                return numba.njit(signatures, **options)(function)
        except NumbaError as error:
            raise ImportError(f"{function.__name__}: {error}") from error

    return decorate


class _Announcement(event.Listener):
    """Says once that Numba compiles. What it loads from its cache is no such event."""

    said = False

    def on_start(self, event: Any) -> None:
        """Numba's hook, before it compiles a function."""
        if not self.said:
            self.said = True
            log.warning("Compiling for this processor: some seconds, once after an install.")

    def on_end(self, event: Any) -> None:
        """Numba's hook, after it has."""


@contextmanager
def announced() -> Iterator[None]:
    """If Numba has to compile in the ``with`` block, a line of the log says so."""
    with event.install_listener("numba:compile", _Announcement()):
        yield


@numba.njit(fastmath=FAST, error_model="numpy")
def one_and_exp(x: Any) -> Any:
    """1 + exp(-x) of a float32; NaN stays NaN.

    exp(-x) = 2^k 2^s with k whole and |s| <= 1/2: 2^s by its Taylor series (error 2e-7), 2^k by the exponent's bits.
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
