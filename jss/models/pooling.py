"""Pooling of source-level scores into mixture-level scores (Eq. 22). A new one is a function and a
dict line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from jss.errors import JssError


def max_pool(scores: Tensor) -> Tensor:
    """Max pooling over sources (Eq. 28). scores: (batch, M, ...) in [0, 1] -> (batch, ...)."""
    return scores.amax(1)


def sum_pool(scores: Tensor) -> Tensor:
    """Sum over sources (Eq. 27), clamped to 1 as the DCASE baseline does. scores: (batch, M, ...)
    -> (batch, ...).
    """
    return scores.sum(1).clamp(max=1.0)


def mean_pool(scores: Tensor) -> Tensor:
    """Average over sources, the example the paper gives for Eq. 22. scores: (batch, M, ...) ->
    (batch, ...).
    """
    return scores.mean(1)


POOLINGS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "max": max_pool,
    "sum": sum_pool,
    "mean": mean_pool,
}


def pooling(name: str) -> Callable[[Tensor], Tensor]:
    """The pooling g of Eq. 22 by its name. Raises JssError for an unknown one."""
    if name not in POOLINGS:
        raise JssError(f'There is no pooling "{name}": use one of {", ".join(POOLINGS)}.')
    return POOLINGS[name]
