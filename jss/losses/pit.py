"""Permutation invariant training with a variable number of sources (Eqs 12, 15).

The search over permutations is Asteroid's.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jss.losses.snr import TAU, active_loss, full_precision, inactive_loss
from jss.models.asteroid import asteroid

#: A target counts as active above this RMS, as in FUSS.
ACTIVE_RMS = 1e-8


def pairwise_losses(
    estimates: Tensor, targets: Tensor, mixture: Tensor, tau: float, tau_inactive: float
) -> Tensor:
    """The matrix of Eq. 15: Eq. 13 for active targets, Eq. 14 for the others.

    Args:
        estimates: (batch, M, samples).
        targets: (batch, M, samples), unused ones all zero.
        mixture: (batch, samples).
        tau: The soft threshold of Eq. 13.
        tau_inactive: The soft threshold of Eq. 14.

    Returns:
        The loss in dB of each estimate for each target, (batch, estimate, target).
    """
    active = targets.square().mean(-1).sqrt() > ACTIVE_RMS  # (batch, target)
    if_active = active_loss(estimates.unsqueeze(2), targets.unsqueeze(1), tau)
    if_inactive = inactive_loss(estimates, mixture.unsqueeze(1), tau_inactive).unsqueeze(2)
    return torch.where(active.unsqueeze(1), if_active, if_inactive)


@full_precision
def pit_loss(
    estimates: Tensor,
    targets: Tensor,
    mixture: Tensor,
    *,
    tau: float = TAU,
    tau_inactive: float = TAU,
) -> tuple[Tensor, Tensor]:
    """Eq. 15: the least total loss over all permutations of the estimates.

    It is Eq. 12 where every target is active.

    Args:
        estimates: (batch, M, samples).
        targets: (batch, M, samples), unused ones all zero.
        mixture: (batch, samples).
        tau: The soft threshold of Eq. 13.
        tau_inactive: The soft threshold of Eq. 14.

    Returns:
        The loss in dB, summed over sources, (batch,), and the estimates in the order of the
        targets, (batch, M, samples).
    """
    wrapper = asteroid().losses.PITLossWrapper
    matrix = pairwise_losses(estimates, targets, mixture, tau, tau_inactive)
    mean, order = wrapper.find_best_perm(matrix)
    return mean * targets.shape[1], wrapper.reorder_source(estimates, order)
