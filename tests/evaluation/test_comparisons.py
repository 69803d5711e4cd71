"""Tables of paired differences, and reports of some of the clips."""

from __future__ import annotations

from dataclasses import replace

import pytest
from two_systems import CLIPS, A, B

from jss.data.clip import Clip
from jss.data.datasets.overlap import build
from jss.evaluation import saved_scores
from jss.evaluation.comparisons import class_gain, gains_over, on_clips, selection_table
from jss.evaluation.evidence import Evidence
from jss.evaluation.saved_scores import clips_in_pairs, restricted


def student_and_teacher() -> Evidence:
    """System S, whose student is A and whose teacher is B."""
    saved = {
        selection: replace(one, outputs=replace(one.outputs, system="S", selection=selection))
        for selection, one in (("student", A), ("teacher", B))
    }
    reports = [saved_scores.report([one], resamples=20) for one in saved.values()]
    return Evidence(reports, lambda *place: saved.get(place[2]), "tones", "test")


def test_student_and_teacher_side_by_side():
    evidence = student_and_teacher()
    table, marks = selection_table(evidence, ["S", "T"])
    row = table.iloc[0]
    assert row["event F1 macro", "Student"] == pytest.approx(0)
    assert row["event F1 macro", "Teacher"] == pytest.approx((1 + 0.5) / 2)
    assert row["event F1 macro", "Teacher minus student (95 %)"].startswith("+0.750 (")
    assert table.iloc[1].isna().sum() == 10, "T was not measured, and is not in the paper"
    assert marks.shape == table.shape
    assert not marks["", "System"].any()


def test_gains_of_fusions_and_classes():
    saved = {one.outputs.system: one for one in (A, B)}
    reports = [saved_scores.report([one], resamples=20) for one in (A, B)]
    evidence = Evidence(reports, lambda *place: saved.get(place[3]), "tones", "test")
    gains = gains_over("A", "A + B", "teacher", evidence)
    assert list(gains)[2] == "event F1 macro, minus A (95 %)"
    assert set(gains_over("A", "A", "teacher", evidence).values()) == {None}
    dog = class_gain(evidence, "event_f1", "Dog", "teacher", "A", "B")
    assert dog is not None
    assert dog.value == pytest.approx(0.5)
    assert class_gain(evidence, "event_f1", "Dog", "teacher", "A", "C") is None


def test_a_report_of_some_of_the_clips():
    whole = saved_scores.report([B], resamples=20)
    similarity = {"mean": 0.5, "per_clip": {"a.wav": 0.25, "b.wav": 0.75, "c.wav": 0.5}}
    part = on_clips(
        replace(whole, similarity=similarity), B, ["b.wav", "c.wav"], ["psds1", "event_f1_macro"]
    )
    alone = saved_scores.report([restricted(B, ["b.wav", "c.wav"])])
    assert (part.n_files, part.n_files_expected) == (2, 2)
    assert part.headline("similarity") == pytest.approx(0.625)
    for name in ("psds1", "event_f1_macro"):
        assert part.headline(name) == pytest.approx(alone.headline(name))
        assert part.intervals[name] is not None
    assert part.psds1_exact is None


def test_pairs_tell_the_clips_that_they_are_made_of():
    clips = [*CLIPS, Clip("d.wav", None, 10.0, ())]
    pairs = [Clip(p.filename, None, p.duration, p.events) for p in build(CLIPS)]
    assert clips_in_pairs(clips, pairs) == ("a.wav", "b.wav", "c.wav")
    assert clips_in_pairs(clips, pairs[1:]) == (), "pairs of other clips"
    assert clips_in_pairs(clips[1:], pairs) == ()
