"""Scores to events and events to label frames: the DCASE 2021 encoder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from jss.arrays import Floats

#: Length of the median filter after thresholding, in score frames: 7 x 64 ms = 448 ms.
MEDIAN_FRAMES = 7


def binarize(
    scores: Floats, threshold: float = 0.5, median: int = MEDIAN_FRAMES
) -> npt.NDArray[np.bool_]:
    """Strict ``>`` threshold, then a median filter over time. scores: (..., T) in [0, 1] -> bool
    (..., T).

    median: filter length in frames; 1 leaves the frames as they are. Edges are reflected, as scipy
    does in the DCASE 2021 baseline. The median of 0 and 1 is a vote, so the frames of each window
    are counted.
    """
    active: npt.NDArray[np.bool_] = np.asarray(scores) > threshold
    if median > 1 and active.shape[-1]:
        margin = [(0, 0)] * (active.ndim - 1) + [(median // 2 + 1, (median - 1) // 2)]
        count = np.cumsum(np.pad(active, margin, mode="symmetric"), axis=-1, dtype=np.int32)
        active = count[..., median:] - count[..., :-median] >= median - median // 2
    return active


def runs(active: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of true frames of one sequence. active: (T,) -> [(first frame, frame after the last),
    ...].
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
    """Events of one clip. scores: (K, T); hop: seconds a frame -> [(onset s, offset s, label),
    ...].

    Frame index times hop, clipped to [0, duration]; sorted by onset, then by class.
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


def decode_running(
    stretches: Iterable[tuple[Floats, float]],
    labels: Sequence[str],
    *,
    hop: float,
    threshold: float = 0.5,
    median: int = MEDIAN_FRAMES,
) -> Iterator[tuple[float, float, str]]:
    """The events of :func:`decode`, each as soon as it has ended; a bounded number of frames is
    held.

    stretches: (scores (K, t), seconds of sound up to the stretch's end), one after the other; hop:
    seconds a frame.
    """
    margin, held, decided, duration = median // 2, np.zeros((len(labels), 0)), 0, 0.0
    before = 0  # frames of held that are decided
    state, since = np.zeros(len(labels), np.bool_), [0] * len(labels)

    def changes(active: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
        """Events that end in the next frames: (frame after the last, first frame, class), sorted."""
        found = []
        for k, row in enumerate(active):
            for at in np.flatnonzero(np.diff(row, prepend=state[k])).tolist():
                if row[at]:
                    since[k] = decided + at
                else:
                    found.append((decided + at, since[k], k))
        return sorted(found)

    for scores, duration in stretches:  # noqa: B007
        held = np.concatenate([held, scores], axis=1)
        stop = max(before, held.shape[1] - margin)
        active = binarize(held, threshold, median)[:, before:stop]
        for end, first, k in changes(active):
            yield first * hop, end * hop, labels[k]
        if active.shape[1]:
            state = active[:, -1]
        decided += stop - before
        before = min(stop, margin)
        held = held[:, stop - before :]
    rest = np.pad(
        binarize(held, threshold, median)[:, before:], ((0, 0), (0, 1))
    )  # what goes on ends with the sound
    for end, first, k in changes(rest):
        if first * hop < duration:
            yield first * hop, min(end * hop, duration), labels[k]


def encode(
    events: Iterable[tuple[float, float, str]], labels: Sequence[str], *, frames: int, hop: float
) -> npt.NDArray[np.float32]:
    """Label frames of events: onset floored, offset ceiled (exclusive). -> (K, frames) of 0 and 1,
    float32.
    """
    target = np.zeros((len(labels), frames), np.float32)
    index = {label: k for k, label in enumerate(labels)}
    for onset, offset, label in events:
        target[index[label], math.floor(onset / hop) : math.ceil(offset / hop)] = 1.0
    return target
