"""Claims are judged by their stated rule, from figures whose differences are known."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from two_systems import LABELS, A, B

from jss.data.clip import Clip, Event
from jss.data.datasets.overlap import build, overlap_pairs
from jss.evaluation import saved_scores
from jss.evaluation.claims import (
    comparison_text,
    difference_text,
    judge,
    paper_text,
    printed_difference,
)
from jss.evaluation.evidence import Evidence, Rescored, Sample, difference, main_set
from jss.evaluation.measure import Reference, clips_fingerprint, measure
from jss.evaluation.run import Outputs, material
from jss.evaluation.saved_scores import SavedScores
from jss.inference.output_cache import ClipOutput
from jss.papers.claims import CLAIMS, JSS, SIMILAR, Claim, Comparison, Figure, printed_name
from jss.reports import HEADLINES, EvalReport
from jss.weak_labels.claims import WeakEvidence, _above, scene_examples
from jss.weak_labels.report import Samples, WeakReport


class Known:
    """A source in which each system's PSDS1 lies about a number, with a spread of 0.02."""

    def __init__(self, **means: float) -> None:
        self.means = means

    def samples(self, figures: Sequence[Figure]) -> list[Sample | None]:
        return [self.sample(figure) for figure in figures]

    def sample(self, figure: Figure) -> Sample | None:
        mean = self.means.get(figure.system)
        if mean is None:
            return None
        noise = np.linspace(-0.02, 0.02, 401)
        sign = 1 if figure.system < "C" else -1  # A and B move together, C against them
        return Sample(mean, mean + sign * noise, f"{figure.on} clips", 10, 7)


def above(higher: str, lower: str, **more: object) -> Comparison:
    return Comparison((Figure(higher, "psds1"),), (Figure(lower, "psds1"),), **more)


@pytest.mark.parametrize(
    ("comparison", "verdict"),
    [
        (above("A", "B"), "holds"),  # their noise cancels in the pair
        (above("B", "A"), "does not hold"),
        (above("A", "C"), "inconclusive"),
        (above("A", "C", within=0.1), "holds"),
        (above("A", "B", within=0.005), "does not hold"),
        (above("A", "B", constant=-0.005), "holds"),
    ],
)
def test_the_interval_decides(comparison, verdict):
    result = judge(Claim("JSS", "", "", (comparison,)), Known(A=0.31, B=0.30, C=0.30))
    assert result.verdict == verdict
    assert result.judged[0].clips == (10,)
    assert result.judged[0].recordings == (7,)


@pytest.mark.parametrize(
    ("need", "verdict"),
    [("all", "does not hold"), ("most", "holds"), ("any", "holds")],
)
def test_how_many_must_hold(need, verdict):
    good, bad, unknown = above("A", "B"), above("B", "A"), above("A", "missing")
    claim = Claim("JSS", "", "", (good, good, bad, unknown, unknown), need)
    result = judge(claim, Known(A=0.31, B=0.30))
    assert (result.verdict, len(result.judged)) == (verdict, 3)
    assert judge(replace(claim, comparisons=(unknown,)), Known()).verdict == "inconclusive"


def test_figures_of_two_sets_are_not_paired():
    comparison = Comparison((Figure("A", "psds1"),), (Figure("B", "psds1", "overlap"),))
    (one,) = judge(Claim("JSS", "", "", (comparison,)), Known(A=0.31, B=0.30)).judged
    assert not one.paired
    assert one.high - one.low > 0.03, "the noise of two sets adds up"
    assert one.clips == (10, 10)


def test_a_correlation_over_systems():
    x = tuple(Figure(name, "similarity") for name in "ABC")
    y = tuple(Figure(name, "psds1") for name in "ABC")
    comparison = Comparison(x, y, kind="correlation", negative=True)
    (one,) = judge(Claim("JSS", "", "", (comparison,)), Known(A=0.1, B=0.2, C=0.9)).judged
    assert (one.value, one.verdict) == (pytest.approx(-1), "does not hold")


def test_every_claim_names_figures_that_exist():
    for claim in CLAIMS:
        assert claim.comparisons or claim.note, claim.quote
        for comparison in claim.comparisons:
            assert comparison_text(comparison)
            for figure in (*comparison.plus, *comparison.minus):
                known = {*HEADLINES, SIMILAR, "improvement", "above"}
                assert figure.name in known, figure


