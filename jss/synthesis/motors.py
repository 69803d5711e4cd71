"""Machines with a motor: blender, vacuum cleaner, shaver and toothbrush.

A motor has a speed curve in Hz, from which follow the harmonics of the shaft (two timbres that
cross-fade with the load), the noise of air and brushes that beats with the shaft, and the
resonances of the case.
"""

from __future__ import annotations

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    equalise,
    gains_at,
    gate,
    harmonic_count,
    harmonic_tone,
    log_uniform,
    noise,
    phase,
    random_spectrum,
    samples,
    smooth_noise,
    unit_rms,
)


def runs(rng: Rng, n: int, pulses: bool) -> tuple[Floats, Floats]:
    """Draw when a motor runs: one long run, or several short presses.

    Args:
        rng: Random generator.
        n: Length in samples.
        pulses: Whether to draw short presses.

    Returns:
        Speed as a share of full speed, and whether it is on, both (n,) in [0, 1].
    """
    seconds = n / RATE
    start = 0.0
    speed, on = np.zeros(n), np.zeros(n)
    while start < seconds:
        length = log_uniform(rng, 0.3, 2.0) if pulses else seconds + 1.0
        rise, fall = log_uniform(rng, 0.04, 0.4), log_uniform(rng, 0.1, 0.7)
        t = np.arange(n) / RATE - start
        run_up = 1.0 - np.exp(-np.maximum(t, 0.0) / rise * 2.0)
        run_down = np.exp(-np.maximum(t - length, 0.0) / fall * 2.0)
        run = (t >= 0.0) * run_up * run_down
        speed = np.maximum(speed, run)
        on = np.maximum(on, gate(n, samples(start), samples(start + length), 0.02, 0.05))
        start += length + log_uniform(rng, 0.15, 1.2)
    return speed, on


def edges(rng: Rng, n: int, start: float, stop: float) -> Floats:
    """Draw the speed of one run, which may start or stop within it.

    Args:
        rng: Random generator.
        n: Length in samples.
        start: Probability that the motor starts within it.
        stop: Probability that it stops within it.

    Returns:
        (n,) share of full speed.
    """
    seconds = n / RATE
    speed = np.ones(n)
    if rng.random() < start:
        time = rng.uniform(0.0, 0.15 * seconds)
        t = np.arange(n) / RATE - time
        speed *= (t > 0) * (1.0 - np.exp(-np.maximum(t, 0.0) / log_uniform(rng, 0.08, 0.6)))
    if rng.random() < stop:
        time = rng.uniform(0.7, 0.95) * seconds
        t = np.arange(n) / RATE - time
        speed *= np.exp(-np.maximum(t, 0.0) / log_uniform(rng, 0.1, 0.9))
    return speed


def comb(
    rng: Rng, hz: Floats, load: Floats, tilt: float, every: int, top: float = 7800.0
) -> Floats:
    """Synthesise the harmonics of a turning shaft.

    Args:
        rng: Random generator.
        hz: (n,) speed in Hz.
        load: (n,) in [0, 1].
        tilt: Slope of the spectrum in dB an octave.
        every: Each such harmonic stands out (blades, commutator bars).
        top: Highest harmonic in Hz.

    Returns:
        (n,) with an RMS of one.
    """
    count = max(1, min(harmonic_count(hz), int(top / float(hz.max()))))
    h = np.arange(1, count + 1)
    idle_db = (
        tilt * np.log2(h)
        + 5.0 * rng.standard_normal(count)
        + np.where(h % every == 0, rng.uniform(4, 14), 0.0)
    )
    loaded = idle_db + 5.0 * rng.standard_normal(count)
    angles = rng.uniform(0.0, 2.0 * np.pi, count)
    cycles = phase(hz)
    idle, busy = (harmonic_tone(cycles, 10.0 ** (a / 20.0), angles) for a in (idle_db, loaded))
    return unit_rms(idle * (1.0 - load) + busy * load)


