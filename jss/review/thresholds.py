"""A threshold for each class at a chosen precision, from the judgements of a sample of detections.

A detection counts at a threshold where its peak score is above it. With N_h detections above the
threshold in stratum h (a band of the score, see :mod:`jss.review.sampling`), n_h of them judged and
r_h right, the precision is estimated as sum(N_h r_h / n_h) / sum(N_h) over the strata with a
judgement: each judgement stands for N_h / n_h detections. Its interval is that of Clopper and
Pearson for the effective number of judgements (sum w)^2 / sum(w^2) of those weights, after Korn and
Graubard (1998), which never claims certainty where all of few judgements agree.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64
from jss.decoding import MEDIAN_FRAMES, THRESHOLD, MedianPoint, OperatingPoints
from jss.review.detections import Detection
from jss.review.judgements import ACCEPTED, REJECTED, RELABELLED, TRIMMED, Judgement
from jss.review.sampling import stratum

#: Fewer judgements above a threshold say nothing about it.
FEWEST = 5
#: The strata with a judgement must hold this share of the detections above a threshold.
COVERED = 0.9


@dataclass(frozen=True)
class Precision:
    """The precision of the detections above a threshold."""

    #: In [0, 1].
    estimate: float
    #: Bounds of its interval.
    low: float
    high: float
    #: Judgements above the threshold, and what they are worth after weighting.
    judged: int
    effective: float
    #: Share of the detections above the threshold that lie in a stratum with a judgement.
    covered: float


@dataclass(frozen=True)
class ClassThreshold:
    """The threshold of a class, and what is known about it."""

    label: str
    #: Detections, and those of them that were judged right or wrong.
    detections: int
    judged: int
    #: Lowest one whose precision is estimated at the target or more; None where there is none.
    threshold: float | None
    #: The precision there.
    precision: Precision | None
    #: Share of the class's detections above it.
    kept: float | None
    #: Interval of the threshold: from the lowest that may reach the target, by the upper bound of its
    #: precision, to the lowest that surely does, by the lower bound; None where no threshold does.
    earliest: float | None
    latest: float | None
    #: What the judgements do not say, or "".
    note: str


@dataclass(frozen=True)
class Sample:
    """The detections of a class, and which of them were judged."""

    #: (N,) peak scores.
    scores: Float64
    #: (N,) number of the stratum of each.
    strata: npt.NDArray[np.intp]
    #: (N,) 1 where it was judged right, 0 where wrong, NaN where it was not judged.
    right: Float64

    @classmethod
    def build(
        cls,
        detections: Sequence[Detection],
        right: Mapping[str, bool],
        disputed: Collection[str] = frozenset(),
    ) -> Sample:
        """The sample of a class.

        Args:
            detections: All of the class.
            right: Whether a detection is right, by key, of those that were judged.
            disputed: Keys of the detections about which two systems disagree.
        """
        numbers: dict[object, int] = {}
        strata = [numbers.setdefault(stratum(d, disputed), len(numbers)) for d in detections]
        return cls(
            np.array([d.score for d in detections]),
            np.array(strata, np.intp),
            np.array([float(right.get(d.key, math.nan)) for d in detections]),
        )

    def precision_above(self, threshold: float, level: float = 0.95) -> Precision | None:
        """Estimate the precision of the detections above a threshold.

        Args:
            threshold: A detection counts where its score is above it.
            level: Of the interval.

        Returns:
            The precision; None without a judgement.
        """
        above = self.scores > threshold
        known = above & ~np.isnan(self.right)
        if not known.any():
            return None
        size = np.bincount(self.strata[above])
        judged = np.bincount(self.strata[known], minlength=len(size))
        places, values = self.strata[known], self.right[known]
        weights = size[places] / judged[places]
        estimate = float(weights @ values / weights.sum())
        effective = float(weights.sum() ** 2 / (weights**2).sum())
        low, high = clopper_pearson(estimate * effective, effective, level)
        covered = float(weights.sum()) / float(above.sum())
        return Precision(estimate, low, high, len(values), effective, covered)


def clopper_pearson(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share; both numbers may be fractions.

    Args:
        successes: How many of the trials succeeded.
        trials: How many there were.
        level: Of the interval.
    """
    from scipy.stats import beta

    tail, failures = (1 - level) / 2, trials - successes
    low = 0.0 if successes <= 1e-9 else float(beta.ppf(tail, successes, failures + 1))
    high = 1.0 if failures <= 1e-9 else float(beta.ppf(1 - tail, successes + 1, failures))
    return low, high


def enough(target: float, level: float = 0.95) -> int:
    """How many judgements, all of them right, show a precision of ``target`` or more."""
    return math.ceil(round(math.log((1 - level) / 2) / math.log(target), 9))


