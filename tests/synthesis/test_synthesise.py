"""``synthesise``: shapes, determinism, peak, level, duration and errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import jss
from jss.errors import JssError
from jss.labels import DESED_LABELS, URBAN_LABELS
from jss.synthesis import ALL_LABELS, LABELS, RATE, espeak, synthesise

STEADY = (
    "Blender",
    "Electric_shaver_toothbrush",
    "Frying",
    "Running_water",
    "Vacuum_cleaner",
    "background",
    "jackhammer",
)


def test_labels_are_those_of_desed_then_background() -> None:
    assert (*DESED_LABELS, "background") == LABELS
    assert (*LABELS, *URBAN_LABELS) == ALL_LABELS


@pytest.mark.parametrize("label", ALL_LABELS)
def test_type_level_and_peak(label: str) -> None:
    for seed in range(4):
        x = synthesise(label, seed)
        assert x.dtype == np.float32
        assert x.ndim == 1
        assert np.isfinite(x).all()
        assert np.abs(x).max() == pytest.approx(0.9, abs=1e-3)
        assert 20 * np.log10(np.sqrt(np.mean(x**2))) > -45
        assert abs(x.mean()) < 1e-2


@pytest.mark.parametrize("label", ALL_LABELS)
def test_the_seed_decides_the_sound(label: str) -> None:
    first = synthesise(label, 7, 1.0)
    np.testing.assert_array_equal(first, synthesise(label, 7, 1.0))
    assert np.abs(first - synthesise(label, 8, 1.0)).max() > 1e-2


@pytest.mark.slow
def test_another_process_gives_the_same_sound() -> None:
    code = "from jss.synthesis import synthesise as s; print(s('Dog', 3, 0.5).tobytes().hex())"
    root = Path(jss.__file__).parents[1]
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert process.stdout.strip() == synthesise("Dog", 3, 0.5).tobytes().hex()


@pytest.mark.parametrize("label", ALL_LABELS)
@pytest.mark.parametrize("duration", [0.01, 0.25, 3.3])
def test_duration(label: str, duration: float) -> None:
    for seed in (0, 5):
        assert len(synthesise(label, seed, duration)) == round(duration * RATE)


@pytest.mark.parametrize("label", ALL_LABELS)
def test_a_long_recording_sounds_to_its_end(label: str) -> None:
    for seed in range(3):
        x = synthesise(label, seed, 9.0)
        assert np.abs(x[5 * RATE :]).max() > 0.02


@pytest.mark.parametrize("label", ALL_LABELS)
def test_natural_lengths(label: str) -> None:
    lengths = np.array([len(synthesise(label, seed)) / RATE for seed in range(6)])
    low, high = (3.0, 10.0) if label in STEADY else (0.2, 8.0)
    assert lengths.min() >= low
    assert lengths.max() <= high
    assert lengths.std() > 0.1


@pytest.mark.parametrize(
    ("label", "seed", "duration", "message"),
    [
        ("Cow", 0, None, "Cow"),
        ("Dog", -1, None, "-1"),
        ("Dog", 0, 0.0, "duration"),
        ("Dog", 0, float("nan"), "duration"),
    ],
)
def test_sentences_of_bad_arguments(
    label: str, seed: int, duration: float | None, message: str
) -> None:
    with pytest.raises(JssError, match=message):
        synthesise(label, seed, duration)


def test_espeak_is_deterministic() -> None:
    x = espeak("The kettle is on.", 3)
    assert x.dtype == np.float32
    assert np.abs(x).max() == pytest.approx(0.9, abs=1e-3)
    assert 0.3 < len(x) / RATE < 10
    np.testing.assert_array_equal(x, espeak("The kettle is on.", 3))


def test_formant_voice_without_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    x = espeak("The kettle is on.", 3)
    assert np.abs(x).max() == pytest.approx(0.9, abs=1e-3)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(JssError, match="empty"):
        espeak("  ", 0)
