"""Background: what a room or a street sounds like when nothing in particular happens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import room
from jss.synthesis.tools import (
    Rng,
    arrivals,
    between,
    limit,
    noise,
    phase,
    samples,
    scatter,
    spectrum,
    tone,
    unit,
    wander,
)


def room_tone(rng: Rng, n: int) -> Floats:
    """A quiet room: noise that falls steeply with frequency."""
    fall = rng.uniform(3.0, 9.0)
    return noise(
        rng,
        n,
        *spectrum(
            rng, (30, 100, 400, 1600, 8000), (6, 0, -2 * fall, -4 * fall, -6 * fall), 3.0, 5, 6.0
        ),
    )


def hum(rng: Rng, n: int) -> Floats:
    """Mains hum of a refrigerator or a lamp."""
    hz = float(rng.choice((50.0, 60.0)))
    h = np.arange(1, 17)
    levels = (
        -rng.uniform(3.0, 9.0) * np.log2(h) + 6.0 * rng.standard_normal(16) + 6.0 * (h % 2 == 0)
    )
    y = tone(phase(np.full(n, hz)), 10.0 ** (levels / 20.0), rng.uniform(0, 6.3, 16))
    tones: Floats = unit(y) * np.exp(0.1 * wander(rng, n, 0.5)) + 0.3 * room_tone(rng, n)
    return tones


def street(rng: Rng, n: int) -> Floats:
    """Distant traffic: a rumble with cars that swell, pass and fade."""
    y = noise(
        rng,
        n,
        *spectrum(rng, (30, 100, 300, 1000, 3000, 8000), (3, 4, 0, -8, -20, -34), 3.0, 4, 5.0),
    )
    y *= np.exp(0.25 * wander(rng, n, 0.8))
    t = np.arange(n) / 16_000
    for _ in range(int(rng.poisson(n / 16_000 / 4.0))):
        pass_by = 1.0 / (1.0 + ((t - rng.uniform(0.0, n / 16_000)) / between(rng, 0.5, 2.5)) ** 2)
        wheels = noise(
            rng, n, *spectrum(rng, (50, 300, 1000, 3000, 8000), (0, 0, 0, -10, -26), 3.0)
        )
        y += between(rng, 0.2, 1.2) * pass_by**1.5 * wheels
    return y


def rain(rng: Rng, n: int) -> Floats:
    """Rain on leaves or a roof: a hiss of drops too many to tell apart, and some that can be."""
    points = spectrum(rng, (80, 400, 1500, 5000, 8000), (-10, -5, -1, 0, -3), 4.0, 4, 5.0)
    y = noise(rng, n, *points) * np.exp(0.1 * wander(rng, n, 1.0))
    at = arrivals(rng, n, between(rng, 5.0, 150.0))
    t = np.arange(160)
    drops = rng.standard_normal((len(at), 160)) * np.exp(-t / 25.0) * rng.random((len(at), 1)) ** 3
    return unit(y) + between(rng, 0.05, 0.8) * unit(scatter(n, at, drops))


def fan(rng: Rng, n: int) -> Floats:
    """A fan or an air conditioner: air, and a faint low tone of the blades."""
    hz = between(rng, 40.0, 240.0)
    count = min(limit(hz), 12)
    levels = -rng.uniform(4.0, 10.0) * np.log2(np.arange(1, count + 1)) + 4.0 * rng.standard_normal(
        count
    )
    blades = tone(
        phase(hz * (1.0 + 0.002 * wander(rng, n, 1.0))),
        10.0 ** (levels / 20.0),
        rng.uniform(0, 6.3, count),
    )
    air = noise(
        rng, n, *spectrum(rng, (40, 150, 500, 2000, 8000), (0, 0, -6, -16, -30), 4.0, 8, 7.0)
    )
    swing = np.sin(2 * np.pi * phase(np.full(n, between(rng, 0.5, 8.0))))
    y: Floats = air * (1.0 + 0.1 * swing) + between(rng, 0.03, 0.5) * unit(blades)
    return y


def wind(rng: Rng, n: int) -> Floats:
    """Wind: a low roar and a higher whistle that rise and fall."""
    gust = wander(rng, n, between(rng, 0.4, 1.5))
    roar = noise(
        rng, n, *spectrum(rng, (30, 100, 300, 1000, 8000), (6, 4, -4, -18, -45), 3.0)
    ) * np.exp(0.5 * gust)
    leaves = noise(rng, n, *spectrum(rng, (200, 1000, 4000, 8000), (-12, -3, 0, -4), 3.0)) * np.exp(
        0.9 * gust
    )
    y: Floats = roar + between(rng, 0.02, 0.5) * leaves
    return y


_KINDS: tuple[Callable[[Rng, int], Floats], ...] = (room_tone, hum, street, rain, fan, wind)
_CHANCE = (0.3, 0.1, 0.2, 0.12, 0.18, 0.1)


def background(rng: Rng, duration: float | None) -> Floats:
    """One or two of room tone, hum, street, rain, fan and wind over a recorder's own noise."""
    n = samples(between(rng, 3.0, 10.0) if duration is None else duration)
    y = np.zeros(n)
    picked = rng.choice(len(_KINDS), size=1 + int(rng.random() < 0.45), replace=False, p=_CHANCE)
    for i, weight in zip(picked, (1.0, between(rng, 0.05, 0.7)), strict=False):
        y += weight * unit(_KINDS[i](rng, n))
    y += between(rng, 0.003, 0.1) * noise(rng, n, (30.0, 8000.0), (0.0, -rng.uniform(0.0, 20.0)))
    y = y * np.exp(between(rng, 0.03, 0.35) * wander(rng, n, between(rng, 4.0, 40.0)))
    return room(y, rng, 0.3)
