"""Confidence intervals by resampling clips with replacement, from counts by clip: nothing is
counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64
from jss.metrics.counts import ClassCounts, Truth
from jss.metrics.f_score import f1_score, precision, recall
from jss.metrics.psds import Convention, Scenario, area, rates, staircase
from jss.metrics.separation import ClipSeparation

#: Levels of a class kept for resampling where every score is one.
LEVELS = 400
#: Resamples measured at a time: bounds the memory.
STEP = 100


def weights(n_clips: int, resamples: int, seed: int = 0) -> Float64:
    """How often each of N clips is drawn in each of B resamples; the same for every system. -> (N,
    B)
    """
    if not n_clips:
        return np.zeros((0, resamples))
    draws = np.random.default_rng(seed).multinomial(
        n_clips, np.full(n_clips, 1 / n_clips), size=resamples
    )
    return np.asarray(draws.T, np.float64)


def f1(
    tp: Float64, detected: Float64, true: Float64, drawn: Float64
) -> dict[str, tuple[Float64, Float64]]:
    """F1, precision and recall of every resample, by the rules of ``f1_from_counts``.

    Args:
        tp, detected, true: (N, K) counts by clip.
        drawn: (N, B) how often each clip is drawn.

    Returns:
        "f1", "precision" and "recall" -> macro and micro average, (B,) each.
    """
    hits, found, there = drawn.T @ tp, drawn.T @ detected, drawn.T @ true
    counted = found + there > 0
    classes = np.maximum(counted.sum(axis=1), 1)
    all_hits, all_found, all_there = (counts.sum(axis=1) for counts in (hits, found, there))
    # A class that is not counted has a rate of 0.
    return {
        "f1": (
            f1_score(hits, found, there).sum(axis=1) / classes,
            f1_score(all_hits, all_found, all_there),
        ),
        "precision": (
            precision(hits, found).sum(axis=1) / classes,
            precision(all_hits, all_found),
        ),
        "recall": (recall(hits, there).sum(axis=1) / classes, recall(all_hits, all_there)),
    }


def psds(
    counts: Sequence[ClassCounts],
    truth: Truth,
    scenario: Scenario,
    drawn: Float64,
    convention: Convention = "K-1",
) -> Float64:
    """PSDS of every resample. counts: one a class; drawn: (N, B) -> (B,).

    Of a class with more than ``LEVELS`` levels, those of its curve on the whole set are kept, and
    others evenly between them, so that the value on the whole set stays exact.
    """
    kept = [thin(own, k, truth, scenario, convention) for k, own in enumerate(counts)]
    parts = []
    for first in range(0, drawn.shape[1], STEP):
        some = drawn[:, first : first + STEP]
        pairs = [rates(own, k, truth, scenario, convention, some) for k, own in enumerate(kept)]
        ratio, efpr = [p[0] for p in pairs], [p[1] for p in pairs]
        parts.append(area(ratio, efpr, alpha_st=scenario.alpha_st, e_max=scenario.e_max))
    return np.concatenate([np.zeros(0), *parts])


def thin(
    counts: ClassCounts,
    label: int,
    truth: Truth,
    scenario: Scenario,
    convention: Convention = "K-1",
) -> ClassCounts:
    """Counts of one class at ``LEVELS`` levels or little more; unchanged if there are no more
    anyway.
    """
    if not counts.falling or counts.levels <= LEVELS:
        return counts
    ratio, efpr = rates(counts, label, truth, scenario, convention)
    if np.isnan(ratio[0, 0]):
        return counts.select(np.arange(1))
    curve = staircase(ratio[0], efpr[0], scenario.e_max)
    on_curve = np.isin(efpr[0], curve.efpr) & np.isin(ratio[0], curve.rate)
    reach = np.flatnonzero(efpr[0] <= 2 * scenario.e_max)
    even = reach[np.linspace(0, len(reach) - 1, LEVELS).astype(int)] if len(reach) else np.arange(1)
    return counts.select(np.union1d(np.flatnonzero(on_curve), even))


def mean(values: Float64, drawn: Float64) -> Float64:
    """Mean of one value a clip in every resample; clips without one (NaN) do not count. (N,), (N,
    B) -> (B,)
    """
    there = ~np.isnan(values)
    number = drawn.T @ there
    total = drawn.T @ np.where(there, values, 0)
    return np.asarray(np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0))


def improvement(separation: Sequence[ClipSeparation | None], drawn: Float64) -> Float64:
    """Mean SI-SDR improvement over all matched sources of clips with several, in every resample.
    (N, B) -> (B,)
    """
    several = [c if c is not None and c.references > 1 else None for c in separation]
    total = np.array([sum(c.si_sdri) if c else 0.0 for c in several])
    count = drawn.T @ np.array([float(len(c.si_sdri)) if c else 0.0 for c in several])
    return np.asarray(
        np.divide(drawn.T @ total, count, out=np.full(len(count), np.nan), where=count > 0)
    )


def interval(replicates: npt.ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """The middle ``level`` of the replicates; None without any."""
    values = np.asarray(replicates, float)
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