def test_what_the_paper_prints():
    assert printed_name("SED + MixIT-S2 + MixIT-JT") == "SED Bs + DESED(S2+JT)"
    assert printed_name("MixIT-S1 + MixIT-S2 + MixIT-JT") == "DESED(S1+S2+JT)"
    assert printed_name("PIT-S0") == "FUSS-S0"
    joint = next(claim for claim in JSS if claim.quote.startswith("Joint Training is slightly"))
    first = joint.comparisons[0]
    assert comparison_text(first) == "PSDS1: MixIT-JT - MixIT-S2"
    assert printed_difference(first, "DESED Validation") == pytest.approx(0.365 - 0.362)
    assert paper_text(joint).startswith("4 of 4 printed differences agree")


def test_rescored_figures_are_those_of_the_report():
    report = saved_scores.report([B], resamples=30)
    rescored = Rescored([B], resamples=30)
    assert report.bootstrap is not None
    for name in ("psds1", "psds2_exact", "event_f1_macro", "intersection_recall_macro"):
        sample = rescored.sample(name)
        assert sample is not None
        assert sample.value == pytest.approx(report.headline(name))
        stored = np.array(report.bootstrap["replicates"][name], float)
        assert sample.replicates == pytest.approx(stored, abs=1e-5)
        for label, row in report.classwise.items():
            of_class = rescored.sample(name, label)
            assert of_class is not None
            assert of_class.value == pytest.approx(row[name.removesuffix("_macro")])
    whole = Rescored([B], resamples=1)
    whole._drawn[:] = 1  # the set itself as a resample
    for name in ("psds1", "event_precision"):
        for label in ("", "Cat", "Dog"):
            sample = whole.sample(name, label)
            assert sample.replicates == pytest.approx([sample.value]), (name, label)
    gain = difference(
        Rescored([A]).sample("event_f1", "Dog"), Rescored([B]).sample("event_f1", "Dog")
    )
    assert gain is not None
    assert gain.value == pytest.approx(2 * 1 / (2 + 2))
    assert gain.low <= gain.value <= gain.high


def test_evidence_finds_reports_fusions_and_classes():
    reports = [saved_scores.report([one], resamples=20) for one in (A, B)]
    saved = {one.outputs.system: one for one in (A, B)}
    assert main_set(reports) == ("tones", "test")

    def scores(dataset: str, subset: str, selection: str, system: str):
        return (
            saved.get(system)
            if (dataset, subset, selection) == ("tones", "test", "teacher")
            else None
        )

    evidence = Evidence(reports, scores, "tones", "test")
    plain, fused = (evidence.sample(Figure(name, "psds1")) for name in ("A", "A + B"))
    of_class = evidence.sample(Figure("B", "psds1", label="Dog"))
    assert plain.clips == fused.clips == of_class.clips, "all can be paired"
    assert evidence.sample(Figure("A", "psds1", "overlap")) is None
    assert evidence.sample(Figure("A + C", "psds1")) is None
    assert evidence.sample(Figure("A", "similarity")) is None


SAVED: dict[str, SavedScores] = {}


def pairs_of(of: Sequence[float], in_pairs: Sequence[float]) -> list[EvalReport]:
    """Reports of 30 clips of a system, and of them in pairs, with a similarity of each."""
    clips = tuple(
        Clip(f"{n:03d}.wav", None, 10.0, (Event(n / 10, n / 10 + 1, LABELS[n % 2]),))
        for n in range(len(of))
    )
    sets = {"test": (clips, of), "test_overlap": (build(clips), in_pairs)}
    reports = []
    for subset, (items, similarities) in sets.items():
        outputs = {
            item.filename: ClipOutput(
                np.eye(2, 100, dtype=np.float32), np.zeros((0, 2, 0)), np.zeros(2), 0.1
            )
            for item in items
        }
        saved = saved_scores.collect(
            Outputs("A", "teacher", LABELS, outputs, {}, {}), items, "tones", subset
        )
        SAVED[subset] = saved
        reference, findings = material(saved.outputs, saved.clips, "tones", subset)
        reports.append(
            measure(reference, replace(findings, similarity=np.array(similarities)), resamples=200)
        )
    return reports


