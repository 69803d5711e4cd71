"""What a system is given at once: a short clip padded; a long recording in overlapping windows,
joined without a seam with a bounded memory. Numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jss.arrays import Float32

#: Samples of a score frame: 64 ms at 16 kHz.
FRAME = 1024
#: Recordings up to 30 s are analysed in one pass.
WHOLE = 30 * 16000
#: Longer ones in windows of 10 s, one every 8 s (a whole number of score frames).
WINDOW = 160000
STEP = 125 * FRAME


@dataclass(frozen=True, eq=False)
class Stretch:
    """A stretch of an analysed recording; stretches follow each other without gap.

    mixture: (n,), sources: (M, n), scores: (K, t), source_scores: (M, K, t), weak: (K,),
    source_weak: (M, K); mixture_scores: (K, t) of a branch that hears the mixture, or None; mels:
    (max(M, 1), mels, frames) in dB of the sources (of the mixture without any), where the stretch
    is the whole recording and they are at hand.
    """

    mixture: Float32
    sources: Float32
    scores: Float32
    source_scores: Float32
    weak: Float32
    source_weak: Float32
    mixture_scores: Float32 | None = None
    mels: Float32 | None = None


def padded(samples: Float32, seconds: float | None) -> Float32:
    """Samples at 16 kHz with zeros after them up to ``seconds``; as they are where they are longer,
    or it is None.

    (n,) -> (max(n, seconds * 16000),)
    """
    lacking = 0 if seconds is None else round(seconds * 16000) - len(samples)
    return np.pad(samples, (0, lacking)) if lacking > 0 else samples


def pieces(blocks: Iterable[Float32], analyse: Callable[[Float32], Stretch]) -> Iterator[Stretch]:
    """A recording as analysed stretches.

    blocks: (samples,) after (samples,); analyse: one window to its Piece. A recording of up to 30 s
    is one window. A longer one has windows of 10 s (the last one 10 to 18 s) which overlap by 2 s;
    there sources and scores are cross-faded, after the sources of the later window have been put in
    the order of the earlier one.
    """
    return _stitch((analyse(window), last) for window, last in windows(blocks))


def windows(blocks: Iterable[Float32]) -> Iterator[tuple[Float32, bool]]:
    """Cut a stream: (samples of a window, whether it is the last). Holds at most 30 s and a block."""
    held = np.zeros(0, np.float32)
    limit = WHOLE
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) > limit:
            limit = WINDOW + STEP
            yield held[:WINDOW], False
            held = held[STEP:]
    yield held, True


def _stitch(analysed: Iterable[tuple[Stretch, bool]]) -> Iterator[Stretch]:
    tail: Stretch | None = None
    for piece, last in analysed:
        if tail is not None:
            piece = _fade(tail, piece)
        if last:
            yield piece
        else:
            yield _cut(piece, slice(None, STEP))
            tail = _cut(piece, slice(STEP, None))


def _cut(piece: Stretch, part: slice) -> Stretch:
    """A part of a piece in samples, from or to a whole score frame; weak scores stay those of the
    whole.
    """
    frames = slice(*(None if edge is None else edge // FRAME for edge in (part.start, part.stop)))
    return replace(
        piece,
        mixture=piece.mixture[part],
        sources=piece.sources[:, part],
        scores=piece.scores[:, frames],
        source_scores=piece.source_scores[..., frames],
        mixture_scores=None if piece.mixture_scores is None else piece.mixture_scores[:, frames],
        mels=None,
    )


def _fade(old: Stretch, new: Stretch) -> Stretch:
    """The new piece in the old one's order of sources, beginning as the old one ends."""
    overlap = old.sources.shape[1]
    order = match(old.sources, new.sources[:, :overlap])
    return replace(
        new,
        mels=None,
        sources=_blend(old.sources, new.sources[order]),
        scores=_blend(old.scores, new.scores),
        source_scores=_blend(old.source_scores, new.source_scores[order]),
        source_weak=new.source_weak[order],
        mixture_scores=None
        if old.mixture_scores is None or new.mixture_scores is None
        else _blend(old.mixture_scores, new.mixture_scores),
    )


def match(old: Float32, new: Float32) -> npt.NDArray[np.intp]:
    """Which new source continues each old one: the order that leaves the least squared difference.

    old, new: (M, n), the same stretch twice -> (M,) indices into new. Where sources are silent they
    stay in order.
    """
    from scipy.optimize import (
        linear_sum_assignment,  # slow to import, and only long recordings need it
    )

    products = old.astype(np.float64) @ new.astype(np.float64).T
    scale = np.abs(products).max(initial=0.0)
    if scale == 0:
        return np.arange(len(old))
    keep = 1e-9 * scale * np.eye(len(old))
    _, order = linear_sum_assignment(products + keep, maximize=True)
    return np.asarray(order, np.intp)


def join(parts: Sequence[Float32], step: int) -> Float32:
    """Windows of one recording as a whole, cross-faded along the last axis where they overlap.

    Args:
        parts: Arrays (..., n), window i beginning at ``i * step`` and overlapping only the next.
        step: In entries of the last axis.
    """
    whole = parts[0]
    for number, part in enumerate(parts[1:], 1):
        start = number * step
        whole = np.concatenate([whole[..., :start], _blend(whole[..., start:], part)], -1)
    return whole


def _blend(old: Float32, new: Float32) -> Float32:
    """new (..., n) with its first samples cross-faded from all of old (..., overlap); the weights
    add up to 1.
    """
    overlap = old.shape[-1]
    rise = (np.arange(1, overlap + 1) / (overlap + 1)).astype(np.float32)
    blended = new.copy()
    blended[..., :overlap] = (1 - rise) * old + rise * new[..., :overlap]
    return blended
