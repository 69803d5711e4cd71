"""F1 scores (Eqs 7-9): clip-level, intersection-based and event-based, each with macro and micro
average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from jss.metrics.collars import COLLAR, SHARE, matched
from jss.metrics.events import durations_array, from_table, union
from jss.metrics.intersection import match


@dataclass(frozen=True)
class F1:
    """An F1 score in [0, 1]. macro: mean over classes; micro: over all decisions; per_class: by
    label.

    A class with errors but no true positive counts 0; one that occurs in neither table has no score
    (NaN) and is left out of the mean, as torchmetrics does.
    """

    macro: float
    micro: float
    per_class: dict[str, float]


def f1_from_counts(
    tp: npt.ArrayLike,
    n_detected: npt.ArrayLike,
    n_true: npt.ArrayLike,
    labels: Sequence[str],
    *,
    nan_classes: npt.ArrayLike | None = None,
) -> F1:
    """F1 = 2 tp / (detected + true) (Eqs 7-9). tp, n_detected, n_true: (K,) counts; nan_classes:
    (K,) bool, left out.

    With nothing to average, macro and micro are 0.
    """
    hits, detected, true = (np.asarray(a, float) for a in (tp, n_detected, n_true))
    total = detected + true
    score = np.divide(2 * hits, total, out=np.full(len(labels), np.nan), where=total > 0)
    if nan_classes is not None:
        score[np.asarray(nan_classes, bool)] = np.nan
    known = ~np.isnan(score)
    macro = float(score[known].mean()) if known.any() else 0.0
    micro = float(2 * hits.sum() / total.sum()) if total.sum() > 0 else 0.0
    return F1(macro, micro, dict(zip(labels, score.tolist(), strict=True)))


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