def test_pairs_are_drawn_by_the_clips_that_they_share():
    rng = np.random.default_rng(0)
    of = rng.normal(size=30)
    members = np.array(overlap_pairs(30))
    in_pairs = of[members].mean(axis=1) + 0.02 * rng.normal(size=90)
    single, pairs = pairs_of(of + 0.1 * rng.normal(size=30), in_pairs)
    assert [len(r.bootstrap["replicates"]["similarity"]) for r in (single, pairs)] == [200, 250]
    assert pairs.bootstrap["clips"] != clips_fingerprint(
        Reference("", "test", (), tuple(pairs.similarity["per_clip"]), None)
    ), "reports from before are not paired with new ones"
    low, high = pairs.intervals["similarity"]
    assert high - low == pytest.approx(2 * 1.96 * np.std(of) / np.sqrt(30), rel=0.25)
    evidence = Evidence(
        [single, pairs], lambda dataset, subset, selection, system: SAVED[subset], "tones", "test"
    )
    of_report, of_scores = (
        evidence.sample(Figure("A", "event_f1_macro", "overlap")),
        evidence.rescored(Figure("A", "psds1", "overlap")).sample("event_f1"),
    )
    assert of_report.clips == of_scores.clips, "both can be paired"
    assert of_report.interval() == pytest.approx(of_scores.interval(), abs=1e-4)
    figures = [Figure("A", "similarity", on) for on in ("single", "overlap")]
    comparison = Comparison((figures[0],), (figures[1],))
    (one,) = judge(Claim("JSS", "", "", (comparison,)), evidence).judged
    assert one.paired
    assert one.clips == (30, 90)
    assert one.value == pytest.approx(single.headline("similarity") - np.mean(in_pairs), abs=1e-5)
    assert one.high - one.low < 0.5 * (high - low), "what the clips share cancels"


def weak(system: str, gain: float) -> WeakReport:
    before = (0.0, 1.0, 2.0, 3.0)
    samples = Samples((0, 0, 1, 2), (0, 1, 0, 1), before, tuple(x + gain for x in before))
    return WeakReport(
        system,
        "critic",
        ("siren", "dog_bark"),
        "bank",
        "test",
        0,
        {},
        4,
        0,
        {},
        {},
        {},
        {},
        samples,
    )


def test_figures_of_separators():
    source = WeakEvidence([weak("weak-frame", 5.0), weak("weak-clip", 1.0)])
    assert source.sample(Figure("weak-frame", "improvement")).value == pytest.approx(5)
    sample = source.sample(Figure("weak-clip", "improvement", label="siren"))
    assert sample.value == pytest.approx(1)
    assert np.nanstd(sample.replicates) == pytest.approx(0)
    # Outputs 1 and 3 against inputs 0 and 2: three of four pairs are higher.
    over_input = Figure("weak-clip", "above", label="siren", over="input")
    assert source.sample(over_input).value == pytest.approx(3 / 4)
    over_other = Figure("weak-frame", "above", label="siren", over="weak-clip")
    assert source.sample(over_other).value == 1, "5 and 7 against 1 and 3"
    assert source.sample(Figure("weak-strong", "improvement")) is None


def test_the_chance_of_a_higher_value_is_counted_over_pairs_in_memory_for_values_alone():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 30).astype(float), rng.integers(0, 9, 20).astype(float)
    drawn_a, drawn_b = (rng.integers(0, 3, (size, 5)).astype(float) for size in (30, 20))
    drawn_b[:, 4] = 0.0
    wins = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    expected = np.einsum("ir,ij,jr->r", drawn_a, wins, drawn_b)[:4]
    expected /= (drawn_a.sum(axis=0) * drawn_b.sum(axis=0))[:4]
    np.testing.assert_allclose(_above(a, drawn_a, b, drawn_b), [*expected, np.nan])
    many, once = rng.random(4000), np.ones((4000, 2))
    tracemalloc.start()
    try:
        np.testing.assert_allclose(_above(many, once, many, once), 0.5)
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


def test_a_separator_is_not_compared_with_itself_where_the_other_has_no_report():
    source = WeakEvidence([weak("weak-frame", 5.0)])
    over_other = Figure("weak-frame", "above", label="siren", over="weak-clip")
    assert source.sample(over_other) is None
    assert source.scenes(Comparison((over_other,))) == {}


def test_differences_are_written_with_sign_and_unit():
    decibel = Comparison((Figure("weak-clip", "improvement", label="siren"),))
    (one,) = judge(
        Claim("Weak labels", "", "", (decibel,)), WeakEvidence([weak("weak-clip", 1)])
    ).judged
    assert difference_text(one) == "+1.00 dB (+1.00 to +1.00)"


def test_scenes_that_show_a_claim_best_and_worst():
    source = WeakEvidence([weak("weak-frame", 5.0), weak("weak-clip", 1.0)])
    gain = Comparison((Figure("weak-frame", "improvement"),), (Figure("weak-clip", "improvement"),))
    assert source.scenes(gain) == {0: pytest.approx(4), 1: pytest.approx(4), 2: pytest.approx(4)}
    one = Comparison((Figure("weak-frame", "above", label="siren", over="input"),))
    assert source.scenes(one) == {0: pytest.approx(5), 1: pytest.approx(5)}
    best, worst = scene_examples(judge(Claim("Weak labels", "", "", (gain,)), source), source)
    assert {best.filename, worst.filename} <= {"0", "1", "2"}
