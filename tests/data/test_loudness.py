from __future__ import annotations

import math

import numpy as np
import pyloudnorm
import pytest

from jss.data.soundscapes.loudness import lufs

RATE = 16000


def burst(seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 900 * t) * np.exp(-t)).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 3.7])
def test_lufs_equals_pyloudnorm(seconds):
    x = burst(seconds)
    assert lufs(x) == pytest.approx(
        pyloudnorm.Meter(RATE).integrated_loudness(x.astype(float)), abs=1e-9
    )


def test_a_full_scale_sine_of_997_hz_is_at_minus_3_lufs():
    t = np.arange(2 * RATE) / RATE
    assert lufs(np.sin(2 * np.pi * 997 * t).astype(np.float32)) == pytest.approx(-3.01, abs=0.3)


def test_short_events_are_repeated():
    x = burst(0.1)
    assert lufs(x) == pytest.approx(lufs(np.tile(x, 4)), abs=1e-9)


def test_quiet_events_and_silence():
    assert lufs(np.full(RATE, 1e-5, np.float32)) == pytest.approx(-100, abs=1e-3)
    assert lufs(np.zeros(RATE, np.float32)) == -math.inf
    assert lufs(np.zeros(0, np.float32)) == -math.inf
