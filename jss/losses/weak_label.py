"""The objective of the weak-label paper (Eqs 2-9): a critic judges the separated sources, which
must add up.

Log-odds come from the critic, p = sigmoid(logit), so that H(l, p) stays finite. Labels are 0 or 1.
``reduction``: "sum" adds up a clip as the equations are written; "mean" divides each term by its
number of bins or labels. Either way batches are averaged. Alpha of Eqs 8 and 9 depends on it.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Reduction = Literal["sum", "mean"]


def class_weights(active: Tensor, gamma: Tensor) -> Tensor:
    """W of Eq. 4: 1 / gamma_i where class i is active, 1 / (1 - gamma_i) elsewhere.

    active: (batch, K, T) of 0 and 1; gamma: (K,), the share of training frames in which a class is
    active.
    """
    share = gamma.clamp(1e-3, 1 - 1e-3)[:, None]
    return torch.where(active > 0.5, 1 / share, 1 / (1 - share))


def pooled_labels(active: Tensor, pool: int) -> Tensor:
    """Frame labels on the critic's coarser grid, by max-pooling. (batch, K, frames) -> (batch, K,
    frames // pool).
    """
    return F.max_pool1d(active, pool)


def critic_frame_loss(
    logits: Tensor, active: Tensor, weights: Tensor, reduction: Reduction = "mean"
) -> Tensor:
    """Eq. 3, over all frames: weighted cross-entropy of the critic on mixtures. All: (batch, K, T)
    -> scalar.
    """
    return _reduce(weights * _cross_entropy(logits, active), reduction)


def critic_clip_loss(logits: Tensor, present: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Eq. 5: a clip's probability is the largest of its frames. logits: (batch, K, T); present:
    (batch, K).
    """
    return _reduce(_cross_entropy(logits.amax(-1), present), reduction)


def source_frame_loss(
    logits: Tensor, active: Tensor, weights: Tensor, reduction: Reduction = "mean"
) -> Tensor:
    """Eq. 6, over all sources and frames: source i has its own label in class i, and zeros in all
    others.

    logits: (batch, n, K, T) of n = K sources; active, weights: (batch, K, T), the weights those of
    the mixture.
    """
    return _reduce(weights.unsqueeze(1) * _cross_entropy(logits, _own(active)), reduction)


def source_clip_loss(logits: Tensor, present: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Eq. 7, over all sources. logits: (batch, n, K, T); present: (batch, K)."""
    return _reduce(_cross_entropy(logits.amax(-1), _own(present)), reduction)


def mixture_loss(
    mixture: Tensor, sources: Tensor, active: Tensor | None = None, reduction: Reduction = "mean"
) -> Tensor:
    """Eq. 2, and refined by weak labels: only active sources add up to the mixture, inactive ones
    are silent, and frames in which no class is active do not count.

    mixture: (batch, F, T) and sources: (batch, n, F, T), magnitudes; active: (batch, n, T), for
    clip labels the same in every frame; None: every source is active -> scalar.
    """
    if active is None:
        active = sources.new_ones(*sources.shape[:2], sources.shape[-1])
    on = active.unsqueeze(2)  # (batch, n, 1, T)
    error = (mixture - (on * sources).sum(1)).abs() + ((1 - on) * sources).sum(1)
    counted = active.amax(1, keepdim=True)  # (batch, 1, T)
    total = (counted * error).sum()
    if reduction == "sum":
        return total / len(mixture)
    return total / (counted.sum() * mixture.shape[1]).clamp(min=1)


def total_loss(classification: Tensor, mixture: Tensor, alpha: float) -> Tensor:
    """Eqs 8 and 9: the classification term (Eq. 6 or 7) and alpha times the mixture term (Eq. 2)."""
    return classification + alpha * mixture


def magnitude_loss(estimates: Tensor, targets: Tensor) -> Tensor:
    """The strong upper bound: mean absolute error of the sources' magnitudes. Equal shapes ->
    scalar.
    """
    return (estimates - targets).abs().mean()


def _own(labels: Tensor) -> Tensor:
    """Targets of each source: its own label on the diagonal, zeros elsewhere. (batch, K, ...) ->
    (batch, K, K, ...).
    """
    eye = torch.eye(labels.shape[1], device=labels.device, dtype=labels.dtype)
    return labels.unsqueeze(1) * eye.reshape(1, *eye.shape, *[1] * (labels.ndim - 2))


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """H(l, p) of every label."""
    return F.binary_cross_entropy_with_logits(
        logits.float(), labels.float().expand_as(logits), reduction="none"
    )


def _reduce(values: Tensor, reduction: Reduction) -> Tensor:
    return values.mean() if reduction == "mean" else values.sum() / len(values)
