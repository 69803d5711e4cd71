"""The order of review, and the clip in which a detection is reviewed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from jss.io.journal import DETECTED, Journal
from jss.review.detections import Analysed, DetectedFolder, Detection, disagreeing, read
from jss.review.judgements import ACCEPTED, Judgement, complete, of
from jss.review.sampling import BANDS, clip_of, order, plan, stratum


def detection(at: float, label: str = "Dog", score: float = 0.75, system: str = "SED") -> Detection:
    return Detection("a.wav", at, at + 1.0, label, score, system)


def test_few_judgements_cover_classes_and_scores_evenly():
    rng = random.Random(0)
    # Dogs are ten times as frequent as cats, and mostly of high scores.
    many = [detection(2.0 * n, "Dog", 0.5 + 0.499 * rng.random() ** 0.5) for n in range(2000)]
    many += [detection(2.0 * n, "Cat", 0.5 + 0.499 * rng.random()) for n in range(200)]
    first = Counter(stratum(one)[:2] for one in order(many)[:40])
    assert {label for label, _ in first} == {"Dog", "Cat"}
    assert len(first) == 2 * BANDS // 2
    assert set(first.values()) == {4}


def test_the_order_is_the_same_in_every_session():
    many = [detection(float(n), score=0.5 + n / 200) for n in range(90)]
    shuffled = random.Random(1).sample(many, len(many))
    assert order(many) == order(shuffled)
    assert order(many) != order(many, seed=1)


def test_what_two_systems_disagree_about_comes_first():
    ours = [detection(0.0), detection(10.0), detection(20.0)]
    theirs = [detection(0.5, system="JT"), detection(30.0, system="JT"), detection(10.0, "Cat")]
    alone = disagreeing(ours, theirs)
    assert [[(one.onset, one.label) for one in side] for side in alone] == [
        [(10.0, "Dog"), (20.0, "Dog")],
        [(30.0, "Dog"), (10.0, "Cat")],
    ]
    keys = {one.key for side in alone for one in side}
    first = order([*ours, *theirs[1:]], keys)
    assert {one.key for one in first[:4]} == keys


def test_the_next_clip_is_the_first_that_is_not_complete():
    recordings = {"a.wav": Analysed(Path("a.wav"), 60.0)}
    detected = DetectedFolder(
        Path(), "SED", "teacher", 0.5, ("Dog",), recordings, (detection(2.0), detection(40.0))
    )
    other = replace(detected, detections=(detection(2.5), detection(22.0)))
    planned = plan(detected, other, by_disagreement=True)
    assert [one.onset for one in planned.others] == [22.0]
    said: dict[str, Judgement] = {}
    seen = []
    while (clip := planned.next_clip(said)) is not None:
        seen.append(clip)
        inside = planned.inside(*clip)
        said |= {one.key: of(one, ACCEPTED) for one in inside}
        assert planned.next_clip(said) == clip, "it is not complete yet"
        done = complete(*clip)
        said[done.event] = done
    assert len(seen) == 3
    assert seen[-1] == ("a.wav", 0.0, 10.0)
    # What another page shows is left to it.
    claimed = {one.key for one in planned.inside(*seen[0])}
    assert planned.next_clip({}, claimed) == seen[1]


def test_recordings_that_are_gone_count_for_thresholds_but_are_not_shown(tmp_path: Path):
    settings = {"system": "SED", "selection": "teacher", "threshold": 0.5, "labels": ["Dog"]}
    with Journal(tmp_path / DETECTED, settings) as journal:
        for name in ("gone.wav", "here.wav"):
            line = {"filename": name, "audio": str(tmp_path / name), "duration": 60.0, "files": []}
            journal.add(name, {**line, "events": [[1.0, 2.0, "Dog"]], "peaks": [0.75]})
    (tmp_path / "here.wav").write_bytes(b"")
    detected = read(tmp_path)
    assert [one.filename for one in detected.detections] == ["gone.wav", "here.wav"]
    assert detected.notes == (
        "1 of 2 recordings are no longer where they were analysed, such as gone.wav: to play them, start "
        "the app with --data and their folder.",
    )
    planned = plan(detected, replace(detected, detections=()))
    assert planned.disputed == {one.key for one in detected.detections}
    assert [one.filename for one in planned.queue] == ["here.wav"]
    assert planned.inside("gone.wav", 0.0, 60.0) == []


def test_classes_that_the_reviewed_system_lacks_are_left_out_with_a_note():
    recordings = {"a.wav": Analysed(Path("a.wav"), 60.0)}
    detected = DetectedFolder(
        Path(), "SED", "teacher", 0.5, ("Cat", "Dog"), recordings, (detection(2.0),), notes=("x",)
    )
    theirs = (detection(2.5, "siren"), detection(22.0, "Cat"), detection(30.0, "siren"))
    planned = plan(detected, replace(detected, system="YAMNet", detections=theirs))
    assert [(one.onset, one.label) for one in planned.others] == [(22.0, "Cat")]
    assert [one.label for one in planned.inside("a.wav", 0.0, 60.0)] == ["Dog", "Cat"]
    assert planned.notes == (
        "x",
        "2 detections of YAMNet are left out: SED does not have their classes, such as siren.",
    )
    assert plan(detected).notes == ("x",)


@pytest.mark.parametrize(
    ("at", "duration", "clip"),
    [
        (3.0, 8.0, (0.0, 8.0)),
        (0.2, 60.0, (0.0, 10.0)),
        (31.0, 60.0, (25.0, 35.0)),
        (58.9, 60.0, (50.0, 60.0)),
        (59.0, 63.0, (53.0, 63.0)),
    ],
)
def test_the_clip_of_a_detection(at: float, duration: float, clip: tuple[float, float]):
    assert clip_of(detection(at), duration) == clip
