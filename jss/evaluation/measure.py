"""Metrics of a system on a set: from arrays to an ``EvalReport``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from jss.arrays import Float64
from jss.data.datasets.overlap import SUFFIX, pair_indices
from jss.metrics import bootstrap
from jss.metrics.collars import COLLAR, SHARE, matched
from jss.metrics.counts import ClassCounts, Truth
from jss.metrics.events import EventArrays
from jss.metrics.f_score import LEFT_OUT, Averages, f1_from_counts
from jss.metrics.intersection import match
from jss.metrics.psds import (
    PSDS1,
    PSDS2,
    Convention,
    Curve,
    Psds,
    Scenario,
    count_exactly,
    count_points,
    psds,
)
from jss.metrics.scores import THRESHOLDS, ScoreSet
from jss.metrics.separation import ClipSeparation, summarise
from jss.reports import (
    DECIBEL,
    NEITHER_IS_BETTER,
    Bootstrap,
    EvalReport,
    Settings,
    commit,
    spread,
)

#: Default number of resamples of a confidence interval.
RESAMPLES = 1000
#: Criteria of the intersection F1 of the DCASE baselines.
INTERSECTION = 0.5
#: Operating threshold of the F1 scores.
THRESHOLD = 0.5


@dataclass(frozen=True, eq=False)
class Reference:
    """The ground truth of a set."""

    #: Name of the data set.
    dataset: str
    #: Name of the subset.
    subset: str
    #: The K classes.
    labels: tuple[str, ...]
    #: Of the N clips scored, sorted.
    names: tuple[str, ...]
    #: Their events, without overlaps within a class.
    truth: Truth
    #: Names of clips that could not be scored.
    missing: tuple[str, ...] = ()
    #: Sentences about corrections of the data.
    notes: tuple[str, ...] = ()
    #: What the missing clips lack; "" where that is not known.
    why_missing: str = ""

    def draw(self, resamples: int, seed: int) -> Float64:
        """Weights of the clips in each resample: see :func:`draw`."""
        return draw(self.subset, self.names, len(self.missing), resamples, seed)


@dataclass(frozen=True, eq=False)
class Findings:
    """Results of one system on the N clips of a reference, in their order; all is optional."""

    #: Name.
    system: str
    #: student or teacher.
    selection: str = ""
    #: Curves after the median filter.
    scores: ScoreSet | None = None
    #: Detections at the operating points ``thresholds``.
    points: EventArrays | None = None
    #: (L,) of the operating points.
    thresholds: Float64 | None = None
    #: Events at the operating threshold.
    decisions: EventArrays | None = None
    #: (N, K) in [0, 1].
    clip_scores: npt.NDArray[np.floating] | None = None
    #: (N,) Eq. 30, NaN where there is none.
    similarity: Float64 | None = None
    #: One per clip; None where sources are unknown.
    separation: Sequence[ClipSeparation | None] | None = None
    #: How the results were computed, for the report.
    settings: Mapping[str, Any] = field(default_factory=dict)


def measure(
    reference: Reference,
    findings: Findings,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    legacy_nan: bool = False,
) -> EvalReport:
    """Every metric that the results allow.

    Args:
        reference: The ground truth.
        findings: Results of the system.
        resamples: Number of bootstrap resamples; 0 for no confidence intervals.
        seed: Of the resamples.
        legacy_nan: F1, precision and recall leave out the classes that the reference tools leave
            out, instead of counting them 0.
    """
    truth, labels = reference.truth, reference.labels
    drawn = reference.draw(resamples, seed)
    values: dict[str, Any] = {}
    replicates: dict[str, Float64] = {}
    classwise: dict[str, dict[str, float | None]] = {label: {} for label in labels}
    roc: dict[str, Any] = {}

    def curve_score(name: str, scenario: Scenario, counts: list[ClassCounts]) -> None:
        conventions: dict[str, Convention] = {name: "K-1"}
        if scenario.alpha_ct:
            conventions[f"{name}_k"] = "K"
        for key, convention in conventions.items():
            result = psds(counts, truth, scenario, convention)
            values[key] = result.value
            replicates[key] = bootstrap.psds(counts, truth, scenario, drawn, convention)
            if convention == "K-1":
                for row, score in zip(classwise.values(), result.per_class, strict=True):
                    row[name] = float(score)
                roc[name] = _roc(result, labels)

    def f_scores(kind: str, counts: Counts, legacy: str) -> dict[str, Averages]:
        tp, detected, true = (table.sum(axis=0) for table in counts)
        left_out = LEFT_OUT[legacy](tp, detected, true) if legacy else None
        f1 = f1_from_counts(tp, detected, true, labels, nan_classes=left_out)
        scores = {
            f"{kind}_f1": f1,
            f"{kind}_precision": f1.precision,
            f"{kind}_recall": f1.recall,
        }
        for name, averages in scores.items():
            for label, score in averages.per_class.items():
                classwise[label][name] = score
        return scores

    points, thresholds = findings.points, findings.thresholds
    if points is None and findings.scores is not None:
        points, thresholds = findings.scores.at(THRESHOLDS), THRESHOLDS
    scenarios = (PSDS1, PSDS2)
    if points is not None and thresholds is not None:
        for scenario in scenarios:
            curve_score(scenario.name, scenario, count_points(points, truth, scenario, thresholds))
    if findings.scores is not None:
        exact = count_exactly(
            findings.scores, truth, scenarios, bootstrap.reach(len(reference.names))
        )
        for scenario, changes in zip(scenarios, exact, strict=True):
            curve_score(f"{scenario.name}_exact", scenario, changes)

    decisions = findings.decisions
    if decisions is None and findings.scores is not None:
        decisions = findings.scores.at([THRESHOLD])
    crossing = None
    if decisions is not None:
        for kind, counts in decided(decisions, truth).items():
            legacy = kind if legacy_nan else ""
            for name, averages in f_scores(kind, counts, legacy).items():
                values[name] = {"macro": averages.macro, "micro": averages.micro}
            for name, (macro, micro) in bootstrap.f1(*counts, drawn, legacy).items():
                replicates[f"{kind}_{name}_macro"] = macro
                replicates[f"{kind}_{name}_micro"] = micro
        crossing = _crossing(decisions, truth, labels)

    tagged = clip_counts(findings, decisions, truth)
    if tagged is not None:
        for name, averages in f_scores("clip", tagged, "").items():
            values[name] = averages.macro
        for name, (macro, _) in bootstrap.f1(*tagged, drawn).items():
            replicates[f"clip_{name}"] = macro

    if findings.similarity is not None and not np.all(np.isnan(findings.similarity)):
        values["similarity"] = {
            "mean": float(np.nanmean(findings.similarity)),
            "per_clip": dict(
                zip(reference.names, np.round(findings.similarity, 6).tolist(), strict=True)
            ),
        }
        replicates["similarity"] = bootstrap.mean(findings.similarity, drawn)
    clips = [c for c in findings.separation or () if c is not None]
    if findings.separation is not None and clips:
        values["separation"] = summarise(clips)
        replicates |= bootstrap.separation(findings.separation, drawn)

    return EvalReport(
        dataset=reference.dataset,
        subset=reference.subset,
        system=findings.system,
        selection=findings.selection,
        n_files=len(reference.names),
        n_files_expected=len(reference.names) + len(reference.missing),
        missing=list(reference.missing),
        classwise=classwise,
        roc=roc,
        cross_triggers=crossing,
        intervals={k: _bounds(k, v, resamples) for k, v in replicates.items()} if resamples else {},
        bootstrap=_stored(reference, replicates, resamples, seed) if resamples else None,
        commit=commit(),
        settings=_settings(reference, findings, thresholds, legacy_nan),
        **values,
    )


Counts = tuple[Float64, Float64, Float64]


def decided(decisions: EventArrays, truth: Truth) -> dict[str, Counts]:
    """Event and intersection counts by clip and class: tp, detected and true, each (N, K)."""
    shape = (len(truth.durations), truth.n_labels)
    hits = truth.events.take(matched(decisions, truth.events, truth.n_labels))
    outcome = match(
        decisions, truth.events, truth.durations, truth.n_labels, dtc=INTERSECTION, gtc=INTERSECTION
    )
    tp = truth.events.take(outcome.true_positive).by_clip(shape)
    fp = decisions.take(outcome.false_positive).by_clip(shape)
    return {
        "event": (hits.by_clip(shape), decisions.by_clip(shape), truth.number),
        "intersection": (tp, tp + fp, truth.number),
    }


def clip_counts(findings: Findings, decisions: EventArrays | None, truth: Truth) -> Counts | None:
    """Clip-level counts: from clip scores, or else from whether a class has any event."""
    if findings.clip_scores is not None:
        detected = np.asarray(findings.clip_scores) > THRESHOLD
    elif decisions is not None:
        detected = np.zeros((len(truth.durations), truth.n_labels), bool)
        detected[decisions.clip, decisions.label] = True
    else:
        return None
    tags = truth.number > 0
    return (detected & tags).astype(float), detected.astype(float), tags.astype(float)


def _crossing(decisions: EventArrays, truth: Truth, labels: Sequence[str]) -> dict[str, Any]:
    """Decisions under the criteria of PSDS2: hits on the diagonal, cross-triggers off it."""
    s = PSDS2
    out = match(
        decisions, truth.events, truth.durations, truth.n_labels, dtc=s.dtc, gtc=s.gtc, cttc=s.cttc
    )
    counts = np.diag(np.bincount(truth.events.label[out.true_positive], minlength=len(labels)))
    np.add.at(counts, (decisions.label[out.cross_trigger], out.ct_label), 1)
    false = np.bincount(decisions.label[out.false_positive], minlength=len(labels))
    return {"labels": list(labels), "counts": counts.tolist(), "false_positives": false.tolist()}


def _roc(result: Psds, labels: Sequence[str]) -> dict[str, Any]:
    def points(curve: Curve) -> dict[str, list[float]]:
        return {"efpr": np.round(curve.efpr, 4).tolist(), "tpr": np.round(curve.rate, 5).tolist()}

    return {
        "overall": points(result.curve),
        "classes": {label: points(c) for label, c in zip(labels, result.curves, strict=True)},
    }


def _bounds(name: str, replicates: Float64, resamples: int) -> list[float] | None:
    bounds = bootstrap.interval(spread(replicates, resamples))
    if bounds is None or name in (*DECIBEL, *NEITHER_IS_BETTER):
        return bounds and list(bounds)
    return [min(max(bound, 0.0), 1.0) for bound in bounds]  # a wide spread may leave the scale


def _stored(
    reference: Reference, replicates: Mapping[str, Float64], resamples: int, seed: int
) -> Bootstrap:
    """The resamples, with a fingerprint of the clips they are drawn from."""
    rounded = {k: np.round(v, 5).tolist() for k, v in replicates.items()}
    return {
        "resamples": resamples,
        "seed": seed,
        "clips": clips_fingerprint(reference),
        "level": 0.95,
        "replicates": rounded,
    }


def draw(subset: str, names: Sequence[str], missing: int, resamples: int, seed: int) -> Float64:
    """How often each clip counts in each resample; pairs of an overlap set by the clips they share.

    Args:
        subset: Name of the subset.
        names: Of the N clips that were scored, sorted.
        missing: Number of those that were not.
        resamples: B, the number of resamples.
        seed: Of the random numbers.

    Returns:
        (N, B), or of pairs as of ``bootstrap.pair_weights``.
    """
    pairs = _pairs(subset, names, missing)
    if pairs is None:
        return bootstrap.weights(len(names), resamples, seed)
    return bootstrap.pair_weights(pairs, resamples, seed)


def _pairs(subset: str, names: Sequence[str], missing: int) -> npt.NDArray[np.int64] | None:
    return pair_indices(names, len(names) + missing) if subset.endswith(SUFFIX) else None


def clips_fingerprint(reference: Reference) -> str:
    """A short text that changes with the clips that are resampled.

    Args:
        reference: The set.
    """
    pairs = _pairs(reference.subset, reference.names, len(reference.missing))
    clips = [] if pairs is None else [f"{i} {j}" for i, j in pairs.tolist()]
    return hashlib.sha256("\n".join([*reference.names, *clips]).encode()).hexdigest()[:16]


def _settings(
    reference: Reference, findings: Findings, thresholds: Float64 | None, legacy_nan: bool
) -> Settings:
    number = reference.truth.number.sum(axis=0)
    absent = [label for label, n in zip(reference.labels, number, strict=True) if not n]
    settings = {
        "labels": list(reference.labels),
        "events": int(number.sum()),
        "hours": float(reference.truth.durations.sum() / 3600),
        "classes_without_ground_truth": absent,
        "psds1": vars(PSDS1),
        "psds2": vars(PSDS2),
        "thresholds": [] if thresholds is None else [float(t) for t in thresholds],
        "cross_triggers": "K-1: mean over the other classes (psds_eval 0.5, sed_scores_eval); psds2_k, psds2_exact_k: "
        "K: over all classes (psds_eval <= 0.4)",
        "event_f1": {"collar_s": COLLAR, "offset_share": SHARE, "threshold": THRESHOLD},
        "intersection_f1": {
            "dtc": INTERSECTION,
            "gtc": INTERSECTION,
            "cttc": 0.3,
            "threshold": THRESHOLD,
        },
        "clip_f1": "clip scores above 0.5"
        if findings.clip_scores is not None
        else "classes with an event decided on",
        "zero_true_positives": "left out, as the reference tools do" if legacy_nan else "count 0",
        "notes": list(reference.notes),
        **({"missing": reference.why_missing} if reference.why_missing else {}),
        **findings.settings,
    }
    return cast(Settings, settings)
