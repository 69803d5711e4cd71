"""Running water: ringing bubbles in a stream's splash, and the sink or vessel that resounds.

A bubble of radius r rings at about 3.26 / r Hz (r in m; Minnaert 1933) and its pitch rises as it
nears the surface (van den Doel, Physically based models for liquid sounds, 2005).
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from jss.arrays import Floats
from jss.synthesis.room import floor, room
from jss.synthesis.tools import (
    RATE,
    Rng,
    arrivals,
    between,
    gate,
    noise,
    samples,
    scatter,
    shape,
    spectrum,
    unit,
    wander,
)


def bubbles(rng: Rng, n: int, rate: Floats, low: float, high: float, rise: float) -> Floats:
    """Single bubbles -> (n,): rate (n,) a second, low..high Hz, pitch rising by ``rise`` of its
    value each 10 ms.
    """
    at = arrivals(rng, n, rate)
    count = len(at)
    hz = low * (high / low) ** rng.random((count, 1))
    size = samples(0.03)
    t = np.arange(size) / RATE
    damping = 0.13 * hz + 0.0072 * hz**1.5
    climb = rise * rng.random((count, 1)) * 100.0
    cycles = hz * (t + 0.5 * climb * t * t)
    loud = rng.random((count, 1)) ** 3 * (low / hz) ** 0.3
    attack = np.minimum(t * 2.0 * hz, 1.0)
    return scatter(n, at, loud * attack * np.sin(2.0 * np.pi * cycles) * np.exp(-damping * t))


def patter(rng: Rng, n: int, rate: float, low: float, high: float, bands: int = 10) -> Floats:
    """A dense ensemble of small bubbles -> (n,): ``bands`` resonators, each struck ``rate / bands``
    times a second.
    """
    total = np.zeros(n)
    for hz in np.sort(low * (high / low) ** ((np.arange(bands) + rng.random(bands)) / bands)):
        strikes = np.zeros(n)
        at = arrivals(rng, n, rate / bands)
        strikes[at] = rng.standard_normal(len(at)) * rng.random(len(at)) ** 1.5
        radius = np.exp(-(0.13 * hz + 0.0072 * hz**1.5) / RATE)
        angle = 2.0 * np.pi * hz / RATE
        total += lfilter(
            [np.sin(angle) * (hz / low) ** 0.25],
            [1.0, -2.0 * radius * np.cos(angle), radius**2],
            strikes,
        )
    return total


def basin(rng: Rng, x: Floats) -> Floats:
    """x (n,) in a basin of sheet metal or stone: a few dozen narrow resonances."""
    bins = np.linspace(20.0, 8000.0, 2000)
    centres = between(rng, 80.0, 300.0) + np.cumsum(rng.uniform(20.0, 300.0, 40))
    widths = between(rng, 8.0, 60.0) * rng.uniform(0.5, 2.0, 40)
    heights = between(rng, 4.0, 20.0) * rng.uniform(0.0, 1.0, 40)
    db = (heights / (1.0 + ((bins[:, None] - centres) / widths) ** 2)).sum(1)
    return unit(shape(x, bins, db))


def water(rng: Rng, duration: float | None) -> Floats:
    """A tap in a sink, a filling vessel, a shower, or a trickle."""
    n = samples(between(rng, 3.0, 10.0) if duration is None else duration)
    kind = rng.choice(("tap", "vessel", "shower", "trickle"), p=(0.45, 0.15, 0.15, 0.25))
    flow = np.exp(between(rng, 0.03, 0.35) * wander(rng, n, between(rng, 0.4, 4.0)))
    flutter = np.exp(between(rng, 0.05, 0.5) * wander(rng, n, between(rng, 10.0, 50.0)))
    points = {
        "tap": (4, 1, -2, -1, 2, 5),
        "vessel": (-2, 0, 1, 0, -3, -5),
        "shower": (-9, -7, -4, -1, 2, 4),
        "trickle": (-5, -4, -2, 0, 2, 3),
    }[kind]
    splash = (
        noise(rng, n, *spectrum(rng, (60, 200, 600, 1800, 4500, 8000), points, 4.0, 8, 7.0))
        * flow
        * flutter
    )
    splash = basin(rng, splash)
    small = (
        unit(patter(rng, n, between(rng, 800.0, 6000.0), between(rng, 600.0, 2000.0), 7700.0))
        * flow
    )
    low = between(rng, 250.0, 900.0)
    rate = between(rng, 15.0, 220.0) * (1.6 if kind == "trickle" else 1.0)
    big = unit(
        bubbles(
            rng, n, rate * flow**2, low, low * between(rng, 3.0, 12.0), between(rng, 0.02, 0.25)
        )
    )
    gains = {
        "tap": (1.0, 0.5, 0.4),
        "vessel": (0.7, 0.6, 0.8),
        "shower": (1.0, 0.6, 0.1),
        "trickle": (0.35, 0.8, 1.0),
    }
    a, b, c = gains[kind]
    y = a * splash + b * between(rng, 0.5, 2.0) * small + c * between(rng, 0.4, 2.0) * big
    y += (
        between(rng, 0.03, 0.5)
        * noise(rng, n, (30, 60, 150, 500, 2000), (2, 2, 0, -12, -40))
        * flow
    )
    if kind == "vessel":  # the column of air shortens
        t = np.arange(n) / n
        hz = between(rng, 250.0, 600.0) * between(rng, 1.3, 3.0) ** t
        ring = noise(rng, n, (40, 80, 160), (0, -6, -40))
        y += between(rng, 0.2, 1.0) * unit(ring) * np.sin(2.0 * np.pi * np.cumsum(hz) / RATE) * flow
    if rng.random() < 0.3:
        y *= gate(n, samples(rng.uniform(0.0, 0.15) * n / RATE), n, between(rng, 0.03, 0.5), 0.05)
    if rng.random() < 0.3:
        y *= gate(n, 0, samples(rng.uniform(0.8, 0.97) * n / RATE), 0.01, between(rng, 0.05, 0.5))
    return floor(room(y, rng, 0.7), rng, 60.0, 30.0)
