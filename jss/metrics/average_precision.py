"""Average precision: how well scores rank the clips that have a class before those that have not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64


def average_precision(scores: npt.ArrayLike, tags: npt.ArrayLike) -> Float64:
    """Average precision of each class over a set of clips.

    AP_k = sum_n (R_n - R_{n-1}) P_n over the thresholds of class k; equal scores are one threshold.
    Not interpolated, like scikit-learn's average_precision_score.

    Args:
        scores: (N, K) scores.
        tags: (N, K) of 0 and 1.

    Returns:
        (K,) in [0, 1]; NaN for a class that no clip has.

    Raises:
        ValueError: The shapes differ.
    """
    predicted, true = np.asarray(scores, float), np.asarray(tags, bool)
    if predicted.shape != true.shape or predicted.ndim != 2:
        raise ValueError(
            f"scores and tags must both be (N, K), not {predicted.shape} and {true.shape}"
        )
    return np.array(
        [_class_average_precision(predicted[:, k], true[:, k]) for k in range(predicted.shape[1])]
    )


def resampled(scores: npt.ArrayLike, tags: npt.ArrayLike, drawn: Float64) -> Float64:
    """Macro average precision of every resample; classes without a clip in it are left out.

    Args:
        scores: (N, K) scores.
        tags: (N, K) of 0 and 1.
        drawn: (N, B) how often each clip is drawn in each resample.

    Returns:
        (B,) in [0, 1].
    """
    predicted, true = np.asarray(scores, float), np.asarray(tags, bool)
    copies = [
        np.repeat(np.arange(len(predicted)), drawn[:, b].astype(int)) for b in range(drawn.shape[1])
    ]
    per_class = np.array([average_precision(predicted[rows], true[rows]) for rows in copies])
    return np.asarray(np.nanmean(per_class, axis=1))


def _class_average_precision(scores: Float64, positive: npt.NDArray[np.bool_]) -> float:
    if not positive.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    # The last of each run of equal scores.
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(positive[order])[last]
    precision, recall = hits / (last + 1), hits / positive.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))
