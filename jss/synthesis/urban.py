"""Sounds of a street: car horns, gun shots, jackhammers and sirens."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.bells import siren as wail
from jss.synthesis.room import floor, room
from jss.synthesis.tools import (
    RATE,
    Rng,
    between,
    crest,
    gate,
    limit,
    modes,
    noise,
    phase,
    samples,
    scatter,
    shape,
    tone,
    unit,
    wander,
)


def car_horn(rng: Rng, duration: float | None) -> Floats:
    """One to three blasts of two reeds, a third or so apart, rich in harmonics; one car keeps its
    horn.
    """
    n = samples(between(rng, 0.4, 4.0) if duration is None else duration)
    low = between(rng, 230.0, 520.0)
    notes = (low,) if rng.random() < 0.2 else (low, low * rng.uniform(1.15, 1.35))
    bend = np.exp(0.002 * wander(rng, n, 3.0))
    y: Floats = np.zeros(n)
    for hz in notes:
        h = np.arange(1, limit(hz * 1.05) + 1)
        amplitudes = 10.0 ** (
            (-rng.uniform(1.5, 5.0) * np.log2(h) + 3.0 * rng.standard_normal(len(h))) / 20.0
        )
        y += unit(tone(phase(hz * bend), amplitudes, rng.uniform(0.0, 6.3, len(h))))
    y = shape(y, (100, 400, 1200, 3000, 8000), (-12, -3, 3, 2, -12))
    blown, t = np.zeros(n), 0.0
    while t < n / RATE:
        length = between(rng, 0.15, 2.5)
        blown = np.maximum(blown, gate(n, samples(t) - 1, samples(t + length), 0.015, 0.04))
        t += length + between(rng, 0.1, 0.7)
    return floor(room(y * blown, rng, 1.2), rng, 60.0, 24.0)


def shot(rng: Rng, size: float) -> Floats:
    """One shot -> (samples,), unit peak: a crack, the gases behind it, a thump, a tail. size: 0
    small arm, 1 big.
    """
    n = samples(between(rng, 0.35, 1.6))
    t = np.arange(n) / RATE
    crack = noise(rng, n, (50, 300, 1500, 8000), (-10 + 8 * size, -2, 0, -4)) * np.exp(
        -t / between(rng, 0.003, 0.012)
    )
    gases = noise(rng, n, (50, 400, 2000, 8000), (0, 0, -7, -18)) * np.exp(
        -t / between(rng, 0.02, 0.08)
    )
    thump = modes(
        n, np.array([between(rng, 55.0, 180.0)]), np.array([between(rng, 0.02, 0.07)]), np.ones(1)
    )
    tail = noise(rng, n, (50, 300, 1500, 8000), (0, 0, -10, -26)) * np.exp(
        -t / between(rng, 0.1, 0.45)
    )
    y = crack + rng.uniform(0.3, 0.8) * gases + rng.uniform(0.3, 1.2) * (0.4 + size) * thump
    return crest(y + between(rng, 0.02, 0.25) * tail)


def gun_shot(rng: Rng, duration: float | None) -> Floats:
    """One shot, several, or a burst of an automatic weapon, outdoors or in a hall."""
    n = samples(between(rng, 0.5, 4.0) if duration is None else duration)
    size = rng.random()
    kind = rng.choice(("single", "several", "burst"), p=(0.4, 0.35, 0.25))
    gaps = {"single": (1.5, 3.0), "several": (0.25, 1.2), "burst": (0.06, 0.14)}
    gap = between(rng, *gaps[kind])
    y, t = np.zeros(n), 0.0
    while t < n / RATE - 0.02:
        heard = shot(rng, size)
        at = samples(t) - 1
        part = heard[: n - at]
        y[at : at + len(part)] += rng.uniform(0.75, 1.0) * part
        t += gap * rng.uniform(0.92, 1.08)
        if kind == "burst" and rng.random() < 0.12:
            t += between(rng, 0.3, 1.2)
    return floor(room(y, rng, 1.6), rng, 60.0, 26.0)


def jackhammer(rng: Rng, duration: float | None) -> Floats:
    """A pneumatic drill: 10 to 30 blows a second of a chisel that rings, its exhaust and the ground
    it breaks.
    """
    n = samples(between(rng, 3.0, 8.0) if duration is None else duration)
    rate = between(rng, 10.0, 30.0) * np.exp(0.03 * wander(rng, n, 2.0))
    cycles = phase(rate, rng.random())
    blows = np.flatnonzero(np.diff(np.floor(cycles)) > 0)
    length = samples(0.06)
    ring = np.sort(rng.uniform(700.0, 6000.0, 6))
    decays = np.full(6, between(rng, 0.004, 0.02))
    grains = np.stack(
        [
            modes(
                length,
                ring * rng.uniform(0.99, 1.01, 6),
                decays,
                rng.uniform(0.2, 1.0, 6),
                rng.uniform(0, 6.3, 6),
            )
            + modes(
                length,
                np.array([between(rng, 70.0, 140.0)]),
                np.array([0.015]),
                np.array([rng.uniform(0.5, 2.0)]),
            )
            for _ in range(12)
        ]
    )
    picked = grains[rng.integers(len(grains), size=len(blows))] * rng.uniform(
        0.6, 1.0, (len(blows), 1)
    )
    y = unit(scatter(n, blows, picked)) if len(blows) else np.zeros(n)
    puff = np.exp(-(cycles % 1.0) * between(rng, 1.5, 6.0))
    air = noise(rng, n, (80, 300, 1500, 4000, 8000), (-4, 0, -1, -4, -12)) * (0.15 + puff)
    gravel = noise(rng, n, (200, 1000, 4000, 8000), (-8, 0, 0, -8)) * np.exp(
        0.6 * wander(rng, n, 30.0)
    )
    y = y + between(rng, 0.3, 1.2) * unit(air) + between(rng, 0.1, 0.5) * unit(gravel)
    return floor(room(y * np.exp(0.1 * wander(rng, n, 1.0)), rng, 0.8), rng, 60.0, 26.0)


def siren(rng: Rng, duration: float | None) -> Floats:
    """A police car, an ambulance or a fire engine: hi-lo, wail or yelp, as it comes and goes in the
    street.
    """
    n = samples(between(rng, 2.0, 7.0) if duration is None else duration)
    y = wail(rng, n) * np.exp(0.25 * wander(rng, n, 0.7))
    return floor(room(y, rng, 1.4), rng, 55.0, 20.0)
