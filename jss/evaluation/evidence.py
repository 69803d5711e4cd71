"""Figures with their resamples: of systems, fusions and classes, ready for paired differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from jss.arrays import Float64
from jss.data.datasets.overlap import SUFFIX, pair_indices
from jss.evaluation.measure import (
    RESAMPLES,
    THRESHOLD,
    Counts,
    clip_counts,
    clips_fingerprint,
    decided,
    draw,
)
from jss.evaluation.run import material
from jss.evaluation.saved_scores import SavedScores, clips_in_pairs, fused
from jss.metrics import bootstrap
from jss.metrics.counts import ClassCounts
from jss.metrics.f_score import f1_from_counts
from jss.metrics.psds import PSDS1, PSDS2, Psds, Scenario, count_exactly, count_points, psds
from jss.metrics.scores import THRESHOLDS
from jss.papers.claims import SIMILAR, Figure
from jss.reports import HEADLINES, EvalReport, spread

#: (data set, subset, selection, system) -> the scores saved beside the report, or None.
Scores = Callable[[str, str, str, str], SavedScores | None]
#: Similarity above which a clip counts for ``SIMILAR``.
ALIKE = 0.9


@dataclass(frozen=True, eq=False)
class Sample:
    """A figure and its value in each resample of the clips."""

    value: float
    #: (B,), of pairs more: see ``jss.reports.spread``; NaN where a resample has no value.
    replicates: Float64
    #: Fingerprint of the clips and of how they were resampled: equal ones can be paired.
    clips: str
    n_clips: int
    #: Recordings that the clips are made of; None: unknown.
    recordings: int | None = None
    #: B, where there are more replicates; 0: their number.
    resamples: int = 0

    def interval(self) -> tuple[float, float] | None:
        """The figure's 95 % interval; None without any value."""
        return bootstrap.interval(spread(self.replicates, self.resamples or len(self.replicates)))


