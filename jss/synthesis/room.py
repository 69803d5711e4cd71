"""Where a sound stands: a few early reflections, a short tail, distance, a microphone's colour and
floor.
"""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.tools import GRID, RATE, Rng, between, bumps, convolve, noise, shape, unit


def response(rng: Rng, wet: float) -> Floats:
    """An impulse response (samples,): direct sound, early reflections and a decaying tail ``wet``
    times as strong.
    """
    decay = between(rng, 0.12, 0.7)
    n = int(0.7 * decay * RATE) + 400
    t = np.arange(n) / RATE
    tail = rng.standard_normal(n) * np.exp(-6.9 * t / decay) * (t > 0.004)
    tail = shape(tail, (100, 1000, 4000, 8000), (-6, 0, -rng.uniform(1, 6), -rng.uniform(5, 14)))
    ir = 0.6 * tail / np.sqrt(np.sum(tail**2) + 1e-12)
    count = int(rng.integers(3, 10))
    at = (np.geomspace(0.0015, 0.03, count) * rng.uniform(0.7, 1.4, count) * RATE).astype(int)
    ir[np.minimum(at, n - 1)] += (
        rng.choice((-1.0, 1.0), count) * rng.uniform(0.1, 0.5, count) / np.sqrt(count)
    )
    ir *= wet
    ir[0] += 1.0
    return np.asarray(ir)


def room(x: Floats, rng: Rng, strength: float = 1.0, colour: float = 1.0) -> Floats:
    """x (n,) as heard in a random place -> (n,).

    strength scales the reflections, colour the microphone's unevenness in dB; most rooms are
    slight, some are far.
    """
    y = convolve(x, response(rng, strength * between(rng, 0.05, 1.5)))
    tilt = colour * 2.0 * rng.standard_normal()
    db = tilt * np.log2(GRID / 1000.0) * 0.5 + colour * bumps(rng, GRID, 4, 4.0)
    db -= 12.0 * np.clip(np.log2(between(rng, 30.0, 180.0) / GRID), 0.0, 2.0)
    if rng.random() < 0.5:
        db -= 14.0 * np.clip(np.log2(GRID / between(rng, 2800.0, 9000.0)), 0.0, 2.0)
    return shape(y, GRID, db)


def floor(x: Floats, rng: Rng, quiet: float = 70.0, loud: float = 42.0) -> Floats:
    """x (n,) over faint noise, between ``loud`` and ``quiet`` dB below its loudest 64 ms."""
    power = np.convolve(x**2, np.ones(1024) / 1024.0, "same").max()
    level = np.sqrt(power) * 10.0 ** (-rng.uniform(loud, quiet) / 20.0)
    slope = rng.uniform(0.0, 9.0)
    y: Floats = x + level * unit(noise(rng, len(x), (30.0, 8000.0), (0.0, -8.0 * slope)))
    return y
