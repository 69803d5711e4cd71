"""Machines with a motor: blender, vacuum cleaner, shaver and toothbrush.

A motor is a speed curve (Hz) that starts, meets its load and stops. From it come a harmonic comb by
wavetable (two timbres that cross-fade with the load), noise of air and brushes that beats with the
shaft, and the case's resonances.
"""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import floor, room
from jss.synthesis.tools import (
    Rng,
    between,
    gate,
    limit,
    noise,
    phase,
    samples,
    shape,
    spectrum,
    tone,
    unit,
    wander,
)


def runs(rng: Rng, n: int, pulses: bool) -> tuple[Floats, Floats]:
    """Speed (0..1 of full) and whether it is on (0..1), both (n,): one long run, or several short
    presses.
    """
    seconds = n / 16_000
    start = 0.0
    speed, on = np.zeros(n), np.zeros(n)
    while start < seconds:
        length = between(rng, 0.3, 2.0) if pulses else seconds + 1.0
        rise, fall = between(rng, 0.04, 0.4), between(rng, 0.1, 0.7)
        t = np.arange(n) / 16_000 - start
        up = 1.0 - np.exp(-np.maximum(t, 0.0) / rise * 2.0)
        down = np.exp(-np.maximum(t - length, 0.0) / fall * 2.0)
        now = (t >= 0.0) * up * down
        speed = np.maximum(speed, now)
        on = np.maximum(on, gate(n, samples(start), samples(start + length), 0.02, 0.05))
        start += length + between(rng, 0.15, 1.2)
    return speed, on


def edges(rng: Rng, n: int, start: float, stop: float) -> Floats:
    """Speed (n,) of one run: with chance ``start`` it is heard to start, with chance ``stop`` to
    run down.
    """
    seconds = n / 16_000
    speed = np.ones(n)
    if rng.random() < start:
        at = rng.uniform(0.0, 0.15 * seconds)
        t = np.arange(n) / 16_000 - at
        speed *= (t > 0) * (1.0 - np.exp(-np.maximum(t, 0.0) / between(rng, 0.08, 0.6)))
    if rng.random() < stop:
        at = rng.uniform(0.7, 0.95) * seconds
        t = np.arange(n) / 16_000 - at
        speed *= np.exp(-np.maximum(t, 0.0) / between(rng, 0.1, 0.9))
    return speed


def comb(
    rng: Rng, hz: Floats, load: Floats, tilt: float, every: int, top: float = 7800.0
) -> Floats:
    """The tones of a shaft turning ``hz`` (n,), with load (n,) in 0..1 -> (n,), unit deviation.

    tilt: dB an octave; every: each ``every``-th harmonic (blades, commutator bars) stands out; top:
    highest in Hz.
    """
    count = max(1, min(limit(hz), int(top / float(hz.max()))))
    h = np.arange(1, count + 1)
    base = (
        tilt * np.log2(h)
        + 5.0 * rng.standard_normal(count)
        + np.where(h % every == 0, rng.uniform(4, 14), 0.0)
    )
    other = base + 5.0 * rng.standard_normal(count)
    angles = rng.uniform(0.0, 2.0 * np.pi, count)
    cycles = phase(hz)
    idle, busy = (tone(cycles, 10.0 ** (a / 20.0), angles) for a in (base, other))
    return unit(idle * (1.0 - load) + busy * load)


def blender(rng: Rng, duration: float | None) -> Floats:
    """A kitchen machine: a loud universal motor under a load that splashes and crunches."""
    n = samples(between(rng, 3.0, 10.0) if duration is None else duration)
    pulses = rng.random() < 0.35
    if pulses:
        speed, _ = runs(rng, n, True)
    else:
        speed = edges(rng, n, 0.5, 0.35)
    full = between(rng, 90.0, 420.0)
    slow = wander(rng, n, between(rng, 0.3, 3.0))
    fast = wander(rng, n, between(rng, 6.0, 25.0))
    load = np.clip(0.45 + 0.35 * slow + 0.2 * fast, 0.0, 1.0)
    hz = (
        full
        * np.maximum(speed, 0.03)
        * (1.0 - between(rng, 0.03, 0.3) * load)
        * (1.0 + 0.004 * fast)
    )
    tones = comb(rng, hz, load, -rng.uniform(2.0, 7.0), int(rng.choice((2, 4, 6, 8, 11, 12))))
    points = spectrum(rng, (50, 150, 500, 1500, 4000, 8000), (-1, 2, 2, 1, -6, -14), 3.0, 8, 10.0)
    air = noise(rng, n, *points) * (1.0 + between(rng, 0.05, 0.7) * np.sin(2 * np.pi * phase(hz)))
    churn = noise(rng, n, *spectrum(rng, (50, 200, 1000, 4000, 8000), (2, 4, 2, -5, -14), 3.0))
    churn *= np.exp(0.65 * wander(rng, n, between(rng, 10.0, 45.0)) + 0.5 * slow)
    y = between(rng, 0.3, 2.5) * tones + air + between(rng, 0.3, 2.0) * unit(churn)
    y *= speed ** rng.uniform(1.0, 2.5) * np.exp(
        between(rng, 0.05, 0.5) * slow + between(rng, 0.03, 0.3) * fast
    )
    return floor(room(y, rng), rng, 60.0, 25.0)


