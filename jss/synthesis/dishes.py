"""Dishes: plates, glasses, cutlery and pans as bodies with modes, struck in handfuls."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    convolve,
    decaying_modes,
    equalise,
    gate,
    log_uniform,
    noise,
    random_spectrum,
    samples,
    smooth_noise,
    unit_rms,
)

#: Kinds of bodies: range of the lowest mode in Hz (two values), number of modes, range of its decay
#: time in seconds (two values), exponent of the decay times over frequency, probability.
BODIES = {
    "plate": (600.0, 2000.0, 40, 0.006, 0.04, 0.4, 0.4),
    "glass": (1500.0, 4000.0, 14, 0.015, 0.1, 0.4, 0.1),
    "cutlery": (1500.0, 4500.0, 30, 0.005, 0.05, 0.3, 0.35),
    "pan": (300.0, 900.0, 44, 0.01, 0.08, 0.5, 0.1),
    "wood": (180.0, 700.0, 10, 0.004, 0.02, 0.7, 0.05),
}


def body(rng: Rng, kind: str) -> Floats:
    """Synthesise the ring of one struck body: modes that decay sooner the higher they are.

    Args:
        rng: Random generator.
        kind: One of ``BODIES``.

    Returns:
        (samples,) of about unit energy.
    """
    low, high, count, short, long, loss, _ = BODIES[kind]
    first = log_uniform(rng, low, high)
    ratio = np.cumsum(rng.uniform(0.05, 0.6, count)) ** rng.uniform(0.9, 1.3)
    hz = first * (1.0 + ratio - ratio[0])
    hz = hz[hz < 7900.0]
    decay = log_uniform(rng, short, long) * (hz / hz[0]) ** -loss * rng.uniform(0.4, 1.6, len(hz))
    amplitudes = rng.standard_normal(len(hz)) * (hz / hz[0]) ** rng.uniform(-0.4, 0.4)
    ring = decaying_modes(samples(min(1.0, 6.0 * float(decay.max()))), hz, decay, amplitudes)
    knock = rng.standard_normal(160) * np.exp(-np.arange(160) / log_uniform(rng, 3.0, 60.0))
    ring = ring / np.sqrt(np.sum(ring**2) + 1e-12)
    size = min(len(ring), 160)
    ring[:size] += log_uniform(rng, 0.3, 1.5) * (knock / np.sqrt(np.sum(knock**2)))[:size]
    return np.asarray(ring)


def clatter(rng: Rng, n: int) -> Floats:
    """Draw times and sizes of strikes: handfuls of them, some of them bouncing.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,) train of impulses.
    """
    train = np.zeros(n)
    t = rng.uniform(0.0, 0.08)
    mean_gap = log_uniform(rng, 0.08, 0.8)
    while t < n / RATE:
        size = log_uniform(rng, 0.05, 1.0)
        gap = log_uniform(rng, 0.05, 0.2)
        for _ in range(int(rng.geometric(0.4))):
            index = int(t * RATE)
            if index < n:
                train[index] += size * rng.choice((-1.0, 1.0))
            size *= rng.uniform(0.4, 1.3)
            gap *= rng.uniform(0.6, 1.2)
            t += gap
        t += rng.exponential(mean_gap) * (3.0 if rng.random() < 0.15 else 1.0)
    return train


def scrape(rng: Rng, n: int) -> Floats:
    """Synthesise cutlery on a plate: rough noise of changing level.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    y = noise(
        rng, n, *random_spectrum(rng, (200, 1000, 3000, 8000), (-20, -4, 0, -3), 3.0, 8, 12.0)
    )
    start = int(rng.integers(0, max(1, n // 2)))
    stop = start + samples(log_uniform(rng, 0.1, 0.8))
    y *= gate(n, start, stop, 0.03, 0.06) * np.exp(0.8 * smooth_noise(rng, n, 30.0))
    return y


def dishes(rng: Rng, duration: float | None) -> Floats:
    """Synthesise dishes, from one clink to a sink full of crockery.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 0.5, 6.0) if duration is None else duration)
    kinds = list(BODIES)
    probabilities = [BODIES[k][-1] for k in kinds]
    y = np.zeros(n)
    strikes = clatter(rng, n) + clatter(rng, n)
    bodies = int(rng.integers(4, 14))
    struck = rng.integers(0, bodies, n)  # which of them, at each sample
    for number in range(bodies):
        kind = str(rng.choice(kinds, p=probabilities))
        ring = convolve(np.where(struck == number, strikes, 0.0), body(rng, kind))
        contact = -log_uniform(rng, 0.3, 8.0)  # a softer contact excites less above 2 kHz
        y += log_uniform(rng, 0.2, 1.0) * equalise(ring, (50, 2000, 8000), (0, 0, contact))
    thump = decaying_modes(
        800,
        log_uniform(rng, 80.0, 300.0) * np.array([1.0, 1.7, 2.6]),
        np.array([0.015, 0.01, 0.006]),
        np.ones(3),
    )
    y += log_uniform(rng, 0.01, 0.1) * convolve(clatter(rng, n), thump)
    if rng.random() < 0.35:
        y += log_uniform(rng, 0.05, 0.5) * float(np.abs(y).max()) * 0.2 * unit_rms(scrape(rng, n))
    return add_noise_floor(add_room(y, rng, 1.3), rng, 65.0, 32.0)
