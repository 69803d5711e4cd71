"""Frying: a hiss, a dense crackle, and pops of widely varying size."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    equalise,
    log_uniform,
    noise,
    overlap_add,
    poisson_arrivals,
    random_spectrum,
    samples,
    smooth_noise,
    unit_rms,
)


def crackle(
    rng: Rng, n: int, rate: Floats, tail: float, length: float, low: float, high: float
) -> Floats:
    """Synthesise pops at Poisson times, of noise and a decaying tone.

    Args:
        rng: Random generator.
        n: Length in samples.
        rate: (n,) pops a second.
        tail: Exponent of the Pareto distribution of their sizes.
        length: Typical decay time in seconds.
        low: Lowest tone in Hz.
        high: Highest tone in Hz.

    Returns:
        (n,).
    """
    starts = poisson_arrivals(rng, n, rate)
    count = len(starts)
    size = samples(5.0 * length)
    t = np.arange(size) / RATE
    decay = length * 0.3 * 6.0 ** rng.random((count, 1))
    hz = low * (high / low) ** rng.random((count, 1))
    ring = np.cos(2.0 * np.pi * hz * t + 6.3 * rng.random((count, 1)))
    grains = (ring + 0.8 * rng.standard_normal((count, size))) * np.exp(-t / decay)
    sizes = np.minimum(rng.pareto(tail, (count, 1)) + 0.2, 40.0)
    return overlap_add(n, starts, grains * sizes)


def frying(rng: Rng, duration: float | None) -> Floats:
    """Synthesise frying in a pan, from a gentle simmer to a fierce sizzle.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 10.0) if duration is None else duration)
    boil = np.exp(log_uniform(rng, 0.03, 0.3) * smooth_noise(rng, n, log_uniform(rng, 0.3, 3.0)))
    points = random_spectrum(
        rng, (60, 300, 1000, 3000, 5500, 8000), (-5, -5, -4, 0, 3, 3), 4.0, 9, 8.0
    )
    hiss = (
        noise(rng, n, *points)
        * boil
        * np.exp(log_uniform(rng, 0.02, 0.25) * smooth_noise(rng, n, log_uniform(rng, 10.0, 60.0)))
    )
    dense = crackle(rng, n, log_uniform(rng, 80.0, 1500.0) * boil, 2.8, 0.0012, 900.0, 7800.0)
    pops = crackle(
        rng,
        n,
        log_uniform(rng, 1.0, 60.0) * boil**2,
        1.5,
        log_uniform(rng, 0.001, 0.006),
        300.0,
        7000.0,
    )
    y = (
        hiss
        + log_uniform(rng, 0.15, 1.5) * unit_rms(equalise(dense, *points))
        + log_uniform(rng, 0.06, 0.7) * unit_rms(pops)
    )
    bubbling = noise(rng, n, (50, 150, 400, 900, 2000), (-6, 0, 0, -10, -40)) * np.exp(
        smooth_noise(rng, n, 18.0)
    )
    y += log_uniform(rng, 0.02, 0.4) * bubbling
    y += log_uniform(rng, 0.01, 0.25) * noise(rng, n, (30, 120, 600, 8000), (6, 4, -10, -40))
    return add_noise_floor(add_room(y, rng, 0.5), rng, 60.0, 35.0)