def vacuum(rng: Rng, duration: float | None) -> Floats:
    """A vacuum cleaner: a steady whine of the fan in a broad rush of air, darker on carpet,
    brighter in the air.
    """
    n = samples(between(rng, 3.0, 10.0) if duration is None else duration)
    speed = edges(rng, n, 0.3, 0.2)
    full = between(rng, 180.0, 900.0)
    slow = wander(rng, n, between(rng, 0.2, 1.2))
    strokes = np.clip(0.5 + 0.5 * slow, 0.0, 1.0) * (rng.random() < 0.5)
    hz = full * np.maximum(speed, 0.04) * (1.0 + between(rng, 0.001, 0.02) * slow)
    tones = comb(rng, hz, strokes, -rng.uniform(3.0, 9.0), int(rng.choice((1, 2, 3, 7, 9))))
    mains = phase(np.full(n, rng.choice((50.0, 60.0, 100.0, 120.0))))
    hum = tone(mains, 10.0 ** (-rng.uniform(3, 9) * np.arange(12) / 20))
    points = spectrum(rng, (50, 150, 500, 1500, 4000, 8000), (2, 4, 2, -2, -8, -11), 3.0, 10, 8.0)
    air = noise(rng, n, *points)
    open_air = noise(rng, n, *spectrum(rng, (100, 800, 3000, 8000), (-12, -4, 0, -2), 3.0, 4, 6.0))
    y = (
        between(rng, 0.3, 2.2) * tones
        + air
        + 0.6 * strokes * open_air
        + between(rng, 0.02, 0.4) * unit(hum)
    )
    y *= speed ** rng.uniform(1.0, 2.0) * np.exp(between(rng, 0.01, 0.12) * slow)
    return floor(room(y, rng, 0.6), rng, 60.0, 30.0)


def shaver(rng: Rng, duration: float | None) -> Floats:
    """A shaver, clipper or electric toothbrush: a bright buzz, close to the microphone, that bends
    when it touches.
    """
    n = samples(between(rng, 3.0, 10.0) if duration is None else duration)
    speed = edges(rng, n, 0.3, 0.25)
    kind = rng.random()
    if kind < 0.35:  # a clipper swings with the mains
        full, drift = float(rng.choice((50.0, 60.0, 100.0, 120.0))) * rng.uniform(0.99, 1.01), 0.002
    elif kind < 0.7:  # a shaver's small motor
        full, drift = between(rng, 80.0, 240.0), between(rng, 0.005, 0.03)
    else:  # a toothbrush
        full, drift = between(rng, 130.0, 320.0), between(rng, 0.004, 0.03)
    stroke = wander(rng, n, between(rng, 0.6, 6.0))
    load = np.clip(0.5 + 0.4 * stroke, 0.0, 1.0)
    hz = (
        full
        * np.maximum(speed, 0.05)
        * (1.0 - drift * stroke)
        * (1.0 + 0.0015 * wander(rng, n, 30.0))
    )
    tones = comb(rng, hz, load, -rng.uniform(-1.5, 1.5), int(rng.choice((2, 3, 5, 6))))
    tones = shape(
        tones, *spectrum(rng, (50, 200, 800, 2500, 6000, 8000), (-10, -6, 0, 4, 4, 1), 3.0, 8, 12.0)
    )
    points = spectrum(rng, (60, 300, 1200, 4000, 8000), (-16, -10, -3, 1, -2), 3.0, 6, 9.0)
    rub = noise(rng, n, *points) * (1.0 + between(rng, 0.1, 0.9) * np.sin(2 * np.pi * phase(hz)))
    y = unit(tones) + between(rng, 0.15, 1.0) * rub * np.exp(between(rng, 0.1, 0.8) * stroke)
    if kind >= 0.7:
        scrub = 0.5 + 0.5 * np.sin(
            2 * np.pi * phase(between(rng, 2.5, 6.0) * np.exp(0.2 * wander(rng, n, 1.0)))
        )
        y += (
            between(rng, 0.05, 0.6)
            * scrub
            * noise(rng, n, (200, 1500, 5000, 8000), (-14, 0, 0, -6))
        )
    y *= speed * np.exp(
        between(rng, 0.05, 0.3) * stroke + between(rng, 0.01, 0.12) * wander(rng, n, 50.0)
    )
    return floor(room(y, rng, 0.4), rng, 60.0, 32.0)
