import numpy as np
import pandas as pd
import pytest

from jss.metrics.f_score import clip_f1, intersection_f1

COLUMNS = ["filename", "onset", "offset", "event_label"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_clip_f1_by_hand():
    scores = np.array([[0.9, 0.6, 0.1], [0.2, 0.5, 0.1], [0.7, 0.1, 0.1]])
    tags = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    f1 = clip_f1(scores, tags, ["a", "b", "c"])
    assert f1.per_class["a"] == pytest.approx(0.5)  # tp 1, fp 1, fn 1
    assert f1.per_class["b"] == pytest.approx(2 / 3)  # 0.5 is not above 0.5
    assert np.isnan(f1.per_class["c"])
    assert f1.macro == pytest.approx((0.5 + 2 / 3) / 2)
    assert f1.micro == pytest.approx(4 / 7)


def test_a_class_without_true_positives_counts_zero():
    assert clip_f1([[0.9, 0.9]], [[1, 0]]).macro == 0.5
    assert clip_f1([[0.9, 0.1]], [[1, 1]]).macro == 0.5
    assert clip_f1([[0.1, 0.1]], [[0, 0]]).macro == 0.0


def test_clip_f1_refuses_other_shapes():
    with pytest.raises(ValueError, match="must both be"):
        clip_f1(np.zeros((2, 3)), np.zeros((3, 2)))


def test_intersection_f1_by_hand():
    truth = table(("x", 0.0, 2.0, "a"), ("x", 4.0, 6.0, "b"), ("y", None, None, None))
    detected = table(
        ("x", 0.5, 2.0, "a"),
        ("x", 8.0, 9.0, "a"),
        ("x", 4.0, 4.9, "b"),
        ("y", 0, 1, "b"),
        ("z", 0, 1, "a"),
    )
    f1 = intersection_f1(detected, truth, ["a", "b"], {"x": 10.0, "y": 10.0})
    assert f1.per_class["a"] == pytest.approx(2 / 3)
    assert (
        f1.per_class["b"] == 0.0
    )  # covers 45 % only: neither a true nor a false positive; y is a false positive
    assert f1.macro == pytest.approx(1 / 3)
    assert f1.micro == pytest.approx(2 / (2 + 1 + 2))
    legacy = intersection_f1(detected, truth, ["a", "b"], {"x": 10.0, "y": 10.0}, legacy_nan=True)
    assert legacy.macro == pytest.approx(2 / 3)


def test_same_class_overlaps_are_merged():
    truth = table(("x", 0.0, 2.0, "a"), ("x", 1.0, 4.0, "a"), ("x", 1.5, 1.6, "a"))
    detected = table(("x", 0.0, 3.0, "a"), ("x", 2.0, 4.0, "a"))
    assert intersection_f1(detected, truth, ["a"], {"x": 10.0}).micro == 1.0


def test_nothing_at_all():
    assert intersection_f1(table(), table(), ["a"], {"x": 10.0}).macro == 0.0
    assert intersection_f1(table(), table(("x", 0, 1, "a")), ["a"], {"x": 10.0}).macro == 0.0
    assert intersection_f1(table(("x", 0, 1, "a")), table(), ["a"], {"x": 10.0}).macro == 0.0
