"""Average precision: how well scores rank the clips that have a class before those that have not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64


def average_precision(scores: npt.ArrayLike, tags: npt.ArrayLike) -> Float64:
    """AP_k = sum_n (R_n - R_{n-1}) P_n over the thresholds of class k; equal scores are one
    threshold.

    scores: (N, K); tags: (N, K) of 0 and 1 -> (K,) in [0, 1], NaN for a class that no clip has.
    Raises ValueError where the shapes differ. No interpolation, as scikit-learn's
    average_precision_score.
    """
    found, true = np.asarray(scores, float), np.asarray(tags, bool)
    if found.shape != true.shape or found.ndim != 2:
        raise ValueError(f"scores and tags must both be (N, K), not {found.shape} and {true.shape}")
    return np.array([_one(found[:, k], true[:, k]) for k in range(found.shape[1])])


def resampled(scores: npt.ArrayLike, tags: npt.ArrayLike, drawn: Float64) -> Float64:
    """Macro average precision of every resample, classes that it lost left out. drawn: (N, B)
    counts -> (B,).
    """
    found, true = np.asarray(scores, float), np.asarray(tags, bool)
    copies = [
        np.repeat(np.arange(len(found)), drawn[:, b].astype(int)) for b in range(drawn.shape[1])
    ]
    per_class = np.array([average_precision(found[rows], true[rows]) for rows in copies])
    return np.asarray(np.nanmean(per_class, axis=1))


def _one(scores: Float64, true: npt.NDArray[np.bool_]) -> float:
    if not true.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    last = np.append(
        np.flatnonzero(np.diff(scores[order])), len(scores) - 1
    )  # of each run of equal scores
    hits = np.cumsum(true[order])[last]
    precision, recall = hits / (last + 1), hits / true.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))
