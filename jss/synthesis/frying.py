"""Frying: drops of water burst in hot fat. A hiss, a dense crackle, and pops with a heavy tail of
sizes.
"""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import floor, room
from jss.synthesis.tools import (
    RATE,
    Rng,
    arrivals,
    between,
    noise,
    samples,
    scatter,
    shape,
    spectrum,
    unit,
    wander,
)


def crackle(
    rng: Rng, n: int, rate: Floats, tail: float, length: float, low: float, high: float
) -> Floats:
    """Poisson pops -> (n,): rate (n,) a second, Pareto sizes of exponent ``tail``, noise and ring
    that decay over about ``length`` seconds at low..high Hz.
    """
    at = arrivals(rng, n, rate)
    count = len(at)
    size = samples(5.0 * length)
    t = np.arange(size) / RATE
    decay = length * 0.3 * 6.0 ** rng.random((count, 1))
    hz = low * (high / low) ** rng.random((count, 1))
    ring = np.cos(2.0 * np.pi * hz * t + 6.3 * rng.random((count, 1)))
    grains = (ring + 0.8 * rng.standard_normal((count, size))) * np.exp(-t / decay)
    sizes = np.minimum(rng.pareto(tail, (count, 1)) + 0.2, 40.0)
    return scatter(n, at, grains * sizes)


def frying(rng: Rng, duration: float | None) -> Floats:
    """Frying in a pan, from a gentle simmer to a fierce sizzle."""
    n = samples(between(rng, 3.0, 10.0) if duration is None else duration)
    boil = np.exp(between(rng, 0.03, 0.3) * wander(rng, n, between(rng, 0.3, 3.0)))
    points = spectrum(rng, (60, 300, 1000, 3000, 5500, 8000), (-5, -5, -4, 0, 3, 3), 4.0, 9, 8.0)
    hiss = (
        noise(rng, n, *points)
        * boil
        * np.exp(between(rng, 0.02, 0.25) * wander(rng, n, between(rng, 10.0, 60.0)))
    )
    dense = crackle(rng, n, between(rng, 80.0, 1500.0) * boil, 2.8, 0.0012, 900.0, 7800.0)
    pops = crackle(
        rng, n, between(rng, 1.0, 60.0) * boil**2, 1.5, between(rng, 0.001, 0.006), 300.0, 7000.0
    )
    y = (
        hiss
        + between(rng, 0.15, 1.5) * unit(shape(dense, *points))
        + between(rng, 0.06, 0.7) * unit(pops)
    )
    bubbling = noise(rng, n, (50, 150, 400, 900, 2000), (-6, 0, 0, -10, -40)) * np.exp(
        wander(rng, n, 18.0)
    )
    y += between(rng, 0.02, 0.4) * bubbling
    y += between(rng, 0.01, 0.25) * noise(rng, n, (30, 120, 600, 8000), (6, 4, -10, -40))
    return floor(room(y, rng, 0.5), rng, 60.0, 35.0)
