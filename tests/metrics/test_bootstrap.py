from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pytest
from metric_worlds import HOP, world

from jss.data.datasets.overlap import overlap_pairs
from jss.metrics import bootstrap
from jss.metrics.f_score import LEFT_OUT, f1_from_counts
from jss.metrics.psds import PSDS1, PSDS2, count_exactly, count_points, exact_psds, psds
from jss.metrics.scores import THRESHOLDS
from jss.metrics.separation import ClipSeparation, summarise
from jss.reports import spread

LABELS = ["a", "b", "c"]


def test_weights_draw_as_many_clips_as_there_are():
    drawn = bootstrap.weights(7, 50, seed=3)
    assert drawn.shape == (7, 50)
    assert (drawn.sum(axis=0) == 7).all()
    assert (drawn == bootstrap.weights(7, 50, seed=3)).all()
    assert bootstrap.weights(0, 5).shape == (0, 5)


@pytest.mark.parametrize(
    ("of_clip", "of_pair", "within"),
    [(1.0, 0.0, 0.05), (1.0, 1.0, 0.05), (0.3, 1.0, 0.05), (0.0, 1.0, 0.08)],
)
def test_the_spread_of_a_mean_over_pairs_is_that_of_new_clips_and_pairs(of_clip, of_pair, within):
    """Pairs drawn independently, as before, miss what two pairs share of a clip.

    Where they share nothing, that spread is the lower bound, which some draws exceed.
    """
    n = 200
    pairs = np.array(overlap_pairs(n))
    true = np.sqrt(4 * of_clip**2 / n + of_pair**2 / len(pairs))
    rng = np.random.default_rng(0)
    drawn = bootstrap.pair_weights(pairs, 1000)
    alone, shared = [], []
    for _ in range(60):
        values = of_clip * rng.normal(size=n)[pairs].sum(axis=1)
        values += of_pair * rng.normal(size=len(pairs))
        replicates = bootstrap.mean(values, drawn)
        shared.append(spread(replicates, 1000).var())
        alone.append(replicates[1000:].var())
    assert np.sqrt(np.mean(shared)) == pytest.approx(true, rel=within)
    if of_clip:
        assert np.sqrt(np.mean(alone)) < 0.85 * true


def test_a_difference_of_clips_and_their_pairs_has_the_spread_of_the_same_clips():
    n = 200
    pairs = np.array(overlap_pairs(n))
    of_clips, of_pairs = bootstrap.clip_weights(n, 400), bootstrap.pair_weights(pairs, 400)
    rng, variances = np.random.default_rng(0), []
    for _ in range(60):
        clip = rng.normal(size=n)  # counts once in a clip, half in each of its pairs: it cancels
        values = clip[pairs].mean(axis=1) + 0.1 * rng.normal(size=len(pairs))
        noisy = clip + rng.normal(size=n)
        change = bootstrap.mean(noisy, of_clips) - bootstrap.mean(values, of_pairs)
        variances.append(spread(change, 400).var())
    assert np.sqrt(np.mean(variances)) == pytest.approx(np.sqrt(1 / n + 0.01 / 600), rel=0.06)


def test_pairs_that_the_clips_do_not_tell_apart_have_the_spread_of_pairs_at_least():
    assert spread([0.2, 0.2, 0.1, 0.5], 2) == pytest.approx([0.2, 0.2])
    assert spread([0.1, 0.3, 0.0, 0.4], 2) == pytest.approx([0.0, 0.4])
    assert spread([0.1, 0.3], 2) == pytest.approx([0.1, 0.3]), "single clips stay as they are"
    assert np.isnan(spread([np.nan] * 5, 4)).all()
    assert bootstrap.pair_weights([(0, 1), (1, 0)], 6).shape == (2, 8)


def test_a_class_has_no_f1_in_a_resample_without_it():
    tp = np.zeros((20, 2))
    tp[0, 0] = 1  # one perfect clip of 20
    drawn = bootstrap.weights(20, 200)
    for rates in bootstrap.class_f1(tp, tp, tp, drawn).values():
        assert bootstrap.interval(rates[:, 0]) == (1, 1)
        assert (np.isnan(rates[:, 0]) == (drawn[0] == 0)).all()
        assert bootstrap.interval(rates[:, 1]) is None


@pytest.mark.parametrize("legacy", ["", "event", "intersection"])
def test_f1_of_a_resample_is_f1_of_the_resampled_counts(legacy):
    rng = np.random.default_rng(0)
    tp = rng.integers(0, 3, (6, 3))
    tp[:, 2] = 0
    detected, true = tp + rng.integers(0, 2, (6, 3)), tp + rng.integers(0, 2, (6, 3))
    detected[:, 2] = true[:, 2] = 0
    tp[:, 1] = 0
    drawn = np.column_stack([np.ones(6), bootstrap.weights(6, 3)])
    replicates = bootstrap.f1(tp, detected, true, drawn, legacy)
    for b in range(4):
        counts = [drawn[:, b] @ c for c in (tp, detected, true)]
        left_out = LEFT_OUT[legacy](*counts) if legacy else None
        f1 = f1_from_counts(*counts, LABELS, nan_classes=left_out)
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


def drawn_clips(w, clips):
    """The set of some clips of a world, each as often as it is drawn."""
    names = [f"{place}_{w.names[n]}" for place, n in enumerate(clips)]
    rows = [
        w.truth[w.truth.filename == w.names[n]].assign(filename=name)
        for n, name in zip(clips, names, strict=True)
    ]
    return replace(
        w,
        names=names,
        durations=w.durations[clips],
        scores=[w.scores[n] for n in clips],
        truth=pd.concat(rows, ignore_index=True),
    )


@pytest.mark.parametrize("scenario", [PSDS1, PSDS2])
@pytest.mark.parametrize(("seconds", "tolerance"), [(10.0, 1e-9), (1000.0, 0.02)])
def test_resamples_of_three_clips_have_the_scores_of_the_clips_drawn(scenario, seconds, tolerance):
    """One clip drawn alone needs thresholds at which the others have many false positives; those of
    long clips are thinned out.
    """
    draws = [list(clips) for clips in combinations_with_replacement(range(3), 3)]
    drawn = np.array([np.bincount(clips, minlength=3) for clips in draws], float).T
    frames = int(seconds / HOP)
    for seed in range(4):
        w = world(seed, n_clips=3, levels=10**6, frames=frames)
        w.durations = np.full(3, seconds)
        w.scores[2] = np.random.default_rng(seed).random((3, frames))  # at random
        scores, truth = w.ours()
        counts = count_exactly(scores, truth, [scenario], bootstrap.reach(3))[0]
        direct = [exact_psds(*drawn_clips(w, clips).ours(), [scenario])[0] for clips in draws]
        assert bootstrap.psds(counts, truth, scenario, drawn) == pytest.approx(
            [d.value for d in direct], abs=tolerance
        )
        assert bootstrap.class_psds(counts[0], 0, truth, scenario, drawn) == pytest.approx(
            [d.per_class[0] for d in direct], abs=tolerance, nan_ok=True
        )


def test_usual_sets_count_as_far_as_they_did():
    assert [bootstrap.reach(n) for n in (50, 100, 1168)] == [2, 2, 2]
    assert bootstrap.reach(25) == 4


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
