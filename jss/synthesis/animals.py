"""Dogs and cats: a larynx with a rough, bending pitch as source, a mouth that opens as filter."""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    frame_count,
    frame_filter,
    gate,
    harmonic_count,
    harmonic_tone,
    log_uniform,
    noise,
    phase,
    resonances,
    samples,
    smooth_noise,
    unit_peak,
    unit_rms,
)


def voice(rng: Rng, hz: Floats, tilt: float, rough: float, breath: float) -> Floats:
    """Synthesise the sound of a larynx, before the filter of the mouth.

    Args:
        rng: Random generator.
        hz: (n,) pitch in Hz.
        tilt: Fall of the harmonics in dB an octave.
        rough: Amount of jitter and subharmonics, from 0 up.
        breath: Amount of noise that beats with the pitch, from 0 up.

    Returns:
        (n,).
    """
    n = len(hz)
    jitter = np.exp(
        0.03 * rough * smooth_noise(rng, n, 180.0) + 0.012 * rough * smooth_noise(rng, n, 40.0)
    )
    h = np.arange(1, harmonic_count(hz * 1.1) + 1)
    amplitudes = 10.0 ** ((-tilt * np.log2(h) + 1.5 * rng.standard_normal(len(h))) / 20.0)
    cycles = phase(hz * jitter)
    y = harmonic_tone(cycles, amplitudes, rng.uniform(-0.6, 0.6, len(h)))
    y = y * (
        1.0 + 0.35 * rough * np.sin(np.pi * cycles) + 0.25 * rough * smooth_noise(rng, n, 90.0)
    )
    air = noise(rng, n, (60, 1000, 8000), (0, -2, -12)) * (1.0 + 0.5 * np.sin(2 * np.pi * cycles))
    x: Floats = unit_rms(y) + breath * air
    return x


def mouth(x: Floats, openness: Floats, formants: Floats, widths: Floats) -> Floats:
    """Filter a sound by formants that rise as the mouth opens; an open mouth is also brighter.

    Args:
        x: (n,).
        openness: (n,) in [0, 1].
        formants: (formants,) frequencies in Hz.
        widths: (formants,) bandwidths in Hz.

    Returns:
        (n,).
    """
    count = frame_count(len(x))
    opening = openness[np.minimum(np.arange(count) * 128, len(x) - 1)]
    move = np.array([0.55, 0.25, 0.12, 0.08])[: len(formants), None]
    centres = np.minimum(formants[:, None] * (1.0 + move * (2.0 * opening - 1.0)), 7900.0)
    h = resonances(centres, np.broadcast_to(widths[:, None], centres.shape))
    bins = np.linspace(0.0, 8000.0, 257)
    lips = 1.0 / (1.0 + (bins[None, :] / (1100.0 + 5500.0 * opening[:, None])) ** 2)
    return frame_filter(x, h * lips)


def bark(rng: Rng, size: float, mood: float) -> Floats:
    """Synthesise one bark: a sudden rough burst whose pitch jumps up, then falls.

    Args:
        rng: Random generator.
        size: 0 is a big dog, 1 a small one.
        mood: 0 is calm, 1 rough.

    Returns:
        (samples,) with a peak of one.
    """
    length = log_uniform(rng, 0.09, 0.3) * (1.15 - 0.4 * size)
    n = samples(length + 0.04)
    t = np.arange(n) / RATE / length
    top = 230.0 * 4.2**size * log_uniform(rng, 0.9, 1.12)
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
    return unit_peak(x)


def howl(rng: Rng, seconds: float, size: float) -> Floats:
    """Synthesise a howl or a whine.

    Args:
        rng: Random generator.
        seconds: Length.
        size: 0 is a big dog, 1 a small one.

    Returns:
        (samples,) with a peak of one.
    """
    n = samples(seconds)
    t = np.arange(n) / n
    base = 240.0 * 3.2**size * log_uniform(rng, 0.8, 1.25)
    rise = rng.uniform(0.08, 0.3)
    arch = np.interp(
        t,
        [0.0, rise, rng.uniform(0.6, 0.85), 1.0],
        [0.65, 1.0, rng.uniform(0.85, 1.0), rng.uniform(0.55, 0.8)],
    )
    hz = base * arch * np.exp(0.02 * smooth_noise(rng, n, 5.0))
    x = voice(rng, hz, rng.uniform(5.0, 10.0), 0.08, 0.03)
    formants = (0.8 * 1.5**size) * np.array([600.0, 1200.0, 2600.0, 3900.0])
    x = mouth(x, np.clip(arch - 0.2, 0.0, 1.0), formants, np.array([140.0, 200.0, 320.0, 420.0]))
    x *= gate(n, 0, n, 0.08, 0.2) * np.exp(0.15 * smooth_noise(rng, n, 3.0))
    return unit_peak(x)


def growl(rng: Rng, seconds: float, size: float) -> Floats:
    """Synthesise a growl: slow rough pulses, almost noise.

    Args:
        rng: Random generator.
        seconds: Length.
        size: 0 is a big dog, 1 a small one.

    Returns:
        (samples,) with a peak of one.
    """
    n = samples(seconds)
    hz = (
        log_uniform(rng, 45.0, 110.0)
        * (1.0 + 0.5 * size)
        * np.exp(0.12 * smooth_noise(rng, n, 3.0))
    )
    x = voice(rng, hz, rng.uniform(2.0, 5.0), 1.6, 0.8) * np.exp(0.3 * smooth_noise(rng, n, 6.0))
    formants = (0.8 * 1.5**size) * np.array([500.0, 1300.0, 2600.0, 3800.0])
    x = mouth(x, np.full(n, 0.4), formants, np.array([160.0, 260.0, 400.0, 500.0]))
    x *= gate(n, 0, n, 0.1, 0.25)
    return unit_peak(x)


