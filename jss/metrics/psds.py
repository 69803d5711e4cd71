"""Polyphonic Sound Detection Score in the two scenarios of DCASE Task 4 (Table 1 of the paper).

C. Bilen et al., "A framework for the robust evaluation of sound event detection", ICASSP 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jss.arrays import Float64
from jss.metrics import exact
from jss.metrics.counts import (
    CROSS,
    FALSE,
    TRUE,
    ClassCounts,
    Totals,
    Truth,
    at_points,
    falling,
)
from jss.metrics.events import EventArrays, Ints
from jss.metrics.intersection import match
from jss.metrics.scores import ScoreSet

#: How the mean cross-trigger rate is taken: over the other classes (psds_eval >= 0.5,
#: sed_scores_eval), or over all of them (psds_eval <= 0.4, older published numbers).
Convention = Literal["K-1", "K"]
HOUR = 3600.0
#: Rates that the effective curve is computed from at a time: bounds the memory.
CELLS = 4_000_000


@dataclass(frozen=True)
class Scenario:
    """One row of Table 1."""

    #: Key in reports.
    name: str
    #: Detection tolerance criterion in [0, 1].
    dtc: float
    #: Ground-truth intersection criterion in [0, 1].
    gtc: float
    #: Cost of instability across classes.
    alpha_st: float
    #: Cross-trigger tolerance criterion in [0, 1]; None: cross-triggers do not count.
    cttc: float | None
    #: Cost of cross-triggers.
    alpha_ct: float
    #: Greatest effective false positive rate, per hour.
    e_max: float


PSDS1 = Scenario("psds1", dtc=0.7, gtc=0.7, alpha_st=1.0, cttc=None, alpha_ct=0.0, e_max=100.0)
PSDS2 = Scenario("psds2", dtc=0.1, gtc=0.1, alpha_st=1.0, cttc=0.3, alpha_ct=0.5, e_max=100.0)


@dataclass(frozen=True, eq=False)
class Curve:
    """A staircase: from efpr[i] to efpr[i + 1] the rate is rate[i]; before efpr[0] it is 0."""

    #: (n,) effective false positive rate, per hour.
    efpr: Float64
    #: (n,) in [0, 1].
    rate: Float64


@dataclass(frozen=True, eq=False)
class Psds:
    """A Polyphonic Sound Detection Score with its curves."""

    #: The score in [0, 1].
    value: float
    #: (K,) area of each class; NaN for a class that never occurs in the ground truth (it is left
    #: out of the score).
    per_class: Float64
    #: PSD-ROC of effective true positive rates.
    curve: Curve
    #: That of each class.
    curves: tuple[Curve, ...]


def count_points(
    detections: EventArrays, truth: Truth, scenario: Scenario, thresholds: Float64
) -> list[ClassCounts]:
    """Counts by class at given operating points, as psds_eval 0.5.3 counts.

    Args:
        detections: Without overlaps within a class; their ``point`` is an index into thresholds.
        truth: The ground truth.
        scenario: Criteria.
        thresholds: (L,) of the operating points.
    """
    outcome = match(
        detections,
        truth.events,
        truth.durations,
        truth.n_labels,
        dtc=scenario.dtc,
        gtc=scenario.gtc,
        cttc=scenario.cttc if scenario.alpha_ct else None,
    )
    hit, miss, cross = outcome.true_positive, outcome.false_positive, outcome.cross_trigger
    kinds: list[Ints] = [
        np.full(len(hit), TRUE),
        np.full(len(miss), FALSE),
        CROSS + outcome.ct_label,
    ]
    return at_points(
        np.concatenate((truth.events.label[hit], detections.label[miss], detections.label[cross])),
        np.concatenate(kinds),
        np.concatenate((outcome.tp_point, detections.point[miss], detections.point[cross])),
        np.concatenate((truth.events.clip[hit], detections.clip[miss], detections.clip[cross])),
        thresholds=thresholds,
        n_labels=truth.n_labels,
    )


def count_exactly(
    scores: ScoreSet, truth: Truth, scenarios: Sequence[Scenario], reach: float = 1.0
) -> list[list[ClassCounts]]:
    """Counts by class at every threshold that a curve can need, as sed_scores_eval 0.0.4 counts.

    Args:
        scores: Score curves of the set.
        truth: The ground truth.
        scenarios: Criteria and costs; all are counted while the scores are read once.
        reach: Times e_max, up to which false positive rates are needed.

    Returns:
        Counts of each class for each scenario.
    """
    hours = truth.durations.sum() / HOUR
    criteria = [
        exact.Criteria(s.dtc, s.gtc, s.cttc if s.alpha_ct else None, reach * s.e_max * hours + 1)
        for s in scenarios
    ]
    changes = exact.changes(scores, truth, criteria)
    counts = []
    while changes:  # each is given up as soon as it is counted
        counts.append(falling(changes.pop(0), n_labels=truth.n_labels))
    return counts


def rates(
    counts: ClassCounts,
    label: int,
    totals: Totals,
    scenario: Scenario,
    convention: Convention = "K-1",
) -> tuple[Float64, Float64]:
    """True positive ratio and effective false positive rate of one class.

    Cross-trigger rates are averaged over the classes that occur.

    Args:
        counts: Counts of the class at L levels.
        label: Its index.
        totals: Of the ground truth, in B resamples.
        scenario: Costs.
        convention: How the mean cross-trigger rate is taken.

    Returns:
        (B, L) ratios, NaN for a class that does not occur; (B, L) rates per hour.
    """
    occurs = totals.number > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        true = counts.total(TRUE, totals)
        ratio = np.where(occurs[label], true / totals.number[label], np.nan)
    efpr = counts.total(FALSE, totals) * HOUR / totals.duration
    if scenario.alpha_ct:
        seconds = totals.seconds
        per_hour = np.divide(HOUR, seconds, out=np.zeros_like(seconds), where=seconds > 0)
        others = occurs.sum(axis=0) - occurs[label] * (convention == "K-1")
        crossing = counts.crossing(per_hour, totals) / np.maximum(others, 1)
        efpr = efpr + scenario.alpha_ct * crossing
    return ratio.T, efpr.T


def area(
    ratio: Sequence[Float64], efpr: Sequence[Float64], *, alpha_st: float, e_max: float
) -> Float64:
    """Normalised area under the effective true positive rate.

    That rate is the mean over classes minus alpha_st times the standard deviation.

    Args:
        ratio: (B, L) of each class, in any order of points; a class whose ratios are NaN in a row
            is left out of that row.
        efpr: (B, L) of each class, per hour.
        alpha_st: Cost of instability across classes.
        e_max: Greatest effective false positive rate, per hour.

    Returns:
        (B,) in [0, 1], 0 where no class is left.
    """
    x = np.minimum(np.concatenate(efpr, axis=1), e_max)
    y = np.concatenate(ratio, axis=1)
    owner = np.repeat(np.arange(len(ratio)), [r.shape[1] for r in ratio])
    order = np.argsort(x, axis=1, kind="stable")
    x, y, owner = np.take_along_axis(x, order, 1), np.take_along_axis(y, order, 1), owner[order]
    mean, square, n = np.zeros_like(x), np.zeros_like(x), np.zeros((len(x), 1))
    for k, class_ratio in enumerate(ratio):
        defined = ~np.isnan(class_ratio[:, :1])
        step = np.maximum.accumulate(np.where(defined & (owner == k), y, 0.0), axis=1)
        mean += step
        square += step**2
        n += defined
    np.maximum(n, 1, out=n)
    mean /= n
    deviation = np.sqrt(np.maximum(square / n - mean**2, 0.0))
    effective = np.maximum(mean - alpha_st * deviation, 0.0)
    width = np.diff(x, axis=1, append=e_max)
    return np.asarray((effective * width).sum(axis=1) / e_max)


def staircase(ratio: Float64, efpr: Float64, e_max: float) -> Curve:
    """Curve of one class: the best ratio at or below each rate up to e_max.

    Args:
        ratio: (L,) true positive ratios.
        efpr: (L,) effective false positive rates, per hour.
        e_max: The greatest rate, per hour.
    """
    order = np.lexsort((ratio, efpr))
    x, y = efpr[order], np.maximum.accumulate(ratio[order])
    keep = (x <= e_max) & (np.diff(y, prepend=0.0) > 0)
    x, y = x[keep], y[keep]
    last = np.diff(x, append=np.inf) > 0
    return Curve(x[last], y[last])


def effective_curve(curves: Sequence[Curve], alpha_st: float) -> Curve:
    """PSD-ROC of several classes.

    Args:
        curves: Of each class.
        alpha_st: Cost of instability across classes.

    Returns:
        Mean minus alpha_st times the standard deviation of the ratios, at least 0.
    """
    if not curves:
        return Curve(np.zeros(0), np.zeros(0))
    x = np.unique(np.concatenate([c.efpr for c in curves]))
    effective = np.zeros(len(x))
    step = CELLS // len(curves) + 1
    for first in range(0, len(x), step):
        part = slice(first, first + step)
        table = np.stack(
            [np.append(0.0, c.rate)[np.searchsorted(c.efpr, x[part], "right")] for c in curves]
        )
        effective[part] = table.mean(axis=0) - alpha_st * table.std(axis=0)
    return Curve(x, np.maximum(effective, 0.0))


def curve_area(curve: Curve, e_max: float) -> float:
    """Area under a staircase up to e_max, over e_max. -> [0, 1]"""
    return float(np.sum(curve.rate * np.diff(curve.efpr, append=e_max)) / e_max)


def psds(
    counts: Sequence[ClassCounts], truth: Truth, scenario: Scenario, convention: Convention = "K-1"
) -> Psds:
    """PSDS of a set from its counts, with curves.

    Args:
        counts: Counts of each class.
        truth: The ground truth.
        scenario: Criteria and costs.
        convention: How the mean cross-trigger rate is taken.
    """
    totals, curves = truth.totals(), list[Curve]()
    for k, class_counts in enumerate(counts):
        ratio, efpr = rates(class_counts, k, totals, scenario, convention)
        curves.append(staircase(ratio[0], efpr[0], scenario.e_max))
    occurs = totals.number[:, 0] > 0
    whole = effective_curve(
        [c for c, present in zip(curves, occurs, strict=True) if present], scenario.alpha_st
    )
    single = [
        curve_area(c, scenario.e_max) if present else np.nan
        for c, present in zip(curves, occurs, strict=True)
    ]
    return Psds(curve_area(whole, scenario.e_max), np.array(single), whole, tuple(curves))


def exact_psds(scores: ScoreSet, truth: Truth, scenarios: Sequence[Scenario]) -> list[Psds]:
    """PSDS of a set over all thresholds, one of each scenario; the scores are read once.

    Args:
        scores: Score curves of the set.
        truth: The ground truth.
        scenarios: Criteria and costs.
    """
    counts = count_exactly(scores, truth, scenarios)
    return [psds(c, truth, scenario) for c, scenario in zip(counts, scenarios, strict=True)]
