"""Scores to events, compared with scipy's median filter."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.ndimage import median_filter

from jss.decoding import binarize, decode, on_grid


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
