"""Intersection criteria over every threshold there is, not over a grid.

J. Ebbers, R. Serizel, R. Haeb-Umbach, "Threshold-independent evaluation of sound event detection
scores", ICASSP 2022, counted as sed_scores_eval 0.0.4 does (times compared to a microsecond). A run
of frames lives from one score (birth) down to another (death), and meets the detection and
cross-trigger criteria or not whatever the threshold; so each run is judged once, and only its birth
and death are counted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64
from jss.metrics.counts import CROSS, FALSE, TRUE, Changes
from jss.metrics.events import EventArrays, Ints
from jss.metrics.intersection import overlapping
from jss.metrics.scores import ScoreSet, maximal_runs

#: Decimals to which seconds are compared.
DECIMALS = 6
#: Frames a chunk: bounds the memory.
CHUNK = 400_000


def changes(
    scores: ScoreSet, truth: EventArrays, *, dtc: float, gtc: float, cttc: float | None
) -> Changes:
    """How the counts change as the threshold falls.

    Args:
        scores: Score curves of the set.
        truth: Ground-truth events, without overlaps within a class.
        dtc: Detection tolerance criterion in [0, 1].
        gtc: Ground-truth intersection criterion in [0, 1].
        cttc: Cross-trigger tolerance criterion in [0, 1]; None: cross-triggers are not counted.
    """
    parts = []
    per_clip = max(1, len(scores.value) // max(1, len(scores)))
    step = max(1, CHUNK // per_clip)
    for first in range(0, len(scores), step):
        last = min(first + step, len(scores))
        part = scores.part(first, last)
        begin, end, birth, death = maximal_runs(scores.value[part])
        inside = truth.take(np.flatnonzero((truth.clip >= first) & (truth.clip < last)))
        order = np.arange(len(begin))
        runs = scores.events(begin + part.start, end + part.start, order)
        parts.append(
            _judge(
                runs, birth[runs.point], death[runs.point], inside, scores.n_labels, dtc, gtc, cttc
            )
        )
    return Changes.concatenate(parts)


def _judge(
    runs: EventArrays,
    birth: Float64,
    death: Float64,
    truth: EventArrays,
    n_labels: int,
    dtc: float,
    gtc: float,
    cttc: float | None,
) -> Changes:
    det, gt, overlap = overlapping(runs, truth, n_labels, same_label=True)
    total = np.round(np.bincount(det, overlap, minlength=len(runs)), DECIMALS)
    passed = total >= np.round(dtc * runs.length, DECIMALS)
    missed = np.flatnonzero(~passed)
    keep = passed[det]
    parts = [
        _births_and_deaths(
            runs.label[missed], FALSE, birth[missed], death[missed], runs.clip[missed]
        ),
        _true_positives(gt[keep], overlap[keep], birth[det[keep]], death[det[keep]], truth, gtc),
    ]
    if cttc is not None and len(missed):
        lost = runs.take(missed)
        det, gt, overlap = overlapping(lost, truth, n_labels, same_label=False)
        cells, inverse = np.unique(det * n_labels + truth.label[gt], return_inverse=True)
        share = np.round(np.bincount(inverse, overlap, minlength=len(cells)), DECIMALS)
        row, other = np.divmod(cells, n_labels)
        crossing = share >= np.round(cttc * lost.length[row], DECIMALS)
        row, other = row[crossing], other[crossing]
        at = missed[row]
        parts.append(
            _births_and_deaths(lost.label[row], CROSS + other, birth[at], death[at], lost.clip[row])
        )
    return Changes.concatenate(parts)


def _births_and_deaths(
    label: Ints, kind: Ints | int, birth: Float64, death: Float64, clip: Ints
) -> Changes:
    """One more at each birth, one less at each death above -inf."""
    kinds = np.broadcast_to(np.asarray(kind, np.int64), label.shape)
    dies = np.flatnonzero(death > -np.inf)
    return Changes(
        np.concatenate((label, label[dies])),
        np.concatenate((kinds, kinds[dies])),
        np.concatenate((birth, death[dies])),
        np.concatenate((clip, clip[dies])),
        np.concatenate((np.ones(len(label)), -np.ones(len(dies)))),
    )


def _true_positives(
    gt: npt.NDArray[np.intp],
    overlap: Float64,
    birth: Float64,
    death: Float64,
    truth: EventArrays,
    gtc: float,
) -> Changes:
    """Where each ground-truth event begins or ceases to be covered enough, as the threshold falls."""
    dies = np.flatnonzero(death > -np.inf)
    event = np.concatenate((gt, gt[dies]))
    score = np.concatenate((birth, death[dies]))
    step = np.concatenate((overlap, -overlap[dies]))
    order = np.lexsort((-score, event))
    event, score, covered = event[order], score[order], np.cumsum(step[order])
    if not len(event):
        return Changes.concatenate([])
    new_event = np.concatenate(([True], event[1:] != event[:-1]))
    starts = np.flatnonzero(new_event)
    before = np.concatenate(([0.0], covered))[starts]
    covered = covered - np.repeat(before, np.diff(np.append(starts, len(event))))
    last = np.concatenate((new_event[1:] | (score[1:] != score[:-1]), [True]))
    event, score, covered = event[last], score[last], covered[last]
    met = np.round(covered, DECIMALS) >= np.round(gtc * truth.length[event], DECIMALS)
    was = np.concatenate(([False], met[:-1] & (event[1:] == event[:-1])))
    turn = np.flatnonzero(met != was)
    event = event[turn]
    value = np.where(met[turn], 1.0, -1.0)
    return Changes(
        truth.label[event],
        np.full(len(event), TRUE, np.int64),
        score[turn],
        truth.clip[event],
        value,
    )
