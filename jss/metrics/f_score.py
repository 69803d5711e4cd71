"""F1, precision and recall (Eqs 7-9): clip-level, intersection-based and event-based, each with
macro and micro average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from jss.arrays import Float64
from jss.metrics.collars import COLLAR, SHARE, matched
from jss.metrics.events import durations_array, from_table, union
from jss.metrics.intersection import match


@dataclass(frozen=True)
class Averages:
    """One score in [0, 1]. macro: mean over classes; micro: over all decisions; per_class: by
    label, NaN for a class that has none.
    """

    macro: float
    micro: float
    per_class: dict[str, float]


@dataclass(frozen=True)
class F1(Averages):
    """An F1 score, and the precision and recall that it is made of.

    A class with errors but no true positive counts 0; one that occurs in neither table has no score
    (NaN) and is left out of the mean, as torchmetrics does. Precision is 0 where nothing was
    detected, recall where there is nothing to detect, and both average over the classes of F1.
    """

    precision: Averages
    recall: Averages


def f1_score(tp: Float64, n_detected: Float64, n_true: Float64) -> Float64:
    """Eq. 7: 2 P R / (P + R), which is 2 tp / (detected + true). Counts of one shape -> that shape;
    0 where there is neither.
    """
    return _ratio(2 * tp, n_detected + n_true)


def precision(tp: Float64, n_detected: Float64) -> Float64:
    """Eq. 8: tp / (tp + fp), the share of what was detected that is true; 0 where nothing was.

    Counts of one shape -> that shape.
    """
    return _ratio(tp, n_detected)


def recall(tp: Float64, n_true: Float64) -> Float64:
    """Eq. 9: tp / (tp + fn), the share of what is true that was detected; 0 where nothing is true.

    Counts of one shape -> that shape.
    """
    return _ratio(tp, n_true)


def f1_from_counts(
    tp: npt.ArrayLike,
    n_detected: npt.ArrayLike,
    n_true: npt.ArrayLike,
    labels: Sequence[str],
    *,
    nan_classes: npt.ArrayLike | None = None,
) -> F1:
    """F1, precision and recall (Eqs 7-9) with their averages.

    With nothing to average, macro and micro are 0.

    Args:
        tp: (K,) true positives of each class.
        n_detected: (K,) true and false positives.
        n_true: (K,) true positives and false negatives.
        labels: the K names.
        nan_classes: (K,) bool, classes to leave out of the means.
    """
    hits, detected, true = (np.asarray(a, float) for a in (tp, n_detected, n_true))
    counted = detected + true > 0
    if nan_classes is not None:
        counted &= ~np.asarray(nan_classes, bool)

    def averages(single: Float64, micro: Float64) -> Averages:
        macro = float(single[counted].mean()) if counted.any() else 0.0
        per_class = np.where(counted, single, np.nan).tolist()
        return Averages(macro, float(micro), dict(zip(labels, per_class, strict=True)))

    all_hits, all_detected, all_true = hits.sum(), detected.sum(), true.sum()
    f1 = averages(f1_score(hits, detected, true), f1_score(all_hits, all_detected, all_true))
    return F1(
        f1.macro,
        f1.micro,
        f1.per_class,
        averages(precision(hits, detected), precision(all_hits, all_detected)),
        averages(recall(hits, true), recall(all_hits, all_true)),
    )


def _ratio(part: Float64, whole: Float64) -> Float64:
    """part / whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) > 0)


def clip_f1(
    scores: npt.ArrayLike,
    tags: npt.ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    threshold: float = 0.5,
) -> F1:
    """Clip-level F1, the weak half of the selection objective (Eqs 26, 29).

    scores: (N, K) in [0, 1]; tags: (N, K) of 0 and 1; a class is found where its score is above the
    threshold. labels: the K names, by default their numbers. Raises ValueError where the shapes
    differ.
    """
    found, true = np.asarray(scores) > threshold, np.asarray(tags) > 0.5
    if found.shape != true.shape or found.ndim != 2:
        raise ValueError(
            f"scores {found.shape} and tags {true.shape} must both be (clips, classes)"
        )
    names = [str(k) for k in range(found.shape[1])] if labels is None else labels
    return f1_from_counts((found & true).sum(0), found.sum(0), true.sum(0), names)


def intersection_f1(
    detections: pd.DataFrame,
    ground_truth: pd.DataFrame,
    labels: Sequence[str],
    durations: Mapping[str, float] | pd.DataFrame,
    *,
    dtc: float = 0.5,
    gtc: float = 0.5,
    legacy_nan: bool = False,
) -> F1:
    """Intersection-based F1, the strong half of the selection objective (Eqs 26, 29).

    detections, ground_truth: tables filename, onset, offset (seconds), event_label; same-class
    overlaps are merged. durations: seconds by filename, of all clips that count. dtc, gtc:
    tolerance criteria in [0, 1]; cross-triggers count as false positives only. legacy_nan: leave
    classes without a true positive out of the mean, as psds_eval 0.5.3 does (and the DCASE
    baselines with it).
    """
    clips, seconds = durations_array(durations)
    truth = union(from_table(ground_truth, clips, labels))
    found = union(from_table(detections, clips, labels))
    outcome = match(found, truth, seconds, len(labels), dtc=dtc, gtc=gtc)
    size = len(labels)
    tp = np.bincount(truth.label[outcome.true_positive], minlength=size)
    fp = np.bincount(found.label[outcome.false_positive], minlength=size)
    true = np.bincount(truth.label, minlength=size)
    return f1_from_counts(tp, tp + fp, true, labels, nan_classes=(tp == 0) if legacy_nan else None)


def event_f1(
    detections: pd.DataFrame,
    ground_truth: pd.DataFrame,
    labels: Sequence[str],
    clips: Sequence[str] | None = None,
    *,
    collar: float = COLLAR,
    share: float = SHARE,
    legacy_nan: bool = False,
) -> F1:
    """Event-based F1: an event is found if one detection of its own has its onset within ``collar``
    seconds and its offset within max(collar, share * its length).

    detections, ground_truth: tables filename, onset, offset (seconds), event_label, taken as they
    are; clips: the files that count, by default those of the ground truth. legacy_nan: leave
    classes that are never detected, or never there, out of the mean, as sed_eval 0.2.1 does by
    default.
    """
    names = list(dict.fromkeys(ground_truth["filename"])) if clips is None else clips
    truth, found = from_table(ground_truth, names, labels), from_table(detections, names, labels)
    size = len(labels)
    tp = np.bincount(
        truth.label[matched(found, truth, size, collar=collar, share=share)], minlength=size
    )
    detected, true = (
        np.bincount(found.label, minlength=size),
        np.bincount(truth.label, minlength=size),
    )
    undefined = (detected == 0) | (true == 0) if legacy_nan else None
    return f1_from_counts(tp, detected, true, labels, nan_classes=undefined)
