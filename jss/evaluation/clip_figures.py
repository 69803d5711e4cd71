"""Figures of each clip and class, and the clips in which one system gains most over another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jss.arrays import Float64
from jss.evaluation.measure import THRESHOLD
from jss.evaluation.run import material
from jss.evaluation.saved_scores import SavedScores
from jss.metrics.collars import matched
from jss.metrics.intersection import overlapping

#: What clips can be ranked by, and its unit.
FIGURES: Mapping[str, str] = {
    "hit": "hit seconds",
    "false_alarm": "false-alarm seconds",
    "balance": "hit minus false-alarm seconds",
    "f1": "event F1",
    "similarity": "similarity (Eq. 30)",
}
#: Figures of which less is better.
LESS_IS_BETTER = ("false_alarm",)


@dataclass(frozen=True, eq=False)
class ClipFigures:
    """One system on the N clips of a set, by class, at the operating threshold."""

    #: Name of the system.
    system: str
    #: Of the N clips.
    names: tuple[str, ...]
    #: The K classes.
    labels: tuple[str, ...]
    #: (N, K) seconds in which a class is detected and true.
    hit: Float64
    #: (N, K) seconds in which a class is detected and not true.
    false_alarm: Float64
    #: (N, K) events that are matched within the collars.
    matched: Float64
    #: (N, K) detected events.
    detected: Float64
    #: (N, K) true events.
    true: Float64
    #: (N,) Eq. 30; NaN without sources.
    similarity: Float64

    def of(self, figure: str, label: str = "") -> Float64:
        """One figure of each clip.

        Args:
            figure: One of ``FIGURES``.
            label: A class; "" for all together (similarity is always that of the clip).

        Returns:
            (N,); NaN where it does not exist, such as the F1 of a class that is neither true nor
            detected.
        """
        if figure == "similarity":
            return self.similarity
        columns = [self.labels.index(label)] if label else list(range(len(self.labels)))
        if figure == "f1":
            tp, detected, true = (
                table[:, columns].sum(axis=1) for table in (self.matched, self.detected, self.true)
            )
            none = np.full(len(tp), np.nan)
            return np.asarray(
                np.divide(2 * tp, detected + true, out=none, where=detected + true > 0)
            )
        table: Float64 = {
            "hit": self.hit,
            "false_alarm": self.false_alarm,
            "balance": self.hit - self.false_alarm,
        }[figure]
        return np.asarray(table[:, columns].sum(axis=1))


@dataclass(frozen=True)
class Gain:
    """A clip in which two systems differ."""

    #: Name of the clip.
    filename: str
    #: Figure of system A, and of system B.
    a: float
    b: float
    #: B minus A where more is better, else A minus B: positive where B is better. Of similarity:
    #: B minus A.
    gain: float


def clip_figures(
    saved: SavedScores, similarity: Mapping[str, float | None] | None = None
) -> ClipFigures:
    """Figures of each clip from saved scores: threshold 0.5, median filter, collars of 200 ms.

    Args:
        saved: Scores of a system on a set.
        similarity: Clip -> Eq. 30, as a report has it.
    """
    reference, findings = material(saved.outputs, saved.clips, saved.dataset, saved.subset)
    assert findings.scores is not None
    events, truth = findings.scores.at([THRESHOLD]), reference.truth
    shape = (len(reference.names), truth.n_labels)
    det, _, shared = overlapping(events, truth.events, truth.n_labels, same_label=True)
    hit = events.take(det).by_clip(shape, shared)
    right = truth.events.take(matched(events, truth.events, truth.n_labels))
    per_clip = similarity or {}
    return ClipFigures(
        saved.outputs.system,
        reference.names,
        reference.labels,
        hit=hit,
        false_alarm=np.maximum(events.by_clip(shape, events.length) - hit, 0.0),
        matched=right.by_clip(shape),
        detected=events.by_clip(shape),
        true=truth.number,
        similarity=np.array([_number(per_clip.get(name)) for name in reference.names], float),
    )


def gains(a: ClipFigures, b: ClipFigures, figure: str, label: str = "") -> list[Gain]:
    """Clips by what system B gains over system A, the greatest gain first.

    Args:
        a: System A.
        b: System B, on the same set.
        figure: One of ``FIGURES``.
        label: A class; "" for all together.

    Returns:
        The clips that both systems have and in which the figure exists for both; of a class, those
        in which it is true or the systems differ.
    """
    in_a, in_b = ({name: n for n, name in enumerate(x.names)} for x in (a, b))
    shared = [name for name in a.names if name in in_b]
    at_a, at_b = ([place[name] for name in shared] for place in (in_a, in_b))
    values_a, values_b = a.of(figure, label)[at_a], b.of(figure, label)[at_b]
    sign = -1.0 if figure in LESS_IS_BETTER else 1.0
    change = sign * (values_b - values_a)
    shown = ~np.isnan(change)
    if label and label in a.labels:
        shown &= (a.true[at_a, a.labels.index(label)] > 0) | (change != 0)
    order = [n for n in np.argsort(-change, kind="stable") if shown[n]]
    return [
        Gain(shared[n], float(values_a[n]), float(values_b[n]), float(change[n])) for n in order
    ]


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
