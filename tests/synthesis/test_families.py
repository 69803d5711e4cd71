"""Acoustic features of each class: medians over seeds, because each class varies widely."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.signal import lfilter, medfilt, welch

from jss.synthesis import RATE, synthesise

SEEDS = range(100, 112)


@cache
def recordings(label: str) -> tuple[np.ndarray, ...]:
    return tuple(synthesise(label, s, 3.0).astype(np.float64) for s in SEEDS)


def harmonicity(x: np.ndarray, low: float = 60.0, high: float = 1200.0) -> tuple[float, float]:
    """Mean peak height and frequency (Hz) of the autocorrelation of 64 ms frames, by energy."""
    f = np.lib.stride_tricks.sliding_window_view(x, 1024)[::512] * np.hanning(1024)
    a = np.fft.irfft(np.abs(np.fft.rfft(f, 2048)) ** 2)[:, :1024]
    w = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(1024), 2048)) ** 2)[:1024]
    lags = slice(int(RATE / high), int(RATE / low))
    r = a[:, lags] / (a[:, :1] + 1e-12) / (w[lags] / w[0])
    # the shortest lag within 90 % of the best is the period
    best = r.max(1, keepdims=True)
    first = np.argmax(r >= 0.9 * best, axis=1) + lags.start
    loud = a[:, 0]
    return float(np.average(best[:, 0], weights=loud)), float(
        np.exp(np.average(np.log(RATE / first), weights=loud))
    )


def peaks_db(x: np.ndarray) -> float:
    """Height of the narrowest lines above the smoothed spectrum, in dB."""
    _, p = welch(x, RATE, nperseg=4096)
    db = 10 * np.log10(p + 1e-14)[20:]
    return float(np.percentile(db - medfilt(db, 101), 99))


def flatness_db(x: np.ndarray) -> float:
    _, p = welch(x, RATE, nperseg=1024)
    return float(10 * np.log10(np.exp(np.mean(np.log(p[4:480]))) / np.mean(p[4:480])))


def kurtosis(x: np.ndarray) -> float:
    y = np.diff(x)
    return float(np.mean(y**4) / np.mean(y**2) ** 2)


def modulation(x: np.ndarray) -> float:
    """Standard deviation of the level in 16 ms frames, in dB."""
    n = len(x) // 256
    return float(np.std(10 * np.log10((x[: n * 256].reshape(n, 256) ** 2).mean(1) + 1e-7)))


def median(measure, label: str) -> float:
    return float(np.median([measure(x) for x in recordings(label)]))


@pytest.mark.slow
def test_bells_have_narrow_partials() -> None:
    assert median(peaks_db, "Alarm_bell_ringing") > 10
    assert median(peaks_db, "Alarm_bell_ringing") > median(peaks_db, "Running_water") + 5


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Blender", "Vacuum_cleaner", "Electric_shaver_toothbrush"])
def test_motors_have_combs_over_noise(label: str) -> None:
    assert median(peaks_db, label) > median(peaks_db, "Frying") + 1.5
    assert -25 < median(flatness_db, label) < -2


def test_a_shaver_is_brighter_than_a_vacuum_cleaner() -> None:
    def centroid(x: np.ndarray) -> float:
        f, p = welch(x, RATE, nperseg=1024)
        return float(np.sum(f * p) / np.sum(p))

    assert median(centroid, "Electric_shaver_toothbrush") > 1.5 * median(centroid, "Vacuum_cleaner")


def test_a_vacuum_cleaner_is_steadier_than_a_blender() -> None:
    assert median(modulation, "Vacuum_cleaner") < median(modulation, "Blender")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "low", "high"), [("Dog", 60, 1200), ("Cat", 250, 1200), ("Speech", 75, 420)]
)
def test_voices_have_a_pitch_in_range(label: str, low: float, high: float) -> None:
    pitches = [harmonicity(x) for x in recordings(label)]
    assert np.median([h for h, _ in pitches]) > 0.5
    assert low < np.median([f for _, f in pitches]) < high


def test_speech_moves_at_the_rate_of_syllables() -> None:
    shares = []
    for x in recordings("Speech"):
        env = lfilter([0.02], [1, -0.98], np.abs(x))[::160]
        f, p = welch(env - env.mean(), 100, nperseg=min(256, len(env)))
        shares.append(p[(f > 1) & (f < 10)].sum() / p[f > 0].sum())
    assert np.median(shares) > 0.5


def test_dishes_are_blows_that_ring() -> None:
    assert median(kurtosis, "Dishes") > 10
    assert median(kurtosis, "Dishes") > 5 * median(kurtosis, "Running_water")
    assert median(modulation, "Dishes") > 6


def test_frying_is_noise_with_pops() -> None:
    assert median(kurtosis, "Frying") > 4
    assert median(flatness_db, "Frying") > -9
    assert median(lambda x: harmonicity(x)[0], "Frying") < 0.45


def test_water_is_broad_and_bubbles() -> None:
    assert median(flatness_db, "Running_water") > -10
    assert median(kurtosis, "Running_water") > 3.05


def test_background_is_darker_than_events() -> None:
    def high(x: np.ndarray) -> float:
        f, p = welch(x, RATE, nperseg=1024)
        return float(p[f > 2000].sum() / p.sum())

    assert median(high, "background") < 0.5 * median(high, "Frying")
    assert median(modulation, "background") < median(modulation, "Dog")


def test_a_bubble_rings_at_its_radius_and_rises() -> None:
    from jss.synthesis.water import bubbles

    rng = np.random.default_rng(0)
    n = 4 * RATE
    x = bubbles(rng, n, np.full(n, 20.0), 600.0, 620.0, 0.1)
    f, p = welch(x, RATE, nperseg=2048)
    assert 560 < f[np.argmax(p)] < 800


def test_modes_are_decaying_sinusoids() -> None:
    from jss.synthesis.tools import decaying_modes

    x = decaying_modes(RATE, np.array([440.0, 1000.0]), np.array([0.1, 0.1]), np.array([1.0, 0.5]))
    t = np.arange(RATE) / RATE
    want = np.exp(-t / 0.1) * (np.sin(2 * np.pi * 440 * t) + 0.5 * np.sin(2 * np.pi * 1000 * t))
    np.testing.assert_allclose(x, want, atol=1e-9)


def test_filter_frames_with_unit_response() -> None:
    from jss.synthesis.tools import frame_count, frame_filter

    x = np.random.default_rng(0).standard_normal(5000)
    np.testing.assert_allclose(frame_filter(x, np.ones((frame_count(5000), 257))), x, atol=1e-9)


@pytest.mark.slow
def test_street_sounds() -> None:
    assert median(lambda x: harmonicity(x)[0], "car_horn") > 0.6
    assert 60 < median(lambda x: harmonicity(x)[1], "car_horn") < 560
    assert median(kurtosis, "gun_shot") > 20
    pitched = {
        label: median(lambda x: harmonicity(x)[0], label) for label in ("siren", "jackhammer")
    }
    assert pitched["siren"] > pitched["jackhammer"] + 0.1


def test_a_jackhammer_strikes_10_to_30_times_a_second() -> None:
    rates = []
    for x in recordings("jackhammer"):
        envelope = np.abs(x)[: len(x) // 80 * 80].reshape(-1, 80).mean(1)
        f, p = welch(envelope - envelope.mean(), RATE / 80, nperseg=512)
        rates.append(f[np.argmax(p * (f > 5))])
    assert np.percentile(rates, 25) > 9
    assert np.percentile(rates, 75) < 62  # the second harmonic may be the strongest
