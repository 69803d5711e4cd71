"""Permutation invariant training with a variable number of sources (Eqs 12, 15), on Asteroid's PIT
search.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jss.losses.snr import TAU, active_loss, full_precision, inactive_loss

#: A reference counts as active above this RMS, as FUSS has it.
ACTIVE_RMS = 1e-8


def pairwise_losses(
    estimates: Tensor, targets: Tensor, mixture: Tensor, tau: float, tau_inactive: float
) -> Tensor:
    """The matrix of Eq. 15: Eq. 13 for active targets, Eq. 14 for the others.

    estimates, targets: (batch, M, samples), mixture: (batch, samples) -> (batch, estimate, target),
    dB.
    """
    active = targets.square().mean(-1).sqrt() > ACTIVE_RMS  # (batch, target)
    on = active_loss(estimates.unsqueeze(2), targets.unsqueeze(1), tau)
    off = inactive_loss(estimates, mixture.unsqueeze(1), tau_inactive).unsqueeze(2)
    return torch.where(active.unsqueeze(1), on, off)


@full_precision
def pit_loss(
    estimates: Tensor,
    targets: Tensor,
    mixture: Tensor,
    *,
    tau: float = TAU,
    tau_inactive: float = TAU,
) -> tuple[Tensor, Tensor]:
    """Eq. 15 (Eq. 12 where every target is active): the least total loss over all permutations of
    the estimates.

    estimates, targets: (batch, M, samples), unused targets all zero; mixture: (batch, samples)
    -> loss summed over sources, (batch,) in dB, and the estimates in the targets' order, (batch, M,
    samples).
    """
    from jss.models.asteroid import asteroid

    wrapper = asteroid().losses.PITLossWrapper
    matrix = pairwise_losses(estimates, targets, mixture, tau, tau_inactive)
    mean, order = wrapper.find_best_perm(matrix)
    return mean * targets.shape[1], wrapper.reorder_source(estimates, order)
