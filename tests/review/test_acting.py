"""What the keys of a review stand for."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from jss.review import judgements as said
from jss.review.acting import around, corrected, is_possible, judged, perform
from jss.review.detections import Analysed, DetectedFolder, Detection
from jss.review.sampling import plan

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


TRIM = {"kind": "trim", "onset": 1.5, "offset": 3.0}


@pytest.mark.parametrize(
    ("kinds", "verdict", "onset", "offset", "label"),
    [
        ([TRIM, "Cat"], said.RELABELLED, 21.5, 23.0, "Cat"),
        (["Cat", TRIM], said.RELABELLED, 21.5, 23.0, "Cat"),
        (["Cat", TRIM, "Dog"], said.TRIMMED, 21.5, 23.0, "Dog"),
        (["Cat", "Dog"], said.ACCEPTED, 21.0, 22.0, "Dog"),
        (["Cat", "unsure", TRIM], said.RELABELLED, 21.5, 23.0, "Cat"),
        ([TRIM, "reject", "accept"], said.TRIMMED, 21.5, 23.0, "Dog"),
        ([TRIM, "Cat", "accept"], said.RELABELLED, 21.5, 23.0, "Cat"),
        ([TRIM, "reject"], said.REJECTED, 21.5, 23.0, "Dog"),
    ],
)
def test_a_correction_keeps_those_before(
    kinds: list, verdict: str, onset: float, offset: float, label: str
):
    """As the panel shows them, one after the other; "Cat" and "Dog" are other classes."""
    judgement = None
    for kind in kinds:
        action = kind if kind == TRIM else {"kind": kind}
        if kind in ("Cat", "Dog"):
            action = {"kind": "relabel", "label": kind}
        judgement = judged(action, DOG, 20.0, 30.0, judgement)
    assert judgement == said.Judgement(DOG.key, verdict, "a.wav", onset, offset, label)


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
    trimmed = corrected({"kind": "trim", "onset": 0.5, "offset": 1.5}, added, 20.0, 30.0)
    assert trimmed is not None
    assert (trimmed.verdict, trimmed.onset, trimmed.event) == (said.MISSED, 20.5, added.event)
    assert corrected({"kind": "accept"}, added, 20.0, 30.0) == added
    gone = corrected({"kind": "reject"}, added, 20.0, 30.0)
    assert gone is not None
    assert gone.verdict == said.WITHDRAWN


@pytest.mark.parametrize(
    "action",
    [{"kind": "accept"}, {"kind": "trim", "onset": 1.0, "offset": 2.0}, {"kind": "relabel", "label": "Dog"}],
)  # fmt: skip
def test_an_added_event_of_which_the_reviewer_was_unsure(action: dict):
    added = said.missed("a.wav", 21.0, 22.0, "Dog")
    unsure = corrected({"kind": "unsure"}, added, 20.0, 30.0)
    assert unsure is not None
    assert unsure.verdict == said.UNSURE
    assert corrected(action, unsure, 20.0, 30.0) == added


def test_an_added_event_beyond_the_edge_of_its_clip_keeps_its_time_there():
    added = said.missed("a.wav", 28.0, 34.0, "Dog")
    trimmed = corrected({"kind": "trim", "onset": 9.0, "offset": 10.0}, added, 20.0, 30.0)
    assert trimmed is not None
    assert (trimmed.onset, trimmed.offset) == (29.0, 34.0)


def test_actions_start_from_what_is_stored(tmp_path: Path):
    detected = DetectedFolder(
        tmp_path, "SED", "teacher", 0.5, ("Cat", "Dog"), {"a.wav": Analysed(tmp_path, 30.0)}, (DOG,)
    )  # fmt: skip
    store, planned = said.Judgements(tmp_path), plan(detected)

    def act(number: int, **action: object) -> None:
        clip = {"filename": "a.wav", "start": 20.0, "end": 30.0}
        perform({"id": number, "clip": clip, **action}, planned, store, "me")

    act(1, kind="trim", event=DOG.key, onset=1.5, offset=3.0)
    act(2, kind="relabel", event=DOG.key, label="Cat")
    act(3, kind="done")
    (judgement, complete) = store.current().values()
    assert judgement == said.Judgement(DOG.key, said.RELABELLED, "a.wav", 21.5, 23.0, "Cat")
    act(4, kind="relabel", event=complete.event, label="Cat")
    assert list(store.current().values()) == [judgement, complete], "a clip is no event"


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
