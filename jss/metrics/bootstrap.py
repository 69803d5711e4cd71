"""Confidence intervals by resampling clips with replacement, from counts that are made once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64
from jss.metrics.counts import TRUE, ClassCounts, Totals, Truth
from jss.metrics.events import Ints
from jss.metrics.f_score import LEFT_OUT, f1_score, precision, recall
from jss.metrics.psds import Convention, Scenario, area, rates, staircase
from jss.metrics.separation import ClipSeparation

#: Largest number of thresholds of a class in resampling, where every score is a threshold.
LEVELS = 400
#: Times e_max, up to which thresholds of a set of at least ``USUAL`` clips count in its resamples.
REACH = 2.0
#: Number of clips below which resamples differ so much that they need thresholds further away.
USUAL = 50
#: Resamples measured at a time: bounds the memory.
STEP = 100


def weights(n_clips: int, resamples: int, seed: int = 0) -> Float64:
    """How often each clip is drawn in each resample; the same for every system.

    Args:
        n_clips: N, the number of clips.
        resamples: B, the number of resamples.
        seed: Of the random numbers.

    Returns:
        (N, B) counts.
    """
    if not n_clips:
        return np.zeros((0, resamples))
    draws = np.random.default_rng(seed).multinomial(
        n_clips, np.full(n_clips, 1 / n_clips), size=resamples
    )
    return np.asarray(draws.T, np.float64)


def pair_weights(pairs: npt.ArrayLike, resamples: int, seed: int = 0, n_clips: int = 0) -> Float64:
    """How often each pair of an overlap set counts in each resample.

    Pairs that share a clip are alike, so the clips are drawn: a pair counts half for each draw of
    its first clip and half for each of its second. A mean over the pairs then deviates half as far
    as the clips' share in its variance, plus that of the pairs alone, which a part of further
    resamples of independent pairs measures; ``jss.reports.spread`` puts the two together
    (Aronow, Samii and Assenova, "Cluster-robust variance estimation for dyadic data", 2015). The
    product of both draws (Owen 2007) counts the variance of the pairs alone three times where, as
    here, a clip is in six pairs and not in all.

    Args:
        pairs: (N, 2) indices of the two clips of each pair.
        resamples: B, the number of resamples of the clips.
        seed: Of the random numbers.
        n_clips: Number of clips to draw from; 0: those of the pairs.

    Returns:
        (N, B + ceil(B / 4)): the resamples of clips, then those of independent pairs.
    """
    first, second = np.asarray(pairs, int).reshape(-1, 2).T
    of_pairs = int(max(first.max(initial=-1), second.max(initial=-1))) + 1
    drawn = weights(n_clips or of_pairs, resamples, seed)
    alone = weights(len(first), -(-resamples // 4), seed)
    return np.hstack([(drawn[first] + drawn[second]) / 2, alone])


def clip_weights(n_clips: int, resamples: int, seed: int = 0) -> Float64:
    """The draws of ``weights`` for a difference to pairs of the same clips (``pair_weights``).

    Args:
        n_clips: N, the number of clips.
        resamples: B, the number of resamples of the clips.
        seed: Of the random numbers.

    Returns:
        (N, B + ceil(B / 4)): half the deviation from 1, then 1, since no pair is drawn alone.
    """
    drawn = weights(n_clips, resamples, seed)
    return np.hstack([(1 + drawn) / 2, np.ones((n_clips, -(-resamples // 4)))])


def reach(n_clips: int) -> float:
    """Times e_max, up to which thresholds of a set count in its resamples.

    A set of few clips counts as many false positives as one of ``USUAL`` clips of that length: a
    resample that draws one clip alone may need thresholds at which the others have many.

    Args:
        n_clips: N, the number of clips.
    """
    return REACH * max(1.0, USUAL / max(n_clips, 1))


def f1(
    tp: Float64, detected: Float64, true: Float64, drawn: Float64, legacy: str = ""
) -> dict[str, tuple[Float64, Float64]]:
    """F1, precision and recall of every resample, by the rules of ``f1_from_counts``.

    Args:
        tp: (N, K) true positives by clip.
        detected: (N, K) true and false positives by clip.
        true: (N, K) true positives and false negatives by clip.
        drawn: (N, B) how often each clip is drawn.
        legacy: Key of ``LEFT_OUT``: the classes that it leaves out of the mean of each resample; "":
            none.

    Returns:
        "f1", "precision" and "recall" -> macro and micro average, (B,) each.
    """
    counts = [drawn.T @ table for table in (tp, detected, true)]
    hits, n_detected, n_true = counts
    counted = n_detected + n_true > 0
    if legacy:
        counted &= ~LEFT_OUT[legacy](hits, n_detected, n_true)
    classes = np.maximum(counted.sum(axis=1), 1)
    micro = _rates(*(table.sum(axis=1) for table in counts))
    return {
        name: ((rate * counted).sum(axis=1) / classes, micro[name])
        for name, rate in _rates(*counts).items()
    }


def psds(
    counts: Sequence[ClassCounts],
    truth: Truth,
    scenario: Scenario,
    drawn: Float64,
    convention: Convention = "K-1",
) -> Float64:
    """PSDS of every resample.

    Of a class with more than ``LEVELS`` levels, those of its curve on the whole set are used, and
    others evenly between them, so that the value on the whole set stays exact. Exact counts end
    where the whole set has ``reach`` times the false positives of e_max: a resample with a smaller
    part of a class's false positives than one in ``reach`` has a curve that ends early.

    Args:
        counts: Counts of each class.
        truth: The ground truth.
        scenario: Criteria and costs.
        drawn: (N, B) how often each clip is drawn.
        convention: How the mean cross-trigger rate is taken.

    Returns:
        (B,) in [0, 1].
    """
    if not drawn.shape[1]:
        return np.zeros(0)
    totals = truth.totals()
    thinned = [
        thin(class_counts, k, totals, scenario, convention, reach(len(drawn)))
        for k, class_counts in enumerate(counts)
    ]
    parts = []
    for first in range(0, drawn.shape[1], STEP):
        resampled = truth.totals(drawn[:, first : first + STEP])
        pairs = [
            rates(class_counts, k, resampled, scenario, convention)
            for k, class_counts in enumerate(thinned)
        ]
        ratio, efpr = [p[0] for p in pairs], [p[1] for p in pairs]
        parts.append(area(ratio, efpr, alpha_st=scenario.alpha_st, e_max=scenario.e_max))
    return np.concatenate([np.zeros(0), *parts])


def class_psds(
    counts: ClassCounts, label: int, truth: Truth, scenario: Scenario, drawn: Float64
) -> Float64:
    """PSDS of one class in every resample: the area under its own curve.

    Args:
        counts: Counts of the class.
        label: Index of the class.
        truth: The ground truth.
        scenario: Criteria and costs.
        drawn: (N, B) how often each clip is drawn.

    Returns:
        (B,) in [0, 1]; NaN for a resample in which the class is never true.
    """
    thinned = thin(counts, label, truth.totals(), scenario, furthest=reach(len(drawn)))
    parts = [np.zeros(0)]
    for first in range(0, drawn.shape[1], STEP):
        resampled = truth.totals(drawn[:, first : first + STEP])
        ratio, efpr = rates(thinned, label, resampled, scenario)
        whole = area([ratio], [efpr], alpha_st=0.0, e_max=scenario.e_max)
        parts.append(np.where(np.isnan(ratio[:, 0]), np.nan, whole))
    return np.concatenate(parts)


def class_f1(tp: Float64, detected: Float64, true: Float64, drawn: Float64) -> dict[str, Float64]:
    """F1, precision and recall of each class in every resample.

    Args:
        tp: (N, K) true positives by clip.
        detected: (N, K) true and false positives by clip.
        true: (N, K) true positives and false negatives by clip.
        drawn: (N, B) how often each clip is drawn.

    Returns:
        "f1", "precision" and "recall" -> (B, K); NaN for a resample in which the class is neither
        detected nor true.
    """
    hits, n_detected, n_true = (drawn.T @ table for table in (tp, detected, true))
    counted = n_detected + n_true > 0
    return {
        name: np.where(counted, rate, np.nan)
        for name, rate in _rates(hits, n_detected, n_true).items()
    }


def _rates(tp: Float64, detected: Float64, true: Float64) -> dict[str, Float64]:
    """F1, precision and recall of counts, in their shape."""
    return {
        "f1": f1_score(tp, detected, true),
        "precision": precision(tp, detected),
        "recall": recall(tp, true),
    }


def thin(
    counts: ClassCounts,
    label: int,
    totals: Totals,
    scenario: Scenario,
    convention: Convention = "K-1",
    furthest: float = REACH,
) -> ClassCounts:
    """Reduce the counts of one class to about ``LEVELS`` thresholds; fewer stay as they are.

    Where ``furthest`` is beyond ``REACH``, about as many are added up to it, and as many of those at
    which a true positive begins.

    Args:
        counts: Counts of the class.
        label: Its index.
        totals: Of the set itself.
        scenario: Criteria and costs.
        convention: How the mean cross-trigger rate is taken.
        furthest: Times e_max, up to which thresholds are needed; see :func:`reach`.
    """
    if not counts.falling or counts.levels <= LEVELS:
        return counts
    ratio, efpr = rates(counts, label, totals, scenario, convention)
    if np.isnan(ratio[0, 0]):
        return counts.select(np.arange(1))
    curve = staircase(ratio[0], efpr[0], scenario.e_max)
    on_curve = np.isin(efpr[0], curve.efpr) & np.isin(ratio[0], curve.rate)
    kept = [np.flatnonzero(on_curve), _evenly(np.flatnonzero(efpr[0] <= REACH * scenario.e_max))]
    if furthest > REACH:
        rises = counts.level[(counts.kind == TRUE) & (counts.value > 0)]
        kept += [
            _evenly(np.flatnonzero(efpr[0] <= furthest * scenario.e_max)),
            _evenly(np.unique(rises)),
        ]
    return counts.select(np.unique(np.concatenate(kept)))


def _evenly(levels: Ints) -> Ints:
    """``LEVELS`` of some levels, evenly between the first and the last; the first for none."""
    if not len(levels):
        return np.zeros(1, np.int64)
    return levels.take(np.linspace(0, len(levels) - 1, LEVELS).astype(int))


def mean(values: Float64, drawn: Float64) -> Float64:
    """Mean of a value per clip in every resample; clips without one (NaN) do not count.

    Args:
        values: (N,) one value per clip, or NaN.
        drawn: (N, B) how often each clip is drawn.

    Returns:
        (B,); NaN for a resample without any value.
    """
    valid = ~np.isnan(values)
    return _mean(np.where(valid, values, 0), valid.astype(float), drawn)


def _mean(total: Float64, number: Float64, drawn: Float64) -> Float64:
    """Mean in every resample of values of which a clip has ``number``, ``total`` in sum. -> (B,)"""
    count = drawn.T @ number
    none = np.full(len(count), np.nan)
    return np.asarray(np.divide(drawn.T @ total, count, out=none, where=count > 0))


def separation(clips: Sequence[ClipSeparation | None], drawn: Float64) -> dict[str, Float64]:
    """Separation figures of every resample, by the rules of ``summarise``.

    Args:
        clips: Of each of the N clips, or None.
        drawn: (N, B) how often each clip is drawn.

    Returns:
        "msi", "one_source" and "si_sdri" in dB, "under" and "over" as shares of the clips, (B,)
        each; NaN for a resample without any value.
    """
    audible = [c for c in clips if c is not None and c.references]
    at = [n for n, c in enumerate(clips) if c is not None and c.references]
    several = [c.references > 1 for c in audible]

    def ratio(values: Sequence[Sequence[float]]) -> Float64:
        total, number = np.zeros(len(clips)), np.zeros(len(clips))
        total[at], number[at] = [sum(v) for v in values], [float(len(v)) for v in values]
        return _mean(total, number, drawn)

    def active(values: Sequence[float], c: ClipSeparation) -> list[float]:
        return [v for v, on in zip(values, c.active, strict=True) if on]

    pairs = list(zip(audible, several, strict=True))
    return {
        "msi": ratio([active(c.si_sdri, c) if many else [] for c, many in pairs]),
        "one_source": ratio([[] if many else active(c.si_sdr, c) for c, many in pairs]),
        "under": ratio([[float(c.estimates < c.references)] for c in audible]),
        "over": ratio([[float(c.estimates > c.references)] for c in audible]),
        "si_sdri": ratio([c.si_sdri if many else [] for c, many in pairs]),
    }


def interval(replicates: npt.ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile confidence interval.

    Args:
        replicates: Values of the resamples; NaN is left out.
        level: Confidence level in (0, 1).

    Returns:
        Lower and upper bound, or None without any value.
    """
    values = np.asarray(replicates, float)
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
