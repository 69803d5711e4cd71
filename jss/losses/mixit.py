"""Mixture invariant training (Eq. 17): mixtures of mixtures, no reference sources."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from jss.losses.snr import EPS, full_precision, negative_snr, thresholded_snr


@cache
def assignments(n_src: int) -> Tensor:
    """All binary assignment matrices A of Eq. 17, the columns of which sum to one.

    Args:
        n_src: M, the number of a separator's outputs.

    Returns:
        Matrices, (2^M, 2, M).
    """
    first = torch.tensor(
        [[(code >> m) & 1 for m in range(n_src)] for code in range(2**n_src)], dtype=torch.float32
    )
    return torch.stack([first, 1 - first], dim=1)


@full_precision
def mixit_loss(
    estimates: Tensor, mixtures: Tensor, tau: float | None = None
) -> tuple[Tensor, Tensor]:
    """Eq. 17: the least summed loss (Eq. 11) over all assignments of outputs to the two mixtures.

    The search needs only inner products: ||x - A s||^2 follows from the Gram matrix of sources and
    mixtures, so that the 2^M remixes are never formed. The loss is then computed on the best one.

    Args:
        estimates: Sources separated from ``mixtures.sum(1)``, (batch, M, samples).
        mixtures: The two mixtures of each item, (batch, 2, samples).
        tau: The soft threshold of Eq. 13; None for Eq. 11 as written.

    Returns:
        The loss in dB, summed over both mixtures, (batch,), and the remixed estimates,
        (batch, 2, samples).
    """
    choices = assignments(estimates.shape[1]).to(estimates.device)
    with torch.no_grad():
        e, x = estimates.double(), mixtures.double()
        gram = e @ e.transpose(1, 2)  # (batch, M, M)
        cross = x @ e.transpose(1, 2)  # (batch, 2, M)
        a = choices.double()
        energy = torch.einsum("cim,bmn,cin->bci", a, gram, a)
        error = (
            x.square().sum(-1).unsqueeze(1) - 2 * torch.einsum("cim,bim->bci", a, cross) + energy
        ).clamp(min=0)
        floor = 0.0 if tau is None else tau * x.square().sum(-1).unsqueeze(1)
        best = torch.log10(error + floor + EPS).sum(-1).argmin(1)
    remixed = choices[best].to(estimates.dtype) @ estimates  # (batch, 2, samples)
    losses = (
        negative_snr(remixed, mixtures) if tau is None else thresholded_snr(remixed, mixtures, tau)
    )
    return losses.sum(1), remixed