def dog(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a dog: barks, singly or in bouts, sometimes a howl, a whine or a growl.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    size, mood = rng.random(), rng.random()
    n = samples(log_uniform(rng, 0.4, 6.0) if duration is None else duration)
    y = np.zeros(n)
    t = 0.0
    kind = rng.choice(("bark", "howl", "growl"), p=(0.74, 0.18, 0.08))
    gap = log_uniform(rng, 0.1, 1.4)
    while t < n / RATE - 0.05:
        if kind == "bark":
            call, level = bark(rng, size, mood), rng.uniform(0.5, 1.0)
            pause = log_uniform(rng, 0.7 * gap, 1.5 * gap) + (
                log_uniform(rng, 0.3, 1.2) if rng.random() < 0.2 else 0.0
            )
        else:
            call = (howl if kind == "howl" else growl)(rng, log_uniform(rng, 0.5, 3.0), size)
            level, pause = rng.uniform(0.6, 1.0), log_uniform(rng, 0.1, 0.8)
        start = samples(t) - 1
        part = call[: n - start]
        y[start : start + len(part)] += (
            level
            * part
            * (gate(len(part), 0, len(part), 0.0, 0.02) if len(part) < len(call) else 1.0)
        )
        t += len(call) / RATE + pause
    return add_noise_floor(add_room(y, rng, 1.2), rng, 60.0, 22.0)


def meow(rng: Rng, age: float, mood: float) -> Floats:
    """Synthesise one meow: a mouth that opens and closes, and a pitch that rises and falls.

    Args:
        rng: Random generator.
        age: 0 is an old cat, 1 a kitten.
        mood: 0 is calm, 1 rough.

    Returns:
        (samples,) with a peak of one.
    """
    seconds = log_uniform(rng, 0.3, 1.4)
    n = samples(seconds)
    t = np.arange(n) / n
    top = 470.0 * 2.2**age * log_uniform(rng, 0.85, 1.2)
    peak = rng.uniform(0.2, 0.6)
    pitch = np.interp(t, [0.0, peak, 1.0], [rng.uniform(0.6, 0.95), 1.0, rng.uniform(0.55, 0.95)])
    hz = top * pitch * np.exp(0.015 * smooth_noise(rng, n, 12.0))
    x = voice(rng, hz, rng.uniform(1.0, 5.0), 0.05 + 0.7 * mood**2, log_uniform(rng, 0.03, 0.5))
    wide = np.interp(
        t,
        [0.0, rng.uniform(0.15, 0.4), rng.uniform(0.5, 0.75), 1.0],
        [0.0, 1.0, rng.uniform(0.5, 1.0), rng.uniform(0, 0.2)],
    )
    formants = (0.9 * 1.3**age) * np.array([1000.0, 2100.0, 3600.0, 5200.0])
    x = mouth(x, wide, formants, np.array([160.0, 220.0, 350.0, 450.0]))
    x *= (0.25 + 0.75 * wide) * gate(n, 0, n, 0.05, 0.1)
    return unit_peak(x)


def purr(rng: Rng, n: int) -> Floats:
    """Synthesise purring: 20 to 30 soft bursts a second, modulated by the breath.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    rate = log_uniform(rng, 20.0, 31.0) * np.exp(0.05 * smooth_noise(rng, n, 1.5))
    cycles = phase(rate)
    breath = np.sin(2 * np.pi * phase(np.full(n, log_uniform(rng, 0.4, 0.9))))
    pulses = np.exp(-((cycles % 1.0) * log_uniform(rng, 4.0, 10.0))) * (1.0 + 0.35 * breath)
    y: Floats = noise(rng, n, (30, 80, 300, 900, 3000, 8000), (-4, 0, 0, -8, -22, -38)) * pulses
    return y


def hiss(rng: Rng, seconds: float) -> Floats:
    """Synthesise a hiss.

    Args:
        rng: Random generator.
        seconds: Length.

    Returns:
        (samples,) with a peak of one.
    """
    n = samples(seconds)
    c = log_uniform(rng, 1500.0, 4500.0)
    x = noise(rng, n, (100, c / 3, c, 8000), (-24, -10, 0, -6)) * gate(
        n, 0, n, log_uniform(rng, 0.01, 0.15), 0.15
    )
    return unit_peak(x)


def cat(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a cat: meows with rests, sometimes purring or a hiss.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    age, mood = rng.random(), rng.random()
    kind = rng.choice(("meow", "purr", "hiss"), p=(0.82, 0.1, 0.08))
    n = samples(log_uniform(rng, 0.6, 6.0) if duration is None else duration)
    if kind == "purr":
        return add_noise_floor(add_room(purr(rng, n), rng, 0.4), rng, 60.0, 30.0)
    y = np.zeros(n)
    t, gap = 0.0, log_uniform(rng, 0.1, 1.2)
    while t < n / RATE - 0.05:
        call = hiss(rng, log_uniform(rng, 0.3, 1.2)) if kind == "hiss" else meow(rng, age, mood)
        start = samples(t) - 1
        part = call[: n - start]
        y[start : start + len(part)] += rng.uniform(0.4, 1.0) * part
        t += len(call) / RATE + log_uniform(rng, 0.6 * gap, 1.6 * gap)
    return add_noise_floor(add_room(y, rng, 0.9), rng, 55.0, 16.0)
