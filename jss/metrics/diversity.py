"""Similarity of the events detected in the separated sources (Eq. 30): 1 where all are the same."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

#: Least norm of a score vector: a silent frame has the similarity 0.
EPS = 1e-8


def source_pairs(n_sources: int) -> list[tuple[int, int]]:
    """The M (M - 1) / 2 unordered pairs of sources, in the order of the rows below."""
    return list(combinations(range(n_sources), 2))


def frame_similarity(source_scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Cosine of the score vectors of two sources in every frame, the summand of Eq. 30.

    Args:
        source_scores: (M, K, T) unfiltered, in [0, 1].

    Returns:
        (pairs, T) in [0, 1].

    Raises:
        ValueError: There are not three axes.
    """
    scores = np.asarray(source_scores, np.float64)
    if scores.ndim != 3:
        raise ValueError(f"source scores must be (sources, classes, frames), not {scores.shape}")
    unit = scores / np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), EPS)
    pairs = source_pairs(len(scores))
    if not pairs:
        return np.zeros((0, scores.shape[2]))
    first, second = np.array(pairs).T
    return np.asarray(np.minimum(np.einsum("pkt,pkt->pt", unit[first], unit[second]), 1.0))


def pair_similarity(source_scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Eq. 30: mean over frames, for every pair of sources.

    Args:
        source_scores: (M, K, T) unfiltered, in [0, 1].

    Returns:
        (pairs,) in [0, 1]; NaN without a frame.
    """
    frames = frame_similarity(source_scores)
    return np.asarray(frames.mean(axis=1)) if frames.shape[1] else np.full(len(frames), np.nan)


def clip_similarity(source_scores: npt.ArrayLike) -> float:
    """Mean of Eq. 30 over all pairs of sources of one clip.

    Args:
        source_scores: (M, K, T) unfiltered, in [0, 1].

    Returns:
        A value in [0, 1]; NaN with fewer than two sources or no frame.
    """
    pairs = pair_similarity(source_scores)
    return float(pairs.mean()) if len(pairs) else float("nan")
