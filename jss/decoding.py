"""Scores to events, and events to frame labels, as in the DCASE 2021 Task 4 baseline.

Beside the baseline's decoder, a threshold and a median filter, there is a second one: sound event
bounding boxes (:func:`bounding_boxes`). The operating points of a system, a threshold and a filter
for each class, are chosen by ``jss.evaluation.tuning``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from pydantic.dataclasses import dataclass as declared

from jss.arrays import Float64, Floats
from jss.errors import JssError
from jss.io.schema import SCHEMA, Count, Share

#: Default length of the median filter after thresholding, in score frames: 7 x 64 ms = 448 ms.
MEDIAN_FRAMES = 7
#: Threshold where a system has no operating points.
THRESHOLD = 0.5
#: A number for all classes, or the operating points of the system, where it has them.
Threshold = float | Literal["auto"]
#: What makes events of scores.
Method = Literal["median", "boxes"]


@declared(frozen=True, config=SCHEMA)
class MedianPoint:
    """Operating point of a class for the median filter."""

    #: Length of the median filter, odd.
    frames: Annotated[int, Field(ge=1, le=999)]
    #: A score above it is an event.
    threshold: Share


@declared(frozen=True, config=SCHEMA)
class BoxPoint:
    """Operating point of a class for bounding boxes (:func:`bounding_boxes`)."""

    #: Frames on each side of a change point.
    half: Annotated[int, Field(ge=1, le=999)]
    #: Two boxes merge where the gap's mean is at least the larger of theirs over this.
    ratio: Annotated[float, Field(ge=1, le=1000)]
    #: A box whose confidence is above it is an event.
    threshold: Share


@declared(frozen=True, config=SCHEMA)
class OperatingPoints:
    """What a system's scores become events by, chosen on validation clips; all by label."""

    #: What they were chosen on.
    data: str
    #: Number of clips.
    clips: Count
    #: Fingerprint of the weights that gave the scores.
    weights: str
    #: Of the median filter.
    median: Mapping[str, MedianPoint]
    #: Of bounding boxes; none where only thresholds were chosen (``jss tune --review``).
    boxes: Mapping[str, BoxPoint]


@dataclass(frozen=True)
class Decoder:
    """How the scores of K classes become events: options of :func:`decode`."""

    #: A score above it is an event; one for all classes, or one for each.
    threshold: float | tuple[float, ...] = THRESHOLD
    #: Length of the median filter in frames; the same.
    median: int | tuple[int, ...] = MEDIAN_FRAMES
    #: half and ratio of each class (:func:`bounding_boxes`); None: no boxes.
    boxes: tuple[tuple[int, float], ...] | None = None

    @property
    def above(self) -> str:
        """The threshold in words: "above 0.50"."""
        if isinstance(self.threshold, tuple):
            return "above the threshold of their class"
        return f"above {self.threshold:.2f}"


#: The decoder of the DCASE 2021 baseline.
BASELINE = Decoder()


def decoder(
    points: OperatingPoints | None,
    labels: Sequence[str],
    threshold: Threshold = "auto",
    method: Method = "median",
) -> Decoder:
    """The decoder that a user asks for.

    Args:
        points: Of the system; None where it has none.
        labels: The K class labels.
        threshold: "auto" for the operating points, or 0.5 with a filter of 448 ms where there are
            none; or a number for all classes, with a filter of 448 ms.
        method: "boxes" has the boxes of the operating points, whatever the threshold.

    Raises:
        JssError: Boxes are wanted, and there are no operating points.
    """
    if method == "boxes":
        if points is None or not points.boxes:
            raise JssError(
                "Bounding boxes need operating points of their own, which this system does not have: choose "
                "them with jss tune --data, or use the median filter."
            )
        boxes = [points.boxes[label] for label in labels]
        thresholds = tuple(box.threshold for box in boxes) if threshold == "auto" else threshold
        return Decoder(thresholds, 1, tuple((box.half, box.ratio) for box in boxes))
    if threshold != "auto":
        return Decoder(threshold)
    if points is None:
        return BASELINE
    medians = [points.median[label] for label in labels]
    return Decoder(tuple(m.threshold for m in medians), tuple(m.frames for m in medians))


