"""The small parts all families are made of: curves, shaped noise, wavetables, decaying modes,
grains.

Everything is mono at ``RATE`` = 16,000 Hz, float64 inside; ``n`` is a number of samples, ``rng``
the only source of chance.
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
CONTROL = 64  # samples between two points of a smooth curve

Rng = np.random.Generator


def samples(seconds: float) -> int:
    """Seconds as a whole number of samples, at least one."""
    return max(1, round(seconds * RATE))


def between(rng: Rng, low: float, high: float) -> float:
    """A log-uniform draw from [low, high], both above zero: what suits frequencies, rates and
    times.
    """
    return float(low * (high / low) ** rng.random())


def line(n: int, times: Sequence[float] | Floats, values: Sequence[float] | Floats) -> Floats:
    """Straight lines through (seconds, value) points -> (n,)."""
    points: Floats = np.interp(np.arange(n) / RATE, times, values)
    return points


def wander(rng: Rng, n: int, rate: float) -> Floats:
    """A smooth random curve of about unit deviation with ``rate`` knots a second -> (n,)."""
    knots = int(n / RATE * rate) + 4
    at = np.arange(0, n + CONTROL, CONTROL)
    curve = CubicSpline(np.arange(knots), rng.standard_normal(knots))(0.5 + at / RATE * rate)
    smooth: Floats = np.interp(np.arange(n), at, curve)
    return smooth


def gate(n: int, start: int, stop: int, rise: float = 0.005, fall: float = 0.02) -> Floats:
    """One between two sample indices, with sine-shaped edges of ``rise`` and ``fall`` seconds ->
    (n,).
    """
    at = np.arange(n)
    up = np.clip((at - start) / max(1.0, rise * RATE), 0.0, 1.0)
    down = np.clip((stop - at) / max(1.0, fall * RATE), 0.0, 1.0)
    edge: Floats = np.sin(0.5 * np.pi * np.minimum(up, down)) ** 2
    return edge


def curve_db(
    frequencies: Sequence[float] | Floats, db: Sequence[float] | Floats, bins: Floats
) -> Floats:
    """A response through (Hz, dB) points, straight over log frequency, as gains at ``bins`` (Hz)."""
    gains: Floats = 10.0 ** (
        np.interp(np.log(np.maximum(bins, 1.0)), np.log(frequencies), db) / 20.0
    )
    return gains


def shape(x: Floats, frequencies: Sequence[float] | Floats, db: Sequence[float] | Floats) -> Floats:
    """Zero-phase filter through (Hz, dB) points; x: (n,) -> (n,)."""
    size = next_fast_len(len(x) + 1024, real=True)
    bins = np.fft.rfftfreq(size, 1.0 / RATE)
    y: Floats = irfft(rfft(x, size) * curve_db(frequencies, db, bins), size)[: len(x)]
    return y


def noise(
    rng: Rng, n: int, frequencies: Sequence[float] | Floats, db: Sequence[float] | Floats
) -> Floats:
    """Gaussian noise with a spectrum through (Hz, dB) points, of unit deviation -> (n,)."""
    return unit(shape(rng.standard_normal(n), frequencies, db))


def bumps(
    rng: Rng,
    frequencies: Floats,
    count: int,
    height: float,
    low: float = 100.0,
    high: float = 7000.0,
) -> Floats:
    """``count`` random resonances up to ``height`` dB (and dips of half that), in dB at
    ``frequencies`` (Hz).
    """
    octaves = np.log2(frequencies)[:, None]
    centres = np.log2(low * (high / low) ** rng.random(count))
    widths = 0.08 * 8.0 ** rng.random(count)
    heights = height * rng.uniform(-0.5, 1.0, count)
    total: Floats = (heights * np.exp(-0.5 * ((octaves - centres) / widths) ** 2)).sum(1)
    return total


GRID: Floats = np.geomspace(20.0, 8000.0, 240)


def spectrum(
    rng: Rng,
    frequencies: Sequence[float],
    db: Sequence[float],
    loose: float = 4.0,
    count: int = 6,
    height: float = 9.0,
) -> tuple[Floats, Floats]:
    """A random spectrum about given (Hz, dB) points: points moved by ``loose`` dB, then resonances
    -> GRID, dB.
    """
    moved = np.asarray(db) + loose * rng.standard_normal(len(db))
    smooth = np.interp(np.log(GRID), np.log(frequencies), moved)
    return GRID, smooth + bumps(rng, GRID, count, height)


def crest(x: Floats) -> Floats:
    """x scaled to a peak of one."""
    scaled: Floats = x / max(float(np.abs(x).max()), 1e-9)
    return scaled


def unit(x: Floats) -> Floats:
    """x scaled to unit deviation (silence stays silence)."""
    scaled: Floats = x / max(float(np.sqrt(np.mean(np.square(x)))), 1e-9)
    return scaled


def phase(frequency: Floats, start: float = 0.0) -> Floats:
    """The running phase, in cycles, of a frequency curve in Hz -> (n,)."""
    return start + np.cumsum(frequency) / RATE


def tone(cycles: Floats, amplitudes: Floats, phases: Floats | None = None) -> Floats:
    """A periodic wave by table: harmonic h+1 has ``amplitudes[h]``; cycles: (n,) -> (n,).

    The caller bounds the number of harmonics (``limit``), so nothing folds over.
    """
    size = 4096
    half = np.zeros(size // 2 + 1, dtype=np.complex128)
    angles = np.zeros(len(amplitudes)) if phases is None else phases
    half[1 : len(amplitudes) + 1] = 0.5 * size * amplitudes * np.exp(1j * angles)
    table = irfft(half, size)
    place = (cycles % 1.0) * size
    low = place.astype(np.int64)
    part = place - low
    low %= size
    wave: Floats = table[low] * (1.0 - part) + table[(low + 1) % size] * part
    return wave


def limit(frequency: float | Floats) -> int:
    """How many harmonics of a frequency (its highest value) lie below 7.8 kHz, from 1 to 400."""
    return int(np.clip(7800.0 / np.max(frequency), 1, 400))


def modes(
    n: int, frequencies: Floats, decays: Floats, amplitudes: Floats, phases: Floats | None = None
) -> Floats:
    """Decaying sinusoids, sum_k a_k exp(-t / decay_k) sin(2 pi f_k t + phase_k); all (modes,) ->
    (n,).

    As one matrix product: exp(z (block + rest)) = exp(z block) exp(z rest).
    """
    width = 256
    z = (-1.0 / np.asarray(decays) + 2j * np.pi * np.asarray(frequencies)) / RATE
    angles = np.zeros(len(z)) if phases is None else phases
    keep = np.asarray(frequencies) < 0.49 * RATE
    weights = np.where(keep, amplitudes, 0.0) * np.exp(1j * angles)
    blocks = np.exp(np.outer(np.arange(-(-n // width)) * width, z)) * weights
    rest = np.exp(np.outer(z, np.arange(width)))
    wave: Floats = (blocks @ rest).imag.reshape(-1)[:n]
    return wave


def arrivals(rng: Rng, n: int, rate: float | Floats) -> npt.NDArray[np.int64]:
    """Sample indices of a Poisson process; rate: events a second, a number or a curve (n,)."""
    curve = np.broadcast_to(np.asarray(rate, dtype=np.float64), (n,))
    return np.flatnonzero(rng.random(n) < curve / RATE).astype(np.int64)


def scatter(n: int, starts: npt.NDArray[np.int64], grains: Floats) -> Floats:
    """Grains (count, length) added at sample indices ``starts`` (count,), cut at the end -> (n,)."""
    at = starts[:, None] + np.arange(grains.shape[1])
    total = np.bincount(np.minimum(at, n).ravel(), weights=grains.ravel(), minlength=n + 1)
    return total[:n].astype(np.float64)


def convolve(x: Floats, response: Floats) -> Floats:
    """x (n,) through an impulse response, cut to n samples."""
    size = next_fast_len(len(x) + len(response) - 1, real=True)
    y: Floats = irfft(rfft(x, size) * rfft(response, size), size)[: len(x)]
    return y


def framewise(x: Floats, responses: npt.NDArray[np.complex128] | Floats) -> Floats:
    """x (n,) through a filter that changes: responses (frames(n), 257) at 0..8 kHz, one each 128
    samples.
    """
    hop, window, size = 128, 256, 512
    count = len(responses)
    padded = np.zeros((count + 1) * hop)
    padded[hop : hop + len(x)] = x
    view = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop] * hann(window, sym=False)
    filtered = irfft(rfft(view, size, axis=1) * responses, size, axis=1).reshape(
        count, size // hop, hop
    )
    out = np.zeros((count + size // hop, hop))
    for k in range(size // hop):
        out[k : k + count] += filtered[:, k]
    y: Floats = out.reshape(-1)[hop : hop + len(x)]
    return y


def frames(n: int) -> int:
    """How many responses ``framewise`` takes for n samples; response i is centred on sample 128 i."""
    return -(-n // 128) + 1


def resonances(centres: Floats, widths: Floats) -> npt.NDArray[np.complex128]:
    """A cascade of resonances; centres, widths: (formants, frames) in Hz -> responses (frames,
    257), 1 at 0 Hz.
    """
    s = 2j * np.pi * np.linspace(0.0, 8000.0, 257)
    total = np.ones((centres.shape[1], 257), dtype=np.complex128)
    for centre, width in zip(centres, widths, strict=True):
        pole = -np.pi * width + 2j * np.pi * centre
        square = np.abs(pole) ** 2
        total *= square[:, None] / (s * s + np.outer(2.0 * np.pi * width, s) + square[:, None])
    return total
