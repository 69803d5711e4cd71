"""Signal-to-noise losses of source separation, in dB (Eqs 11, 13, 14). Signals are (..., samples)."""

from __future__ import annotations

import torch
from torch import Tensor

EPS = 1e-8
#: The soft threshold of Eqs 13 and 14: 1e-3 caps the rewarded SNR at 30 dB.
TAU = 1e-3


def power(x: Tensor) -> Tensor:
    """Squared norm over samples. (..., samples) -> (...)."""
    return x.square().sum(-1)


def negative_snr(estimate: Tensor, target: Tensor) -> Tensor:
    """Eq. 11: -10 log10(||s||^2 / (||s - s^||^2 + eps)). -> (...), dB; a silent target gives a
    finite value.
    """
    return 10 * torch.log10(power(target - estimate) + EPS) - 10 * torch.log10(power(target) + EPS)


def active_loss(estimate: Tensor, target: Tensor, tau: float = TAU) -> Tensor:
    """Eq. 13: 10 log10(||s - s^||^2 + tau ||s||^2), of an active source. -> (...), dB."""
    return 10 * torch.log10(power(target - estimate) + tau * power(target) + EPS)


def inactive_loss(estimate: Tensor, mixture: Tensor, tau: float = TAU) -> Tensor:
    """Eq. 14: 10 log10(||s^||^2 + tau ||x||^2), of an output with nothing to say. -> (...), dB."""
    return 10 * torch.log10(power(estimate) + tau * power(mixture) + EPS)


def thresholded_snr(estimate: Tensor, target: Tensor, tau: float = TAU) -> Tensor:
    """Eq. 11 with the soft threshold of Eq. 13: no reward beyond -10 log10(tau) dB. -> (...), dB."""
    return active_loss(estimate, target, tau) - 10 * torch.log10(power(target) + EPS)