@dataclass(frozen=True)
class Difference:
    """B minus A with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def difference(a: Sample | None, b: Sample | None) -> Difference | None:
    """Paired difference B minus A; None where one is missing or they are of different clips."""
    if a is None or b is None or a.clips != b.clips:
        return None
    change = replace(b, value=b.value - a.value, replicates=b.replicates - a.replicates)
    bounds = change.interval()
    return Difference(change.value, *bounds) if bounds else None


class Rescored:
    """One system, or a fusion of several (Eq. 25), measured from saved scores with resamples."""

    def __init__(
        self, parts: Sequence[SavedScores], resamples: int = RESAMPLES, seed: int = 0
    ) -> None:
        """Prepare the scores.

        Args:
            parts: Scores of each system on one set.
            resamples: Number of resamples.
            seed: Of the resamples.

        Raises:
            JssError: The systems have different classes or sets, or no clip in common.
        """
        fusion = fused(parts)
        self._reference, self._findings = material(
            fusion.outputs, fusion.clips, fusion.dataset, fusion.subset
        )
        self._drawn = self._reference.draw(resamples, seed)
        self._resamples = resamples
        self._clips = f"{clips_fingerprint(self._reference)} {seed} {resamples}"
        self._samples: dict[tuple[str, str], Sample | None] = {}
        self._curves: dict[str, tuple[list[ClassCounts], Psds]] = {}

    def sample(self, name: str, label: str = "") -> Sample | None:
        """One figure; None where it does not exist.

        Args:
            name: psds1, psds2, with _exact too, or event, intersection or clip with _f1, _precision
                or _recall; of all classes, those of events and intersections with _macro.
            label: A class; "" for all.
        """
        name = name.removesuffix("_macro")
        key = (name, label)
        if key not in self._samples:
            kind = name.partition("_")[0]
            if name.removesuffix("_exact") in (PSDS1.name, PSDS2.name):
                self._samples[key] = self._psds(name, label)
            elif kind in self._counts:
                self._samples |= self._f_scores(kind)
        return self._samples.get(key)

    def _psds(self, name: str, label: str) -> Sample | None:
        truth = self._reference.truth
        scenario = PSDS1 if name.startswith(PSDS1.name) else PSDS2
        counts, result = self._counted(name, scenario)
        if not label:
            whole = bootstrap.psds(counts, truth, scenario, self._drawn)
            return self._sample(result.value, whole)
        if label not in self._reference.labels:
            return None
        k = self._reference.labels.index(label)
        if np.isnan(result.per_class[k]):
            return None
        of_class = bootstrap.class_psds(counts[k], k, truth, scenario, self._drawn)
        return self._sample(float(result.per_class[k]), of_class)

    def _counted(self, name: str, scenario: Scenario) -> tuple[list[ClassCounts], Psds]:
        if name not in self._curves:
            truth, scores = self._reference.truth, self._findings.scores
            assert scores is not None
            counts = (
                count_exactly(
                    scores, truth, [scenario], bootstrap.reach(len(self._reference.names))
                )[0]
                if name.endswith("_exact")
                else count_points(scores.at(THRESHOLDS), truth, scenario, THRESHOLDS)
            )
            self._curves[name] = (counts, psds(counts, truth, scenario))
        return self._curves[name]

    @cached_property
    def _counts(self) -> Mapping[str, Counts]:
        scores, truth = self._findings.scores, self._reference.truth
        assert scores is not None
        decisions = scores.at([THRESHOLD])
        tagged = clip_counts(self._findings, decisions, truth)
        return decided(decisions, truth) | ({"clip": tagged} if tagged is not None else {})

    def _f_scores(self, kind: str) -> dict[tuple[str, str], Sample | None]:
        counts, labels = self._counts[kind], self._reference.labels
        tp, detected, true = (table.sum(axis=0) for table in counts)
        f1 = f1_from_counts(tp, detected, true, labels)
        whole = bootstrap.f1(*counts, self._drawn)
        by_class = bootstrap.class_f1(*counts, self._drawn)
        samples: dict[tuple[str, str], Sample | None] = {}
        for name, averages in {"f1": f1, "precision": f1.precision, "recall": f1.recall}.items():
            figure = f"{kind}_{name}"
            samples[figure, ""] = self._sample(averages.macro, whole[name][0])
            for k, label in enumerate(labels):
                of_class = self._sample(averages.per_class[label], by_class[name][:, k])
                samples[figure, label] = of_class
        return samples

    def _sample(self, value: float | None, replicates: Float64) -> Sample:
        number = np.nan if value is None else float(value)
        return Sample(
            number,
            replicates,
            self._clips,
            len(self._reference.names),
            resamples=self._resamples,
        )


class Evidence:
    """Figures of the reports of one set, and of the same clips two at a time."""

    def __init__(
        self, reports: Sequence[EvalReport], scores: Scores, dataset: str, subset: str
    ) -> None:
        """Look reports up, and read scores where a figure needs them.

        Args:
            reports: Of any sets.
            scores: Where the saved scores are.
            dataset: Name of the data set.
            subset: Name of the subset of single clips.
        """
        self._reports = {(r.dataset, r.subset, r.selection, r.system): r for r in reports}
        self._scores, self._rescored = scores, dict[tuple[str, ...], Rescored | None]()
        self._in_pairs = tuple[str, ...]()
        self.dataset, self.subset = dataset, subset

    def subset_of(self, figure: Figure) -> str:
        """Name of the subset that a figure is measured on."""
        return self.subset + (SUFFIX if figure.on == "overlap" else "")

    def report(self, figure: Figure) -> EvalReport | None:
        """The report of a figure's system; None where there is none, or of a fusion."""
        place = self.dataset, self.subset_of(figure), figure.selection, figure.system
        return self._reports.get(place)

    def samples(self, figures: Sequence[Figure]) -> list[Sample | None]:
        """Figures of one comparison with their resamples; None where one is not measured.

        Where a similarity of clips is compared with that of pairs of them, both are of the same
        draws of the clips.
        """
        together: list[Sample | None] = [None]
        if len({figure.on for figure in figures}) > 1:
            together = [self._together(figure) for figure in figures]
        return [self.sample(f) for f in figures] if None in together else together

    def _together(self, figure: Figure) -> Sample | None:
        single, pairs = (self.report(replace(figure, on=on)) for on in ("single", "overlap"))
        parts = self._clips_in_pairs(figure)
        if figure.name != "similarity" or not (parts and single and pairs):
            return None
        if not (single.similarity and pairs.similarity and single.bootstrap):
            return None
        place = {name: n for n, name in enumerate(single.similarity["per_clip"])}
        names, drawn = list(pairs.similarity["per_clip"]), single.bootstrap
        of_pairs = pair_indices(names, pairs.n_files_expected)
        if of_pairs is None or not place.keys() >= set(parts):
            return None
        resampling = drawn["resamples"], drawn["seed"]
        report, weights = single, bootstrap.clip_weights(len(place), *resampling)
        if figure.on == "overlap":
            clips = np.array([place[name] for name in parts])[of_pairs]
            report, weights = pairs, bootstrap.pair_weights(clips, *resampling, len(place))
        assert report.similarity is not None
        values = np.array(list(report.similarity["per_clip"].values()), float)
        sample = _sample(single, float(np.nanmean(values)), list(bootstrap.mean(values, weights)))
        return replace(sample, n_clips=report.n_files)

    def _clips_in_pairs(self, figure: Figure) -> tuple[str, ...]:
        """Names of the clips that the set's pairs are made of; empty where that is not known."""
        if not self._in_pairs:
            found = [
                self._scores(self.dataset, subset, figure.selection, figure.system)
                for subset in (self.subset, self.subset + SUFFIX)
            ]
            single, pairs = found
            self._in_pairs = clips_in_pairs(single.clips, pairs.clips) if single and pairs else ()
        return self._in_pairs

    def sample(self, figure: Figure) -> Sample | None:
        """A figure with its resamples; None where it is not measured."""
        if figure.label or len(figure.members) > 1:
            rescored = self.rescored(figure)
            return None if rescored is None else rescored.sample(figure.name, figure.label)
        report = self.report(figure)
        if report is None or report.bootstrap is None:
            return None
        if figure.name == SIMILAR:
            return _similar(report)
        value, replicates = None, report.bootstrap["replicates"].get(figure.name)
        if figure.name in HEADLINES:
            value = report.headline(figure.name)
        return None if value is None or replicates is None else _sample(report, value, replicates)

    def rescored(self, figure: Figure) -> Rescored | None:
        """The system or fusion of a figure, measured from saved scores; None without them."""
        subset = self.subset_of(figure)
        key = (subset, figure.selection, *figure.members)
        if key not in self._rescored:
            places = [(self.dataset, subset, figure.selection, name) for name in figure.members]
            parts = [self._scores(*place) for place in places]
            report = self._reports.get(places[0])
            drawn = report.bootstrap if report is not None else None
            self._rescored[key] = (
                Rescored(
                    [part for part in parts if part is not None],
                    drawn["resamples"] if drawn else RESAMPLES,
                    drawn["seed"] if drawn else 0,
                )
                if all(part is not None for part in parts)
                else None
            )
        return self._rescored[key]


