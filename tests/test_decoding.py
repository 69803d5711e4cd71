"""Scores to events, compared with scipy's median filter."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.ndimage import median_filter

from jss.decoding import (
    BASELINE,
    BoxPoint,
    MedianPoint,
    OperatingPoints,
    binarize,
    bounding_boxes,
    curves,
    decode,
    decoder,
    encode,
    on_grid,
)
from jss.errors import JssError


@pytest.mark.parametrize("median", [1, 2, 3, 4, 7, 15])
@pytest.mark.parametrize("frames", [1, 2, 6, 7, 156])
def test_binarize_equals_scipy(median: int, frames: int) -> None:
    rng = np.random.default_rng(frames * 100 + median)
    for shape in ((frames,), (3, frames), (2, 3, frames)):
        scores = rng.random(shape)
        size = (1,) * (len(shape) - 1) + (median,)
        np.testing.assert_array_equal(
            binarize(scores, 0.5, median), median_filter(scores > 0.5, size=size)
        )


def test_no_frames_and_scores_at_the_threshold() -> None:
    assert binarize(np.zeros((3, 0))).shape == (3, 0)
    assert not binarize(np.full((1, 20), 0.5)).any()


def test_a_threshold_and_a_filter_for_each_class():
    scores = np.random.default_rng(0).random((3, 80)).astype(np.float32)
    limits, medians = (0.2, float(scores[1, 3]), 0.7), (1, 5, 9)
    result = binarize(scores, limits, medians)
    for k, row in enumerate(scores):
        np.testing.assert_array_equal(result[k], binarize(row, limits[k], medians[k]))


def test_boxes_of_rectangles():
    scores = np.zeros((2, 60))
    scores[0, 10:20], scores[0, 40:], scores[1] = 0.8, 0.6, 0.3
    result = bounding_boxes(scores, 4, 2.0)
    np.testing.assert_allclose(result, scores, atol=1e-12)
    assert bounding_boxes(np.zeros((3, 0)), 4, 2.0).shape == (3, 0)
    assert not bounding_boxes(np.zeros((3, 9)), 4, 2.0).any()


def test_boxes_merge_where_the_gap_is_high_enough():
    scores = np.zeros((3, 60))
    scores[:, 10:20], scores[:, 30:40] = 0.8, 0.6
    scores[:, 20:30] = [[0.41], [0.39], [0.41]]
    apart, together = scores[1].copy(), np.zeros(60)
    apart[20:30] = 0
    together[10:40] = scores[0, 10:40].mean()
    result = bounding_boxes(scores, 5, 2.0)
    np.testing.assert_allclose(result, [together, apart, together], atol=1e-12)
    # Louder or softer by a factor, every box is: only relative confidence counts.
    np.testing.assert_allclose(bounding_boxes(0.1 * scores, 5, 2.0), 0.1 * result, atol=1e-12)


def test_each_row_has_its_boxes():
    rng = np.random.default_rng(3)
    scores = np.repeat(rng.random((4, 5, 30)), 6, axis=-1) + 0.05 * rng.random((4, 5, 180))
    result = bounding_boxes(scores, 5, 1.5)
    for n, k in np.ndindex(4, 5):
        np.testing.assert_array_equal(result[n, k], bounding_boxes(scores[n, k], 5, 1.5))
        for value in np.unique(result[n, k])[1:]:
            np.testing.assert_allclose(scores[n, k][result[n, k] == value].mean(), value)


def points(**threshold: float) -> OperatingPoints:
    return OperatingPoints(
        "a set",
        3,
        "w",
        {k: MedianPoint(n, t) for n, (k, t) in enumerate(threshold.items(), 1)},
        {k: BoxPoint(5, 2.0, t) for k, t in threshold.items()},
    )


def test_what_a_user_asks_for():
    labels, of = ("a", "b"), points(a=0.3, b=0.6)
    assert decoder(None, labels) == BASELINE
    assert (decoder(of, labels).threshold, decoder(of, labels).median) == ((0.3, 0.6), (1, 2))
    assert decoder(of, labels, 0.4) == decoder(None, labels, 0.4)
    boxes = decoder(of, labels, method="boxes")
    assert (boxes.threshold, boxes.median, boxes.boxes) == ((0.3, 0.6), 1, ((5, 2.0), (5, 2.0)))
    assert decoder(of, labels, 0.4, "boxes").threshold == 0.4
    with pytest.raises(JssError, match="tune"):
        decoder(None, labels, method="boxes")
    scores = np.zeros((2, 40))
    scores[:, 5:30] = 0.5
    result = decode(scores, labels, hop=1.0, duration=40.0, **vars(boxes))
    assert result == [(5.0, 30.0, "a")]
    np.testing.assert_allclose(curves(scores, boxes), scores)


def test_decoded_events_end_with_the_clip() -> None:
    scores = np.zeros((2, 20))
    scores[0, 2:10] = 0.9
    scores[1, 12:] = 0.8
    assert decode(scores, ("a", "b"), hop=0.5, duration=9.0, median=1) == [
        (1.0, 5.0, "a"),
        (6.0, 9.0, "b"),
    ]


def test_spans_on_a_grid():
    on = functools.partial(on_grid, hop=0.5, frames=4)
    same = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 1.0, 0.0]])
    starts = np.arange(4) * 0.5
    assert on(same, starts, starts + 0.5) == pytest.approx(same, abs=1e-7)
    # Windows that overlap: each frame has the mean of what covers it, by seconds.
    got = on([[0.0, 1.0]], [0.0, 0.75], [1.0, 1.75])
    assert got == pytest.approx(np.array([[0.0, 0.25 / 0.75, 1.0, 1.0]]))
    # Frames that nothing covers have the scores of the nearest span.
    assert on([[0.3, 0.7]], [0.0, 0.5], [0.5, 1.0]) == pytest.approx(
        np.array([[0.3, 0.7, 0.7, 0.7]])
    )
    # Many spans in one frame.
    fine = np.linspace(0, 1, 20, endpoint=False)[None]
    got = on(fine, np.arange(20) * 0.1, np.arange(1, 21) * 0.1)
    assert got == pytest.approx(fine.reshape(1, 4, 5).mean(axis=2), abs=1e-6)


def test_labels_begin_and_end_where_the_baselines_do():
    """Of the times of a table, to the millisecond: frame 143 begins at 9.152 s."""
    for milliseconds in range(10_001):
        first, end = milliseconds // 64, -(-milliseconds // 64)
        target = encode([(milliseconds / 1000, 10.0, "a")], "a", frames=157, hop=0.064)[0]
        assert target.sum() == 157 - first
        target = encode([(0.0, milliseconds / 1000, "a")], "a", frames=157, hop=0.064)[0]
        assert target.sum() == end
