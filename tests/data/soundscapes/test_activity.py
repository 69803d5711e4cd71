from __future__ import annotations

import numpy as np
import pytest

from jss.data.soundscapes.activity import (
    active_spans,
    frame_levels,
    k_weighted,
    level_db,
    steady_span,
)


def bursts(*spans: tuple[float, float], seconds: float = 3.0, floor: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    sound = floor * rng.standard_normal(round(seconds * 16000)).astype(np.float32)
    for onset, offset in spans:
        first, stop = round(onset * 16000), round(offset * 16000)
        sound[first:stop] += 0.2 * rng.standard_normal(stop - first)
    return sound


@pytest.mark.parametrize("floor", [0.0, 0.01])
def test_spans_are_tight(floor: float) -> None:
    spans = active_spans(bursts((0.5, 0.9), (1.3, 2.0), floor=floor))
    assert np.array(spans) / 16000 == pytest.approx(np.array([(0.5, 0.9), (1.3, 2.0)]), abs=0.015)


def test_short_pauses_are_bridged() -> None:
    assert len(active_spans(bursts((0.5, 0.9), (1.0, 1.4)))) == 1
    assert len(active_spans(bursts((0.5, 0.9), (1.1, 1.4)))) == 2


def test_a_sound_without_pauses_is_one_span() -> None:
    assert active_spans(bursts((0.0, 3.0))) == [(0, 48000)]


def test_silence_has_no_span() -> None:
    assert active_spans(np.zeros(1000, np.float32)) == []
    assert steady_span(np.zeros(1000, np.float32)) is None


def test_a_knock_does_not_change_a_steady_span() -> None:
    sound = bursts((0.4, 2.6)) * 0.05
    sound[30000:30200] += 0.9
    first, stop = steady_span(sound) or (0, 0)
    assert first / 16000 == pytest.approx(0.4, abs=0.05)
    assert stop / 16000 == pytest.approx(2.6, abs=0.05)


def test_loudness_of_the_reference_tone() -> None:
    """BS.1770: a full-scale sine at 997 Hz has -3.01 LUFS (one channel)."""
    tone = np.sin(2 * np.pi * 997 * np.arange(80000) / 16000).astype(np.float32)
    assert level_db(k_weighted(tone)[16000:]) == pytest.approx(-3.01, abs=0.1)
    assert level_db(k_weighted(0.1 * tone), [(20000, 30000)]) == pytest.approx(-23.01, abs=0.1)


def test_frame_levels() -> None:
    levels = frame_levels(np.full(1601, 0.1, np.float32))
    assert len(levels) == 11
    assert levels == pytest.approx(-20.0, abs=1e-3)
