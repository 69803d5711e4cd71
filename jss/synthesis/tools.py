"""Building blocks of the synthesiser: curves, coloured noise, tones, decaying modes and grains.

Sounds are mono at ``RATE`` = 16,000 Hz in float64; ``n`` is a number of samples, and ``rng`` is the
only source of randomness.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.interpolate import CubicSpline
from scipy.signal.windows import hann

from jss.arrays import Floats

RATE = 16_000
#: Samples between two points of a smooth curve.
CONTROL = 64

Rng = np.random.Generator


def samples(seconds: float) -> int:
    """Convert seconds to a whole number of samples, at least one."""
    return max(1, round(seconds * RATE))


def log_uniform(rng: Rng, low: float, high: float) -> float:
    """Draw log-uniformly, which suits frequencies, rates and times.

    Args:
        rng: Random generator.
        low: Lower bound, above zero.
        high: Upper bound.

    Returns:
        A number in [low, high].
    """
    return float(low * (high / low) ** rng.random())


def smooth_noise(rng: Rng, n: int, rate: float) -> Floats:
    """Draw a smooth random curve of about unit standard deviation.

    Args:
        rng: Random generator.
        n: Length in samples.
        rate: Knots a second.

    Returns:
        (n,).
    """
    knots = int(n / RATE * rate) + 4
    points = np.arange(0, n + CONTROL, CONTROL)
    curve = CubicSpline(np.arange(knots), rng.standard_normal(knots))(0.5 + points / RATE * rate)
    smooth: Floats = np.interp(np.arange(n), points, curve)
    return smooth


def gate(n: int, start: int, stop: int, rise: float = 0.005, fall: float = 0.02) -> Floats:
    """Make an envelope that is one between two samples, with sine-shaped edges.

    Args:
        n: Length in samples.
        start: First sample.
        stop: Sample after the last.
        rise: Seconds of the first edge.
        fall: Seconds of the last edge.

    Returns:
        (n,).
    """
    index = np.arange(n)
    up = np.clip((index - start) / max(1.0, rise * RATE), 0.0, 1.0)
    down = np.clip((stop - index) / max(1.0, fall * RATE), 0.0, 1.0)
    edge: Floats = np.sin(0.5 * np.pi * np.minimum(up, down)) ** 2
    return edge


def gains_at(
    frequencies: Sequence[float] | Floats, db: Sequence[float] | Floats, bins: Floats
) -> Floats:
    """Interpolate a frequency response, linearly in dB over log frequency.

    Args:
        frequencies: (points,) in Hz.
        db: (points,) levels in dB.
        bins: (bins,) frequencies of the gains in Hz.

    Returns:
        (bins,) gains.
    """
    gains: Floats = 10.0 ** (
        np.interp(np.log(np.maximum(bins, 1.0)), np.log(frequencies), db) / 20.0
    )
    return gains


def equalise(
    x: Floats, frequencies: Sequence[float] | Floats, db: Sequence[float] | Floats
) -> Floats:
    """Filter a sound with zero phase by a frequency response.

    Args:
        x: (n,).
        frequencies: (points,) in Hz.
        db: (points,) levels in dB.

    Returns:
        (n,).
    """
    size = next_fast_len(len(x) + 1024, real=True)
    bins = np.fft.rfftfreq(size, 1.0 / RATE)
    y: Floats = irfft(rfft(x, size) * gains_at(frequencies, db, bins), size)[: len(x)]
    return y


def noise(
    rng: Rng, n: int, frequencies: Sequence[float] | Floats, db: Sequence[float] | Floats
) -> Floats:
    """Draw Gaussian noise with a given spectrum.

    Args:
        rng: Random generator.
        n: Length in samples.
        frequencies: (points,) in Hz.
        db: (points,) levels in dB.

    Returns:
        (n,) with an RMS of one.
    """
    return unit_rms(equalise(rng.standard_normal(n), frequencies, db))


def random_resonances(rng: Rng, count: int, height: float) -> Floats:
    """Draw a frequency response of random resonances and dips between 100 and 7000 Hz.

    Args:
        rng: Random generator.
        count: Number of resonances.
        height: Height of the highest resonance in dB; dips have half of it.

    Returns:
        (bins,) in dB at the frequencies of GRID.
    """
    octaves = np.log2(GRID)[:, None]
    centres = np.log2(100.0 * 70.0 ** rng.random(count))
    widths = 0.08 * 8.0 ** rng.random(count)
    heights = height * rng.uniform(-0.5, 1.0, count)
    total: Floats = (heights * np.exp(-0.5 * ((octaves - centres) / widths) ** 2)).sum(1)
    return total


#: Frequencies in Hz at which random spectra are computed.
GRID: Floats = np.geomspace(20.0, 8000.0, 240)


def random_spectrum(
    rng: Rng,
    frequencies: Sequence[float],
    db: Sequence[float],
    loose: float = 4.0,
    count: int = 6,
    height: float = 9.0,
) -> tuple[Floats, Floats]:
    """Draw a spectrum near a given one: its points moved at random, with resonances.

    Args:
        rng: Random generator.
        frequencies: (points,) in Hz.
        db: (points,) mean levels in dB.
        loose: Standard deviation of the points' levels in dB.
        count: Number of resonances.
        height: Height of the highest resonance in dB.

    Returns:
        ``GRID`` and the levels at it in dB.
    """
    moved = np.asarray(db) + loose * rng.standard_normal(len(db))
    smooth = np.interp(np.log(GRID), np.log(frequencies), moved)
    return GRID, smooth + random_resonances(rng, count, height)


def unit_peak(x: Floats) -> Floats:
    """Scale a sound to a peak of one."""
    scaled: Floats = x / max(float(np.abs(x).max()), 1e-9)
    return scaled


def unit_rms(x: Floats) -> Floats:
    """Scale a sound to an RMS of one; silence stays silent."""
    scaled: Floats = x / max(float(np.sqrt(np.mean(np.square(x)))), 1e-9)
    return scaled


def phase(frequency: Floats, start: float = 0.0) -> Floats:
    """Integrate a frequency curve to the phase in cycles.

    Args:
        frequency: (n,) in Hz.
        start: Phase before the first sample.

    Returns:
        (n,).
    """
    return start + np.cumsum(frequency) / RATE


def harmonic_tone(cycles: Floats, amplitudes: Floats, phases: Floats | None = None) -> Floats:
    """Synthesise a periodic wave by wavetable.

    The caller limits the number of harmonics (:func:`harmonic_count`), so that none aliases.

    Args:
        cycles: (n,) phase in cycles.
        amplitudes: (harmonics,).
        phases: (harmonics,) in radians; None is zero.

    Returns:
        (n,).
    """
    size = 4096
    half = np.zeros(size // 2 + 1, dtype=np.complex128)
    angles = np.zeros(len(amplitudes)) if phases is None else phases
    half[1 : len(amplitudes) + 1] = 0.5 * size * amplitudes * np.exp(1j * angles)
    table = irfft(half, size)
    position = (cycles % 1.0) * size
    index = position.astype(np.int64)
    fraction = position - index
    index %= size
    wave: Floats = table[index] * (1.0 - fraction) + table[(index + 1) % size] * fraction
    return wave


def harmonic_count(frequency: float | Floats) -> int:
    """Number of harmonics of a frequency (its highest value) below 7.8 kHz, from 1 to 400."""
    return int(np.clip(7800.0 / np.max(frequency), 1, 400))


def decaying_modes(
    n: int, frequencies: Floats, decays: Floats, amplitudes: Floats, phases: Floats | None = None
) -> Floats:
    """Synthesise decaying sinusoids: sum_k a_k exp(-t / decay_k) sin(2 pi f_k t + phase_k).

    It is one matrix product: exp(z (block + rest)) = exp(z block) exp(z rest).

    Args:
        n: Length in samples.
        frequencies: (modes,) in Hz.
        decays: (modes,) in seconds.
        amplitudes: (modes,).
        phases: (modes,) in radians; None is zero.

    Returns:
        (n,).
    """
    width = 256
    z = (-1.0 / np.asarray(decays) + 2j * np.pi * np.asarray(frequencies)) / RATE
    angles = np.zeros(len(z)) if phases is None else phases
    audible = np.asarray(frequencies) < 0.49 * RATE
    weights = np.where(audible, amplitudes, 0.0) * np.exp(1j * angles)
    blocks = np.exp(np.outer(np.arange(-(-n // width)) * width, z)) * weights
    rest = np.exp(np.outer(z, np.arange(width)))
    wave: Floats = (blocks @ rest).imag.reshape(-1)[:n]
    return wave


def poisson_arrivals(rng: Rng, n: int, rate: float | Floats) -> npt.NDArray[np.int64]:
    """Draw the events of a Poisson process.

    Args:
        rng: Random generator.
        n: Length in samples.
        rate: Events a second, a number or a curve (n,).

    Returns:
        (events,) sample indices.
    """
    curve = np.broadcast_to(np.asarray(rate, dtype=np.float64), (n,))
    return np.flatnonzero(rng.random(n) < curve / RATE).astype(np.int64)


def overlap_add(n: int, starts: npt.NDArray[np.int64], grains: Floats) -> Floats:
    """Add grains at given samples; those at the end are cut.

    Args:
        n: Length in samples.
        starts: (grains,) sample indices.
        grains: (grains, length).

    Returns:
        (n,).
    """
    index = starts[:, None] + np.arange(grains.shape[1])
    total = np.bincount(np.minimum(index, n).ravel(), weights=grains.ravel(), minlength=n + 1)
    return total[:n].astype(np.float64)


def convolve(x: Floats, response: Floats) -> Floats:
    """Convolve a sound with an impulse response, cut to the sound's length.

    Args:
        x: (n,).
        response: (length,).

    Returns:
        (n,).
    """
    size = next_fast_len(len(x) + len(response) - 1, real=True)
    y: Floats = irfft(rfft(x, size) * rfft(response, size), size)[: len(x)]
    return y


def frame_filter(x: Floats, responses: npt.NDArray[np.complex128] | Floats) -> Floats:
    """Filter a sound by a response that changes over time.

    Args:
        x: (n,).
        responses: (frame_count(n), 257) at 0 to 8 kHz, one every 128 samples.

    Returns:
        (n,).
    """
    hop, window, size = 128, 256, 512
    count = len(responses)
    padded = np.zeros((count + 1) * hop)
    padded[hop : hop + len(x)] = x
    view = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop] * hann(window, sym=False)
    filtered = irfft(rfft(view, size, axis=1) * responses, size, axis=1).reshape(
        count, size // hop, hop
    )
    blocks = np.zeros((count + size // hop, hop))
    for k in range(size // hop):
        blocks[k : k + count] += filtered[:, k]
    y: Floats = blocks.reshape(-1)[hop : hop + len(x)]
    return y


def frame_count(n: int) -> int:
    """Number of responses that ``frame_filter`` takes for n samples; they are 128 samples apart."""
    return -(-n // 128) + 1


def resonances(centres: Floats, widths: Floats) -> npt.NDArray[np.complex128]:
    """Compute the responses of a cascade of resonances.

    Args:
        centres: (resonances, frames) in Hz.
        widths: (resonances, frames) in Hz.

    Returns:
        (frames, 257) at 0 to 8 kHz; 1 at 0 Hz.
    """
    s = 2j * np.pi * np.linspace(0.0, 8000.0, 257)
    total = np.ones((centres.shape[1], 257), dtype=np.complex128)
    for centre, width in zip(centres, widths, strict=True):
        pole = -np.pi * width + 2j * np.pi * centre
        square = np.abs(pole) ** 2
        total *= square[:, None] / (s * s + np.outer(2.0 * np.pi * width, s) + square[:, None])
    return total
