"""The clips that show a claim best and worst, worked out by hand."""

from __future__ import annotations

import pytest
from two_systems import A, B

from jss.evaluation.claim_clips import clip_values, examples
from jss.evaluation.claims import Finding
from jss.evaluation.clip_figures import ClipFigures, clip_figures
from jss.papers.claims import Claim, Comparison, Figure

# Hit minus false-alarm seconds. A: 1, 0, -4; B: 0, 2, 0.
CLIPS = {one.outputs.system: clip_figures(one) for one in (A, B)}


def clips(figure: Figure) -> ClipFigures | None:
    return CLIPS.get(figure.system)


def b_above_a(name: str, **more: str) -> Comparison:
    return Comparison((Figure("B", name, **more),), (Figure("A", name, **more),))


def test_a_comparison_clip_by_clip():
    names, values = clip_values(b_above_a("psds1"), clips)
    assert dict(zip(names, values, strict=True)) == {
        "a.wav": pytest.approx(-1),
        "b.wav": pytest.approx(2),
        "c.wav": pytest.approx(4),
    }
    names, _ = clip_values(b_above_a("psds1", label="Dog"), clips)
    assert names == ("a.wav", "b.wav"), "where there is a dog"
    names, values = clip_values(b_above_a("event_precision_macro"), clips)
    assert dict(zip(names, values, strict=True))["c.wav"] == pytest.approx(4), "4 s of false alarm"


def test_what_no_single_clip_shows():
    two_sets = Comparison((Figure("A", "psds1"),), (Figure("A", "psds1", "overlap"),))
    for comparison in (two_sets, Comparison((Figure("C", "psds1"),), (Figure("A", "psds1"),))):
        names, values = clip_values(comparison, clips)
        assert len(names) == len(values) == 0


def test_best_and_worst_of_a_claim_come_from_the_first_comparison_that_has_clips():
    missing = Comparison((Figure("C", "psds1"),), (Figure("A", "psds1"),))
    claim = Claim("JSS", "", "", (missing, b_above_a("psds1")))
    best, worst = examples(Finding(claim, (), "inconclusive"), clips)
    assert (best.filename, worst.filename) == ("c.wav", "a.wav")
    assert best.figure == "hit minus false-alarm seconds"
    assert examples(Finding(Claim("JSS", "", "", (missing,)), (), "holds"), clips) == (None, None)
