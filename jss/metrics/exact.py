"""Intersection criteria over every threshold there is, not over a grid.

J. Ebbers, R. Serizel, R. Haeb-Umbach, "Threshold-independent evaluation of sound event detection
scores", ICASSP 2022, counted as sed_scores_eval 0.0.4 does (times compared to a microsecond). A run
of frames lives from one score (birth) down to another (death), and meets the detection and
cross-trigger criteria or not whatever the threshold; so each run is judged once, and only its birth
and death are counted.

No curve needs thresholds at which a class has more false positives than its greatest rate allows.
So each class has a floor, and what is not above it is never looked at. The floor is certain and not
an estimate: at every threshold below it, the false positives of the clips judged so far and one for
each other clip that lacks the class but has a score above the threshold are too many already. It
rises as clips are judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64, Floats
from jss.metrics.counts import CROSS, FALSE, TRUE, Changes, Truth, by_class
from jss.metrics.events import EventArrays, Ints
from jss.metrics.intersection import overlapping
from jss.metrics.scores import SHORTEST, Block, Runs, ScoreSet, maximal_runs

#: Decimals to which seconds are compared.
DECIMALS = 6
#: Frames that are judged at a time: bounds the memory.
CHUNK = 400_000
#: Floors rise when this part of the blocks is judged, one in ``FIRST``, and whenever it has doubled.
FIRST = 16
#: Most threads; numpy lets them run side by side for the most part.
THREADS = 4


@dataclass(frozen=True)
class Criteria:
    """What a detection must meet."""

    #: Detection tolerance criterion in [0, 1].
    dtc: float
    #: Ground-truth intersection criterion in [0, 1].
    gtc: float
    #: Cross-trigger tolerance criterion in [0, 1]; None: cross-triggers are not counted.
    cttc: float | None
    #: Thresholds at which a class has more false positives are left out.
    most: float


def changes(scores: ScoreSet, truth: Truth, criteria: Sequence[Criteria]) -> list[Changes]:
    """How the counts change as the threshold falls, down to the floor of each class.

    Args:
        scores: Score curves of the set.
        truth: The ground truth.
        criteria: One for each result.
    """
    by_criterion = [Changes.concatenate([]) for _ in criteria]
    floors = [np.full(scores.n_labels, -np.inf) for _ in criteria]
    # A score of a class in a clip that lacks it is a false positive. (K, N)
    certain = scores.highest.T.copy()
    certain[truth.events.label, truth.events.clip] = -np.inf
    spans = list(pairwise(scores.bounds))

    def judge(span: tuple[int, int]) -> list[Changes]:
        return _judge_block(scores.block(*span), truth.events, criteria, floors)

    def rise(n: int) -> None:
        # What is too short is an event, but may meet a criterion by rounding.
        long_enough = criteria[n].dtc * SHORTEST >= 10**-DECIMALS
        rest = certain[:, clips:] if long_enough else certain[:, :0]
        floors[n] = _raised(floors[n], by_criterion[n], rest, criteria[n].most)
        by_criterion[n] = by_criterion[n].above(floors[n])

    judged, clips = 0, 0  # blocks so far, and clips
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        while judged < len(spans):
            list(pool.map(rise, range(len(criteria))))
            more = spans[judged : judged + max(judged, -(-len(spans) // FIRST))]
            parts = list(pool.map(judge, more))
            judged, clips = judged + len(more), more[-1][1]
            for n, part in enumerate(zip(*parts, strict=True)):
                by_criterion[n] = Changes.concatenate([by_criterion[n], *part])
            del parts, part
        list(pool.map(rise, range(len(criteria))))
    return by_criterion


def _raised(floor: Float64, judged: Changes, rest: Floats, most: float) -> Float64:
    """The highest floors that are certain.

    Args:
        floor: (K,) so far.
        judged: Of the clips judged so far, above the floor.
        rest: (K, n) the highest score in each of the other clips, where it is a false positive.
        most: False positives that a threshold may have.
    """
    false = np.flatnonzero(judged.kind == FALSE)
    raised = floor.copy()
    for k, rows in enumerate(by_class(judged.label[false], len(floor))):
        entries = false[rows]
        others = rest[k][rest[k] > floor[k]]
        score = np.concatenate((judged.score[entries], others))
        step = np.concatenate((judged.value[entries], np.ones(len(others), np.int32)))
        order = np.argsort(-score)
        score, count = score[order], np.cumsum(step[order], dtype=np.int64)
        level = np.flatnonzero(np.append(score[1:] != score[:-1], True)[: len(score)])
        few = np.flatnonzero(count[level] <= most)
        beyond = int(few[-1]) + 1 if len(few) else 0
        if beyond < len(level):
            raised[k] = score[level[beyond]]
    return raised


def _judge_block(
    block: Block, truth: EventArrays, criteria: Sequence[Criteria], floors: Sequence[Float64]
) -> list[Changes]:
    """Changes of the clips of a block, above the floors."""
    parts: list[list[Changes]] = [[] for _ in criteria]
    for runs, lives in _runs(block, np.min(floors, axis=0)):
        first, last = runs.clip[0], runs.clip[-1]
        inside = truth.take(np.arange(*np.searchsorted(truth.clip, [first, last + 1])))
        for part, c, floor in zip(parts, criteria, floors, strict=True):
            alive = runs.take(np.flatnonzero(lives.birth[runs.point] > floor[runs.label]))
            part.append(_judge(alive, lives, inside, block.n_labels, c).above(floor))
    return [Changes.concatenate(part) for part in parts]


def _runs(block: Block, floor: Float64) -> Iterator[tuple[EventArrays, Runs]]:
    """Runs of frames above the floors, about ``CHUNK`` frames at a time.

    Yields:
        The runs of some clips as events, their point the index of the run; and their births, deaths
        and parents. A death at or below the floor is -inf.
    """
    frames = block.above(floor)
    of_clip = np.searchsorted(frames, block.start[:: block.n_labels])
    first = 0
    while first < len(block):
        last = int(np.searchsorted(of_clip, of_clip[first] + CHUNK, side="right")) - 1
        last = min(max(last, first + 1), len(block))
        at = frames[of_clip[first] : of_clip[last]]
        first = last
        if not len(at):
            continue
        # The frames side by side, with -inf wherever others were between two of them.
        place = np.arange(len(at)) + np.cumsum(np.diff(at, prepend=-1) > 1)
        value = np.full(place[-1] + 2, -np.inf, block.value.dtype)
        value[place] = block.value[at]
        original = np.zeros(len(value), np.int64)
        original[place] = at
        lives = maximal_runs(value)
        order = np.arange(len(lives.begin))
        runs = block.events(original[lives.begin], original[lives.end - 1] + 1, order)
        if len(runs):
            yield runs, lives


def _judge(
    runs: EventArrays, lives: Runs, truth: EventArrays, n_labels: int, criteria: Criteria
) -> Changes:
    """Changes of runs of some clips.

    Args:
        runs: Their point is the index among the lives.
        lives: Births, deaths and parents.
        truth: Events of the same clips.
        n_labels: K, the number of classes.
        criteria: What a run must meet.
    """
    det, gt, overlap = overlapping(runs, truth, n_labels, same_label=True)
    total = np.round(np.bincount(det, overlap, minlength=len(runs)), DECIMALS)
    passed = total >= np.round(criteria.dtc * runs.length, DECIMALS)
    keep = passed[det]
    run = runs.point[det[keep]]
    small = np.min_scalar_type(-(CROSS + n_labels))  # holds every class and kind
    hits = _true_positives(
        gt[keep], overlap[keep], lives.birth[run], lives.death[run], truth, criteria.gtc, small
    )
    missed = np.flatnonzero(~passed)
    lost = runs.take(missed)
    parts = [hits, _net(lost, np.arange(len(lost)), FALSE, lives, small)]
    if criteria.cttc is not None and len(missed):
        det, gt, overlap = overlapping(lost, truth, n_labels, same_label=False)
        cells, inverse = np.unique(det * n_labels + truth.label[gt], return_inverse=True)
        share = np.round(np.bincount(inverse, overlap, minlength=len(cells)), DECIMALS)
        row, other = np.divmod(cells, n_labels)
        crossing = share >= np.round(criteria.cttc * lost.length[row], DECIMALS)
        parts.append(_net(lost, row[crossing], CROSS + other[crossing], lives, small))
    return Changes.concatenate(parts)


def _net(
    runs: EventArrays, row: Ints, kind: Ints | int, lives: Runs, small: np.dtype[Any]
) -> Changes:
    """One more at the birth of each run and one less at its death, where its parent does not count too.

    Args:
        runs: Their point is the index among the lives.
        row: (n,) indices of runs, sorted.
        kind: (n,) kinds that they count as, sorted for each run; or one for all.
        lives: Births, deaths and parents.
        small: Type that holds every class and kind.
    """
    kinds = np.broadcast_to(np.asarray(kind, np.int64), row.shape)
    width = int(kinds.max(initial=0)) + 1
    run = runs.point[row]
    parent = lives.parent[run]
    cell, after = run * width + kinds, parent * width + kinds
    at = np.minimum(np.searchsorted(cell, after), max(len(cell) - 1, 0))
    continues = cell[at] == after
    net = 1 - np.bincount(at[continues], minlength=len(cell))
    begins, ends = np.flatnonzero(net), np.flatnonzero(~continues & (parent >= 0))
    rows = row[np.concatenate((begins, ends))]
    return Changes(
        runs.label[rows].astype(small),
        np.concatenate((kinds[begins], kinds[ends])).astype(small),
        np.concatenate((lives.birth[run[begins]], lives.death[run[ends]])),
        runs.clip[rows].astype(np.int32),
        np.concatenate((net[begins], np.full(len(ends), -1))).astype(np.int32),
    )


def _true_positives(
    gt: npt.NDArray[np.intp],
    overlap: Float64,
    birth: Floats,
    death: Floats,
    truth: EventArrays,
    gtc: float,
    small: np.dtype[Any],
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
    return Changes(
        truth.label[event].astype(small),
        np.full(len(event), TRUE, small),
        score[turn],
        truth.clip[event].astype(np.int32),
        np.where(met[turn], 1, -1).astype(np.int32),
    )
