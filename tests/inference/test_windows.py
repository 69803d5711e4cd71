"""Windows of a long recording put together again are the recording, whatever order a window's
sources come in.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from jss.inference.windows import (
    FRAME,
    STEP,
    WHOLE,
    WINDOW,
    Stretch,
    join,
    match,
    padded,
    pieces,
    windows,
)

RATE = 16000


def blocks(signal, size=50000):
    return [signal[i : i + size] for i in range(0, len(signal), size)]


@pytest.mark.parametrize("samples", [1, 160000, WHOLE])
def test_short_recordings_are_one_window(samples):
    signal = np.arange(samples, dtype=np.float32)
    ((window, last),) = windows(blocks(signal))
    assert last
    np.testing.assert_array_equal(window, signal)


@pytest.mark.parametrize(
    "samples", [WHOLE + 1, 40 * RATE, 41 * RATE + 3, 42 * RATE, 50 * RATE + 777, 10 * 60 * RATE]
)
def test_long_recordings_are_windows_of_ten_seconds(samples):
    signal = np.random.default_rng(0).standard_normal(samples, np.float32)
    stretches = list(windows(blocks(signal)))
    for i, (window, last) in enumerate(stretches):
        start = i * STEP
        if last:
            assert i == len(stretches) - 1
            assert WINDOW < len(window) <= WINDOW + STEP
            np.testing.assert_array_equal(window, signal[start:])
        else:
            np.testing.assert_array_equal(window, signal[start : start + WINDOW])


def bands(signal):
    """Three sources that add up to the signal, told apart by frequency."""
    spectrum = np.fft.rfft(signal)
    edges = [0, len(spectrum) // 8, len(spectrum) // 3, len(spectrum)]
    parts = [
        np.where((np.arange(len(spectrum)) >= a) & (np.arange(len(spectrum)) < b), spectrum, 0)
        for a, b in pairwise(edges)
    ]
    return np.stack([np.fft.irfft(p, len(signal)) for p in parts]).astype(np.float32)


@pytest.mark.parametrize("samples", [31 * RATE, 47 * RATE + 123])
def test_sources_keep_their_order_from_window_to_window(samples):
    rng = np.random.default_rng(3)
    signal = rng.standard_normal(samples, np.float32)
    truth = bands(signal)
    shuffles = []

    def analyse(window):
        order = rng.permutation(3)
        shuffles.append(tuple(order))
        frames = (len(window) // 256 + 1) // 4
        marks = np.arange(3, dtype=np.float32)[
            order
        ]  # a score that tells which source it belongs to
        return Stretch(
            window,
            bands(window)[order],
            np.full((2, frames), 0.5, np.float32),
            np.broadcast_to(marks[:, None, None], (3, 2, frames)).copy(),
            np.full(2, 0.5, np.float32),
            np.stack([marks, marks], axis=1),
        )

    stretches = list(pieces(blocks(signal), analyse))
    assert len(set(shuffles)) > 1
    first = list(shuffles[0])
    np.testing.assert_array_equal(np.concatenate([p.mixture for p in stretches]), signal)
    joined = np.concatenate([p.sources for p in stretches], axis=1)
    assert joined.shape == (3, samples)
    error = joined - truth[first]
    assert np.sum(error**2) < 1e-3 * np.sum(truth**2)  # windows end in other places than the whole
    np.testing.assert_allclose(joined.sum(0), signal, atol=1e-4)  # the fade keeps the sum
    scores = np.concatenate([p.source_scores for p in stretches], axis=-1)
    assert scores.shape[-1] == (samples // 256 + 1) // 4
    np.testing.assert_allclose(
        scores, np.array(first)[:, None, None] * np.ones_like(scores), atol=1e-6
    )
    for piece in stretches:
        np.testing.assert_array_equal(piece.source_weak[:, 0], first)


def test_scores_fade_over_the_overlap():
    signal = np.zeros(31 * RATE, np.float32)
    values = iter([0.0, 1.0, 0.0, 1.0])

    def analyse(window):
        frames = (len(window) // 256 + 1) // 4
        scores = np.full((1, frames), next(values), np.float32)
        return Stretch(
            window,
            np.zeros((0, len(window)), np.float32),
            scores,
            np.zeros((0, 1, frames), np.float32),
            np.zeros(1, np.float32),
            np.zeros((0, 1), np.float32),
        )

    scores = np.concatenate([p.scores for p in pieces([signal], analyse)], axis=-1)[0]
    step, overlap = STEP // FRAME, 156 - STEP // FRAME
    assert not scores[:step].any()
    rise = scores[step : step + overlap]
    assert (np.diff(rise) > 0).all()
    np.testing.assert_allclose(rise + rise[::-1], 1, atol=1e-6)
    np.testing.assert_array_equal(scores[step + overlap : 2 * step], 1)


def test_match():
    rng = np.random.default_rng(0)
    old = rng.standard_normal((4, 1000)).astype(np.float32) * np.array(
        [[1], [0.1], [2], [0.01]], np.float32
    )
    order = np.array([2, 0, 3, 1])
    np.testing.assert_array_equal(match(old, old[np.argsort(order)]), order)
    np.testing.assert_array_equal(
        match(np.zeros((4, 10), np.float32), np.zeros((4, 10), np.float32)), range(4)
    )
    quiet = old * np.array([[1], [0], [0], [1]], np.float32)
    np.testing.assert_array_equal(match(quiet, quiet), range(4))
    assert match(old[:0], old[:0]).shape == (0,)


def test_short_clips_are_padded_with_zeros_and_others_stay():
    signal = np.ones(24000, np.float32)
    np.testing.assert_array_equal(padded(signal, 2.0), np.pad(signal, (0, 8000)))
    assert padded(signal, 1.0) is padded(signal, None) is signal


def test_joined_windows_are_the_whole():
    """Windows of one signal, which agree where they overlap, and of two constants, which fade."""
    signal = np.random.default_rng(0).normal(size=(2, 31)).astype(np.float32)
    parts = [signal[:, start : start + 10] for start in (0, 8)] + [signal[:, 16:]]
    np.testing.assert_allclose(join(parts, 8), signal, atol=1e-6)
    ones = np.ones(5, np.float32)
    np.testing.assert_allclose(join([ones, 2 * ones], 3), [1, 1, 1, 4 / 3, 5 / 3, 2, 2, 2])
