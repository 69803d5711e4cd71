import json
from dataclasses import replace

import numpy as np
import pytest
from metric_worlds import world

from jss.errors import JssError
from jss.evaluation.measure import Findings, Reference, measure
from jss.metrics.counts import Truth
from jss.metrics.events import from_arrays
from jss.metrics.psds import PSDS1, PSDS2, count_exactly, count_points, psds
from jss.metrics.scores import THRESHOLDS
from jss.metrics.separation import ClipSeparation
from jss.reports import HEADLINES, EvalReport, compare, comparison_lines, report_lines

KEYS = [
    "dataset",
    "subset",
    "n_files",
    "n_files_expected",
    "missing",
    "psds1",
    "psds2",
    "psds1_exact",
    "psds2_exact",
    "event_f1",
    "intersection_f1",
    "clip_f1",
    "classwise",
    "roc",
    "similarity",
    "separation",
    "system",
    "selection",
    "commit",
    "settings",
]
RATES = ("f1", "precision", "recall")
PAIR = ClipSeparation(2, 3, (0, 1), (1, 0), (True, False), (6.0, 2.0), (9.0, 3.0), (8.0, 2.0))
ONE = ClipSeparation(1, 1, (0,), (0,), (True,), (20.0,), (0.0,), (0.0,))


def case(seed=1, noise=0.0, system="S", **options):
    w = world(seed, n_clips=10, levels=1000, **options)
    rng = np.random.default_rng(seed + 1)
    w.scores = [s * (1 - noise) + noise * rng.random(s.shape) for s in w.scores]
    scores, truth = w.ours()
    reference = Reference(
        "set", "test", tuple(w.labels), tuple(w.names), truth, ("gone.wav",), ("a note",)
    )
    findings = Findings(
        system,
        "teacher",
        scores=scores,
        clip_scores=np.stack([s.max(axis=1) for s in w.scores]),
        similarity=np.append(np.nan, rng.random(9)),
        separation=[PAIR, ONE] * 5,
        settings={"median_frames": 1},
    )
    return w, reference, findings


def test_a_report_holds_everything(tmp_path):
    w, reference, findings = case()
    report = measure(reference, findings, resamples=50)
    for name, scenario in {"psds1": PSDS1, "psds2": PSDS2}.items():
        grid = psds(
            count_points(findings.scores.at(), reference.truth, scenario, THRESHOLDS),
            reference.truth,
            scenario,
        )
        exact = psds(
            count_exactly(findings.scores, reference.truth, [scenario])[0],
            reference.truth,
            scenario,
        )
        assert report.headline(name) == grid.value
        assert report.headline(f"{name}_exact") == exact.value
        assert [report.classwise[label][name] for label in w.labels] == grid.per_class.tolist()
        assert report.roc[name]["overall"]["efpr"] == pytest.approx(grid.curve.efpr, abs=1e-4)
    assert set(report.intervals) == set(HEADLINES)
    for name in HEADLINES:
        low, high = report.intervals[name]
        assert low <= high
    assert (report.n_files, report.n_files_expected, report.missing) == (10, 11, ["gone.wav"])
    assert report.similarity["mean"] == pytest.approx(np.nanmean(findings.similarity))
    assert report.separation["msi"] == 9.0
    assert report.separation["si_sdri"] == 6.0
    assert report.headline("one_source") == 20.0
    assert report.headline("over") == 0.5
    assert report.settings["thresholds"] == THRESHOLDS.tolist()
    assert np.shape(report.cross_triggers["counts"]) == (3, 3)

    path = tmp_path / "deep" / "report.json"
    report.save(path)
    stored = json.loads(path.read_text())
    assert set(KEYS) <= set(stored)
    assert set(stored["event_f1"]) == set(stored["intersection_f1"]) == {"macro", "micro"}
    assert {"psds1", "psds2", "event_f1"} <= set(stored["classwise"]["class_0"])
    assert stored["similarity"]["per_clip"]["clip_0.wav"] is None
    assert EvalReport.load(path).as_dict() == report.as_dict()
    text = "\n".join(report_lines(report))
    assert "10 of 11 files" in text
    assert "gone.wav" in text
    assert "a note" in text


def test_what_was_not_given_is_none():
    _, reference, findings = case()
    points = measure(
        reference,
        Findings("P", points=findings.scores.at([0.3]), thresholds=np.array([0.3])),
        resamples=0,
    )
    assert points.psds1 is not None
    assert points.psds1_exact is None
    assert points.event_f1 == {"macro": None, "micro": None}
    assert points.clip_f1 is None
    assert points.intervals == {}
    decisions = measure(reference, Findings("D", decisions=findings.scores.at([0.5])), resamples=5)
    assert decisions.psds1 is None
    assert decisions.event_f1["macro"] is not None
    assert decisions.clip_f1 is not None
    assert decisions.roc == {}


def test_an_absent_class_is_named_and_left_out():
    w, reference, findings = case(absent=True)
    report = measure(reference, replace(findings, clip_scores=None), resamples=5)
    assert report.settings["classes_without_ground_truth"] == [w.labels[-1]]
    assert report.as_dict()["classwise"][w.labels[-1]]["psds1"] is None
    assert report.intervals["psds1"] is not None


