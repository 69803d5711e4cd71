import math

import numpy as np
import pytest

from jss.training.selection import best_epoch, objective


def test_a_perfect_system_scores_two():
    strong = np.zeros((1, 2, 156), np.float32)
    strong[0, 0, 20:60] = 0.9
    result = objective(
        strong,
        [[(20 * 0.064, 60 * 0.064, "a")]],
        np.array([[0.9, 0.1]]),
        np.array([[1.0, 0.0]]),
        ["a", "b"],
        seconds=10.0,
    )
    assert result == {"objective": 2.0, "intersection_f1": 1.0, "weak_f1": 1.0}


def test_a_class_without_true_positives_counts_zero():
    strong = np.zeros((1, 2, 156), np.float32)
    strong[0, 0, 20:60] = 0.9
    events = [[(20 * 0.064, 60 * 0.064, "a"), (5.0, 6.0, "b")]]
    result = objective(
        strong, events, np.array([[0.9, 0.1]]), np.array([[1.0, 1.0]]), ["a", "b"], seconds=10.0
    )
    assert result["intersection_f1"] == 0.5
    assert result["weak_f1"] == 0.5


def test_eqs_23_and_24_take_the_first_of_the_best():
    history = [{"a": 0.1, "b": 3.0}, {"a": 0.5, "b": math.nan}, {"a": 0.5, "b": 1.0}]
    assert best_epoch(history, "a") == 1
    assert best_epoch(history, "b", largest=False) == 2
    with pytest.raises(ValueError, match="finite"):
        best_epoch([{"a": math.nan}], "a")
