"""Background: rooms and streets in which nothing in particular happens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    harmonic_count,
    harmonic_tone,
    log_uniform,
    noise,
    overlap_add,
    phase,
    poisson_arrivals,
    random_spectrum,
    samples,
    smooth_noise,
    unit_rms,
)


def room_tone(rng: Rng, n: int) -> Floats:
    """Synthesise a quiet room: noise that falls steeply with frequency.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    fall = rng.uniform(3.0, 9.0)
    return noise(
        rng,
        n,
        *random_spectrum(
            rng, (30, 100, 400, 1600, 8000), (6, 0, -2 * fall, -4 * fall, -6 * fall), 3.0, 5, 6.0
        ),
    )


def hum(rng: Rng, n: int) -> Floats:
    """Synthesise the mains hum of a refrigerator or a lamp.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    hz = float(rng.choice((50.0, 60.0)))
    h = np.arange(1, 17)
    levels = (
        -rng.uniform(3.0, 9.0) * np.log2(h) + 6.0 * rng.standard_normal(16) + 6.0 * (h % 2 == 0)
    )
    y = harmonic_tone(phase(np.full(n, hz)), 10.0 ** (levels / 20.0), rng.uniform(0, 6.3, 16))
    tones: Floats = unit_rms(y) * np.exp(0.1 * smooth_noise(rng, n, 0.5)) + 0.3 * room_tone(rng, n)
    return tones


def street(rng: Rng, n: int) -> Floats:
    """Synthesise distant traffic: a rumble with cars that approach and pass.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    y = noise(
        rng,
        n,
        *random_spectrum(
            rng, (30, 100, 300, 1000, 3000, 8000), (3, 4, 0, -8, -20, -34), 3.0, 4, 5.0
        ),
    )
    y *= np.exp(0.25 * smooth_noise(rng, n, 0.8))
    t = np.arange(n) / RATE
    for _ in range(int(rng.poisson(n / RATE / 4.0))):
        pass_by = 1.0 / (1.0 + ((t - rng.uniform(0.0, n / RATE)) / log_uniform(rng, 0.5, 2.5)) ** 2)
        wheels = noise(
            rng, n, *random_spectrum(rng, (50, 300, 1000, 3000, 8000), (0, 0, 0, -10, -26), 3.0)
        )
        y += log_uniform(rng, 0.2, 1.2) * pass_by**1.5 * wheels
    return y


def rain(rng: Rng, n: int) -> Floats:
    """Synthesise rain on leaves or a roof: a hiss of drops, some of them audible singly.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    points = random_spectrum(rng, (80, 400, 1500, 5000, 8000), (-10, -5, -1, 0, -3), 4.0, 4, 5.0)
    y = noise(rng, n, *points) * np.exp(0.1 * smooth_noise(rng, n, 1.0))
    starts = poisson_arrivals(rng, n, log_uniform(rng, 5.0, 150.0))
    t = np.arange(160)
    drops = (
        rng.standard_normal((len(starts), 160))
        * np.exp(-t / 25.0)
        * rng.random((len(starts), 1)) ** 3
    )
    return unit_rms(y) + log_uniform(rng, 0.05, 0.8) * unit_rms(overlap_add(n, starts, drops))


def fan(rng: Rng, n: int) -> Floats:
    """Synthesise a fan or an air conditioner: air, and a faint low tone of the blades.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    hz = log_uniform(rng, 40.0, 240.0)
    count = min(harmonic_count(hz), 12)
    levels = -rng.uniform(4.0, 10.0) * np.log2(np.arange(1, count + 1)) + 4.0 * rng.standard_normal(
        count
    )
    blades = harmonic_tone(
        phase(hz * (1.0 + 0.002 * smooth_noise(rng, n, 1.0))),
        10.0 ** (levels / 20.0),
        rng.uniform(0, 6.3, count),
    )
    air = noise(
        rng, n, *random_spectrum(rng, (40, 150, 500, 2000, 8000), (0, 0, -6, -16, -30), 4.0, 8, 7.0)
    )
    swing = np.sin(2 * np.pi * phase(np.full(n, log_uniform(rng, 0.5, 8.0))))
    y: Floats = air * (1.0 + 0.1 * swing) + log_uniform(rng, 0.03, 0.5) * unit_rms(blades)
    return y


def wind(rng: Rng, n: int) -> Floats:
    """Synthesise wind: a low roar and a higher whistle that rise and fall.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    gust = smooth_noise(rng, n, log_uniform(rng, 0.4, 1.5))
    roar = noise(
        rng, n, *random_spectrum(rng, (30, 100, 300, 1000, 8000), (6, 4, -4, -18, -45), 3.0)
    ) * np.exp(0.5 * gust)
    leaves = noise(
        rng, n, *random_spectrum(rng, (200, 1000, 4000, 8000), (-12, -3, 0, -4), 3.0)
    ) * np.exp(0.9 * gust)
    y: Floats = roar + log_uniform(rng, 0.02, 0.5) * leaves
    return y


#: Kinds of background, and their probabilities.
_KINDS: tuple[Callable[[Rng, int], Floats], ...] = (room_tone, hum, street, rain, fan, wind)
_PROBABILITIES = (0.3, 0.1, 0.2, 0.12, 0.18, 0.1)


def background(rng: Rng, duration: float | None) -> Floats:
    """Synthesise one or two kinds of background over the noise of a recorder.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 10.0) if duration is None else duration)
    y = np.zeros(n)
    chosen = rng.choice(
        len(_KINDS), size=1 + int(rng.random() < 0.45), replace=False, p=_PROBABILITIES
    )
    for i, weight in zip(chosen, (1.0, log_uniform(rng, 0.05, 0.7)), strict=False):
        y += weight * unit_rms(_KINDS[i](rng, n))
    y += log_uniform(rng, 0.003, 0.1) * noise(
        rng, n, (30.0, 8000.0), (0.0, -rng.uniform(0.0, 20.0))
    )
    y = y * np.exp(log_uniform(rng, 0.03, 0.35) * smooth_noise(rng, n, log_uniform(rng, 4.0, 40.0)))
    return add_room(y, rng, 0.3)
