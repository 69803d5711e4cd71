"""Speech by a formant synthesiser: syllables with prosody (after Klatt, JASA 67, 1980).

The words have no meaning; rhythm, melody, formants and noises are those of speech.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from jss.arrays import Floats
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.tools import (
    Rng,
    frame_count,
    frame_filter,
    harmonic_count,
    harmonic_tone,
    log_uniform,
    phase,
    resonances,
    samples,
    smooth_noise,
)

#: Vowels by their first three formants in Hz (Peterson and Barney, 1952, men).
VOWELS = {
    "i": (280, 2250, 2950),
    "I": (400, 1950, 2550),
    "e": (440, 2080, 2650),
    "E": (540, 1800, 2500),
    "A": (690, 1680, 2420),
    "a": (730, 1120, 2450),
    "O": (570, 850, 2420),
    "o": (450, 900, 2400),
    "U": (440, 1030, 2240),
    "u": (310, 870, 2250),
    "V": (640, 1190, 2390),
    "@": (500, 1450, 2450),
    "3": (480, 1350, 1700),
}
DIPHTHONGS = ("aI", "eI", "aU", "oU", "OI")

#: Formant targets in Hz; centre and width of the noise in Hz, and its level; voicing in [0, 1];
#: milliseconds; kind.
Consonant = tuple[tuple[int, int, int], float, float, float, float, int, str]
CONSONANTS: dict[str, Consonant] = {
    "p": ((300, 750, 2200), 900, 1500, 0.35, 0.0, 70, "stop"),
    "b": ((280, 750, 2200), 800, 1200, 0.25, 0.25, 55, "stop"),
    "t": ((300, 1750, 2700), 4200, 2500, 0.8, 0.0, 65, "stop"),
    "d": ((280, 1700, 2700), 3900, 2500, 0.5, 0.25, 50, "stop"),
    "k": ((300, 1900, 2400), 2000, 900, 0.7, 0.0, 70, "stop"),
    "g": ((280, 1800, 2300), 1900, 900, 0.45, 0.25, 55, "stop"),
    "s": ((320, 1500, 2600), 6300, 1900, 0.9, 0.0, 105, "noise"),
    "S": ((320, 1700, 2500), 3400, 1400, 0.9, 0.0, 110, "noise"),
    "f": ((320, 1000, 2300), 5500, 5000, 0.25, 0.0, 90, "noise"),
    "T": ((320, 1350, 2600), 6000, 4500, 0.2, 0.0, 90, "noise"),
    "z": ((300, 1500, 2600), 6200, 1900, 0.45, 0.45, 75, "noise"),
    "v": ((300, 1000, 2300), 5000, 4500, 0.12, 0.6, 60, "noise"),
    "h": ((500, 1400, 2500), 0, 0, 0.0, 0.0, 60, "breath"),
    "m": ((270, 1000, 2200), 0, 0, 0.0, 0.45, 70, "nasal"),
    "n": ((270, 1500, 2500), 0, 0, 0.0, 0.45, 65, "nasal"),
    "l": ((350, 1050, 2750), 0, 0, 0.0, 0.7, 60, "glide"),
    "r": ((380, 1150, 1650), 0, 0, 0.0, 0.7, 60, "glide"),
    "w": ((300, 680, 2250), 0, 0, 0.0, 0.7, 60, "glide"),
    "j": ((280, 2200, 2900), 0, 0, 0.0, 0.7, 55, "glide"),
}
#: Consonants that may end a syllable.
FINALS = ("n", "t", "s", "d", "l", "r", "k", "m", "z", "f")


@dataclass(frozen=True)
class Voice:
    """The voice of a speaker."""

    #: Mean pitch in Hz.
    pitch: float
    #: Range of the pitch in octaves.
    range: float
    #: Factor on the formant frequencies.
    scale: float
    #: Fall of the harmonics in dB an octave.
    tilt: float
    #: Level of breath noise; 1 and above whispers.
    breath: float
    #: Syllables a second.
    rate: float
    #: Level of the consonants' noise.
    noise: float
    #: Jitter as a share of the pitch.
    jitter: float


def draw_voice(rng: Rng) -> Voice:
    """Draw the voice of a man, a woman or a child."""
    group = rng.choice(3, p=(0.42, 0.42, 0.16))
    low, high, scale = ((85.0, 150.0, 1.0), (160.0, 260.0, 1.15), (230.0, 380.0, 1.3))[group]
    breath = log_uniform(rng, 0.05, 0.9) if rng.random() < 0.95 else 3.0  # a few whisper
    scale *= rng.uniform(0.93, 1.07)
    pitch, spread, tilt = log_uniform(rng, low, high), rng.uniform(0.2, 0.8), rng.uniform(7.0, 12.0)
    return Voice(
        pitch,
        spread,
        scale,
        tilt,
        breath,
        log_uniform(rng, 3.3, 6.5),
        log_uniform(rng, 0.2, 0.9),
        log_uniform(rng, 0.008, 0.035),
    )


def segments(rng: Rng, voice: Voice, stressed: bool, last: bool) -> list[tuple[float, ...]]:
    """Draw the segments of one syllable.

    Args:
        rng: Random generator.
        voice: The speaker.
        stressed: Whether the syllable is stressed.
        last: Whether it is the last of its phrase.

    Returns:
        One row a segment: (milliseconds, F1, F2, F3, voicing, breath, noise, noise centre, noise
        width), frequencies in Hz.
    """
    rows: list[tuple[float, ...]] = []
    silent_noise = (0.0, 0.0, 0.0, 0.0)

    def consonant(name: str) -> None:
        (f1, f2, f3), centre, width, level, voicing, ms, kind = CONSONANTS[name]
        length = ms * rng.uniform(0.75, 1.3) * 4.8 / voice.rate
        if kind == "stop":
            rows.append((length, f1, f2, f3, voicing, 0.0, 0.0, centre, width))
            rows.append((rng.uniform(6, 14), f1, f2, f3, voicing, 0.0, level, centre, width))
            if voicing == 0.0:
                rows.append(
                    (rng.uniform(12, 50), f1 + 150, f2, f3, 0.0, 0.35, 0.15 * level, centre, width)
                )
        else:
            rows.append(
                (
                    length,
                    f1,
                    f2,
                    f3,
                    voicing,
                    0.7 if kind == "breath" else 0.0,
                    level,
                    centre,
                    width,
                )
            )

    onset = rng.random()
    if onset < 0.9:
        first = str(rng.choice(list(CONSONANTS)))
        consonant(first)
        if first in "pbkgf" and rng.random() < 0.3:
            consonant(str(rng.choice(("l", "r"))))
    ms = (
        1000.0
        / voice.rate
        * (0.62 if stressed else 0.4)
        * rng.uniform(0.7, 1.35)
        * (1.5 if last else 1.0)
    )
    if stressed and rng.random() < 0.35:
        pair = str(rng.choice(DIPHTHONGS))
        rows += [
            (ms * 0.65, *VOWELS[pair[0]], 1.0, *silent_noise),
            (ms * 0.5, *VOWELS[pair[1]], 0.9, *silent_noise),
        ]
    else:
        vowel = str(rng.choice(list(VOWELS))) if stressed or rng.random() < 0.5 else "@"
        rows.append(
            (
                ms,
                *VOWELS[vowel],
                rng.uniform(0.7, 1.0) if stressed else rng.uniform(0.3, 0.7),
                *silent_noise,
            )
        )
    if rng.random() < (0.55 if last else 0.3):
        consonant(str(rng.choice(FINALS)))
    return rows


def phrase(
    rng: Rng, voice: Voice, count: int
) -> tuple[list[tuple[float, ...]], list[tuple[float, float]]]:
    """Draw a phrase of some syllables.

    Args:
        rng: Random generator.
        voice: The speaker.
        count: Number of syllables.

    Returns:
        Rows of :func:`segments`, and the melody as (milliseconds, octaves above the mean pitch).
    """
    rows: list[tuple[float, ...]] = []
    melody = [(0.0, voice.range * 0.5)]
    clock, question = 0.0, rng.random() < 0.2
    for i in range(count):
        if i and rng.random() < 0.12:  # a breath between words
            rows.append((log_uniform(rng, 30.0, 200.0), 450, 1450, 2500, 0.0, 0.0, 0.0, 0.0, 0.0))
            clock += rows[-1][0]
        stressed = rng.random() < 0.5 or i == count - 1
        new = segments(rng, voice, stressed, i == count - 1)
        length = sum(r[0] for r in new)
        fall = voice.range * (0.5 - i / count)
        accent = rng.uniform(0.1, 0.7) if stressed else -0.1
        melody.append((clock + 0.5 * length, fall + voice.range * accent))
        rows += new
        clock += length
    melody.append((clock, voice.range * (0.9 if question else -0.8)))
    rows.append((log_uniform(rng, 150.0, 1100.0), 450, 1450, 2500, 0.0, 0.0, 0.0, 0.0, 0.0))
    return rows, melody


def render(
    rng: Rng, voice: Voice, rows: list[tuple[float, ...]], melody: list[tuple[float, float]]
) -> Floats:
    """Synthesise the sound of a phrase.

    Args:
        rng: Random generator.
        voice: The speaker.
        rows: Rows of :func:`segments`.
        melody: (milliseconds, octaves above the mean pitch).

    Returns:
        (samples,) at 16 kHz.
    """
    table = np.array(rows)
    rows_by_ms = np.repeat(table[:, 1:], np.maximum(1, np.rint(table[:, 0])).astype(int), axis=0)
    formants = gaussian_filter1d(rows_by_ms[:, :3], 16.0, axis=0) * voice.scale
    voicing, breath = (
        gaussian_filter1d(rows_by_ms[:, 3], 6.0),
        gaussian_filter1d(rows_by_ms[:, 4], 8.0),
    )
    level = gaussian_filter1d(rows_by_ms[:, 5], 3.0)
    n = 16 * len(rows_by_ms)
    ms_of_sample = np.arange(n) / 16.0
    points = np.array(melody)
    octaves = gaussian_filter1d(
        np.interp(np.arange(len(rows_by_ms)), points[:, 0], points[:, 1]), 25.0
    )
    hz = voice.pitch * 2.0 ** np.interp(ms_of_sample, np.arange(len(rows_by_ms)), octaves)
    hz = hz * np.exp(voice.jitter * smooth_noise(rng, n, 70.0) + 0.015 * smooth_noise(rng, n, 6.0))
    grid = np.arange(len(rows_by_ms))
    cycles = phase(hz)
    h = np.arange(1, harmonic_count(hz) + 1)
    fall = voice.tilt * np.log2(h) - 5.5 * np.log2(np.maximum(h * voice.pitch / 900.0, 1.0))
    glottis = harmonic_tone(cycles, 10.0 ** (-fall / 20.0))
    glottis *= np.interp(ms_of_sample, grid, voicing) * (1.0 + 0.12 * smooth_noise(rng, n, 70.0))
    air = rng.standard_normal(n)
    open_glottis = 0.5 + 0.5 * np.sin(2 * np.pi * cycles)
    amount = (
        0.3 * np.interp(ms_of_sample, grid, breath)
        + 0.25 * voice.breath * np.interp(ms_of_sample, grid, voicing) * open_glottis
    )
    source = (glottis if voice.breath < 1.0 else 0.0) + amount * np.diff(air, prepend=0.0)
    count = frame_count(n)
    index = np.minimum(np.arange(count) * 8, len(rows_by_ms) - 1)
    upper = np.array([[3500.0], [4500.0], [5600.0]]) * voice.scale * np.ones(count)
    centres = np.minimum(np.vstack([formants[index].T, upper]), 7800.0)
    widths = np.array([[70.0], [100.0], [150.0], [220.0], [300.0], [400.0]]) * np.ones(count)
    voiced = frame_filter(source, resonances(centres, widths))
    hiss = np.interp(ms_of_sample, grid, level) * air
    bins = np.linspace(0.0, 8000.0, 257)
    centre, width = (
        rows_by_ms[index, 6] * min(voice.scale, 1.1),
        np.maximum(rows_by_ms[index, 7], 1.0),
    )
    band = 1.0 / np.sqrt(1.0 + ((bins[None, :] - centre[:, None]) / width[:, None]) ** 4)
    return voiced + voice.noise * frame_filter(hiss, band)


def speech(rng: Rng, duration: float | None) -> Floats:
    """Synthesise one or several phrases by one random speaker.

    Args:
        rng: Random generator.
        duration: Seconds; None draws a natural length.

    Returns:
        (samples,) at 16 kHz.
    """
    voice = draw_voice(rng)
    seconds = log_uniform(rng, 0.8, 5.0) if duration is None else duration
    rows: list[tuple[float, ...]] = []
    melody: list[tuple[float, float]] = []
    clock = 0.0
    while clock < seconds * 1000.0:
        syllables = (seconds * 1000.0 - clock) / 1000.0 * voice.rate
        new, tune = phrase(rng, voice, int(np.clip(rng.integers(2, 12), 1, max(2.0, syllables))))
        melody += [(clock + t, v) for t, v in tune]
        rows += new
        clock += sum(r[0] for r in new)
    y = render(rng, voice, rows, melody)
    if duration is None:
        y = y[: samples(seconds + 0.3)]
    return add_noise_floor(add_room(y, rng, 0.9), rng, 75.0, 30.0)
