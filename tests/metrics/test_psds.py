"""PSDS against psds_eval, sed_scores_eval, and values worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from metric_worlds import psds_eval_value, sed_scores_eval_value, world

from jss.metrics import scores as scores_module
from jss.metrics.counts import Truth
from jss.metrics.events import from_table, from_tables
from jss.metrics.psds import (
    PSDS1,
    PSDS2,
    Scenario,
    area,
    count_exactly,
    count_points,
    exact_psds,
    psds,
    rates,
)
from jss.metrics.scores import THRESHOLDS, ScoreSet

pytest.importorskip("psds_eval")
pytest.importorskip("sed_scores_eval")

POINTS = np.array([0.05, 0.25, 0.4, 0.6])
shapes = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "n_clips": st.integers(2, 5),
        "n_labels": st.integers(3, 4),
        "levels": st.sampled_from([2, 4, 8, 1000]),
        "grid": st.booleans(),
        "empty": st.booleans(),
        "absent": st.booleans(),
    }
)
slow = settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


def same(ours, theirs, labels):
    value, single = theirs
    assert ours.value == pytest.approx(value, abs=1e-9)
    for label, class_counts in zip(labels, ours.per_class, strict=True):
        if label in single:
            assert class_counts == pytest.approx(single[label], abs=1e-9)
        else:
            assert np.isnan(class_counts)


@pytest.mark.slow
@slow
@given(shapes, st.sampled_from([PSDS1, PSDS2]))
def test_equals_psds_eval(shape, scenario):
    w = world(**shape)
    scores, truth = w.ours()
    events = scores.at(POINTS)
    ours = psds(count_points(events, truth, scenario, POINTS), truth, scenario)
    same(ours, psds_eval_value(w.tables(events, len(POINTS)), w, scenario), w.labels)


@slow
@given(shapes)
@pytest.mark.slow
def test_exact_scenarios_of_one_call_equal_sed_scores_eval(shape):
    w = world(**shape)
    scenarios = [PSDS2, Scenario("other", 0.5, 0.3, 0.0, 0.2, 1.0, 50.0), PSDS1]
    for scenario, ours in zip(scenarios, exact_psds(*w.ours(), scenarios), strict=True):
        same(ours, sed_scores_eval_value(w, scenario), w.labels)


@settings(slow, max_examples=40)
@given(shapes, st.sampled_from([PSDS1, PSDS2]))
def test_a_grid_that_holds_every_score_is_exact(shape, scenario):
    w = world(**{**shape, "levels": 8, "grid": False})
    scores, truth = w.ours()
    every = np.arange(-0.5, 8) / 8
    grid = psds(count_points(scores.at(every), truth, scenario, every), truth, scenario)
    assert grid.value == pytest.approx(
        psds(count_exactly(scores, truth, [scenario])[0], truth, scenario).value, abs=1e-9
    )


@settings(slow, max_examples=40)
@given(shapes, st.sampled_from([PSDS1, PSDS2]))
def test_the_area_of_many_equals_the_area_of_one(shape, scenario):
    """Resampling clips equals repeating them, and the fast area equals that of the curves."""
    w = world(**shape)
    scores, truth = w.ours()
    chosen = np.random.default_rng(shape["seed"]).integers(0, 3, len(w.names)).astype(float)
    weights = np.stack(
        [np.ones(len(w.names)), np.maximum(chosen, np.arange(len(w.names)) == 0)], axis=1
    )
    for counts in (
        count_exactly(scores, truth, [scenario])[0],
        count_points(scores.at(POINTS), truth, scenario, POINTS),
    ):
        pairs = [rates(c, k, truth.totals(weights), scenario) for k, c in enumerate(counts)]
        fast = area(
            [p[0] for p in pairs],
            [p[1] for p in pairs],
            alpha_st=scenario.alpha_st,
            e_max=scenario.e_max,
        )
        assert fast[0] == pytest.approx(psds(counts, truth, scenario).value, abs=1e-9)
    copies = [n for n, weight in enumerate(weights[:, 1]) for _ in range(int(weight))]
    repeated = w.truth.merge(
        pd.DataFrame(
            {"filename": [w.names[n] for n in copies], "new": [f"{i}" for i in range(len(copies))]}
        )
    ).drop(columns="filename")
    again = from_table(
        repeated.rename(columns={"new": "filename"}), [f"{i}" for i in range(len(copies))], w.labels
    )
    other = Truth(again, w.durations[copies], len(w.labels))
    both = ScoreSet.build([(w.scores[n], w.edges[n]) for n in copies], len(w.labels), median=1)
    events = both.at(POINTS)
    expected = psds(count_points(events, other, scenario, POINTS), other, scenario).value
    assert fast[1] == pytest.approx(expected, abs=1e-9)


def in_blocks(w, monkeypatch):
    """The same curves, read again a few clips at a time."""
    monkeypatch.setattr(scores_module, "BLOCK", 100)
    clips = list(zip(w.scores, w.edges, strict=True))
    return ScoreSet.build(clips, len(w.labels), median=1, again=clips.__getitem__)


@pytest.mark.parametrize("scenarios", [[PSDS1], [PSDS2], [PSDS1, PSDS2]])
@pytest.mark.parametrize("levels", [6, 1000])
def test_what_is_left_out_below_the_floors_changes_nothing(scenarios, levels, monkeypatch):
    """Many clips, few false positives allowed: most of every curve lies below its floor."""
    w = world(7, n_clips=60, n_labels=4, levels=levels, frames=30)
    w.durations = np.full(60, 10.0)
    truth, scores = w.ours()[1], in_blocks(w, monkeypatch)
    assert len(scores.bounds) > 10
    for counts, whole, scenario in zip(
        count_exactly(scores, truth, scenarios),
        count_exactly(scores, truth, scenarios, reach=np.inf),
        scenarios,
        strict=True,
    ):
        assert 2 * sum(len(c.value) for c in counts) < sum(len(c.value) for c in whole)
        ours = psds(counts, truth, scenario)
        same(ours, sed_scores_eval_value(w, scenario), w.labels)
        other = psds(whole, truth, scenario)
        for a, b in zip((ours.curve, *ours.curves), (other.curve, *other.curves), strict=True):
            assert a.efpr == pytest.approx(b.efpr, abs=1e-12)
            assert a.rate == pytest.approx(b.rate, abs=1e-12)
    events, others = scores.at(POINTS), w.ours()[0].at(POINTS)
    for column in ("clip", "label", "onset", "offset", "point"):
        assert np.array_equal(getattr(events, column), getattr(others, column))


def hand_made():
    """One class, one hour, two events; four detections at falling thresholds: hit, miss, miss, hit."""
    rows = [("x", 0, 10, "a"), ("x", 20, 30, "a")]
    truth = pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])
    frames = np.zeros((1, 30))
    frames[0, [0, 5, 7, 2]] = [0.9, 0.7, 0.5, 0.3]
    scores = ScoreSet.build([(frames, np.arange(31) * 10.0)], 1, median=1)
    return truth, scores, Truth(from_table(truth, ["x"], ["a"]), np.array([3600.0]), 1)


def test_one_class_by_hand():
    """Half of the events from 0 false positives an hour on, all from 2 on: (2 * 0.5 + 98) / 100.

    psds_eval 0.5.3 says 0, because the mean over no other class is not a number there.
    """
    table, scores, truth = hand_made()
    for scenario in (PSDS1, PSDS2):
        exact = psds(count_exactly(scores, truth, [scenario])[0], truth, scenario)
        assert exact.value == pytest.approx(0.99, abs=1e-12)
        points = np.array([0.2, 0.4, 0.6, 0.8])
        grid = psds(count_points(scores.at(points), truth, scenario, points), truth, scenario)
        assert grid.value == pytest.approx(0.99, abs=1e-12)
        assert grid.per_class == pytest.approx([0.99])
        assert grid.curve.efpr.tolist() == [0, 2]
        assert grid.curve.rate.tolist() == [0.5, 1]

    w = world(0, n_clips=1, n_labels=1, empty=False)
    w.labels, w.names, w.truth, w.durations = ["a"], ["x"], table, np.array([3600.0])
    w.scores = [
        np.repeat(scores.block(0, 1).value[1:31][None], 20, axis=1)
    ]  # frames of half a second
    assert sed_scores_eval_value(w, PSDS1)[0] == pytest.approx(0.99, abs=1e-12)


def cross_triggers():
    columns = ["filename", "onset", "offset", "event_label"]
    truth = pd.DataFrame(
        [("x", 0, 10, "a"), ("x", 20, 30, "b"), ("x", 40, 50, "c")], columns=columns
    )
    detected = pd.DataFrame(
        [("x", 0, 10, "a"), ("x", 20, 30, "a"), ("x", 20, 30, "b")], columns=columns
    )
    return Truth(from_table(truth, ["x"], "abc"), np.array([3600.0]), 3), from_tables(
        [detected], ["x"], "abc"
    )


def test_both_conventions_by_hand():
    """One detection of a on b: 1 false positive an hour, and 360 cross-triggers an hour of b, a
    mean of 180 or 120.
    """
    truth, detected = cross_triggers()
    class_counts = count_points(detected, truth, PSDS2, np.array([0.5]))[0]
    ratio, others = rates(class_counts, 0, truth.totals(), PSDS2, "K-1")
    assert (ratio.item(), others.item()) == (1.0, pytest.approx(1 + 0.5 * 360 / 2))
    _, everyone = rates(class_counts, 0, truth.totals(), PSDS2, "K")
    assert everyone.item() == pytest.approx(1 + 0.5 * 360 / 3)


def test_nothing_found_and_nothing_there():
    columns = ["filename", "onset", "offset", "event_label"]
    truth, _ = cross_triggers()
    nothing = from_table(pd.DataFrame(columns=columns), ["x"], "abc")
    silent = psds(count_points(nothing, truth, PSDS2, np.array([0.5])), truth, PSDS2)
    assert silent.value == 0
    assert silent.per_class.tolist() == [0, 0, 0]
    empty = Truth(nothing, np.array([3600.0]), 3)
    assert psds(count_points(nothing, empty, PSDS2, np.array([0.5])), empty, PSDS2).value == 0
    flat = ScoreSet.build([(np.full((3, 5), 0.5), np.arange(6.0))], 3)
    assert psds(count_exactly(flat, empty, [PSDS2])[0], empty, PSDS2).value == 0


def test_the_thresholds_are_the_papers():
    assert len(THRESHOLDS) == 50
    assert THRESHOLDS[[0, 1, -1]].tolist() == [0.01, 0.03, 0.99]
