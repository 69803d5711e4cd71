"""The objective of the weak-label paper (Eqs 2-9): a critic classifies the separated sources, which
must add up to the mixture.

The critic gives log-odds, p = sigmoid(logit), so that the cross-entropy H(l, p) stays finite.
Labels are 0 or 1. ``reduction``: "sum" adds up each clip, as the equations are written; "mean"
divides each term by its number of bins or labels. Both average over the batch. The right alpha of
Eqs 8 and 9 depends on the reduction.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from jss.losses.pit import ACTIVE_RMS
from jss.losses.snr import active_loss, inactive_loss

Reduction = Literal["sum", "mean"]
#: The soft threshold of Eq. 14: an inactive source need not be more than 10 dB below the mixture.
TAU_INACTIVE = 0.1


def class_weights(active: Tensor, gamma: Tensor) -> Tensor:
    """W of Eq. 4: 1 / gamma_i where class i is active, 1 / (1 - gamma_i) elsewhere.

    Args:
        active: Frame labels, (batch, K, T).
        gamma: The share of training frames in which each class is active, (K,).

    Returns:
        Weights, (batch, K, T).
    """
    share = gamma.clamp(1e-3, 1 - 1e-3)[:, None]
    return torch.where(active > 0.5, 1 / share, 1 / (1 - share))


def pooled_labels(active: Tensor, pool: int) -> Tensor:
    """Frame labels on the critic's coarser time grid, by max-pooling.

    Args:
        active: Labels of STFT frames, (batch, K, frames).
        pool: STFT frames per frame of the critic.

    Returns:
        Labels of the critic's frames, (batch, K, frames // pool).
    """
    return F.max_pool1d(active, pool)


def critic_frame_loss(
    logits: Tensor, active: Tensor, weights: Tensor, reduction: Reduction = "mean"
) -> Tensor:
    """Eq. 3 over all frames: weighted cross-entropy of the critic on mixtures.

    Args:
        logits: The critic's log-odds, (batch, K, T).
        active: Frame labels, (batch, K, T).
        weights: W of Eq. 4, (batch, K, T).
        reduction: See the module.

    Returns:
        A scalar.
    """
    return _reduce(weights * _cross_entropy(logits, active), reduction)


def critic_clip_loss(logits: Tensor, present: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Eq. 5: cross-entropy of clips; the probability of a clip is the largest of its frames.

    Args:
        logits: The critic's log-odds, (batch, K, T).
        present: Clip labels, (batch, K).
        reduction: See the module.

    Returns:
        A scalar.
    """
    return _reduce(_cross_entropy(logits.amax(-1), present), reduction)


def source_frame_loss(
    logits: Tensor, active: Tensor, weights: Tensor, reduction: Reduction = "mean"
) -> Tensor:
    """Eq. 6 over all sources and frames: source i has the label of class i, and 0 for all others.

    Args:
        logits: The critic's log-odds on each of n = K sources, (batch, n, K, T).
        active: Frame labels of the mixture, (batch, K, T).
        weights: W of Eq. 4 for the mixture, (batch, K, T).
        reduction: See the module.

    Returns:
        A scalar.
    """
    return _reduce(weights.unsqueeze(1) * _cross_entropy(logits, _source_labels(active)), reduction)


def source_clip_loss(logits: Tensor, present: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Eq. 7 over all sources: as Eq. 6, with clip labels and clip probabilities.

    Args:
        logits: The critic's log-odds on each of n = K sources, (batch, n, K, T).
        present: Clip labels of the mixture, (batch, K).
        reduction: See the module.

    Returns:
        A scalar.
    """
    return _reduce(_cross_entropy(logits.amax(-1), _source_labels(present)), reduction)


def mixture_loss(
    mixture: Tensor, sources: Tensor, active: Tensor | None = None, reduction: Reduction = "mean"
) -> Tensor:
    """Eq. 2, with labels: active sources add up to the mixture, and inactive ones are silent.

    Frames in which no class is active do not count.

    Args:
        mixture: Magnitudes, (batch, F, T).
        sources: Magnitudes of the separated sources, (batch, n, F, T).
        active: Labels, (batch, n, T), for clip labels the same in every frame; None where every
            source is active.
        reduction: See the module.

    Returns:
        A scalar.
    """
    if active is None:
        active = sources.new_ones(*sources.shape[:2], sources.shape[-1])
    source_is_active = active.unsqueeze(2)  # (batch, n, 1, T)
    remainder = mixture - (source_is_active * sources).sum(1)  # (batch, F, T)
    inactive = ((1 - source_is_active) * sources).sum(1)  # (batch, F, T)
    frame_counts = active.amax(1, keepdim=True)  # (batch, 1, T)
    total = (frame_counts * (remainder.abs() + inactive)).sum()
    if reduction == "sum":
        return total / len(mixture)
    return total / (frame_counts.sum() * mixture.shape[1]).clamp(min=1)


def total_loss(classification: Tensor, mixture: Tensor, alpha: float) -> Tensor:
    """Eqs 8 and 9: the classification term plus alpha times the mixture term.

    Args:
        classification: Eq. 6 or 7, a scalar.
        mixture: Eq. 2, a scalar.
        alpha: Weight of the mixture term.

    Returns:
        A scalar.
    """
    return classification + alpha * mixture


def magnitude_loss(estimates: Tensor, targets: Tensor) -> Tensor:
    """Mean absolute error of magnitudes: the loss of training on isolated sources.

    Args:
        estimates: Magnitudes of any shape.
        targets: Those of the true sources, of the same shape.

    Returns:
        A scalar.
    """
    return (estimates - targets).abs().mean()


def source_snr_loss(estimates: Tensor, targets: Tensor, mixture: Tensor) -> Tensor:
    """The first paper's Eq. 13 for active sources and Eq. 14 for the others, without permutation.

    Unlike absolute errors, it does not close the mask of a class that is less likely than not.

    Args:
        estimates: (batch, n, samples).
        targets: (batch, n, samples), zero where a source is inactive.
        mixture: (batch, samples).

    Returns:
        The mean loss in dB, a scalar.
    """
    active = active_loss(estimates, targets)
    inactive = inactive_loss(estimates, mixture.unsqueeze(1), TAU_INACTIVE)
    return torch.where(targets.square().mean(-1).sqrt() > ACTIVE_RMS, active, inactive).mean()


def _source_labels(labels: Tensor) -> Tensor:
    """Labels of each source: the mixture's on the diagonal, else 0.

    (batch, K, ...) -> (batch, K, K, ...).
    """
    eye = torch.eye(labels.shape[1], device=labels.device, dtype=labels.dtype)
    return labels.unsqueeze(1) * eye.reshape(1, *eye.shape, *[1] * (labels.ndim - 2))


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """H(l, p) of every label, p given as log-odds."""
    return F.binary_cross_entropy_with_logits(
        logits.float(), labels.float().expand_as(logits), reduction="none"
    )


def _reduce(values: Tensor, reduction: Reduction) -> Tensor:
    """Mean over everything, or sum of each clip and mean over the batch: (batch, ...) -> scalar."""
    return values.mean() if reduction == "mean" else values.sum() / len(values)
