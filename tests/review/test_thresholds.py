"""Thresholds at a chosen precision: by hand, and on a world whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from jss.review.detections import Detection
from jss.review.judgements import ACCEPTED, MISSED, REJECTED, RELABELLED, UNSURE, missed, of
from jss.review.sampling import order
from jss.review.thresholds import (
    Sample,
    class_thresholds,
    clopper_pearson,
    enough,
    is_right,
)


def detections(scores: list[float]) -> list[Detection]:
    return [Detection("a.wav", n, n + 0.5, "Dog", score, "SED") for n, score in enumerate(scores)]


def test_judgements_are_weighted_for_the_sampling():
    """90 low ones, 10 high ones; 2 of 4 low ones and both high ones are right: 0.9 * 0.5 + 0.1."""
    all_of_them = detections([0.55] * 90 + [0.95] * 10)
    low, high = all_of_them[:90], all_of_them[90:]
    right = {d.key: n < 2 for n, d in enumerate(low[:4])} | {d.key: True for d in high[:2]}
    sample = Sample.build(all_of_them, right)
    result = sample.precision_above(0.5)
    assert result is not None
    assert result.estimate == pytest.approx(0.55)
    assert result.judged == 6
    assert result.effective == pytest.approx(100**2 / (4 * 22.5**2 + 2 * 5**2))
    assert result.low < 0.55 < result.high
    above = sample.precision_above(0.6)
    assert above is not None
    assert (above.estimate, above.judged, above.covered) == (1.0, 2, 1.0)
    assert above.low == pytest.approx(0.025**0.5)
    assert Sample.build(all_of_them, {}).precision_above(0.5) is None


def test_interval_of_a_share():
    # Table values of Clopper and Pearson for 8 of 10, and none for all of 35.
    assert clopper_pearson(8, 10) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert enough(0.9) == 36
    assert clopper_pearson(36, 36)[0] >= 0.9 > clopper_pearson(35, 35)[0]


def test_what_few_judgements_do_not_tell_is_said():
    some = detections([0.55 + n / 100 for n in range(40)])
    right = {d.key: True for d in order(some)[:4]}
    (row,) = class_thresholds(some, right, 0.5)
    assert row.threshold is None
    assert "too few judgements: 5 give an estimate, and 36 right ones show 90 %" in row.note
    right = {d.key: True for d in order(some)[:12]}
    (row,) = class_thresholds(some, right, 0.5)
    assert (row.threshold, row.earliest, row.latest, row.kept) == (0.5, 0.5, None, 1.0)
    assert "not sure" in row.note
    # Only the low band is judged: that says nothing about the others.
    right = {d.key: True for d in some[:5]}
    (row,) = class_thresholds(some, right, 0.5)
    assert row.threshold is None
    assert "too few bands" in row.note


@pytest.mark.slow
def test_the_interval_holds_the_true_threshold():
    """An event is right with a chance equal to its score: precision 0.9 needs a mean score of 0.9."""
    held, result = 0, []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scores = list(0.5 + 0.5 * rng.random(3000) * 0.9999)
        world = detections([float(score) for score in scores])
        truth = {d.key: bool(rng.random() < d.score) for d in world}
        judged = {d.key: truth[d.key] for d in order(world, seed=seed)[:120]}
        (row,) = class_thresholds(world, judged, 0.5)
        assert row.earliest is not None
        latest = 1.0 if row.latest is None else row.latest
        held += row.earliest <= 0.80 <= latest
        result.append(np.nan if row.threshold is None else row.threshold)
    assert held >= 26
    assert np.nanmedian(result) == pytest.approx(0.80, abs=0.05)


def test_what_counts_as_right():
    dog, cat, owl, bat = detections([0.6] * 4)
    judgements = [
        of(dog, ACCEPTED),
        of(cat, RELABELLED, label="Cat"),
        of(owl, UNSURE),
        of(bat, REJECTED),
        missed("a.wav", 1.0, 2.0, "Dog"),
    ]
    assert judgements[-1].verdict == MISSED
    assert is_right({j.event: j for j in judgements}) == {
        dog.key: True,
        cat.key: False,
        bat.key: False,
    }
