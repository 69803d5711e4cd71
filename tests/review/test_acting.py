"""What the keys of a review stand for."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from jss.review import judgements as said
from jss.review.acting import around, corrected, is_possible, judged
from jss.review.detections import Analysed, DetectedFolder, Detection

DOG = Detection("a.wav", 21.0, 22.0, "Dog", 0.8, "SED")


@pytest.mark.parametrize(
    ("action", "verdict", "onset", "offset", "label"),
    [
        ({"kind": "accept"}, said.ACCEPTED, 21.0, 22.0, "Dog"),
        ({"kind": "reject"}, said.REJECTED, 21.0, 22.0, "Dog"),
        ({"kind": "unsure"}, said.UNSURE, 21.0, 22.0, "Dog"),
        ({"kind": "trim", "onset": 1.5, "offset": 3.0}, said.TRIMMED, 21.5, 23.0, "Dog"),
        ({"kind": "relabel", "label": "Cat"}, said.RELABELLED, 21.0, 22.0, "Cat"),
        ({"kind": "relabel", "label": "Dog"}, said.ACCEPTED, 21.0, 22.0, "Dog"),
    ],
)
def test_a_detection(action: dict, verdict: str, onset: float, offset: float, label: str):
    result = judged(action, DOG, 20.0, 30.0)
    assert result == said.Judgement(DOG.key, verdict, "a.wav", onset, offset, label)


def test_an_event_beyond_the_edge_of_its_clip_keeps_its_time_there():
    long = Detection("a.wav", 18.0, 34.0, "Dog", 0.8, "SED")
    result = judged({"kind": "trim", "onset": 0.0, "offset": 5.0}, long, 20.0, 30.0)
    assert result is not None
    assert (result.onset, result.offset) == (18.0, 25.0)
    result = judged({"kind": "trim", "onset": 1.0, "offset": 10.0}, long, 20.0, 30.0)
    assert result is not None
    assert (result.onset, result.offset) == (21.0, 34.0)


def test_an_event_that_was_added():
    added = said.missed("a.wav", 21.0, 22.0, "Dog")
    trimmed = corrected({"kind": "trim", "onset": 0.5, "offset": 1.5}, added, 20.0)
    assert trimmed is not None
    assert (trimmed.verdict, trimmed.onset, trimmed.event) == (said.MISSED, 20.5, added.event)
    assert corrected({"kind": "accept"}, added, 20.0) == added
    gone = corrected({"kind": "reject"}, added, 20.0)
    assert gone is not None
    assert gone.verdict == said.WITHDRAWN


def test_a_missed_event_is_where_its_class_rises():
    scores = np.full(100, 0.02, np.float32)
    scores[30:50] = 0.3
    scores[44] = 0.4
    scores[80:] = 0.9
    assert around(scores, 0.1, 4.2) == pytest.approx((3.0, 5.0))
    assert around(scores, 0.1, 9.9) == pytest.approx((8.0, 10.0))
    assert around(scores, 0.1, 1.0) == pytest.approx((0.5, 1.5))
    assert around(scores, 0.1, 0.0) == pytest.approx((0.0, 1.0))


@pytest.mark.parametrize(
    "change",
    [
        {"clip": {"filename": "../b.wav", "start": 0.0, "end": 10.0}},
        {"label": "Unicorn"},
        {"onset": math.nan, "offset": 1.0},
        {"onset": 2.0, "offset": 1.0},
        {"at": "now"},
    ],
)
def test_what_no_panel_reports_is_dropped(change: dict):
    detected = DetectedFolder(
        Path(), "SED", "teacher", 0.5, ("Cat", "Dog"), {"a.wav": Analysed(None, 30.0)}, (DOG,)
    )
    action = {
        "kind": "missed",
        "clip": {"filename": "a.wav", "start": 0.0, "end": 10.0},
        "label": "Cat",
    }
    assert is_possible(action, detected)
    assert not is_possible(action | change, detected)
