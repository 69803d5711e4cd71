"""Running water: ringing bubbles in a stream's splash, and the resonances of sink or vessel.

A bubble of radius r rings at about 3.26 / r Hz (r in m; Minnaert 1933) and its pitch rises as it
nears the surface (van den Doel, Physically based models for liquid sounds, 2005).
"""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    equalise,
    gate,
    log_uniform,
    noise,
    overlap_add,
    poisson_arrivals,
    random_spectrum,
    samples,
    smooth_noise,
    unit_rms,
)


def bubbles(rng: Rng, n: int, rate: Floats, low: float, high: float, rise: float) -> Floats:
    """Synthesise single bubbles.

    Args:
        rng: Random generator.
        n: Length in samples.
        rate: (n,) bubbles a second.
        low: Lowest pitch in Hz.
        high: Highest pitch in Hz.
        rise: Largest rise of the pitch in 10 ms, as a share of it.

    Returns:
        (n,).
    """
    starts = poisson_arrivals(rng, n, rate)
    count = len(starts)
    hz = low * (high / low) ** rng.random((count, 1))
    size = samples(0.03)
    t = np.arange(size) / RATE
    damping = 0.13 * hz + 0.0072 * hz**1.5
    slope = rise * rng.random((count, 1)) * 100.0
    cycles = hz * (t + 0.5 * slope * t * t)
    level = rng.random((count, 1)) ** 3 * (low / hz) ** 0.3
    attack = np.minimum(t * 2.0 * hz, 1.0)
    return overlap_add(
        n, starts, level * attack * np.sin(2.0 * np.pi * cycles) * np.exp(-damping * t)
    )


def patter(rng: Rng, n: int, rate: float, low: float, high: float, bands: int = 10) -> Floats:
    """Synthesise many small bubbles: resonators that are struck at random.

    Args:
        rng: Random generator.
        n: Length in samples.
        rate: Strikes a second of all resonators together.
        low: Lowest resonance in Hz.
        high: Highest resonance in Hz.
        bands: Number of resonators.

    Returns:
        (n,).
    """
    total = np.zeros(n)
    for hz in np.sort(low * (high / low) ** ((np.arange(bands) + rng.random(bands)) / bands)):
        strikes = np.zeros(n)
        hits = poisson_arrivals(rng, n, rate / bands)
        strikes[hits] = rng.standard_normal(len(hits)) * rng.random(len(hits)) ** 1.5
        radius = np.exp(-(0.13 * hz + 0.0072 * hz**1.5) / RATE)
        angle = 2.0 * np.pi * hz / RATE
        total += lfilter(
            [np.sin(angle) * (hz / low) ** 0.25],
            [1.0, -2.0 * radius * np.cos(angle), radius**2],
            strikes,
        )
    return total


def basin(rng: Rng, x: Floats) -> Floats:
    """Filter a sound by the narrow resonances of a basin of metal or stone.

    Args:
        rng: Random generator.
        x: (n,).

    Returns:
        (n,) with an RMS of one.
    """
    bins = np.linspace(20.0, 8000.0, 2000)
    centres = log_uniform(rng, 80.0, 300.0) + np.cumsum(rng.uniform(20.0, 300.0, 40))
    widths = log_uniform(rng, 8.0, 60.0) * rng.uniform(0.5, 2.0, 40)
    heights = log_uniform(rng, 4.0, 20.0) * rng.uniform(0.0, 1.0, 40)
    db = (heights / (1.0 + ((bins[:, None] - centres) / widths) ** 2)).sum(1)
    return unit_rms(equalise(x, bins, db))


def water(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a tap in a sink, a vessel being filled, a shower, or a trickle.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 10.0) if duration is None else duration)
    kind = rng.choice(("tap", "vessel", "shower", "trickle"), p=(0.45, 0.15, 0.15, 0.25))
    flow = np.exp(log_uniform(rng, 0.03, 0.35) * smooth_noise(rng, n, log_uniform(rng, 0.4, 4.0)))
    flutter = np.exp(
        log_uniform(rng, 0.05, 0.5) * smooth_noise(rng, n, log_uniform(rng, 10.0, 50.0))
    )
    points = {
        "tap": (4, 1, -2, -1, 2, 5),
        "vessel": (-2, 0, 1, 0, -3, -5),
        "shower": (-9, -7, -4, -1, 2, 4),
        "trickle": (-5, -4, -2, 0, 2, 3),
    }[kind]
    splash = (
        noise(rng, n, *random_spectrum(rng, (60, 200, 600, 1800, 4500, 8000), points, 4.0, 8, 7.0))
        * flow
        * flutter
    )
    splash = basin(rng, splash)
    small = (
        unit_rms(
            patter(rng, n, log_uniform(rng, 800.0, 6000.0), log_uniform(rng, 600.0, 2000.0), 7700.0)
        )
        * flow
    )
    low = log_uniform(rng, 250.0, 900.0)
    rate = log_uniform(rng, 15.0, 220.0) * (1.6 if kind == "trickle" else 1.0)
    big = unit_rms(
        bubbles(
            rng,
            n,
            rate * flow**2,
            low,
            low * log_uniform(rng, 3.0, 12.0),
            log_uniform(rng, 0.02, 0.25),
        )
    )
    gains = {
        "tap": (1.0, 0.5, 0.4),
        "vessel": (0.7, 0.6, 0.8),
        "shower": (1.0, 0.6, 0.1),
        "trickle": (0.35, 0.8, 1.0),
    }
    a, b, c = gains[kind]
    y = a * splash + b * log_uniform(rng, 0.5, 2.0) * small + c * log_uniform(rng, 0.4, 2.0) * big
    y += (
        log_uniform(rng, 0.03, 0.5)
        * noise(rng, n, (30, 60, 150, 500, 2000), (2, 2, 0, -12, -40))
        * flow
    )
    if kind == "vessel":  # the resonating column of air shortens
        t = np.arange(n) / n
        hz = log_uniform(rng, 250.0, 600.0) * log_uniform(rng, 1.3, 3.0) ** t
        ring = noise(rng, n, (40, 80, 160), (0, -6, -40))
        y += (
            log_uniform(rng, 0.2, 1.0)
            * unit_rms(ring)
            * np.sin(2.0 * np.pi * np.cumsum(hz) / RATE)
            * flow
        )
    if rng.random() < 0.3:
        y *= gate(
            n, samples(rng.uniform(0.0, 0.15) * n / RATE), n, log_uniform(rng, 0.03, 0.5), 0.05
        )
    if rng.random() < 0.3:
        y *= gate(
            n, 0, samples(rng.uniform(0.8, 0.97) * n / RATE), 0.01, log_uniform(rng, 0.05, 0.5)
        )
    return add_noise_floor(add_room(y, rng, 0.7), rng, 60.0, 30.0)
