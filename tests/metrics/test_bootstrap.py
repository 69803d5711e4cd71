import numpy as np
import pytest
from metric_worlds import world

from jss.metrics import bootstrap
from jss.metrics.f_score import f1_from_counts
from jss.metrics.psds import PSDS1, PSDS2, count_exactly, count_points, psds
from jss.metrics.scores import THRESHOLDS
from jss.metrics.separation import ClipSeparation, summarise

LABELS = ["a", "b", "c"]


def test_weights_draw_as_many_clips_as_there_are():
    drawn = bootstrap.weights(7, 50, seed=3)
    assert drawn.shape == (7, 50)
    assert (drawn.sum(axis=0) == 7).all()
    assert (drawn == bootstrap.weights(7, 50, seed=3)).all()
    assert bootstrap.weights(0, 5).shape == (0, 5)


def test_f1_of_a_resample_is_f1_of_the_resampled_counts():
    rng = np.random.default_rng(0)
    tp = rng.integers(0, 3, (6, 3))
    tp[:, 2] = 0
    detected, true = tp + rng.integers(0, 2, (6, 3)), tp + rng.integers(0, 2, (6, 3))
    detected[:, 2] = true[:, 2] = 0
    drawn = np.column_stack([np.ones(6), bootstrap.weights(6, 3)])
    replicates = bootstrap.f1(tp, detected, true, drawn)
    for b in range(4):
        f1 = f1_from_counts(*(drawn[:, b] @ c for c in (tp, detected, true)), LABELS)
        for name, expected in (("f1", f1), ("precision", f1.precision), ("recall", f1.recall)):
            macro, micro = replicates[name]
            assert macro[b] == pytest.approx(expected.macro)
            assert micro[b] == pytest.approx(expected.micro)


@pytest.mark.parametrize("scenario", [PSDS1, PSDS2])
def test_the_set_itself_as_a_resample_gives_its_score(scenario, monkeypatch):
    w = world(3, n_clips=8, levels=1000, frames=60)
    scores, truth = w.ours()
    once = np.ones((8, 1))
    exact = count_exactly(scores, truth, [scenario])[0]
    whole = psds(exact, truth, scenario).value
    assert bootstrap.psds(exact, truth, scenario, once) == pytest.approx([whole], abs=1e-12)
    monkeypatch.setattr(bootstrap, "LEVELS", 10)  # thinned out, but what makes the curve is kept
    assert max(c.levels for c in exact) > 60
    assert (
        max(bootstrap.thin(c, k, truth.totals(), scenario).levels for k, c in enumerate(exact)) < 60
    )
    assert bootstrap.psds(exact, truth, scenario, once) == pytest.approx([whole], abs=1e-12)
    grid = count_points(scores.at(), truth, scenario, THRESHOLDS)
    assert bootstrap.psds(grid, truth, scenario, once) == pytest.approx(
        [psds(grid, truth, scenario).value], abs=1e-12
    )
    assert bootstrap.psds(grid, truth, scenario, np.zeros((8, 0))).shape == (0,)


def test_means_leave_out_clips_without_a_value():
    drawn = np.array([[1.0, 2.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 3.0]])
    assert bootstrap.mean(np.array([1.0, 4.0, np.nan]), drawn) == pytest.approx(
        [2.5, 1.0, np.nan], nan_ok=True
    )


def test_separation_of_a_resample_is_that_of_the_clips_drawn():
    two = ClipSeparation(2, 1, (0, 1), (0, 1), (True, False), (1.0, 1.0), (3.0, 5.0), (1.0, 1.0))
    one = ClipSeparation(1, 2, (0,), (0,), (True,), (7.0,), (99.0,), (1.0,))
    silent = ClipSeparation(0, 0, (), (), (), (), (), ())
    clips = [two, one, None, silent]
    drawn = np.array([[1.0, 2, 0], [1.0, 1, 0], [1.0, 0, 3], [1.0, 1, 1]])
    replicates = bootstrap.separation(clips, drawn)
    for b in range(3):
        chosen = [c for c, n in zip(clips, drawn[:, b], strict=True) for _ in range(int(n)) if c]
        whole = summarise(chosen)
        for name, values in replicates.items():
            expected = np.nan if whole[name] is None else whole[name]
            assert values[b] == pytest.approx(expected, nan_ok=True), name


def test_interval():
    assert bootstrap.interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))
    assert bootstrap.interval([np.nan]) is None
    assert bootstrap.interval([]) is None
