"""Operating points of a system: for each class a filter and a threshold, chosen on validation clips.

The filter of a class, median or bounding boxes, is that of the highest area of the class in PSDS1,
over all thresholds; its threshold is that of the highest event-based F1 with that filter, from
``LEAST`` up; for boxes it may be one nearer to 0.5 (``SLACK``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jss.arrays import Float64, Floats
from jss.data.clip import Clip, Event
from jss.data.training.example import Examples
from jss.decoding import (
    BASELINE,
    BoxPoint,
    Decoder,
    MedianPoint,
    OperatingPoints,
    curves,
    decoder,
)
from jss.errors import JssError
from jss.evaluation import run
from jss.evaluation.measure import Reference
from jss.evaluation.saved_scores import SavedScores
from jss.inference.output_cache import ClipOutput
from jss.inference.system import System
from jss.io.progress import Progress, silent
from jss.metrics.collars import matched
from jss.metrics.f_score import f1_score
from jss.metrics.psds import PSDS1, PSDS2, exact_psds
from jss.metrics.scores import THRESHOLDS, ScoreSet

#: Lengths of the median filter to choose from, in frames.
MEDIANS = (7, 1, 3, 5, 9, 13, 17, 23, 31, 41, 61)
#: Lowest threshold to choose from: below it, one class's background decides which is best.
LEAST = 0.15
#: A threshold of bounding boxes that is nearer to 0.5 may have this much less F1 than the best. A
#: box has the mean score of an event, which is lower where others cover it: of the thresholds that
#: are all but equal on these clips, the best of few events is often too high.
SLACK = 0.02
#: half and ratio of bounding boxes to choose from.
BOXES = tuple((half, ratio) for half in (5, 3, 8, 12, 20) for ratio in (3.0, 1.25, 1.5, 2.0, 5.0))


@dataclass(frozen=True)
class Quality:
    """Figures of a decoder on the clips, each in [0, 1]."""

    #: PSDS1 and PSDS2 over all thresholds.
    psds1: float
    psds2: float
    #: Event-based F1 at the decoder's thresholds: its mean over the classes that occur,
    event_f1: float
    #: and (K,).
    class_f1: Float64


@dataclass(frozen=True)
class Tuned:
    """Operating points, and what they are worth on the clips that they were chosen on."""

    points: OperatingPoints
    #: The K classes.
    labels: tuple[str, ...]
    #: The baseline's decoder, the median filter by class, and bounding boxes by class.
    baseline: Quality
    median: Quality
    boxes: Quality

    def lines(self) -> list[str]:
        """A table for people: a row a class, then a row a decoder."""
        rows = [
            f"{'class':<28}{'median':>7}{'threshold':>11}{'F1':>6}   {'boxes':>9}{'threshold':>11}{'F1':>6}"
        ]
        for k, label in enumerate(self.labels):
            m, b = self.points.median[label], self.points.boxes[label]
            box = f"{b.half}, {b.ratio:g}"
            rows.append(
                f"{label:<28}{m.frames:>7}{m.threshold:>11.2f}{_f1(self.median, k)}   "
                f"{box:>9}{b.threshold:>11.2f}{_f1(self.boxes, k)}"
            )
        absent = [
            label
            for label, f1 in zip(self.labels, self.median.class_f1, strict=True)
            if np.isnan(f1)
        ]
        if absent:
            rows.append(
                "These have no event here, so they get the usual filter and a threshold near 0.5: "
                f"{', '.join(absent)}"
            )
        rows.append("")
        rows.append(f"{'on these clips':<34}{'PSDS1':>8}{'PSDS2':>8}{'event F1':>10}")
        for name, quality in (
            ("median of 7 frames, above 0.5", self.baseline),
            ("median by class", self.median),
            ("bounding boxes by class", self.boxes),
        ):
            rows.append(
                f"{name:<34}{quality.psds1:>8.3f}{quality.psds2:>8.3f}{quality.event_f1:>10.3f}"
            )
        return rows


def _f1(quality: Quality, k: int) -> str:
    return f"{quality.class_f1[k]:>6.2f}" if np.isfinite(quality.class_f1[k]) else f"{'-':>6}"


class _Clips:
    """Scores and truth of a set, and the figures of decoders on it."""

    def __init__(self, scores: SavedScores) -> None:
        outputs = scores.outputs
        self.reference: Reference = run.material(
            outputs, scores.clips, scores.dataset, scores.subset
        )[0]
        by_name = {clip.filename: clip for clip in scores.clips}
        self.scores: list[Floats] = []
        self.edges: list[Float64] = []
        for name in self.reference.names:
            output = outputs.clips[name]
            self.scores.append(output.scores)
            self.edges.append(run.frame_edges(output, by_name[name]))

    def curves(self, chosen: Decoder) -> ScoreSet:
        filtered = [curves(scores, chosen) for scores in self.scores]
        return ScoreSet.build(
            zip(filtered, self.edges, strict=True), len(self.reference.labels), median=1
        )

    def areas(self, chosen: Decoder) -> Float64:
        """(K,) areas of the classes in PSDS1."""
        return exact_psds(self.curves(chosen), self.reference.truth, [PSDS1])[0].per_class

    def f1(self, cut: ScoreSet, threshold: float | Sequence[float]) -> Float64:
        """(K,) event-based F1; NaN for a class that does not occur."""
        truth = self.reference.truth
        size = truth.n_labels
        thresholds = np.broadcast_to(threshold, size)
        points, point = np.unique(thresholds, return_inverse=True)
        every = cut.at(points)
        events = every.take(np.flatnonzero(point[every.label] == every.point))
        hits = truth.events.label[matched(events, truth.events, size)]
        tp, found, true = (
            np.bincount(of, minlength=size).astype(np.float64)
            for of in (hits, events.label, truth.events.label)
        )
        return np.where(true > 0, f1_score(tp, found, true), np.nan)

    def quality(self, chosen: Decoder) -> Quality:
        cut = self.curves(chosen)
        psds1, psds2 = exact_psds(cut, self.reference.truth, (PSDS1, PSDS2))
        f1 = self.f1(cut, chosen.threshold)
        return Quality(psds1.value, psds2.value, float(np.nanmean(f1)), f1)

    def thresholds(self, chosen: Decoder, slack: float = 0.0) -> list[float]:
        """The threshold of the highest F1 of each class from ``LEAST`` up.

        Args:
            chosen: The filters.
            slack: Of those whose F1 is at most this much lower, the one nearest to 0.5 is taken.
        """
        cut = self.curves(chosen)
        allowed = THRESHOLDS[THRESHOLDS >= LEAST].tolist()
        nearest = sorted(allowed, key=lambda threshold: abs(threshold - 0.5))
        f1 = np.nan_to_num(np.stack([self.f1(cut, threshold) for threshold in nearest]))
        return [nearest[n] for n in (f1 >= f1.max(axis=0) - slack).argmax(axis=0)]


def tune(scores: SavedScores, weights: str, progress: Progress = silent) -> Tuned:
    """Choose the operating points of a system.

    Args:
        scores: Of the system on validation clips, which no figure is reported on.
        weights: Fingerprint of its weights (``jss.checkpoints.weights_fingerprint``).
        progress: In :func:`steps` steps.

    Raises:
        JssError: No clip could be analysed, none has an event, or an event is of an unknown class.
    """
    clips = _Clips(scores)
    if not len(clips.reference.truth.events):
        raise JssError(
            f"No clip of {scores.dataset}, {scores.subset} has an event: choose other clips, or more."
        )
    labels = clips.reference.labels
    size = len(labels)

    def best(candidates: Sequence[Decoder]) -> list[int]:
        areas = []
        for candidate in candidates:
            areas.append(clips.areas(candidate))
            progress("filters", 1)
        return [int(n) for n in np.nan_to_num(np.stack(areas)).argmax(axis=0)]

    frames = [MEDIANS[n] for n in best([Decoder(median=frames) for frames in MEDIANS])]
    boxes = [BOXES[n] for n in best([Decoder(0.5, 1, (box,) * size) for box in BOXES])]
    of_medians = clips.thresholds(Decoder(median=tuple(frames)))
    progress("thresholds", 1)
    of_boxes = clips.thresholds(Decoder(0.5, 1, tuple(boxes)), SLACK)
    progress("thresholds", 1)
    points = OperatingPoints(
        f"{scores.dataset}, {scores.subset}",
        len(clips.reference.names),
        weights,
        {k: MedianPoint(n, t) for k, n, t in zip(labels, frames, of_medians, strict=True)},
        {k: BoxPoint(*box, t) for k, box, t in zip(labels, boxes, of_boxes, strict=True)},
    )
    return Tuned(
        points,
        labels,
        clips.quality(BASELINE),
        clips.quality(decoder(points, labels)),
        clips.quality(decoder(points, labels, method="boxes")),
    )


def steps() -> int:
    """Number of steps of :func:`tune`."""
    return len(MEDIANS) + len(BOXES) + 2


def scores_of(
    system: System, examples: Examples, number: int, name: str, progress: Progress = silent
) -> SavedScores:
    """Scores of a system on training data's validation clips.

    Args:
        system: The system.
        examples: With events.
        number: How many of them, from the first.
        name: Of the data.
        progress: In clips.
    """
    clips, outputs = [], {}
    for n in range(number):
        example, filename = examples[n], f"{n:05}.wav"
        result = system(example.mixture, filename)
        events = tuple(Event(*event) for event in example.events or ())
        clips.append(Clip(filename, None, result.duration, events))
        outputs[filename] = ClipOutput(
            result.scores,
            np.zeros((0, *result.scores.shape), np.float32),
            result.weak,
            result.score_hop,
        )
        progress(filename, 1)
    weights = {role: card.sha256 for role, card in system.cards.items()}
    return SavedScores(
        name,
        "synthetic validation",
        run.Outputs(system.name, system.selection, system.labels, outputs, {}, weights),
        tuple(clips),
    )
