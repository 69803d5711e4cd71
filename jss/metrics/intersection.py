"""Intersection criteria between detections and ground truth, over all operating points at once.

C. Bilen et al., "A framework for the robust evaluation of sound event detection", ICASSP 2020, as
psds_eval 0.5.3 counts them: the same arithmetic to the last bit, for sums that meet a criterion
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64
from jss.metrics.events import EventArrays, Ints

Index = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Outcome of matching D detections with G ground-truth events."""

    #: (n,) ground-truth event index of every true positive.
    true_positive: Index
    #: (n,) its operating point.
    tp_point: Ints
    #: (n,) indices of detections that fail the detection tolerance criterion.
    false_positive: Index
    #: (n,) indices of those that overlap another class enough.
    cross_trigger: Index
    #: (n,) that class.
    ct_label: Ints


def match(
    detections: EventArrays,
    truth: EventArrays,
    durations: Float64,
    n_labels: int,
    *,
    dtc: float,
    gtc: float,
    cttc: float | None = None,
) -> Outcome:
    """Apply the detection, ground-truth intersection and cross-trigger tolerance criteria.

    A detection that starts after its clip's end is not counted at all.

    Args:
        detections: Detected events, without overlaps within a class.
        truth: Ground-truth events, without overlaps within a class.
        durations: (N,) lengths of the clips in seconds.
        n_labels: K, the number of classes.
        dtc: Detection tolerance criterion in [0, 1].
        gtc: Ground-truth intersection criterion in [0, 1].
        cttc: Cross-trigger tolerance criterion in [0, 1]; None: cross-triggers are not counted.
    """
    det, gt, overlap = overlapping(detections, truth, n_labels, same_label=True)
    share = _sum_by(det, overlap / detections.length[det], len(detections))
    passed = np.zeros(len(detections), bool)
    passed[det] = share[det] >= dtc

    keep = passed[det]
    det, gt, overlap = det[keep], gt[keep], overlap[keep]
    covered = detections.point[det] * len(truth) + gt
    order = np.argsort(covered, kind="stable")
    cells, inverse = np.unique(covered[order], return_inverse=True)
    coverage = _sum_by(inverse, (overlap / truth.length[gt])[order], len(cells))
    hits = cells[coverage >= gtc]

    missed = np.flatnonzero(
        ~passed & (detections.onset < durations[detections.clip]) & (detections.offset > 0)
    )
    crossing, ct_label = np.zeros(0, np.intp), np.zeros(0, np.int64)
    if cttc is not None and len(missed):
        lost = detections.take(missed)
        det, gt, overlap = overlapping(lost, truth, n_labels, same_label=False)
        cell = det * n_labels + truth.label[gt]
        order = np.argsort(cell, kind="stable")
        cells, inverse = np.unique(cell[order], return_inverse=True)
        share = _sum_by(inverse, (overlap / lost.length[det])[order], len(cells))
        cells = cells[share >= cttc]
        crossing, ct_label = missed[cells // n_labels], cells % n_labels
    size = max(len(truth), 1)
    return Outcome(hits % size, hits // size, missed, crossing, ct_label)


def candidates(
    detections: EventArrays, truth: EventArrays, n_labels: int, *, same_label: bool
) -> tuple[Index, Index]:
    """All pairs of a detection and a true event in one clip.

    Args:
        detections: In any order.
        truth: Sorted by clip and label.
        n_labels: K, the number of classes.
        same_label: Only pairs of one class.

    Returns:
        Detection indices, sorted, and ground-truth indices.
    """
    step = n_labels if same_label else 1
    clips = [of.clip for of in (detections, truth) if len(of)]
    first, last = (min(c.min() for c in clips), max(c.max() for c in clips)) if clips else (0, 0)
    key, wanted = (
        (of.clip - first) * step + (of.label if same_label else 0) for of in (truth, detections)
    )
    bounds = np.searchsorted(key, np.arange((last + 1 - first) * step + 1))
    count = np.diff(bounds)[wanted]
    det = np.repeat(np.arange(len(detections)), count)
    within = np.arange(len(det)) - np.repeat(np.cumsum(count) - count, count)
    return det, bounds[wanted][det] + within


def overlapping(
    detections: EventArrays, truth: EventArrays, n_labels: int, *, same_label: bool
) -> tuple[Index, Index, Float64]:
    """Pairs of a detection and a true event that overlap in time.

    Args:
        detections: In any order.
        truth: Sorted by clip and label.
        n_labels: K, the number of classes.
        same_label: Pairs of one class; otherwise pairs of one clip but of two classes.

    Returns:
        Detection indices, sorted; ground-truth indices; overlaps in seconds.
    """
    det, gt = candidates(detections, truth, n_labels, same_label=same_label)
    near = (detections.onset[det] < truth.offset[gt]) & (truth.onset[gt] < detections.offset[det])
    if not same_label:
        near &= detections.label[det] != truth.label[gt]
    det, gt = det[near], gt[near]
    end = np.minimum(detections.offset[det], truth.offset[gt])
    return det, gt, end - np.maximum(detections.onset[det], truth.onset[gt])


def _sum_by(group: npt.NDArray[np.integer], values: Float64, size: int) -> Float64:
    """Sums of values by group (sorted), compensated (Kahan) as pandas sums groups. -> (size,)"""
    total = np.zeros(size)
    if not len(group):
        return total
    starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    lengths = np.diff(np.append(starts, len(group)))
    total[group[starts]] = values[starts]
    lost = np.zeros(size)
    for rank in range(1, int(lengths.max())):
        at = starts[lengths > rank] + rank
        where = group[at]
        y = values[at] - lost[where]
        t = total[where] + y
        lost[where] = (t - total[where]) - y
        total[where] = t
    return total
