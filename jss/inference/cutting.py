"""Clips cut out of a recording, one an event: of the mixture, or of the source that won.

The source that won is the one whose score for the event's class made the maximum of the pooled
scores (Eq. 28) during the event. Memory is bounded by the longest clip.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from jss.arrays import Float32
from jss.audio import SAMPLE_RATE
from jss.inference.windows import FRAME, Stretch, padded


@dataclass(frozen=True, eq=False)
class Cut:
    """A clip."""

    #: Number of its event in the list.
    event: int
    #: (n,) at 16 kHz.
    samples: Float32
    #: Its beginning in the recording, in seconds.
    begin: float
    #: Its end there, in seconds, without padding.
    end: float
    #: 0 for the mixture, else the number of the source, from 1.
    source: int


def cut(
    stretches: Iterable[Stretch],
    events: Sequence[tuple[float, float, str]],
    labels: Sequence[str] | None = None,
    *,
    margin: float = 0.0,
    length: float = 0.0,
) -> Iterator[Cut]:
    """Cut the events out of a recording.

    Args:
        stretches: The recording, in stretches without gaps.
        events: (onset s, offset s, label) in any order.
        labels: The K classes of the source scores; None: the mixture is cut.
        margin: Seconds before the onset and after the offset, as far as the recording goes.
        length: Seconds up to which a shorter clip is padded with silence at its end.

    Yields:
        The clips, in the order in which they end; none for an event after the recording's end.
    """
    todo = sorted((max(0.0, on - margin), off + margin, e) for e, (on, off, _) in enumerate(events))
    held: list[tuple[int, Stretch]] = []  # first sample, stretch
    total = 0

    def clip(begin: float, end: float, event: int) -> Cut | None:
        first, last = round(begin * SAMPLE_RATE), min(round(end * SAMPLE_RATE), total)
        onset, offset, label = events[event]
        if first >= last or round(onset * SAMPLE_RATE) >= total:
            return None
        source = 0 if labels is None else _winner(held, onset, offset, labels.index(label))
        parts = [
            (s.mixture if not source else s.sources[source - 1])[max(0, first - at) : last - at]
            for at, s in held
            if at < last and at + len(s.mixture) > first
        ]
        samples = padded(np.concatenate(parts), length)
        return Cut(event, samples, first / SAMPLE_RATE, last / SAMPLE_RATE, source)

    for stretch in stretches:
        held.append((total, stretch))
        total += len(stretch.mixture)
        ready = [item for item in todo if round(item[1] * SAMPLE_RATE) <= total]
        todo = [item for item in todo if round(item[1] * SAMPLE_RATE) > total]
        yield from filter(None, (clip(*item) for item in ready))
        needed = min((item[0] for item in todo), default=math.inf) * SAMPLE_RATE
        held = [(at, s) for at, s in held if at + len(s.mixture) > needed]
    yield from filter(None, (clip(*item) for item in todo))


def _winner(held: Sequence[tuple[int, Stretch]], onset: float, offset: float, label: int) -> int:
    """Number, from 1, of the source with the highest score of a class during an event."""
    first = math.floor(onset * SAMPLE_RATE / FRAME)
    last = max(first + 1, math.ceil(offset * SAMPLE_RATE / FRAME))
    best = []
    for at, stretch in held:
        start = round(at / FRAME)
        scores = stretch.source_scores[:, label, max(0, first - start) : max(0, last - start)]
        if scores.shape[-1]:
            best.append(scores.max(axis=-1))
    return int(np.argmax(np.max(best, axis=0))) + 1 if best else 1


def unanalysed(block: Float32) -> Stretch:
    """A block of samples (n,) as a stretch without sources and scores."""
    nothing = np.zeros((0, 0), np.float32)
    return Stretch(
        block,
        np.zeros((0, len(block)), np.float32),
        nothing,
        np.zeros((0, 0, 0), np.float32),
        np.zeros(0, np.float32),
        nothing,
    )