def main_set(reports: Sequence[EvalReport]) -> tuple[str, str] | None:
    """The set of single clips, (data set, subset), with most reports; of equals that with most clips.

    None where no report is of single clips.
    """
    sets: dict[tuple[str, str], list[EvalReport]] = {}
    for report in reports:
        if not report.subset.endswith(SUFFIX):
            sets.setdefault((report.dataset, report.subset), []).append(report)
    return max(sorted(sets), key=lambda key: (len(sets[key]), sets[key][0].n_files), default=None)


def _sample(report: EvalReport, value: float, replicates: Sequence[float | None]) -> Sample:
    drawn, recordings = report.bootstrap, report.settings.get("recordings")
    assert drawn is not None
    return Sample(
        value,
        np.array(replicates, float),
        f"{drawn['clips']} {drawn['seed']} {drawn['resamples']}",
        report.n_files,
        recordings if isinstance(recordings, int) else None,
        drawn["resamples"],
    )


def _similar(report: EvalReport) -> Sample | None:
    """The share of clips whose sources' scores are alike."""
    drawn = report.bootstrap
    if report.similarity is None or drawn is None:
        return None
    values = np.array(list(report.similarity["per_clip"].values()), float)
    alike = np.where(np.isnan(values), np.nan, values > ALIKE)
    names, missing = list(report.similarity["per_clip"]), len(report.missing)
    weights = draw(report.subset, names, missing, drawn["resamples"], drawn["seed"])
    return _sample(report, float(np.nanmean(alike)), list(bootstrap.mean(alike, weights)))
