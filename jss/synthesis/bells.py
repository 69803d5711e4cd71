"""Alarms, bells and ringing: struck bells and gongs, telephones, doorbells, beepers, sirens, ring
tones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jss.arrays import Floats
from jss.synthesis.room import floor, room
from jss.synthesis.tools import (
    RATE,
    Rng,
    between,
    convolve,
    crest,
    gate,
    limit,
    modes,
    noise,
    phase,
    samples,
    spectrum,
    tone,
    unit,
    wander,
)

#: Partials of a bell over its hum tone (hum, prime, tierce, quint, nominal, ...; Fletcher and
#: Rossing, 1998).
BELL = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.08, 5.3])
#: Modes of a free bar over its lowest: chimes and glockenspiels.
BAR = np.array([1.0, 2.756, 5.404, 8.933])


def struck(rng: Rng, hz: float, ratios: Floats, decay: float, seconds: float) -> Floats:
    """One strike of a bell or bar -> (samples,), unit peak; higher partials die sooner; near pairs
    beat.
    """
    f = hz * ratios * (1.0 + 0.006 * rng.standard_normal(len(ratios)))
    f = np.concatenate([f, f * (1.0 + between(rng, 0.0003, 0.003))])
    decays = decay * (f / f[0]) ** -rng.uniform(0.4, 1.1)
    amplitudes = np.tile(rng.uniform(0.25, 1.0, len(ratios)) * ratios ** -rng.uniform(0.0, 0.8), 2)
    amplitudes[len(ratios) :] *= rng.uniform(0.0, 0.8)
    y = modes(samples(seconds), f, decays, amplitudes, rng.uniform(0, 6.3, len(f)))
    y[:64] += 0.3 * rng.standard_normal(64) * np.exp(-np.arange(64) / 12.0)
    return crest(y)


def strikes(n: int, at: Floats, sizes: Floats) -> Floats:
    """An impulse train (n,) with ``sizes`` at times ``at`` (s)."""
    train = np.zeros(n)
    index = (np.asarray(at) * RATE).astype(int)
    keep = (index >= 0) & (index < n)
    np.add.at(train, index[keep], np.asarray(sizes)[keep])
    return train


def hammered(rng: Rng, n: int) -> Floats:
    """An electric bell, a telephone or an old alarm clock: one or two gongs struck 12 to 32 times a
    second.
    """
    rate = between(rng, 12.0, 32.0)
    times = np.arange(0.0, n / RATE, 1.0 / rate)
    times = times + 0.03 / rate * rng.standard_normal(len(times))
    sizes = rng.uniform(0.7, 1.0, len(times))
    if rng.random() < 0.6:  # rings and pauses
        on, off = between(rng, 0.3, 2.2), between(rng, 0.2, 2.5)
        sizes *= ((times % (on + off)) < on) + 1e-6
    hz = between(rng, 600.0, 3200.0)
    decay = between(rng, 0.05, 0.8)
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
    """A doorbell: two to eight notes of struck bars or soft tones, ding-dong first of all."""
    base = between(rng, 350.0, 1100.0)
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
    gap, decay = between(rng, 0.18, 0.8), between(rng, 0.25, 1.5)
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
        t += between(rng, 0.6, 3.0)
    return y


def bell(rng: Rng, n: int) -> Floats:
    """A bell struck by hand, a bicycle bell, a church bell far off."""
    hz, decay = between(rng, 250.0, 2500.0), between(rng, 0.3, 3.0)
    gap = between(rng, 0.12, 1.5)
    times = np.arange(0.0, n / RATE, gap)
    times = times + 0.06 * gap * rng.standard_normal(len(times))
    return convolve(
        strikes(n, times, rng.uniform(0.4, 1.0, len(times))),
        struck(rng, hz, BELL, decay, min(3.0, 4 * decay)),
    )


def beeper(rng: Rng, n: int) -> Floats:
    """A clock, a timer, a smoke alarm: one high tone keyed in groups."""
    hz = between(rng, 900.0, 4200.0)
    on = between(rng, 0.04, 0.6)
    off, group = on * between(rng, 0.4, 1.6), int(rng.integers(1, 6))
    rest = between(rng, 0.1, 1.5) if rng.random() < 0.7 else 0.0
    h = np.arange(1, limit(hz) + 1)
    amplitudes = np.where((h % 2 == 0) & (rng.random() < 0.7), 0.05, 1.0) * h ** -between(
        rng, 0.6, 4.0
    )
    other = hz * float(rng.choice((1.0, 1.0, 0.8, 1.25, 0.667)))
    keyed, pitch = np.zeros(n), np.full(n, hz)
    t, k = 0.0, 0
    while t < n / RATE:
        a, b = samples(t), samples(t + on)
        keyed[max(0, a - 80) : b + 80] = np.maximum(
            keyed[max(0, a - 80) : b + 80], gate(n, a, b, 0.003, 0.004)[max(0, a - 80) : b + 80]
        )
        pitch[a:b] = hz if k % 2 == 0 else min(other, 4200.0)
        k += 1
        t += on + (off if k % group else off + rest)
    h = h[: limit(pitch)]
    return tone(phase(pitch), amplitudes[: len(h)], rng.uniform(0, 6.3, len(h))) * keyed


def siren(rng: Rng, n: int) -> Floats:
    """Hi-lo, wail or yelp, by a loudspeaker that is never pure."""
    low = between(rng, 350.0, 1100.0)
    high = low * between(rng, 1.2, 2.2)
    t = np.arange(n) / RATE
    cycle = (t * between(rng, 0.25, 5.0) + rng.random()) % 1.0
    rise = rng.uniform(0.2, 0.8)
    form = rng.choice(("step", "sweep", "saw"))
    curve = {
        "step": (cycle > 0.5) * 1.0,
        "saw": cycle,
        "sweep": np.where(cycle < rise, cycle / rise, (1 - cycle) / (1 - rise)),
    }
    hz = low * (high / low) ** curve[str(form)]
    h = np.arange(1, limit(hz) + 1)
    return tone(
        phase(hz),
        h ** -between(rng, 0.8, 2.5) * rng.uniform(0.3, 1.0, len(h)),
        rng.uniform(0, 6.3, len(h)),
    )


def ringtone(rng: Rng, n: int) -> Floats:
    """A mobile telephone: a short melody in chip, marimba or FM tones, or a warbling trill, over
    and over.
    """
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16, 19])
    notes = rng.choice(scale, int(rng.integers(2, 12)))
    base, step = between(rng, 350.0, 1300.0), between(rng, 0.04, 0.25)
    length = min(n, samples(step * len(notes)))
    t = np.arange(length) / RATE
    which = np.minimum((t / step).astype(int), len(notes) - 1)
    hz = base * 2.0 ** (notes[which] / 12.0)
    cycles = phase(hz)
    since = t - which * step
    if rng.random() < 0.5:
        h = np.arange(1, limit(hz) + 1)
        y = tone(cycles, h ** -between(rng, 0.8, 2.5))
    else:
        ratio = float(rng.choice((1.0, 2.0, 3.0, 3.5)))
        y = np.sin(
            2 * np.pi * cycles
            + between(rng, 0.1, 2.0) * np.exp(-since * 12) * np.sin(2 * np.pi * ratio * cycles)
        )
    y *= (
        np.exp(-since / between(rng, 0.05, 1.0))
        * np.minimum(since / 0.003, 1.0)
        * np.minimum((step - since).clip(0) / 0.004, 1.0)
    )
    bar = np.concatenate(
        [y, np.zeros(samples(between(rng, 0.02, 0.8)) if rng.random() < 0.6 else 1)]
    )
    return np.resize(bar, n)


def buzzer(rng: Rng, n: int) -> Floats:
    """A door or timer buzzer: a rough comb of the mains or of a reed."""
    hz = between(rng, 90.0, 450.0)
    h = np.arange(1, min(limit(hz), 60) + 1)
    amplitudes = h ** -rng.uniform(0.2, 1.2) * 10.0 ** (0.25 * rng.standard_normal(len(h)))
    y = tone(
        phase(hz * (1.0 + 0.003 * wander(rng, n, 8.0))), amplitudes, rng.uniform(0, 6.3, len(h))
    )
    if rng.random() < 0.6:
        on, off = between(rng, 0.15, 1.2), between(rng, 0.1, 1.2)
        t = np.arange(n) / RATE % (on + off)
        y = y * np.clip(np.minimum(t, on - t) / 0.006, 0.0, 1.0)
    return y


_KINDS: tuple[Callable[[Rng, int], Floats], ...] = (
    hammered,
    chime,
    bell,
    beeper,
    siren,
    ringtone,
    buzzer,
)
_CHANCE = (0.21, 0.12, 0.1, 0.26, 0.07, 0.19, 0.05)


def alarm(rng: Rng, duration: float | None) -> Floats:
    """One of the family, through its own small loudspeaker or case and a room."""
    n = samples(between(rng, 0.8, 7.0) if duration is None else duration)
    y = unit(_KINDS[int(rng.choice(len(_KINDS), p=_CHANCE))](rng, n))
    y = y + between(rng, 0.001, 0.08) * noise(rng, n, *spectrum(rng, (30, 300, 8000), (0, -8, -20)))
    return floor(room(y, rng, 0.7, 0.7), rng, 70.0, 22.0)