def bounding_boxes(scores: Floats, half: int, ratio: float) -> Float64:
    """Replace a score curve by sound event bounding boxes: constant within each, 0 outside.

    J. Ebbers, F. Germain, G. Wichern, J. Le Roux, "Sound event bounding boxes", Interspeech 2024
    (arXiv 2406.04212). How much the score changes at a frame is the mean of the next ``half``
    frames minus that of the last ``half`` ones, beyond the ends 0. A box reaches from a maximum of
    this change to the minimum that follows. Its confidence is the mean score in it. Two neighbours
    become one, those first whose gap is closest to them, while the mean score of the gap is at
    least ``1 / ratio`` of the larger of their confidences. As the boxes are a score curve again,
    every threshold, metric and table works on them; a median filter is not needed.

    Args:
        scores: (..., T) in [0, 1].
        half: Frames on each side of a change point, 1 or more.
        ratio: Criterion of merging, 1 or more.

    Returns:
        (..., T) in [0, 1].
    """
    values = np.asarray(scores, np.float64)
    if not values.size:
        return np.zeros(values.shape)
    frames = values.shape[-1]
    rows = values.reshape(-1, frames)
    total = np.zeros((len(rows), frames + 1))
    np.cumsum(rows, axis=1, out=total[:, 1:])
    at = np.arange(frames + 1)
    after, before = np.minimum(at + half, frames), np.maximum(at - half, 0)
    onset, offset = _turns(total[:, after] - 2 * total + total[:, before])
    total, row = total.ravel(), onset // (frames + 1)
    mean = np.zeros(0)
    while len(onset):
        mean = (total[offset] - total[onset]) / (offset - onset)
        gap = (total[onset[1:]] - total[offset[:-1]]) / (onset[1:] - offset[:-1])
        larger = np.maximum(mean[1:], mean[:-1])
        mergeable = (row[1:] == row[:-1]) & (gap * ratio >= larger)
        distance = np.where(mergeable, larger - gap, np.inf)
        left, right = np.append(np.inf, distance)[:-1], np.append(distance, np.inf)[1:]
        merged = (distance < left) & (distance <= right)
        if not merged.any():
            break
        onset, row = onset[np.append(True, ~merged)], row[np.append(True, ~merged)]
        offset = offset[np.append(~merged, True)]
    boxes = np.zeros(rows.size)
    length = offset - onset
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    boxes[np.repeat(onset - row, length) + within] = np.repeat(mean, length)
    return boxes.reshape(values.shape)