#: Mean spectra of the noise of vacuum cleaners and of blenders, as of recorded ones: Hz, dB.
_AIR = ((50, 90, 180, 360, 720, 1440, 2880, 5760, 8000), (-14, -11, -4, 0, -4, -7, -11, -15, -20))
_CHURN = ((50, 90, 180, 360, 720, 1440, 2880, 5760, 8000), (-16, -10, -3, 0, 0, -3, -5, -13, -18))


def lines(
    rng: Rng, hz: Floats, full: float, spectrum: tuple[Floats, Floats], dense: float
) -> Floats:
    """Synthesise the whistle of a fan or motor: harmonics that stand above its noise.

    Args:
        rng: Random generator.
        hz: (n,) rate at which blades or coils pass.
        full: Its value at full speed.
        spectrum: Of the noise, which has an RMS of one: (points,) in Hz, and levels in dB.
        dense: Probability that a harmonic stands out.

    Returns:
        (n,).
    """
    count = harmonic_count(hz)
    above = np.where(
        rng.random(count) < dense, rng.uniform(13, 27, count), rng.uniform(-12, 8, count)
    )
    above[0] = rng.uniform(20, 32)
    bins = np.fft.rfftfreq(8192, 1.0 / RATE)
    power = gains_at(*spectrum, bins) ** 2
    density = np.interp(full * np.arange(1, count + 1), bins, power / power.sum() / bins[1])
    # A line of so many dB above the noise within 3 Hz, as a spectrum of half a second shows it.
    amplitudes = np.sqrt(2.0 * 3.0 * density) * 10.0 ** (above / 20.0)
    return harmonic_tone(phase(hz), amplitudes, rng.uniform(0.0, 2.0 * np.pi, count))


def blender(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a blender: a loud universal motor under a load that splashes and crunches.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 10.0) if duration is None else duration)
    pulses = rng.random() < 0.35
    if pulses:
        speed, _ = runs(rng, n, True)
    else:
        speed = edges(rng, n, 0.5, 0.35)
    full = log_uniform(rng, 140.0, 400.0)
    slow = smooth_noise(rng, n, log_uniform(rng, 0.3, 3.0))
    fast = smooth_noise(rng, n, log_uniform(rng, 6.0, 25.0))
    load = np.clip(0.45 + 0.35 * slow + 0.2 * fast, 0.0, 1.0)
    hz = (
        full
        * np.maximum(speed, 0.03)
        * (1.0 - log_uniform(rng, 0.003, 0.06) * load)
        * (1.0 + 0.001 * fast)
    )
    spectrum = random_spectrum(rng, *_CHURN, 2.5, 8, 6.0)
    air = noise(rng, n, *spectrum) * (
        1.0 + log_uniform(rng, 0.03, 0.4) * np.sin(2 * np.pi * phase(hz))
    )
    churn = noise(rng, n, *random_spectrum(rng, *_CHURN, 3.0))
    churn *= np.exp(0.65 * smooth_noise(rng, n, log_uniform(rng, 10.0, 45.0)) + 0.5 * slow)
    y = air + lines(rng, hz, full, spectrum, 0.5) + log_uniform(rng, 0.1, 0.8) * unit_rms(churn)
    y *= speed ** rng.uniform(1.0, 2.5) * np.exp(
        log_uniform(rng, 0.05, 0.3) * slow + log_uniform(rng, 0.03, 0.15) * fast
    )
    return add_noise_floor(add_room(y, rng), rng, 60.0, 25.0)


