import numpy as np
import pytest

from jss.metrics.diversity import clip_similarity, frame_similarity, pair_similarity, source_pairs


def test_equation_30_by_hand():
    scores = np.zeros((3, 2, 2))
    scores[0] = [[1, 1], [0, 1]]
    scores[1] = [[1, 1], [1, 1]]
    scores[2] = [[0, 2], [1, 2]]
    frames = frame_similarity(scores)
    r = np.sqrt(0.5)
    assert source_pairs(3) == [(0, 1), (0, 2), (1, 2)]
    assert frames == pytest.approx(np.array([[r, 1], [0, 1], [r, 1]]))
    assert pair_similarity(scores) == pytest.approx([(r + 1) / 2, 0.5, (r + 1) / 2])
    assert clip_similarity(scores) == pytest.approx((r + 1.5) / 3)


def test_same_scores_give_one_whatever_their_level():
    base = np.random.default_rng(0).uniform(0.01, 1, (1, 10, 156))
    assert clip_similarity(np.concatenate([base, 0.1 * base, 0.5 * base])) == pytest.approx(1.0)


def test_a_silent_source_and_too_few_sources():
    scores = np.zeros((2, 3, 4))
    scores[0] = 0.5
    assert clip_similarity(scores) == 0.0
    assert np.isnan(clip_similarity(scores[:1]))
    assert np.isnan(clip_similarity(scores[:, :, :0]))
    with pytest.raises(ValueError, match="sources, classes, frames"):
        frame_similarity(np.zeros((3, 4)))