def _turns(change: Float64) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Maxima and the minima that follow them in rows of changes, as indices into the flat array.

    A plateau counts at its middle; a row begins and ends as if it rose.

    Args:
        change: (N, T).

    Returns:
        (n,) maxima and (n,) minima.
    """
    size = change.shape[1]
    slope = np.sign(np.diff(change, axis=1))
    slope = np.pad(slope, ((0, 0), (1, 1)), constant_values=1)
    steps = np.flatnonzero(slope)
    turn = np.flatnonzero(np.diff(slope.ravel()[steps]))
    row, last = np.divmod(steps[turn], size + 1)
    first = steps[turn + 1] - row * (size + 1)
    position = row * size + (last + first - 1) // 2
    return position[::2], position[1::2]


def curves(scores: Floats, decoder: Decoder) -> Floats:
    """Score curves that only a threshold still has to cut: boxes, or medians of the scores.

    Args:
        scores: (K, T) in [0, 1].
        decoder: Its thresholds are not used.

    Returns:
        (K, T)
    """
    from scipy.ndimage import median_filter

    if decoder.boxes is not None:
        return np.stack(
            [bounding_boxes(row, *box) for row, box in zip(scores, decoder.boxes, strict=True)]
        )
    if not np.size(scores):
        return scores
    if isinstance(decoder.median, int):
        filtered: Floats = median_filter(scores, size=(1, decoder.median))
        return filtered
    return np.stack(
        [median_filter(row, size=n) for row, n in zip(scores, decoder.median, strict=True)]
    )


def binarize(
    scores: Floats,
    threshold: float | Sequence[float] = THRESHOLD,
    median: int | Sequence[int] = MEDIAN_FRAMES,
) -> npt.NDArray[np.bool_]:
    """Threshold scores, then filter the decisions over time with a median filter.

    Edges are reflected, as scipy does in the DCASE 2021 baseline.

    Args:
        scores: (..., T) in [0, 1]; (K, T) where threshold or median is one for each class.
        threshold: A frame is active where its score is above it, not equal to it.
        median: Length of the median filter in frames; 1 leaves the frames as they are.

    Returns:
        (..., T) of bool: whether the class is active in the frame.
    """
    values = np.asarray(scores)
    if np.ndim(threshold):
        limits = np.asarray(threshold, values.dtype)  # compared as the scores are, as a number is
        active: npt.NDArray[np.bool_] = values > limits[:, None]
    else:
        active = values > threshold
    if not isinstance(median, int):
        rows = [binarize(row, 0, n) for row, n in zip(active, median, strict=True)]
        return np.stack(rows)
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
    threshold: float | Sequence[float] = THRESHOLD,
    median: int | Sequence[int] = MEDIAN_FRAMES,
    boxes: Sequence[tuple[int, float]] | None = None,
) -> list[tuple[float, float, str]]:
    """Decode the scores of one clip into events.

    Args:
        scores: (K, T) in [0, 1].
        labels: The K class labels.
        hop: Seconds between two frames.
        duration: Length of the clip in seconds; events are clipped to [0, duration].
        threshold: A frame is active where its score is above it; one, or one for each class.
        median: Length of the median filter in frames; the same.
        boxes: half and ratio of each class, where scores become bounding boxes first.

    Returns:
        (onset, offset, label) of each event, times in seconds, sorted by onset, then by class.
    """
    if boxes is not None:
        scores = curves(scores, Decoder(boxes=tuple(boxes)))
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
    threshold: float | Sequence[float] = THRESHOLD,
    median: int | Sequence[int] = MEDIAN_FRAMES,
) -> Iterator[tuple[float, float, str, float]]:
    """Decode scores that arrive in chunks; each event is yielded as soon as it has ended.

    The events are those of :func:`decode` on the whole; memory does not grow with the stream.

    Args:
        chunks: (scores (K, t), seconds of sound up to the end of the chunk), in order.
        labels: The K class labels.
        hop: Seconds between two frames.
        threshold: A frame is active where its score is above it; one, or one for each class.
        median: Length of the median filter in frames; the same.

    Yields:
        (onset, offset, label, the highest score of the class within it) of each event, times in
        seconds, sorted by offset.
    """
    margin = int(np.max(median)) // 2  # a frame is decided once the margin after it has arrived
    buffer: Floats = np.zeros((len(labels), 0), np.float32)  # of the chunks' type once one is there
    context = 0  # decided frames that lead the buffer
    decided, duration = 0, 0.0  # frames so far; seconds so far
    state, onsets = np.zeros(len(labels), np.bool_), [0] * len(labels)
    peaks = [0.0] * len(labels)  # of the events that have begun

    def ended(active: npt.NDArray[np.bool_], values: Floats) -> list[tuple[int, int, int, float]]:
        """Events that end in the next frames: (frame after the last, first frame, class, peak)."""
        events = []
        for k, row in enumerate(active):
            begin = 0
            for frame in np.flatnonzero(np.diff(row, prepend=state[k])).tolist():
                if row[frame]:
                    onsets[k], peaks[k], begin = decided + frame, 0.0, frame
                else:
                    peak = max(peaks[k], float(values[k, begin:frame].max(initial=0.0)))
                    events.append((decided + frame, onsets[k], k, peak))
            if row.size and row[-1]:
                peaks[k] = max(peaks[k], float(values[k, begin:].max(initial=0.0)))
        return sorted(events)

    for scores, duration in chunks:  # noqa: B007
        buffer = np.concatenate([buffer, scores], axis=1)
        stop = max(context, buffer.shape[1] - margin)
        active = binarize(buffer, threshold, median)[:, context:stop]
        for end, first, k, peak in ended(active, buffer[:, context:stop]):
            yield first * hop, end * hop, labels[k], peak
        if active.shape[1]:
            state = active[:, -1]
        decided += stop - context
        context = min(stop, margin)
        buffer = buffer[:, stop - context :]
    # One inactive frame more, so that events which are still active end with the sound.
    rest = np.pad(binarize(buffer, threshold, median)[:, context:], ((0, 0), (0, 1)))
    for end, first, k, peak in ended(rest, buffer[:, context:]):
        if first * hop < duration:
            yield first * hop, min(end * hop, duration), labels[k], peak


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
        # Rounded, since 9.152 s are 143 frames of 64 ms and not 142.99999999999997.
        first, end = round(onset / hop, 6), round(offset / hop, 6)
        target[index[label], math.floor(first) : math.ceil(end)] = 1.0
    return target