def vacuum(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a vacuum cleaner: the steady whistle of a fan in broadband noise of air.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 10.0) if duration is None else duration)
    speed = edges(rng, n, 0.3, 0.2)
    full = log_uniform(rng, 290.0, 720.0)
    slow = smooth_noise(rng, n, log_uniform(rng, 0.2, 1.2))
    strokes = np.clip(0.5 + 0.5 * slow, 0.0, 1.0) * (rng.random() < 0.5)
    hz = full * np.maximum(speed, 0.04) * (1.0 + log_uniform(rng, 0.0003, 0.004) * slow)
    spectrum = random_spectrum(rng, *_AIR, 2.5, 8, 5.0)
    air = noise(rng, n, *spectrum)
    mains = phase(np.full(n, rng.choice((50.0, 60.0))))
    hum = harmonic_tone(mains, np.array([0.2, 1.0, 0.0, 0.4, 0.0, 0.2]))
    open_air = noise(
        rng, n, *random_spectrum(rng, (100, 800, 3000, 8000), (-12, -4, 0, -2), 3.0, 4, 6.0)
    )
    y = (
        air
        + lines(rng, hz, full, spectrum, 0.35)
        + log_uniform(rng, 0.05, 0.25) * strokes * open_air
        + log_uniform(rng, 0.01, 0.1) * hum
    )
    y *= speed ** rng.uniform(1.0, 2.0) * np.exp(log_uniform(rng, 0.02, 0.25) * slow)
    return add_noise_floor(add_room(y, rng, 0.6), rng, 60.0, 30.0)


def shaver(rng: Rng, duration: float | None) -> Floats:
    """Synthesise a shaver, clipper or electric toothbrush: a bright buzz close to the microphone.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 3.0, 10.0) if duration is None else duration)
    speed = edges(rng, n, 0.3, 0.25)
    kind = rng.random()
    if kind < 0.35:  # a clipper, which follows the mains frequency
        full, drift = float(rng.choice((50.0, 60.0, 100.0, 120.0))) * rng.uniform(0.99, 1.01), 0.002
    elif kind < 0.7:  # a shaver
        full, drift = log_uniform(rng, 80.0, 240.0), log_uniform(rng, 0.005, 0.03)
    else:  # a toothbrush
        full, drift = log_uniform(rng, 130.0, 320.0), log_uniform(rng, 0.004, 0.03)
    stroke = smooth_noise(rng, n, log_uniform(rng, 0.6, 6.0))
    load = np.clip(0.5 + 0.4 * stroke, 0.0, 1.0)
    hz = (
        full
        * np.maximum(speed, 0.05)
        * (1.0 - drift * stroke)
        * (1.0 + 0.0015 * smooth_noise(rng, n, 30.0))
    )
    tones = comb(rng, hz, load, -rng.uniform(-1.5, 1.5), int(rng.choice((2, 3, 5, 6))))
    tones = equalise(
        tones,
        *random_spectrum(
            rng, (50, 200, 800, 2500, 6000, 8000), (-10, -6, 0, 4, 4, 1), 3.0, 8, 12.0
        ),
    )
    points = random_spectrum(rng, (60, 300, 1200, 4000, 8000), (-16, -10, -3, 1, -2), 3.0, 6, 9.0)
    rub = noise(rng, n, *points) * (
        1.0 + log_uniform(rng, 0.1, 0.9) * np.sin(2 * np.pi * phase(hz))
    )
    y = unit_rms(tones) + log_uniform(rng, 0.15, 1.0) * rub * np.exp(
        log_uniform(rng, 0.1, 0.8) * stroke
    )
    if kind >= 0.7:
        scrub = 0.5 + 0.5 * np.sin(
            2 * np.pi * phase(log_uniform(rng, 2.5, 6.0) * np.exp(0.2 * smooth_noise(rng, n, 1.0)))
        )
        y += (
            log_uniform(rng, 0.05, 0.6)
            * scrub
            * noise(rng, n, (200, 1500, 5000, 8000), (-14, 0, 0, -6))
        )
    y *= speed * np.exp(
        log_uniform(rng, 0.05, 0.3) * stroke
        + log_uniform(rng, 0.01, 0.12) * smooth_noise(rng, n, 50.0)
    )
    return add_noise_floor(add_room(y, rng, 0.4), rng, 60.0, 32.0)