def test_legacy_nan_only_raises_f1():
    _, reference, findings = case()
    plain, legacy = (
        measure(reference, findings, resamples=0, legacy_nan=flag) for flag in (False, True)
    )
    assert legacy.intersection_f1["macro"] >= plain.intersection_f1["macro"]
    assert legacy.intersection_f1["micro"] == plain.intersection_f1["micro"]
    assert legacy.settings["zero_true_positives"] != plain.settings["zero_true_positives"]


def test_intervals_leave_out_the_classes_that_the_figure_leaves_out():
    """One class is found in two clips of three, one never, one only where it is not."""
    clips = np.arange(12)
    truth = from_arrays(
        np.repeat(clips, 2), np.tile([0, 1], 12), np.tile([1.0, 5.0], 12), np.tile([3.0, 8.0], 12)
    )
    found, wrong = clips[clips % 3 > 0], clips[::4]
    decisions = from_arrays(
        np.append(found, wrong),
        np.append(0 * found, 0 * wrong + 2),
        np.full(len(found) + len(wrong), 1.0),
        np.full(len(found) + len(wrong), 3.0),
    )
    names = tuple(f"{clip:02}.wav" for clip in clips)
    reference = Reference("set", "test", ("a", "b", "c"), names, Truth(truth, np.full(12, 9.0), 3))
    report = measure(reference, Findings("S", decisions=decisions), resamples=50, legacy_nan=True)
    for kind in ("event", "intersection"):
        assert report.headline(f"{kind}_recall_macro") == pytest.approx(2 / 3)
        low, high = report.intervals[f"{kind}_recall_macro"]
        assert low < 2 / 3 < high


def test_comparison_is_paired():
    _, reference, findings = case()
    tags = reference.truth.number > 0
    good, bad = (
        replace(findings, system=name, clip_scores=s)
        for name, s in (("good", tags), ("bad", ~tags))
    )
    a, b = measure(reference, bad, resamples=200), measure(reference, good, resamples=200)
    gains = {d.headline: d for d in compare(a, b)}
    assert gains["clip_f1"].significant
    assert (gains["clip_f1"].a, gains["clip_f1"].b, gains["clip_f1"].p) == (
        0.0,
        1.0,
        1 / 200,
    )
    assert (
        gains["similarity"].low == gains["similarity"].high == 0
    )  # the same similarity: nothing holds
    assert not gains["similarity"].significant
    text = "\n".join(comparison_lines(a, b))
    assert "the difference is significant" in text
    assert "intersection precision macro  A " in text
    assert all(not d.significant for d in compare(a, a))


def test_comparison_needs_the_same_clips():
    _, reference, findings = case()
    a = measure(reference, findings, resamples=10)
    b = measure(
        replace(reference, names=tuple(n + "x" for n in reference.names)), findings, resamples=10
    )
    with pytest.raises(JssError, match="different clips"):
        compare(a, b)
    with pytest.raises(JssError, match="without resamples"):
        compare(a, replace(a, bootstrap=None))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"system": 1}',
        '{"reports": []}',
        "\x80",
        "null",
        '{"dataset": "x", "extra": 1}',
    ],
)
def test_a_damaged_report_is_a_sentence(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(JssError, match="not a report"):
        EvalReport.load(path)


def test_a_report_with_wrong_types_is_a_sentence(tmp_path):
    _, reference, findings = case()
    good = measure(reference, findings, resamples=3).as_dict()
    for key, value in [
        ("psds1", "high"),
        ("event_f1", 3),
        ("bootstrap", {}),
        ("n_files", "all"),
        ("settings", []),
        ("similarity", {"mean": 0.5, "per_clip": []}),
        ("bootstrap", {**good["bootstrap"], "replicates": []}),
    ]:
        with pytest.raises(JssError, match="not a report"):
            EvalReport.from_dict(good | {key: value})
    with pytest.raises(JssError, match="There is no report"):
        EvalReport.load(tmp_path / "nothing.json")


def test_precision_and_recall_stand_beside_every_f1():
    """By hand, from what sklearn's formulas need: F1 is the harmonic mean of the two (Eqs 7-9)."""
    w, reference, findings = case()
    report = measure(reference, findings, resamples=20)
    for kind in ("event", "intersection"):
        f1, precision, recall = (report.headline(f"{kind}_{n}_micro") for n in RATES)
        assert f1 == pytest.approx(2 * precision * recall / (precision + recall))
    for label in w.labels:
        for kind in ("event", "intersection", "clip"):
            f1, precision, recall = (report.classwise[label][f"{kind}_{n}"] for n in RATES)
            assert f1 == pytest.approx(2 * precision * recall / max(precision + recall, 1e-9))
    detected, tags = findings.clip_scores > 0.5, reference.truth.number > 0
    hits = (detected & tags).sum(0)
    assert report.clip_precision == pytest.approx(np.mean(hits / detected.sum(0)))
    assert report.clip_recall == pytest.approx(np.mean(hits / tags.sum(0)))
    text = "\n".join(report_lines(report))
    assert all(title in text for name, title in HEADLINES.items() if name.endswith("recall_macro"))


def test_a_report_from_before_precision_and_recall_is_read():
    _, reference, findings = case()
    stored = measure(reference, findings, resamples=5).as_dict()
    for name in [key for key in stored if key.endswith(("_precision", "_recall"))]:
        del stored[name]
    older = EvalReport.from_dict(stored)
    assert older.headline("event_precision_macro") is None
    assert older.clip_recall is None
    assert "event precision" not in "\n".join(report_lines(older))
