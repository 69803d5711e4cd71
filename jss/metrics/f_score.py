"""F1, precision and recall (Eqs 7-9): clip-level, intersection-based and event-based."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jss.arrays import Float64
from jss.metrics.collars import COLLAR, SHARE, matched
from jss.metrics.events import durations_array, from_table, union
from jss.metrics.intersection import match

#: Counts, of any type of number.
Numbers = npt.NDArray[Any]
#: Which classes a reference tool leaves out, by true positives, detections and true events, all of
#: one shape: sed_eval 0.2.1 those that are never detected or never occur, psds_eval 0.5.3 (and the
#: DCASE baselines with it) those without a true positive.
LEFT_OUT: Mapping[str, Callable[[Numbers, Numbers, Numbers], npt.NDArray[np.bool_]]] = {
    "event": lambda tp, detected, true: (detected == 0) | (true == 0),
    "intersection": lambda tp, detected, true: tp == 0,
}


@dataclass(frozen=True)
class Averages:
    """A score in [0, 1] with its averages."""

    #: Mean over classes.
    macro: float
    #: Over all decisions.
    micro: float
    #: By label; NaN for a class that has none.
    per_class: dict[str, float]


@dataclass(frozen=True)
class F1(Averages):
    """An F1 score, with its precision and recall.

    A class with errors but no true positive counts 0; one that occurs in neither table has no score
    (NaN) and is left out of the mean, as torchmetrics does. Precision is 0 where nothing was
    detected, recall where there is nothing to detect, and both average over the classes of F1.
    """

    #: Eq. 8.
    precision: Averages
    #: Eq. 9.
    recall: Averages


def f1_score(tp: Float64, n_detected: Float64, n_true: Float64) -> Float64:
    """Eq. 7: 2 P R / (P + R), which is 2 tp / (detected + true).

    Args:
        tp: True positives, of any shape.
        n_detected: True and false positives, of that shape.
        n_true: True positives and false negatives, of that shape.

    Returns:
        F1 in that shape; 0 where nothing is detected and nothing is true.
    """
    return _ratio(2 * tp, n_detected + n_true)


def precision(tp: Float64, n_detected: Float64) -> Float64:
    """Eq. 8: tp / (tp + fp), the share of the detections that is true.

    Args:
        tp: True positives, of any shape.
        n_detected: True and false positives, of that shape.

    Returns:
        Precision in that shape; 0 where nothing is detected.
    """
    return _ratio(tp, n_detected)


def recall(tp: Float64, n_true: Float64) -> Float64:
    """Eq. 9: tp / (tp + fn), the share of what is true that is detected.

    Args:
        tp: True positives, of any shape.
        n_true: True positives and false negatives, of that shape.

    Returns:
        Recall in that shape; 0 where nothing is true.
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

    Args:
        scores: (N, K) in [0, 1].
        tags: (N, K) of 0 and 1.
        labels: The K names; None: their numbers.
        threshold: A class is detected where its score is above it.

    Raises:
        ValueError: The shapes differ.
    """
    detected, true = np.asarray(scores) > threshold, np.asarray(tags) > 0.5
    if detected.shape != true.shape or detected.ndim != 2:
        raise ValueError(
            f"scores {detected.shape} and tags {true.shape} must both be (clips, classes)"
        )
    names = [str(k) for k in range(detected.shape[1])] if labels is None else labels
    return f1_from_counts((detected & true).sum(0), detected.sum(0), true.sum(0), names)


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

    Cross-triggers count as false positives only.

    Args:
        detections: Table filename, onset, offset (seconds), event_label; overlaps within a class
            are merged.
        ground_truth: The same of the true events.
        labels: The K names.
        durations: Seconds by filename, of all clips that count.
        dtc: Detection tolerance criterion in [0, 1].
        gtc: Ground-truth intersection criterion in [0, 1].
        legacy_nan: Leave classes out of the mean as psds_eval does (``LEFT_OUT``).
    """
    clips, seconds = durations_array(durations)
    truth = union(from_table(ground_truth, clips, labels))
    detected = union(from_table(detections, clips, labels))
    outcome = match(detected, truth, seconds, len(labels), dtc=dtc, gtc=gtc)
    size = len(labels)
    tp = np.bincount(truth.label[outcome.true_positive], minlength=size)
    fp = np.bincount(detected.label[outcome.false_positive], minlength=size)
    true = np.bincount(truth.label, minlength=size)
    left_out = LEFT_OUT["intersection"](tp, tp + fp, true) if legacy_nan else None
    return f1_from_counts(tp, tp + fp, true, labels, nan_classes=left_out)


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
    """Event-based F1, with collars on onset and offset.

    A true event is detected if one detection, which serves no other event, has its onset within
    ``collar`` seconds and its offset within max(collar, share * length of the true event).

    Args:
        detections: Table filename, onset, offset (seconds), event_label, taken as it is.
        ground_truth: The same of the true events.
        labels: The K names.
        clips: The files that count; None: those of the ground truth.
        collar: Seconds.
        share: Of the length of the true event.
        legacy_nan: Leave classes out of the mean as sed_eval does by default (``LEFT_OUT``).
    """
    names = list(dict.fromkeys(ground_truth["filename"])) if clips is None else clips
    truth, events = from_table(ground_truth, names, labels), from_table(detections, names, labels)
    size = len(labels)
    tp = np.bincount(
        truth.label[matched(events, truth, size, collar=collar, share=share)], minlength=size
    )
    n_detected, n_true = (
        np.bincount(events.label, minlength=size),
        np.bincount(truth.label, minlength=size),
    )
    left_out = LEFT_OUT["event"](tp, n_detected, n_true) if legacy_nan else None
    return f1_from_counts(tp, n_detected, n_true, labels, nan_classes=left_out)
