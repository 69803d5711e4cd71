"""Dogs and cats as a source and a filter: a rough, bending larynx in a mouth that opens and closes."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import floor, room
from jss.synthesis.tools import (
    RATE,
    Rng,
    between,
    crest,
    frames,
    framewise,
    gate,
    limit,
    noise,
    phase,
    resonances,
    samples,
    tone,
    unit,
    wander,
)


def voice(rng: Rng, hz: Floats, tilt: float, rough: float, breath: float) -> Floats:
    """A larynx -> (n,): pitch hz (n,), harmonics falling ``tilt`` dB an octave, ``rough`` (jitter,
    subharmonics) and ``breath`` (noise that beats with the pitch) from 0 up.
    """
    n = len(hz)
    jitter = np.exp(0.03 * rough * wander(rng, n, 180.0) + 0.012 * rough * wander(rng, n, 40.0))
    h = np.arange(1, limit(hz * 1.1) + 1)
    amplitudes = 10.0 ** ((-tilt * np.log2(h) + 1.5 * rng.standard_normal(len(h))) / 20.0)
    cycles = phase(hz * jitter)
    y = tone(cycles, amplitudes, rng.uniform(-0.6, 0.6, len(h)))
    y = y * (1.0 + 0.35 * rough * np.sin(np.pi * cycles) + 0.25 * rough * wander(rng, n, 90.0))
    air = noise(rng, n, (60, 1000, 8000), (0, -2, -12)) * (1.0 + 0.5 * np.sin(2 * np.pi * cycles))
    x: Floats = unit(y) + breath * air
    return x


def mouth(x: Floats, openness: Floats, formants: Floats, widths: Floats) -> Floats:
    """x (n,) through formants (Hz) that rise with openness (n,) in 0..1; an open mouth is also
    brighter -> (n,).
    """
    count = frames(len(x))
    o = openness[np.minimum(np.arange(count) * 128, len(x) - 1)]
    move = np.array([0.55, 0.25, 0.12, 0.08])[: len(formants), None]
    centres = np.minimum(formants[:, None] * (1.0 + move * (2.0 * o - 1.0)), 7900.0)
    h = resonances(centres, np.broadcast_to(widths[:, None], centres.shape))
    bins = np.linspace(0.0, 8000.0, 257)
    lips = 1.0 / (1.0 + (bins[None, :] / (1100.0 + 5500.0 * o[:, None])) ** 2)
    return framewise(x, h * lips)


def bark(rng: Rng, size: float, mood: float) -> Floats:
    """One bark -> (samples,), unit peak: a sudden rough burst; pitch jumps up, then falls. size: 0
    big, 1 small.
    """
    length = between(rng, 0.09, 0.3) * (1.15 - 0.4 * size)
    n = samples(length + 0.04)
    t = np.arange(n) / RATE / length
    top = 230.0 * 4.2**size * between(rng, 0.9, 1.12)
    peak = rng.uniform(0.2, 0.5)
    arch = np.where(t < peak, t / peak, 1.0 - (t - peak) / (1.15 - peak))
    hz = top * (0.55 + 0.45 * np.clip(arch, 0.0, 1.0) ** 0.7)
    x = voice(rng, hz, rng.uniform(2.0, 8.0), 0.08 + 0.7 * mood**2, 0.05 + 0.4 * mood**2)
    scale = 0.7 * 1.8**size
    x = mouth(
        x,
        np.clip(arch, 0.0, 1.0),
        scale * np.array([750.0, 1500.0, 2900.0, 4300.0]),
        np.array([170.0, 220.0, 350.0, 450.0]),
    )
    x *= (
        np.clip(t / 0.07, 0.0, 1.0) ** 1.5
        * np.exp(-np.maximum(t - 0.35, 0.0) * 3.5)
        * np.clip((1.1 - t) / 0.2, 0.0, 1.0)
    )
    return crest(x)


def howl(rng: Rng, seconds: float, size: float) -> Floats:
    """A howl or a whine -> (samples,), unit peak."""
    n = samples(seconds)
    t = np.arange(n) / n
    base = 240.0 * 3.2**size * between(rng, 0.8, 1.25)
    rise = rng.uniform(0.08, 0.3)
    arch = np.interp(
        t,
        [0.0, rise, rng.uniform(0.6, 0.85), 1.0],
        [0.65, 1.0, rng.uniform(0.85, 1.0), rng.uniform(0.55, 0.8)],
    )
    hz = base * arch * np.exp(0.02 * wander(rng, n, 5.0))
    x = voice(rng, hz, rng.uniform(5.0, 10.0), 0.08, 0.03)
    formants = (0.8 * 1.5**size) * np.array([600.0, 1200.0, 2600.0, 3900.0])
    x = mouth(x, np.clip(arch - 0.2, 0.0, 1.0), formants, np.array([140.0, 200.0, 320.0, 420.0]))
    x *= gate(n, 0, n, 0.08, 0.2) * np.exp(0.15 * wander(rng, n, 3.0))
    return crest(x)


def growl(rng: Rng, seconds: float, size: float) -> Floats:
    """A growl -> (samples,), unit peak: slow rough pulses, almost noise."""
    n = samples(seconds)
    hz = between(rng, 45.0, 110.0) * (1.0 + 0.5 * size) * np.exp(0.12 * wander(rng, n, 3.0))
    x = voice(rng, hz, rng.uniform(2.0, 5.0), 1.6, 0.8) * np.exp(0.3 * wander(rng, n, 6.0))
    formants = (0.8 * 1.5**size) * np.array([500.0, 1300.0, 2600.0, 3800.0])
    x = mouth(x, np.full(n, 0.4), formants, np.array([160.0, 260.0, 400.0, 500.0]))
    x *= gate(n, 0, n, 0.1, 0.25)
    return crest(x)


def dog(rng: Rng, duration: float | None) -> Floats:
    """Barks, singly or in bouts; sometimes a howl, a whine or a growl. One dog keeps its voice."""
    size, mood = rng.random(), rng.random()
    n = samples(between(rng, 0.4, 6.0) if duration is None else duration)
    y = np.zeros(n)
    t = 0.0
    kind = rng.choice(("bark", "howl", "growl"), p=(0.74, 0.18, 0.08))
    gap = between(rng, 0.1, 1.4)
    while t < n / RATE - 0.05:
        if kind == "bark":
            call, loud = bark(rng, size, mood), rng.uniform(0.5, 1.0)
            rest = between(rng, 0.7 * gap, 1.5 * gap) + (
                between(rng, 0.3, 1.2) if rng.random() < 0.2 else 0.0
            )
        else:
            call = (howl if kind == "howl" else growl)(rng, between(rng, 0.5, 3.0), size)
            loud, rest = rng.uniform(0.6, 1.0), between(rng, 0.1, 0.8)
        at = samples(t) - 1
        part = call[: n - at]
        y[at : at + len(part)] += (
            loud
            * part
            * (gate(len(part), 0, len(part), 0.0, 0.02) if len(part) < len(call) else 1.0)
        )
        t += len(call) / RATE + rest
    return floor(room(y, rng, 1.2), rng, 60.0, 22.0)


def meow(rng: Rng, age: float, mood: float) -> Floats:
    """One meow -> (samples,), unit peak: a mouth that opens and closes, a pitch that arches. age: 0
    old, 1 kitten.
    """
    seconds = between(rng, 0.3, 1.4)
    n = samples(seconds)
    t = np.arange(n) / n
    top = 470.0 * 2.2**age * between(rng, 0.85, 1.2)
    peak = rng.uniform(0.2, 0.6)
    pitch = np.interp(t, [0.0, peak, 1.0], [rng.uniform(0.6, 0.95), 1.0, rng.uniform(0.55, 0.95)])
    hz = top * pitch * np.exp(0.015 * wander(rng, n, 12.0))
    x = voice(rng, hz, rng.uniform(1.0, 5.0), 0.05 + 0.7 * mood**2, between(rng, 0.03, 0.5))
    wide = np.interp(
        t,
        [0.0, rng.uniform(0.15, 0.4), rng.uniform(0.5, 0.75), 1.0],
        [0.0, 1.0, rng.uniform(0.5, 1.0), rng.uniform(0, 0.2)],
    )
    formants = (0.9 * 1.3**age) * np.array([1000.0, 2100.0, 3600.0, 5200.0])
    x = mouth(x, wide, formants, np.array([160.0, 220.0, 350.0, 450.0]))
    x *= (0.25 + 0.75 * wide) * gate(n, 0, n, 0.05, 0.1)
    return crest(x)


def purr(rng: Rng, n: int) -> Floats:
    """Purring -> (n,): 20 to 30 soft bursts a second, in and out with the breath."""
    rate = between(rng, 20.0, 31.0) * np.exp(0.05 * wander(rng, n, 1.5))
    cycles = phase(rate)
    breath = np.sin(2 * np.pi * phase(np.full(n, between(rng, 0.4, 0.9))))
    pulses = np.exp(-((cycles % 1.0) * between(rng, 4.0, 10.0))) * (1.0 + 0.35 * breath)
    y: Floats = noise(rng, n, (30, 80, 300, 900, 3000, 8000), (-4, 0, 0, -8, -22, -38)) * pulses
    return y


def hiss(rng: Rng, seconds: float) -> Floats:
    """A hiss or spit -> (samples,), unit peak."""
    n = samples(seconds)
    c = between(rng, 1500.0, 4500.0)
    x = noise(rng, n, (100, c / 3, c, 8000), (-24, -10, 0, -6)) * gate(
        n, 0, n, between(rng, 0.01, 0.15), 0.15
    )
    return crest(x)


def cat(rng: Rng, duration: float | None) -> Floats:
    """Meows with rests; sometimes a yowl, purring or a hiss. One cat keeps its voice."""
    age, mood = rng.random(), rng.random()
    kind = rng.choice(("meow", "purr", "hiss"), p=(0.82, 0.1, 0.08))
    n = samples(between(rng, 0.6, 6.0) if duration is None else duration)
    if kind == "purr":
        return floor(room(purr(rng, n), rng, 0.4), rng, 60.0, 30.0)
    y = np.zeros(n)
    t, gap = 0.0, between(rng, 0.1, 1.2)
    while t < n / RATE - 0.05:
        call = hiss(rng, between(rng, 0.3, 1.2)) if kind == "hiss" else meow(rng, age, mood)
        at = samples(t) - 1
        part = call[: n - at]
        y[at : at + len(part)] += rng.uniform(0.4, 1.0) * part
        t += len(call) / RATE + between(rng, 0.6 * gap, 1.6 * gap)
    return floor(room(y, rng, 0.9), rng, 55.0, 16.0)
