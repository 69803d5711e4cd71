"""Figures of the weak-label separators with their resamples, and both papers' claims judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jss.arrays import Float64
from jss.evaluation.claim_clips import Example
from jss.evaluation.claims import Finding, judge
from jss.evaluation.evidence import Evidence, Sample
from jss.evaluation.measure import RESAMPLES
from jss.metrics import bootstrap
from jss.papers.claims import (
    ABOVE,
    BEYOND,
    IMPROVEMENT,
    INPUT,
    JSS,
    WEAK_LABELS,
    Comparison,
    Figure,
)
from jss.weak_labels.report import WeakReport


class WeakEvidence:
    """Figures of the separators' reports of one set of scenes."""

    def __init__(self, reports: Sequence[WeakReport]) -> None:
        """Take the reports.

        Args:
            reports: Of the same scenes.
        """
        self._reports = {report.system: report for report in reports}
        self._samples: dict[Figure, Sample | None] = {}

    def samples(self, figures: Sequence[Figure]) -> list[Sample | None]:
        """Figures with their resamples over scenes; None where one is not measured."""
        return [self.sample(figure) for figure in figures]

    def sample(self, figure: Figure) -> Sample | None:
        """A figure with its resamples over scenes; None where it is not measured."""
        if figure not in self._samples:
            self._samples[figure] = self._measure(figure)
        return self._samples[figure]

    def _pair(self, figure: Figure) -> tuple[WeakReport | None, WeakReport | None]:
        """The report of a figure's system, and that of the separator which it is compared with."""
        report = self._reports.get(figure.system)
        alone = figure.over in ("", INPUT)
        return report, report if alone else self._reports.get(figure.over)

    def _measure(self, figure: Figure) -> Sample | None:
        report, other = self._pair(figure)
        if report is None or other is None:
            return None
        clip, before, after = _values(report, figure.label)
        weights = bootstrap.weights(report.n_clips, RESAMPLES)
        all_clips = np.column_stack([np.ones(report.n_clips), weights])
        if figure.name == IMPROVEMENT:
            change, drawn = after - before, all_clips[clip]
            number = drawn.sum(axis=0)
            values = np.divide(
                change @ drawn, number, out=np.full(len(number), np.nan), where=number > 0
            )
        elif figure.name == ABOVE:
            clip_b, before_b, after_b = _values(other, figure.label)
            against = before_b if figure.over == INPUT else after_b
            values = _above(after, all_clips[clip], against, all_clips[clip_b])
        else:
            return None
        if np.isnan(values[0]):
            return None
        place = f"{report.dataset} {report.split} {report.seed} {report.n_clips}"
        return Sample(float(values[0]), values[1:], place, report.n_clips)

    def scenes(self, comparison: Comparison) -> dict[int, float]:
        """A comparison scene by scene, in dB of SI-SDR: scene -> value, the mean over its sources.

        Scenes without the class are left out; none where the comparison is of two classes.
        """
        figures = (*comparison.plus, *comparison.minus)
        if len({figure.label for figure in figures}) > 1:
            return {}
        totals: dict[int, list[float]] = {}
        for figure, sign in [(f, 1.0) for f in comparison.plus] + [
            (f, -1.0) for f in comparison.minus
        ]:
            report, other = self._pair(figure)
            if report is None or other is None:
                return {}
            clip, before, after = _values(report, figure.label)
            _, _, against = _values(other, figure.label)
            base = before if other is report else against
            for scene in np.unique(clip).tolist():
                at = clip == scene
                totals.setdefault(scene, []).append(sign * float((after[at] - base[at]).mean()))
        return {scene: sum(parts) for scene, parts in totals.items()}


def scene_examples(finding: Finding, weak: WeakEvidence) -> tuple[Example | None, Example | None]:
    """The scenes that show a claim best and worst.

    Args:
        finding: The claim, judged.
        weak: Figures of the separators.
    """

    def extreme(comparisons: Sequence[Comparison], sign: float) -> Example | None:
        for comparison in comparisons:
            values = weak.scenes(comparison)
            if comparison.within is not None:
                values = {scene: -abs(value) for scene, value in values.items()}
            if values:
                scene = max(values, key=lambda scene: sign * values[scene])
                return Example(str(scene), comparison, values[scene], "SI-SDR, dB")
        return None

    order = [result.comparison for result in finding.clearest]
    return extreme(order, 1.0), extreme(order[::-1], -1.0)


def main_scenes(reports: Sequence[WeakReport]) -> list[WeakReport]:
    """The reports of the set of scenes that has most of them."""
    sets: dict[tuple[str, str, int, int], list[WeakReport]] = {}
    for report in reports:
        of = report.dataset, report.split, report.seed, report.n_clips
        sets.setdefault(of, []).append(report)
    return max(sets.values(), key=len, default=[])


def _values(report: WeakReport, label: str) -> tuple[np.ndarray, Float64, Float64]:
    """Clip, SI-SDR of the mixture and of the output of each sample of a class ("": of all)."""
    s = report.samples
    clip, kind = np.array(s.clip, int), np.array(s.label, int)
    chosen = kind == report.labels.index(label) if label else np.ones(len(kind), bool)
    return clip[chosen], np.array(s.input)[chosen], np.array(s.output)[chosen]


def _above(a: Float64, weights_a: Float64, b: Float64, weights_b: Float64) -> Float64:
    """Chance that a value of A is above one of B, ties half, in each resample.

    Args:
        a: (n,) values.
        weights_a: (n, B) how often each is drawn.
        b: (m,) values.
        weights_b: (m, B) how often each is drawn.

    Returns:
        (B,); NaN where one side is empty.
    """
    order = np.argsort(b)
    drawn = np.vstack([np.zeros(weights_b.shape[1]), weights_b[order].cumsum(axis=0)])
    # Of B's values, how many are drawn that are below each of A's, and how many that are not above it.
    below, up_to = (drawn[np.searchsorted(b[order], a, side)] for side in ("left", "right"))
    pairs = weights_a.sum(axis=0) * weights_b.sum(axis=0)
    won = (weights_a * (below + up_to) / 2).sum(axis=0)
    return np.asarray(np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0))


def findings(evidence: Evidence, weak: WeakEvidence) -> list[Finding]:
    """Every claim, judged, in the papers' order.

    Args:
        evidence: Figures of the JSS systems.
        weak: Figures of the weak-label separators.
    """
    return [
        *(judge(claim, evidence) for claim in JSS),
        *(judge(claim, weak) for claim in WEAK_LABELS),
        *(judge(claim, evidence) for claim in BEYOND),
    ]
