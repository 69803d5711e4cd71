"""Scores to events, compared with scipy's median filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import median_filter

from jss.decoding import binarize, decode


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
