"""Signal-to-noise losses of source separation, in dB (Eqs 11, 13, 14).

Signals are (..., samples). The losses are computed in float32 at least, inside autocast too: half
precision has too few digits for a residual of -30 dB.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")

EPS = 1e-8
#: The soft threshold of Eqs 13 and 14: 1e-3 caps the rewarded SNR at 30 dB.
TAU = 1e-3


def full_precision(loss: Callable[P, R]) -> Callable[P, R]:
    """Decorator of a loss: autocast is off, and half-precision signals become float32."""

    def as_float32(value: object) -> object:
        half = isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)
        return value.float() if half else value  # type: ignore[attr-defined]

    @wraps(loss)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        device = next(
            value.device.type for value in (*args, *kwargs.values()) if isinstance(value, Tensor)
        )
        with torch.autocast(device, enabled=False):
            signals = [as_float32(value) for value in args]
            options = {key: as_float32(value) for key, value in kwargs.items()}
            return loss(*signals, **options)  # type: ignore[arg-type]

    return wrapped


def power(x: Tensor) -> Tensor:
    """The squared norm over samples: (..., samples) -> (...)."""
    return x.square().sum(-1)


@full_precision
def negative_snr(estimate: Tensor, target: Tensor) -> Tensor:
    """Eq. 11: -10 log10(||s||^2 / (||s - s^||^2 + eps)), finite for a silent target too.

    Args:
        estimate: s^, (..., samples).
        target: s, (..., samples).

    Returns:
        The loss in dB, (...).
    """
    return 10 * torch.log10(power(target - estimate) + EPS) - 10 * torch.log10(power(target) + EPS)


@full_precision
def active_loss(estimate: Tensor, target: Tensor, tau: float = TAU) -> Tensor:
    """Eq. 13, for an active source: 10 log10(||s - s^||^2 + tau ||s||^2).

    Args:
        estimate: s^, (..., samples).
        target: s, (..., samples).
        tau: The soft threshold.

    Returns:
        The loss in dB, (...).
    """
    return 10 * torch.log10(power(target - estimate) + tau * power(target) + EPS)


@full_precision
def inactive_loss(estimate: Tensor, mixture: Tensor, tau: float = TAU) -> Tensor:
    """Eq. 14, for an inactive source: 10 log10(||s^||^2 + tau ||x||^2).

    Args:
        estimate: s^, (..., samples).
        mixture: x, (..., samples).
        tau: The soft threshold.

    Returns:
        The loss in dB, (...).
    """
    return 10 * torch.log10(power(estimate) + tau * power(mixture) + EPS)


@full_precision
def thresholded_snr(estimate: Tensor, target: Tensor, tau: float = TAU) -> Tensor:
    """Eq. 11 with the soft threshold of Eq. 13: an SNR above -10 log10(tau) dB is not rewarded.

    Args:
        estimate: s^, (..., samples).
        target: s, (..., samples).
        tau: The soft threshold.

    Returns:
        The loss in dB, (...).
    """
    return active_loss(estimate, target, tau) - 10 * torch.log10(power(target) + EPS)
