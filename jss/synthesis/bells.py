"""Alarms, bells and ringing: bells, telephones, doorbells, beepers, sirens and ring tones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    RATE,
    Rng,
    convolve,
    decaying_modes,
    gate,
    harmonic_count,
    harmonic_tone,
    log_uniform,
    noise,
    phase,
    random_spectrum,
    samples,
    smooth_noise,
    unit_peak,
    unit_rms,
)

#: Partials of a bell relative to its prime (hum, prime, tierce, quint, nominal, ...; Fletcher and
#: Rossing, 1998).
BELL = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.08, 5.3])
#: Modes of a free bar relative to the lowest, for chimes and glockenspiels.
BAR = np.array([1.0, 2.756, 5.404, 8.933])


def struck(rng: Rng, hz: float, ratios: Floats, decay: float, seconds: float) -> Floats:
    """Synthesise one strike of a bell or bar; higher partials decay sooner, and near pairs beat.

    Args:
        rng: Random generator.
        hz: Base frequency.
        ratios: (partials,) frequencies relative to it.
        decay: Decay time of the lowest partial in seconds.
        seconds: Length.

    Returns:
        (samples,) with a peak of one.
    """
    f = hz * ratios * (1.0 + 0.006 * rng.standard_normal(len(ratios)))
    f = np.concatenate([f, f * (1.0 + log_uniform(rng, 0.0003, 0.003))])
    decays = decay * (f / f[0]) ** -rng.uniform(0.4, 1.1)
    amplitudes = np.tile(rng.uniform(0.25, 1.0, len(ratios)) * ratios ** -rng.uniform(0.0, 0.8), 2)
    amplitudes[len(ratios) :] *= rng.uniform(0.0, 0.8)
    y = decaying_modes(samples(seconds), f, decays, amplitudes, rng.uniform(0, 6.3, len(f)))
    y[:64] += 0.3 * rng.standard_normal(64) * np.exp(-np.arange(64) / 12.0)
    return unit_peak(y)


def strikes(n: int, times: Floats, sizes: Floats) -> Floats:
    """Make a train of impulses.

    Args:
        n: Length in samples.
        times: (strikes,) in seconds.
        sizes: (strikes,) heights.

    Returns:
        (n,).
    """
    train = np.zeros(n)
    index = (np.asarray(times) * RATE).astype(int)
    keep = (index >= 0) & (index < n)
    np.add.at(train, index[keep], np.asarray(sizes)[keep])
    return train


def hammered(rng: Rng, n: int) -> Floats:
    """Synthesise an electric bell: one or two gongs struck 12 to 32 times a second.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    rate = log_uniform(rng, 12.0, 32.0)
    times = np.arange(0.0, n / RATE, 1.0 / rate)
    times = times + 0.03 / rate * rng.standard_normal(len(times))
    sizes = rng.uniform(0.7, 1.0, len(times))
    if rng.random() < 0.6:  # ringing with pauses
        on, off = log_uniform(rng, 0.3, 2.2), log_uniform(rng, 0.2, 2.5)
        sizes *= ((times % (on + off)) < on) + 1e-6
    hz = log_uniform(rng, 600.0, 3200.0)
    decay = log_uniform(rng, 0.05, 0.8)
    gongs = int(rng.integers(1, 3))
    y = np.zeros(n)
    for k in range(gongs):
        gong = struck(
            rng,
            hz * (1.0 if k == 0 else rng.uniform(1.05, 1.3)),
            BELL[1:],
            decay,
            min(1.5, 5 * decay),
        )
        y += convolve(strikes(n, times[k::gongs], sizes[k::gongs]), gong)
    return y


def chime(rng: Rng, n: int) -> Floats:
    """Synthesise a doorbell: two to eight notes of struck bars or soft tones.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    base = log_uniform(rng, 350.0, 1100.0)
    tunes = (
        (4, 0),
        (3, 0),
        (5, 0),
        (0, 4, 7),
        (7, 4, 0),
        (4, 0, 2, -5),
        (0, 2, 4, -5),
        (0, 4, 7, 12),
        (12, 7, 4, 0),
    )
    tune = tunes[int(rng.integers(0, len(tunes)))]
    gap, decay = log_uniform(rng, 0.18, 0.8), log_uniform(rng, 0.25, 1.5)
    ratios = BAR if rng.random() < 0.6 else np.arange(1.0, 6.0)
    y = np.zeros(n)
    t = 0.0
    while t < n / RATE:
        for step in tune:
            y += convolve(
                strikes(n, np.array([t]), np.ones(1)),
                struck(rng, base * 2 ** (step / 12), ratios, decay, 2.0),
            )
            t += gap
        t += log_uniform(rng, 0.6, 3.0)
    return y


def bell(rng: Rng, n: int) -> Floats:
    """Synthesise a bell struck by hand, a bicycle bell or a distant church bell.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    hz, decay = log_uniform(rng, 250.0, 2500.0), log_uniform(rng, 0.3, 3.0)
    gap = log_uniform(rng, 0.12, 1.5)
    times = np.arange(0.0, n / RATE, gap)
    times = times + 0.06 * gap * rng.standard_normal(len(times))
    return convolve(
        strikes(n, times, rng.uniform(0.4, 1.0, len(times))),
        struck(rng, hz, BELL, decay, min(3.0, 4 * decay)),
    )


