"""Audible spans of a recording by an energy gate, and its K-weighted loudness."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d
from scipy.signal import sosfilt

from jss.audio import SAMPLE_RATE
from jss.decoding import runs

#: Samples between two frames, and in a frame: 10 ms and 20 ms.
HOP = 160
FRAME = 320
#: A frame is active above ``peak - RANGE_DB`` and above the noise floor by FLOOR_DB.
RANGE_DB = 30.0
FLOOR_DB = 6.0
#: The threshold stays this far below the peak, for recordings whose floor is not noise.
MIN_RANGE_DB = 12.0
#: DESED's annotation rules (Turpault et al. 2019): pauses under 150 ms are bridged, events last 250
#: ms or more.
MIN_PAUSE = 0.15
MIN_EVENT = 0.25

#: A steady sound continues over pauses shorter than this (s); its ends are cut where the level is
#: this far below the median (dB).
STEADY_PAUSE = 0.5
STEADY_ENDS_DB = 5.0

#: First sample, and sample after the last.
Span = tuple[int, int]


def frame_levels(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """RMS levels of 20 ms frames every 10 ms; frame k is centred on samples [160 k, 160 (k + 1)).

    Args:
        samples: (S,) at 16 kHz.

    Returns:
        (max(1, ceil(S / 160)),) in dB re full scale.
    """
    count = max(1, math.ceil(len(samples) / HOP))
    half = HOP // 2  # a frame is four half hops, and begins half a hop before its own
    padded = np.zeros((2 * count + 2, half))
    padded.reshape(-1)[half : half + len(samples)] = samples
    energy = np.einsum("ij,ij->i", padded, padded)
    total = energy[:-3:2] + energy[1:-2:2] + energy[2:-1:2] + energy[3::2]
    first = np.arange(count) * HOP - half
    present = np.minimum(first + FRAME, len(samples)) - np.maximum(first, 0)
    mean = total / np.maximum(present, 1)
    levels: npt.NDArray[np.float64] = 10.0 * np.log10(np.maximum(mean, 1e-12))
    return levels


def active_spans(samples: npt.NDArray[np.float32], pause: float = MIN_PAUSE) -> list[Span]:
    """Find the audible spans of a recording.

    A frame is active within RANGE_DB of the loudest; in a noisy recording only above the noise
    floor (10th percentile) by FLOOR_DB.

    Args:
        samples: (S,) at 16 kHz.
        pause: Shorter pauses are bridged, in seconds.

    Returns:
        Spans in order; none for a silent recording.
    """
    levels = frame_levels(samples)
    peak = float(levels.max())
    if peak <= -100.0:
        return []
    threshold = min(
        max(peak - RANGE_DB, float(np.percentile(levels, 10)) + FLOOR_DB), peak - MIN_RANGE_DB
    )
    return [
        (first * HOP, min(stop * HOP, len(samples)))
        for first, stop in _bridged(levels > threshold, pause)
    ]


def steady_span(samples: npt.NDArray[np.float32]) -> Span | None:
    """Find the longest span of a steady sound that can be looped.

    Frames within 20 dB of the 90th percentile are active, so that a knock has no influence; pauses
    under STEADY_PAUSE are bridged. The ends are cut to where the level (over 0.1 s) is within
    STEADY_ENDS_DB of the median.

    Args:
        samples: (S,) at 16 kHz.

    Returns:
        The span; None for a silent recording.
    """
    levels = frame_levels(samples)
    loud = float(np.percentile(levels, 90))
    if loud <= -100.0:
        return None
    first, stop = max(
        _bridged(levels > loud - 20.0, STEADY_PAUSE), key=lambda span: span[1] - span[0]
    )
    smooth = uniform_filter1d(levels[first:stop], 10)
    near = np.flatnonzero(smooth > np.median(smooth) - STEADY_ENDS_DB)
    return (first + int(near[0])) * HOP, min((first + int(near[-1]) + 1) * HOP, len(samples))


def k_weighted(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Apply the K-weighting of ITU-R BS.1770: a shelf of +4 dB above 1.5 kHz, a high-pass at 38 Hz.

    Args:
        samples: (S,) at 16 kHz.

    Returns:
        (S,).
    """
    weighted: npt.NDArray[np.float32] = sosfilt(_k_filter(), samples)
    return weighted


def level_db(weighted: npt.NDArray[np.float32], spans: list[Span] | None = None) -> float:
    """Loudness without gating.

    Args:
        weighted: (S,) K-weighted samples.
        spans: Spans to measure; None for all.

    Returns:
        LUFS; -inf for silence.
    """
    parts = [weighted] if spans is None else [weighted[a:b] for a, b in spans]
    count = sum(len(part) for part in parts)
    energy = sum(float(np.dot(part, part)) for part in parts)
    return -0.691 + 10.0 * math.log10(energy / count) if energy > 0.0 else -math.inf


def _bridged(active: npt.NDArray[np.bool_], pause: float) -> list[Span]:
    """Find runs of active frames, and join those less than some seconds apart.

    Args:
        active: (frames,) of bool.
        pause: Seconds.

    Returns:
        (first frame, frame after the last) of each.
    """
    merged: list[Span] = []
    for first, stop in runs(active):
        if merged and (first - merged[-1][1]) * HOP < pause * SAMPLE_RATE:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((first, stop))
    return merged


@functools.lru_cache(maxsize=1)
def _k_filter() -> npt.NDArray[np.float32]:
    """Second-order sections of the two BS.1770 filters at 16 kHz, by the audio EQ cookbook."""
    gain = 10.0 ** (4.0 / 40.0)
    cosine, alpha = _cookbook(1500.0, math.sqrt(0.5))
    root = 2.0 * math.sqrt(gain) * alpha
    shelf = [
        gain * ((gain + 1) + (gain - 1) * cosine + root),
        -2 * gain * ((gain - 1) + (gain + 1) * cosine),
        gain * ((gain + 1) + (gain - 1) * cosine - root),
        (gain + 1) - (gain - 1) * cosine + root,
        2 * ((gain - 1) - (gain + 1) * cosine),
        (gain + 1) - (gain - 1) * cosine - root,
    ]
    cosine, alpha = _cookbook(38.0, 0.5)
    high = [(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha]
    sections = np.array([shelf, high])
    return np.asarray(sections / sections[:, 3:4], np.float32)


def _cookbook(frequency: float, quality: float) -> tuple[float, float]:
    angle = 2.0 * math.pi * frequency / SAMPLE_RATE
    return math.cos(angle), math.sin(angle) / (2.0 * quality)
