"""Sounds of a street: car horns, gun shots, jackhammers and sirens."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.bells import siren as wail
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    decaying_modes,
    equalise,
    gate,
    harmonic_count,
    harmonic_tone,
    log_uniform,
    noise,
    overlap_add,
    phase,
    samples,
    smooth_noise,
    unit_peak,
    unit_rms,
)


def car_horn(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a car horn: one to three blasts of two reeds, about a third apart.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 0.4, 4.0) if duration is None else duration)
    low = log_uniform(rng, 230.0, 520.0)
    notes = (low,) if rng.random() < 0.2 else (low, low * rng.uniform(1.15, 1.35))
    detuning = np.exp(0.002 * smooth_noise(rng, n, 3.0))
    y: Floats = np.zeros(n)
    for hz in notes:
        h = np.arange(1, harmonic_count(hz * 1.05) + 1)
        amplitudes = 10.0 ** (
            (-rng.uniform(1.5, 5.0) * np.log2(h) + 3.0 * rng.standard_normal(len(h))) / 20.0
        )
        y += unit_rms(
            harmonic_tone(phase(hz * detuning), amplitudes, rng.uniform(0.0, 6.3, len(h)))
        )
    y = equalise(y, (100, 400, 1200, 3000, 8000), (-12, -3, 3, 2, -12))
    envelope, t = np.zeros(n), 0.0
    while t < n / RATE:
        length = log_uniform(rng, 0.15, 2.5)
        envelope = np.maximum(envelope, gate(n, samples(t) - 1, samples(t + length), 0.015, 0.04))
        t += length + log_uniform(rng, 0.1, 0.7)
    return add_noise_floor(add_room(y * envelope, rng, 1.2), rng, 60.0, 24.0)


def shot(rng: Rng, size: float) -> Floats:
    """Synthesise one gun shot: a crack, the gases behind it, a thump and a tail.

    Args:
        rng: Random generator.
        size: 0 is a small arm, 1 a big one.

    Returns:
        (samples,) with a peak of one.
    """
    n = samples(log_uniform(rng, 0.35, 1.6))
    t = np.arange(n) / RATE
    crack = noise(rng, n, (50, 300, 1500, 8000), (-10 + 8 * size, -2, 0, -4)) * np.exp(
        -t / log_uniform(rng, 0.003, 0.012)
    )
    gases = noise(rng, n, (50, 400, 2000, 8000), (0, 0, -7, -18)) * np.exp(
        -t / log_uniform(rng, 0.02, 0.08)
    )
    thump = decaying_modes(
        n,
        np.array([log_uniform(rng, 55.0, 180.0)]),
        np.array([log_uniform(rng, 0.02, 0.07)]),
        np.ones(1),
    )
    tail = noise(rng, n, (50, 300, 1500, 8000), (0, 0, -10, -26)) * np.exp(
        -t / log_uniform(rng, 0.1, 0.45)
    )
    y = crack + rng.uniform(0.3, 0.8) * gases + rng.uniform(0.3, 1.2) * (0.4 + size) * thump
    return unit_peak(y + log_uniform(rng, 0.02, 0.25) * tail)


def gun_shot(rng: Rng, duration: float | None) -> Floats:
    """Synthesise one shot, several, or a burst of an automatic weapon, outdoors or in a hall.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 0.5, 4.0) if duration is None else duration)
    size = rng.random()
    kind = rng.choice(("single", "several", "burst"), p=(0.4, 0.35, 0.25))
    gaps = {"single": (1.5, 3.0), "several": (0.25, 1.2), "burst": (0.06, 0.14)}
    gap = log_uniform(rng, *gaps[kind])
    y, t = np.zeros(n), 0.0
    while t < n / RATE - 0.02:
        sound = shot(rng, size)
        start = samples(t) - 1
        part = sound[: n - start]
        y[start : start + len(part)] += rng.uniform(0.75, 1.0) * part
        t += gap * rng.uniform(0.92, 1.08)
        if kind == "burst" and rng.random() < 0.12:
            t += log_uniform(rng, 0.3, 1.2)
    return add_noise_floor(add_room(y, rng, 1.6), rng, 60.0, 26.0)


def jackhammer(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a pneumatic drill: 10 to 30 strikes a second, its exhaust and the ground.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 8.0) if duration is None else duration)
    rate = log_uniform(rng, 10.0, 30.0) * np.exp(0.03 * smooth_noise(rng, n, 2.0))
    cycles = phase(rate, rng.random())
    strikes = np.flatnonzero(np.diff(np.floor(cycles)) > 0)
    length = samples(0.06)
    ring = np.sort(rng.uniform(700.0, 6000.0, 6))
    decays = np.full(6, log_uniform(rng, 0.004, 0.02))
    grains = np.stack(
        [
            decaying_modes(
                length,
                ring * rng.uniform(0.99, 1.01, 6),
                decays,
                rng.uniform(0.2, 1.0, 6),
                rng.uniform(0, 6.3, 6),
            )
            + decaying_modes(
                length,
                np.array([log_uniform(rng, 70.0, 140.0)]),
                np.array([0.015]),
                np.array([rng.uniform(0.5, 2.0)]),
            )
            for _ in range(12)
        ]
    )
    chosen = grains[rng.integers(len(grains), size=len(strikes))] * rng.uniform(
        0.6, 1.0, (len(strikes), 1)
    )
    y = unit_rms(overlap_add(n, strikes, chosen)) if len(strikes) else np.zeros(n)
    puff = np.exp(-(cycles % 1.0) * log_uniform(rng, 1.5, 6.0))
    air = noise(rng, n, (80, 300, 1500, 4000, 8000), (-4, 0, -1, -4, -12)) * (0.15 + puff)
    gravel = noise(rng, n, (200, 1000, 4000, 8000), (-8, 0, 0, -8)) * np.exp(
        0.6 * smooth_noise(rng, n, 30.0)
    )
    y = (
        y
        + log_uniform(rng, 0.3, 1.2) * unit_rms(air)
        + log_uniform(rng, 0.1, 0.5) * unit_rms(gravel)
    )
    return add_noise_floor(
        add_room(y * np.exp(0.1 * smooth_noise(rng, n, 1.0)), rng, 0.8), rng, 60.0, 26.0
    )


def siren(rng: Rng, duration: float | None) -> Floats:
    """Synthesise the siren of a police car, an ambulance or a fire engine in a street.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 2.0, 7.0) if duration is None else duration)
    y = wail(rng, n) * np.exp(0.25 * smooth_noise(rng, n, 0.7))
    return add_noise_floor(add_room(y, rng, 1.4), rng, 55.0, 20.0)