def is_right(judgements: Mapping[str, Judgement]) -> dict[str, bool]:
    """Whether each detection is right, by key: an event of its class, also at corrected times.

    Those of which the reviewer is unsure, missed events and clips have no entry.
    """
    known = {ACCEPTED: True, TRIMMED: True, RELABELLED: False, REJECTED: False}
    return {
        key: known[judgement.verdict]
        for key, judgement in judgements.items()
        if judgement.verdict in known
    }


def class_thresholds(
    detections: Iterable[Detection],
    right: Mapping[str, bool],
    base: float | Mapping[str, float],
    *,
    target: float = 0.9,
    disputed: Collection[str] = frozenset(),
    level: float = 0.95,
) -> list[ClassThreshold]:
    """The threshold of each class that was detected.

    Args:
        detections: Of the system, all of them.
        right: As of :func:`is_right`.
        base: The threshold that the detections were decoded with, one or by label; there is none
            below it.
        target: The precision wanted, in (0, 1).
        disputed: Keys of the detections about which two systems disagree.
        level: Of the intervals.
    """
    by_class: dict[str, list[Detection]] = {}
    for detection in detections:
        by_class.setdefault(detection.label, []).append(detection)
    return [
        _of_class(
            label,
            members,
            right,
            base if isinstance(base, float) else base.get(label, 0.0),
            target,
            disputed,
            level,
        )
        for label, members in sorted(by_class.items())
    ]


def _of_class(
    label: str,
    detections: Sequence[Detection],
    right: Mapping[str, bool],
    base: float,
    target: float,
    disputed: Collection[str],
    level: float,
) -> ClassThreshold:
    grid = [base, *(n / 100 for n in range(1, 100) if n / 100 > base)]
    sample = Sample.build(detections, right, disputed)
    judged = int((~np.isnan(sample.right)).sum())
    steps = [
        (t, p)
        for t in grid
        if (p := sample.precision_above(t, level)) is not None and p.judged >= FEWEST
    ]
    covered = [(t, p) for t, p in steps if p.covered >= COVERED]
    threshold, precision = next(((t, p) for t, p in covered if p.estimate >= target), (None, None))
    earliest = next((t for t, p in covered if p.high >= target), None)
    latest = next((t for t, p in covered if p.low >= target), None)
    kept = None
    if threshold is not None:
        kept = float((sample.scores > threshold).mean())
    percent, need = f"{100 * target:.0f} %", enough(target, level)
    if not steps:
        note = (
            f"too few judgements: {FEWEST} give an estimate, and {need} right ones show {percent}"
        )
    elif not covered:
        note = (
            f"too few bands of the score have a judgement: those that have hold "
            f"{100 * steps[0][1].covered:.0f} % of the detections"
        )
    elif threshold is None:
        note = f"no threshold reaches {percent}, as far as these judgements tell"
    elif latest is None:
        note = f"not sure: {need} judgements above a threshold, all of them right, would show {percent}"
    else:
        note = ""
    return ClassThreshold(
        label, len(detections), judged, threshold, precision, kept, earliest, latest, note
    )


def lines(rows: Sequence[ClassThreshold], target: float) -> list[str]:
    """A line for each class: its threshold at the target precision, and what is known of it."""
    texts = [f"Thresholds at a precision of {100 * target:.0f} %, with 95 % intervals:"]
    for row in rows:
        text = f"  {row.label:<28}{row.judged} of {row.detections} judged"
        p = row.precision
        if row.threshold is not None and p is not None and row.kept is not None:
            latest = "none" if row.latest is None else f"{row.latest:.2f}"
            text += (
                f"   threshold {row.threshold:.2f} ({row.earliest:.2f} to {latest})   precision there "
                f"{p.estimate:.2f} ({p.low:.2f} to {p.high:.2f})   keeps {100 * row.kept:.0f} %"
            )
        texts.append(text + (f"   {row.note}" if row.note else ""))
    return texts


def operating_points(
    rows: Sequence[ClassThreshold],
    labels: Sequence[str],
    median: int | Mapping[str, int],
    *,
    data: str,
    recordings: int,
    weights: str,
    before: OperatingPoints | None = None,
) -> OperatingPoints:
    """The operating points of a system by its reviewed detections.

    Classes without a threshold, and all bounding boxes, stay as they were.

    Args:
        rows: Of :func:`class_thresholds`.
        labels: The K classes.
        median: Frames of the median filter of the detections, one or by label.
        data: What was reviewed, in words.
        recordings: How many of them.
        weights: Fingerprint of the system's weights.
        before: The system's operating points, where it has any.
    """
    points = (
        dict(before.median)
        if before
        else dict.fromkeys(labels, MedianPoint(MEDIAN_FRAMES, THRESHOLD))
    )
    for row in rows:
        if row.threshold is not None and row.label in points:
            frames = median if isinstance(median, int) else median[row.label]
            points[row.label] = MedianPoint(frames, round(row.threshold, 4))
    return OperatingPoints(data, recordings, weights, points, before.boxes if before else {})
