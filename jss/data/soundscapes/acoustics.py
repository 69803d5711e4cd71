"""Processing of a recording on its way into a clip: pitch, looping, fades, reverberation."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from jss.audio import SAMPLE_RATE
from jss.errors import optional

Audio = npt.NDArray[np.float32]

#: Number of simulated rooms, and of source positions in each; each room has one microphone.
ROOMS = 16
POSITIONS = 4
#: Reverberation is cut where its energy has fallen this far below the total energy.
TAIL_DB = 50.0


def shift_pitch(samples: Audio, semitones: float) -> Audio:
    """Shift pitch and tempo together by resampling.

    Args:
        samples: (S,) at 16 kHz.
        semitones: Shift; +12 halves the length.

    Returns:
        (S / 2^(semitones / 12),).
    """
    import soxr

    if abs(semitones) < 1e-6:
        return samples
    shifted: Audio = soxr.resample(samples, SAMPLE_RATE * 2.0 ** (semitones / 12.0), SAMPLE_RATE)
    return shifted


def loop(samples: Audio, length: int, fade: float = 0.5) -> Audio:
    """Repeat a steady sound with equal-power cross-fades; a sound that is long enough is cut.

    Args:
        samples: (S,) at 16 kHz.
        length: Number of samples.
        fade: Seconds of a cross-fade; shorter where the sound is shorter than four of them.

    Returns:
        (length,).
    """
    if len(samples) >= length:
        return samples[:length]
    overlap = min(int(fade * SAMPLE_RATE), len(samples) // 4)
    hop = len(samples) - overlap
    phase = np.asarray((np.arange(overlap) + 0.5) * (math.pi / 2 / max(overlap, 1)), np.float32)
    unit = samples.copy()
    unit[:overlap] *= np.sin(phase)
    tail = samples[hop:] * np.cos(phase)
    unit[:overlap] += tail
    repeats = math.ceil((length - hop) / hop)
    looped = np.empty((repeats + 1) * hop, np.float32)
    looped.reshape(-1, hop)[:] = unit[:hop]
    looped[:hop] = samples[:hop]
    return looped[:length]


def fade(samples: Audio, attack: int, release: int) -> Audio:
    """Fade both ends with a raised cosine.

    Args:
        samples: (S,).
        attack: Samples of the first fade.
        release: Samples of the last fade.

    Returns:
        (S,), a copy.
    """
    faded = samples.copy()
    attack, release = min(attack, len(faded) // 2), min(release, len(faded) // 2)
    if attack:
        faded[:attack] *= _ramp(attack)
    if release:
        faded[-release:] *= _ramp(release)[::-1]
    return faded


def reverberate(samples: Audio, room: int, position: int) -> Audio:
    """Convolve a sound with a simulated impulse response; the direct sound is not delayed.

    Args:
        samples: (S,) at 16 kHz.
        room: Number of the room.
        position: Number of the source position in it.

    Returns:
        (S + tail,).
    """
    response = responses(room % ROOMS)[position % POSITIONS]
    return np.asarray(fftconvolve(samples, response), np.float32)


@functools.lru_cache(maxsize=ROOMS)
def responses(room: int) -> tuple[Audio, ...]:
    """Simulate the impulse responses of one shoebox room by the image method.

    Rooms are 2 to 7 m long with a reverberation time of 0.15 to 0.6 s; they are the same
    everywhere.

    Args:
        room: Number of the room, which seeds its dimensions.

    Returns:
        One response for each source position; the direct sound is the first peak, scaled to 1.
    """
    with optional():
        import pyroomacoustics

    rng = np.random.default_rng((20230, room))
    size = rng.uniform((2.5, 2.0, 2.3), (7.0, 5.0, 3.2))
    # Walls that absorb everything give the shortest possible time, by Sabine's formula.
    surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    seconds = max(float(rng.uniform(0.15, 0.6)), 1.3 * 0.161 * float(np.prod(size)) / surface)
    absorption, _ = pyroomacoustics.inverse_sabine(seconds, size)
    order = math.ceil(240.0 * min(seconds, 0.45) / float(size.min()))
    box = pyroomacoustics.ShoeBox(
        size,
        fs=SAMPLE_RATE,
        max_order=min(order, 30),
        air_absorption=True,
        materials=pyroomacoustics.Material(absorption),
    )
    margin = np.minimum(0.5, size / 4)
    box.add_microphone(rng.uniform(margin, size - margin))
    for _ in range(POSITIONS):
        box.add_source(rng.uniform(margin, size - margin))
    box.compute_rir()
    return tuple(_trim(np.asarray(response, np.float32)) for response in box.rir[0])


def _trim(response: Audio) -> Audio:
    """Cut a response from the direct sound to TAIL_DB of decay, and scale the direct sound to 1."""
    direct = int(np.argmax(np.abs(response) > 0.5 * np.abs(response).max()))
    first = max(0, direct - 4)
    response = response[first:]
    decay = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    stop = int(np.argmax(decay < decay[0] * 10.0 ** (-TAIL_DB / 10.0))) or len(response)
    return fade(response[:stop] / np.abs(response).max(), 0, 160)


@functools.lru_cache(maxsize=64)
def _ramp(length: int) -> Audio:
    phase = (np.arange(length) + 0.5) * (math.pi / length)
    return np.asarray(0.5 - 0.5 * np.cos(phase), np.float32)