def beeper(rng: Rng, n: int) -> Floats:
    """Synthesise a clock, a timer or a smoke alarm: one high tone keyed in groups.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    hz = log_uniform(rng, 900.0, 4200.0)
    on = log_uniform(rng, 0.04, 0.6)
    off, group = on * log_uniform(rng, 0.4, 1.6), int(rng.integers(1, 6))
    rest = log_uniform(rng, 0.1, 1.5) if rng.random() < 0.7 else 0.0
    h = np.arange(1, harmonic_count(hz) + 1)
    amplitudes = np.where((h % 2 == 0) & (rng.random() < 0.7), 0.05, 1.0) * h ** -log_uniform(
        rng, 0.6, 4.0
    )
    other = hz * float(rng.choice((1.0, 1.0, 0.8, 1.25, 0.667)))
    envelope, pitch = np.zeros(n), np.full(n, hz)
    t, k = 0.0, 0
    while t < n / RATE:
        a, b = samples(t), samples(t + on)
        envelope[max(0, a - 80) : b + 80] = np.maximum(
            envelope[max(0, a - 80) : b + 80], gate(n, a, b, 0.003, 0.004)[max(0, a - 80) : b + 80]
        )
        pitch[a:b] = hz if k % 2 == 0 else min(other, 4200.0)
        k += 1
        t += on + (off if k % group else off + rest)
    h = h[: harmonic_count(pitch)]
    return harmonic_tone(phase(pitch), amplitudes[: len(h)], rng.uniform(0, 6.3, len(h))) * envelope


def siren(rng: Rng, n: int) -> Floats:
    """Synthesise a siren by loudspeaker: two tones, a wail or a yelp.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    low = log_uniform(rng, 350.0, 1100.0)
    high = low * log_uniform(rng, 1.2, 2.2)
    t = np.arange(n) / RATE
    cycle = (t * log_uniform(rng, 0.25, 5.0) + rng.random()) % 1.0
    rise = rng.uniform(0.2, 0.8)
    kind = rng.choice(("step", "sweep", "saw"))
    curve = {
        "step": (cycle > 0.5) * 1.0,
        "saw": cycle,
        "sweep": np.where(cycle < rise, cycle / rise, (1 - cycle) / (1 - rise)),
    }
    hz = low * (high / low) ** curve[str(kind)]
    h = np.arange(1, harmonic_count(hz) + 1)
    return harmonic_tone(
        phase(hz),
        h ** -log_uniform(rng, 0.8, 2.5) * rng.uniform(0.3, 1.0, len(h)),
        rng.uniform(0, 6.3, len(h)),
    )


def ringtone(rng: Rng, n: int) -> Floats:
    """Synthesise a mobile telephone: a short melody of simple or FM tones, repeated.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19])
    notes = rng.choice(scale, int(rng.integers(2, 12)))
    base, step = log_uniform(rng, 350.0, 1300.0), log_uniform(rng, 0.04, 0.25)
    length = min(n, samples(step * len(notes)))
    t = np.arange(length) / RATE
    note = np.minimum((t / step).astype(int), len(notes) - 1)
    hz = base * 2.0 ** (notes[note] / 12.0)
    cycles = phase(hz)
    elapsed = t - note * step
    if rng.random() < 0.5:
        h = np.arange(1, harmonic_count(hz) + 1)
        y = harmonic_tone(cycles, h ** -log_uniform(rng, 0.8, 2.5))
    else:
        ratio = float(rng.choice((1.0, 2.0, 3.0, 3.5)))
        y = np.sin(
            2 * np.pi * cycles
            + log_uniform(rng, 0.1, 2.0)
            * np.exp(-elapsed * 12)
            * np.sin(2 * np.pi * ratio * cycles)
        )
    y *= (
        np.exp(-elapsed / log_uniform(rng, 0.05, 1.0))
        * np.minimum(elapsed / 0.003, 1.0)
        * np.minimum((step - elapsed).clip(0) / 0.004, 1.0)
    )
    bar = np.concatenate(
        [y, np.zeros(samples(log_uniform(rng, 0.02, 0.8)) if rng.random() < 0.6 else 1)]
    )
    return np.resize(bar, n)


def buzzer(rng: Rng, n: int) -> Floats:
    """Synthesise a door or timer buzzer: a rough comb of harmonics of the mains or of a reed.

    Args:
        rng: Random generator.
        n: Length in samples.

    Returns:
        (n,).
    """
    hz = log_uniform(rng, 90.0, 450.0)
    h = np.arange(1, min(harmonic_count(hz), 60) + 1)
    amplitudes = h ** -rng.uniform(0.2, 1.2) * 10.0 ** (0.25 * rng.standard_normal(len(h)))
    y = harmonic_tone(
        phase(hz * (1.0 + 0.003 * smooth_noise(rng, n, 8.0))),
        amplitudes,
        rng.uniform(0, 6.3, len(h)),
    )
    if rng.random() < 0.6:
        on, off = log_uniform(rng, 0.15, 1.2), log_uniform(rng, 0.1, 1.2)
        t = np.arange(n) / RATE % (on + off)
        y = y * np.clip(np.minimum(t, on - t) / 0.006, 0.0, 1.0)
    return y


#: Kinds of alarms, and their probabilities.
_KINDS: tuple[Callable[[Rng, int], Floats], ...] = (
    hammered,
    chime,
    bell,
    beeper,
    siren,
    ringtone,
    buzzer,
)
_PROBABILITIES = (0.21, 0.12, 0.1, 0.26, 0.07, 0.19, 0.05)


def alarm(rng: Rng, duration: float | None) -> Floats:
    """Synthesise one kind of alarm through a small loudspeaker or case and a room.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    n = samples(log_uniform(rng, 0.8, 7.0) if duration is None else duration)
    y = unit_rms(_KINDS[int(rng.choice(len(_KINDS), p=_PROBABILITIES))](rng, n))
    y = y + log_uniform(rng, 0.001, 0.08) * noise(
        rng, n, *random_spectrum(rng, (30, 300, 8000), (0, -8, -20))
    )
    return add_noise_floor(add_room(y, rng, 0.7, 0.7), rng, 70.0, 22.0)
