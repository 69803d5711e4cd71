"""Windows of a recording: a short clip padded, a long recording in overlapping windows.

Windows are joined by cross-fading, with bounded memory. Numpy only.
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
    """A stretch of n samples and t frames of an analysed recording; stretches have no gaps."""

    #: (n,) at 16 kHz.
    mixture: Float32
    #: (M, n).
    sources: Float32
    #: (K, t) in [0, 1].
    scores: Float32
    #: (M, K, t).
    source_scores: Float32
    #: (K,).
    weak: Float32
    #: (M, K).
    source_weak: Float32
    #: (K, t) of a branch whose input is the mixture, or None.
    mixture_scores: Float32 | None = None
    #: (max(M, 1), mels, frames) in dB of the sources (of the mixture without any), where the
    #: stretch is the whole recording and they are at hand.
    mels: Float32 | None = None


def padded(samples: Float32, seconds: float | None) -> Float32:
    """Samples with zeros after them up to a length.

    Args:
        samples: (n,) at 16 kHz.
        seconds: The length; None, or shorter than the samples: they are returned as they are.

    Returns:
        (max(n, seconds * 16000),)
    """
    lacking = 0 if seconds is None else round(seconds * 16000) - len(samples)
    return np.pad(samples, (0, lacking)) if lacking > 0 else samples


def pieces(blocks: Iterable[Float32], analyse: Callable[[Float32], Stretch]) -> Iterator[Stretch]:
    """A recording as analysed stretches.

    A recording of up to 30 s is one window. A longer one has windows of 10 s (the last one 10 to
    18 s) which overlap by 2 s; there sources and scores are cross-faded, after the sources of the
    later window have been put in the order of the earlier one.

    Args:
        blocks: (samples,) at 16 kHz, one after the other.
        analyse: Maps a window to its stretch.
    """
    return stitched((analyse(window), last) for window, last in windows(blocks))


def windows(blocks: Iterable[Float32]) -> Iterator[tuple[Float32, bool]]:
    """Cut a stream into windows: their samples, and whether one is the last.

    Holds at most 30 s and a block.
    """
    buffer = np.zeros(0, np.float32)
    limit = WHOLE
    for block in blocks:
        buffer = np.concatenate([buffer, block])
        while len(buffer) > limit:
            limit = WINDOW + STEP
            yield buffer[:WINDOW], False
            buffer = buffer[STEP:]
    yield buffer, True


def stitched(analysed: Iterable[tuple[Stretch, bool]]) -> Iterator[Stretch]:
    """Join the windows of a recording.

    Args:
        analysed: Each window as a stretch, and whether it is the last.

    Yields:
        Stretches without gaps, cross-faded where windows overlap.
    """
    tail: Stretch | None = None
    for stretch, last in analysed:
        if tail is not None:
            stretch = _fade(tail, stretch)
        if last:
            yield stretch
        else:
            yield _cut(stretch, slice(None, STEP))
            tail = _cut(stretch, slice(STEP, None))


def joined(stretches: Sequence[Stretch]) -> Stretch:
    """A whole recording as one stretch; a clip-level score is the highest of all.

    Args:
        stretches: All of its stretches, one after the other.
    """
    if len(stretches) == 1:
        return stretches[0]
    branch = [part.mixture_scores for part in stretches if part.mixture_scores is not None]
    return Stretch(
        np.concatenate([part.mixture for part in stretches]),
        np.concatenate([part.sources for part in stretches], axis=1),
        np.concatenate([part.scores for part in stretches], axis=-1),
        np.concatenate([part.source_scores for part in stretches], axis=-1),
        np.max([part.weak for part in stretches], axis=0),
        np.max([part.source_weak for part in stretches], axis=0),
        np.concatenate(branch, axis=-1) if branch else None,
    )


def _cut(stretch: Stretch, part: slice) -> Stretch:
    """A part of a stretch, from and to a whole score frame; weak scores stay those of the whole.

    Args:
        stretch: The whole.
        part: In samples.
    """
    frames = slice(*(None if edge is None else edge // FRAME for edge in (part.start, part.stop)))
    return replace(
        stretch,
        mixture=stretch.mixture[part],
        sources=stretch.sources[:, part],
        scores=stretch.scores[:, frames],
        source_scores=stretch.source_scores[..., frames],
        mixture_scores=None
        if stretch.mixture_scores is None
        else stretch.mixture_scores[:, frames],
        mels=None,
    )


def _fade(old: Stretch, new: Stretch) -> Stretch:
    """The new stretch with the old one's order of sources, cross-faded where they overlap."""
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
    """Assign new sources to old ones with the least squared difference.

    Args:
        old: (M, n) sources.
        new: (M, n) sources of the same samples.

    Returns:
        (M,) indices into new; silent sources stay in order.
    """
    # Imported here: it is slow to import, and only long recordings need it.
    from scipy.optimize import linear_sum_assignment

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
    """Cross-fade the first samples of new from all of old, with weights that add up to 1.

    Args:
        old: (..., overlap).
        new: (..., n).

    Returns:
        (..., n)
    """
    overlap = old.shape[-1]
    rise = (np.arange(1, overlap + 1) / (overlap + 1)).astype(np.float32)
    blended = new.copy()
    blended[..., :overlap] = (1 - rise) * old + rise * new[..., :overlap]
    return blended
