from __future__ import annotations

import numpy as np
import pytest

from jss.data.soundscapes.acoustics import fade, loop, responses, reverberate, shift_pitch
from jss.data.soundscapes.activity import frame_levels


def test_pitch_shift_changes_the_length() -> None:
    tone = np.sin(2 * np.pi * 500 * np.arange(32000) / 16000).astype(np.float32)
    higher = shift_pitch(tone, 3.0)
    assert len(higher) == pytest.approx(32000 / 2**0.25, abs=2)
    peak = np.argmax(np.abs(np.fft.rfft(higher))) * 16000 / len(higher)
    assert peak == pytest.approx(500 * 2**0.25, abs=2)
    assert shift_pitch(tone, 0.0) is tone


def test_a_loop_has_no_seam() -> None:
    noise = np.random.default_rng(0).standard_normal(32000).astype(np.float32)
    looped = loop(noise, 160000)
    assert len(looped) == 160000
    assert np.array_equal(looped[:24000], noise[:24000])
    levels = frame_levels(looped)
    assert levels.max() - levels.min() < 4.0
    assert np.array_equal(loop(noise, 1000), noise[:1000])


def test_a_slow_tone_is_looped_without_clicks() -> None:
    tone = np.sin(2 * np.pi * 100.3 * np.arange(30001) / 16000).astype(np.float32)
    assert np.abs(np.diff(loop(tone, 160000))).max() < 0.06


def test_fades() -> None:
    faded = fade(np.ones(1000, np.float32), 100, 200)
    assert faded[0] < 0.001
    assert faded[-1] < 0.001
    assert faded[100:800] == pytest.approx(1.0)
    assert np.all(np.diff(faded[:100]) > 0)


def test_direct_sound_and_decay_of_rooms() -> None:
    click = np.zeros(1600, np.float32)
    click[400] = 1.0
    wet = reverberate(click, 3, 1)
    assert np.argmax(np.abs(wet) > 0.5) == pytest.approx(400, abs=8)
    assert np.abs(wet[:390]).max() < 1e-3
    assert len(responses(3)) == 4
    levels = frame_levels(wet[400:])
    assert levels[:3].max() - levels[-3:].max() > 25.0
