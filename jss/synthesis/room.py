"""Room and microphone: early reflections, a short tail, an uneven response and a noise floor."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.tools import (
    GRID,
    RATE,
    Rng,
    convolve,
    equalise,
    log_uniform,
    noise,
    random_resonances,
    unit_rms,
)


def response(rng: Rng, wet: float) -> Floats:
    """Draw an impulse response: direct sound, early reflections and a decaying tail.

    Args:
        rng: Random generator.
        wet: Level of reflections and tail relative to the direct sound.

    Returns:
        (samples,).
    """
    decay = log_uniform(rng, 0.12, 0.7)
    n = int(0.7 * decay * RATE) + 400
    t = np.arange(n) / RATE
    tail = rng.standard_normal(n) * np.exp(-6.9 * t / decay) * (t > 0.004)
    tail = equalise(tail, (100, 1000, 4000, 8000), (-6, 0, -rng.uniform(1, 6), -rng.uniform(5, 14)))
    impulse_response = 0.6 * tail / np.sqrt(np.sum(tail**2) + 1e-12)
    count = int(rng.integers(3, 10))
    delays = (np.geomspace(0.0015, 0.03, count) * rng.uniform(0.7, 1.4, count) * RATE).astype(int)
    impulse_response[np.minimum(delays, n - 1)] += (
        rng.choice((-1.0, 1.0), count) * rng.uniform(0.1, 0.5, count) / np.sqrt(count)
    )
    impulse_response *= wet
    impulse_response[0] += 1.0
    return np.asarray(impulse_response)


def add_room(x: Floats, rng: Rng, strength: float = 1.0, colour: float = 1.0) -> Floats:
    """Place a sound in a random room, recorded by a random microphone.

    Most rooms are slight, some are far.

    Args:
        x: (n,).
        rng: Random generator.
        strength: Factor on the reflections.
        colour: Unevenness of the microphone's response in dB.

    Returns:
        (n,).
    """
    y = convolve(x, response(rng, strength * log_uniform(rng, 0.05, 1.5)))
    tilt = colour * 2.0 * rng.standard_normal()
    db = tilt * np.log2(GRID / 1000.0) * 0.5 + colour * random_resonances(rng, 4, 4.0)
    db -= 12.0 * np.clip(np.log2(log_uniform(rng, 30.0, 180.0) / GRID), 0.0, 2.0)
    if rng.random() < 0.5:
        db -= 14.0 * np.clip(np.log2(GRID / log_uniform(rng, 2800.0, 9000.0)), 0.0, 2.0)
    return equalise(y, GRID, db)


def add_noise_floor(x: Floats, rng: Rng, quiet: float = 70.0, loud: float = 42.0) -> Floats:
    """Add faint noise below the loudest 64 ms of a sound.

    Args:
        x: (n,).
        rng: Random generator.
        quiet: Largest distance in dB.
        loud: Smallest distance in dB.

    Returns:
        (n,).
    """
    power = np.convolve(x**2, np.ones(1024) / 1024.0, "same").max()
    level = np.sqrt(power) * 10.0 ** (-rng.uniform(loud, quiet) / 20.0)
    slope = rng.uniform(0.0, 9.0)
    y: Floats = x + level * unit_rms(noise(rng, len(x), (30.0, 8000.0), (0.0, -8.0 * slope)))
    return y
