import numpy as np
import pytest

from jss.metrics.average_precision import average_precision, resampled


def test_by_hand():
    # ranked: hit, miss, hit -> (1/1 + 2/3) / 2
    scores = np.array([[0.9], [0.8], [0.7]])
    assert average_precision(scores, [[1], [0], [1]])[0] == pytest.approx((1 + 2 / 3) / 2)


def test_equal_scores_are_one_threshold_and_an_absent_class_is_nan():
    values = average_precision(np.full((4, 2), 0.5), [[1, 0], [0, 0], [0, 0], [0, 0]])
    assert values[0] == pytest.approx(0.25)
    assert np.isnan(values[1])


@pytest.mark.parametrize("seed", range(10))
def test_equals_scikit_learn(seed):
    oracle = pytest.importorskip("sklearn.metrics").average_precision_score
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((50, 3)), seed % 3 + 1)  # with ties
    tags = rng.random((50, 3)) < 0.3
    np.testing.assert_allclose(
        average_precision(scores, tags), [oracle(tags[:, k], scores[:, k]) for k in range(3)]
    )


def test_a_resample_of_every_clip_once_is_the_whole_set():
    rng = np.random.default_rng(1)
    scores, tags = rng.random((20, 3)), rng.random((20, 3)) < 0.4
    twice = np.stack([np.ones(20), np.r_[np.full(10, 2.0), np.zeros(10)]], axis=1)
    values = resampled(scores, tags, twice)
    assert values[0] == pytest.approx(average_precision(scores, tags).mean())
    half = average_precision(np.repeat(scores[:10], 2, axis=0), np.repeat(tags[:10], 2, axis=0))
    assert values[1] == pytest.approx(np.nanmean(half))


def test_shapes():
    with pytest.raises(ValueError, match="N, K"):
        average_precision(np.zeros((2, 3)), np.zeros((3, 2)))
