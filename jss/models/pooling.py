"""Pooling of source-level scores into mixture-level scores (Eq. 22).

A new one is a function and a line of ``POOLINGS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from jss.errors import JssError


def max_pool(scores: Tensor) -> Tensor:
    """Eq. 28, the maximum over sources: (batch, M, ...) in [0, 1] -> (batch, ...)."""
    return scores.amax(1)


def sum_pool(scores: Tensor) -> Tensor:
    """Eq. 27, the sum over sources: (batch, M, ...) in [0, 1] -> (batch, ...).

    It is clamped to 1, as in the DCASE baseline.
    """
    return scores.sum(1).clamp(max=1.0)


def mean_pool(scores: Tensor) -> Tensor:
    """The mean over sources, the paper's example for Eq. 22: (batch, M, ...) -> (batch, ...)."""
    return scores.mean(1)


POOLINGS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "max": max_pool,
    "sum": sum_pool,
    "mean": mean_pool,
}


def pooling(name: str) -> Callable[[Tensor], Tensor]:
    """The pooling g of Eq. 22 by its name.

    Raises:
        JssError: There is no pooling of this name.
    """
    if name not in POOLINGS:
        raise JssError(f'There is no pooling "{name}": use one of {", ".join(POOLINGS)}.')
    return POOLINGS[name]
