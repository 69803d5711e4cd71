"""Scores to events and events to frame labels, as in the DCASE 2021 Task 4 baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from jss.arrays import Floats

#: Default length of the median filter after thresholding, in score frames: 7 x 64 ms = 448 ms.
MEDIAN_FRAMES = 7


def binarize(
    scores: Floats, threshold: float = 0.5, median: int = MEDIAN_FRAMES
) -> npt.NDArray[np.bool_]:
    """Threshold scores, then filter the decisions over time with a median filter.

    Edges are reflected, as scipy does in the DCASE 2021 baseline.

    Args:
        scores: (..., T) in [0, 1].
        threshold: A frame is active where its score is above it, not equal to it.
        median: Length of the median filter in frames; 1 leaves the frames as they are.

    Returns:
        (..., T) of bool: whether the class is active in the frame.
    """
    active: npt.NDArray[np.bool_] = np.asarray(scores) > threshold
    if median > 1 and active.shape[-1]:
        # The median of zeros and ones is a majority vote: count the active frames of each window.
        margin = [(0, 0)] * (active.ndim - 1) + [(median // 2 + 1, (median - 1) // 2)]
        count = np.cumsum(np.pad(active, margin, mode="symmetric"), axis=-1, dtype=np.int32)
        active = count[..., median:] - count[..., :-median] >= median - median // 2
    return active


def runs(active: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Find the runs of active frames in one sequence.

    Args:
        active: (T,) of bool.

    Returns:
        (first frame, frame after the last) of each run, in order.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def decode(
    scores: Floats,
    labels: Sequence[str],
    *,
    hop: float,
    duration: float,
    threshold: float = 0.5,
    median: int = MEDIAN_FRAMES,
) -> list[tuple[float, float, str]]:
    """Decode the scores of one clip into events.

    Args:
        scores: (K, T) in [0, 1].
        labels: The K class labels.
        hop: Seconds between two frames.
        duration: Length of the clip in seconds; events are clipped to [0, duration].
        threshold: A frame is active where its score is above it.
        median: Length of the median filter in frames.

    Returns:
        (onset, offset, label) of each event, times in seconds, sorted by onset, then by class.
    """
    active = binarize(scores, threshold, median)
    events = [
        (first * hop, min(end * hop, duration), k)
        for k in range(len(labels))
        for first, end in runs(active[k])
        if first * hop < duration
    ]
    return [
        (onset, offset, labels[k])
        for onset, offset, k in sorted(events, key=lambda e: (e[0], e[2]))
    ]


def decode_stream(
    chunks: Iterable[tuple[Floats, float]],
    labels: Sequence[str],
    *,
    hop: float,
    threshold: float = 0.5,
    median: int = MEDIAN_FRAMES,
) -> Iterator[tuple[float, float, str]]:
    """Decode scores that arrive in chunks; each event is yielded as soon as it has ended.

    The events are those of :func:`decode` on the whole; memory does not grow with the stream.

    Args:
        chunks: (scores (K, t), seconds of sound up to the end of the chunk), in order.
        labels: The K class labels.
        hop: Seconds between two frames.
        threshold: A frame is active where its score is above it.
        median: Length of the median filter in frames.

    Yields:
        (onset, offset, label) of each event, times in seconds, sorted by offset.
    """
    margin = median // 2  # a frame is decided once the margin after it has arrived
    buffer = np.zeros((len(labels), 0))
    context = 0  # decided frames that lead the buffer
    decided, duration = 0, 0.0  # frames so far; seconds so far
    state, onsets = np.zeros(len(labels), np.bool_), [0] * len(labels)

    def ended(active: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
        """Events that end in the next frames: (frame after the last, first frame, class)."""
        events = []
        for k, row in enumerate(active):
            for frame in np.flatnonzero(np.diff(row, prepend=state[k])).tolist():
                if row[frame]:
                    onsets[k] = decided + frame
                else:
                    events.append((decided + frame, onsets[k], k))
        return sorted(events)

    for scores, duration in chunks:  # noqa: B007
        buffer = np.concatenate([buffer, scores], axis=1)
        stop = max(context, buffer.shape[1] - margin)
        active = binarize(buffer, threshold, median)[:, context:stop]
        for end, first, k in ended(active):
            yield first * hop, end * hop, labels[k]
        if active.shape[1]:
            state = active[:, -1]
        decided += stop - context
        context = min(stop, margin)
        buffer = buffer[:, stop - context :]
    # One inactive frame more, so that events which are still active end with the sound.
    rest = np.pad(binarize(buffer, threshold, median)[:, context:], ((0, 0), (0, 1)))
    for end, first, k in ended(rest):
        if first * hop < duration:
            yield first * hop, min(end * hop, duration), labels[k]


def on_grid(
    scores: Floats,
    starts: npt.ArrayLike,
    ends: npt.ArrayLike,
    *,
    hop: float,
    frames: int,
) -> npt.NDArray[np.float32]:
    """Scores of spans of any length, which may overlap, on frames of one length.

    A frame has the mean of the spans that cover it, each weighted by the seconds that it covers; a
    frame that no span covers has the scores of the nearest one that has some.

    Args:
        scores: (..., N) of N spans, one or more.
        starts: (N,) in seconds, the first before the end of the frames.
        ends: (N,) in seconds.
        hop: Seconds of a frame.
        frames: T, the number of frames.

    Returns:
        (..., T)
    """
    values = np.asarray(scores, np.float64)
    starts, ends = np.asarray(starts, np.float64), np.asarray(ends, np.float64)
    edges, where = np.unique(np.concatenate([starts, ends]), return_inverse=True)
    # Scores and their number change by steps at the edges: their integrals are linear between them.
    steps = np.zeros((*values.shape[:-1], len(edges)))
    np.add.at(steps.T, where, np.concatenate([values, -values], axis=-1).T)
    number = np.zeros(len(edges))
    np.add.at(number, where, np.repeat([1.0, -1.0], len(starts)))
    length = np.diff(edges)
    grid = np.clip(np.arange(frames + 1) * hop, edges[0], edges[-1])

    def per_frame(step: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        integral = np.concatenate([[0.0], np.cumsum(np.cumsum(step)[:-1] * length)])
        return np.diff(np.interp(grid, edges, integral))

    covered = per_frame(number)
    some = np.flatnonzero(covered > 1e-9 * hop)
    means = np.apply_along_axis(per_frame, -1, steps)[..., some] / covered[some]
    nearest = np.rint(np.interp(np.arange(frames), some, np.arange(len(some)))).astype(np.intp)
    return np.asarray(means[..., nearest], np.float32)


def encode(
    events: Iterable[tuple[float, float, str]], labels: Sequence[str], *, frames: int, hop: float
) -> npt.NDArray[np.float32]:
    """Encode events as frame labels: the onset rounded down, the offset rounded up and exclusive.

    Args:
        events: (onset, offset, label), times in seconds.
        labels: The K class labels.
        frames: T, the number of frames.
        hop: Seconds between two frames.

    Returns:
        (K, T) of 0 and 1.
    """
    target = np.zeros((len(labels), frames), np.float32)
    index = {label: k for k, label in enumerate(labels)}
    for onset, offset, label in events:
        target[index[label], math.floor(onset / hop) : math.ceil(offset / hop)] = 1.0
    return target
