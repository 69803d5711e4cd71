"""Figures of clips, and where one system gains over another: worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from two_systems import A, B

from jss.evaluation.clip_figures import clip_figures, gains


def test_seconds_and_events_by_hand():
    b = clip_figures(B, {"a.wav": 0.25, "b.wav": None})
    assert b.of("hit").tolist() == pytest.approx([2, 2, 0])
    assert b.of("hit", "Dog").tolist() == pytest.approx([0, 2, 0])
    assert b.of("false_alarm").tolist() == pytest.approx([2, 0, 0])
    assert b.of("f1").tolist() == pytest.approx([2 * 1 / (2 + 2), 1, np.nan], nan_ok=True)
    assert b.of("f1", "Cat").tolist() == pytest.approx([1, np.nan, np.nan], nan_ok=True)
    assert b.of("similarity").tolist() == pytest.approx([0.25, np.nan, np.nan], nan_ok=True)


def test_clips_in_the_order_of_what_b_gains():
    a, b = clip_figures(A), clip_figures(B)
    assert [(g.filename, g.gain) for g in gains(a, b, "hit")] == [
        ("b.wav", pytest.approx(2)),
        ("a.wav", pytest.approx(1)),
        ("c.wav", pytest.approx(0)),
    ]
    assert [(g.filename, g.gain) for g in gains(a, b, "false_alarm", "Dog")] == [
        ("c.wav", pytest.approx(4)),  # fewer false alarms are a gain
        ("b.wav", pytest.approx(0)),
        ("a.wav", pytest.approx(-2)),
    ]
    assert [g.filename for g in gains(a, b, "hit", "Cat")] == ["a.wav"], "elsewhere there is no cat"
