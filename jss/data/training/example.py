"""One training clip: its mixture, its sources where known, and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from jss.arrays import Float16, Float32
from jss.decoding import encode
from jss.errors import JssError
from jss.features import SCORE_HOP_S, TIME_POOL, score_frames


@dataclass(frozen=True)
class Example:
    """One training clip."""

    #: (samples,).
    mixture: Float32
    #: (n, samples); empty where unknown.
    sources: Float32
    #: (onset, offset, label) in seconds; None where the clip has no such annotation.
    events: tuple[tuple[float, float, str], ...] | None
    #: Clip-level labels; None where the clip has no annotation.
    tags: tuple[str, ...] | None
    #: Mel magnitudes of its sources in half precision, (rows, mels, frames), in place of its samples
    #: (jss.training.separated); None for a clip with samples.
    mels: Float16 | None = None

    def strong(self, labels: Sequence[str]) -> Float32:
        """Frame labels (K, T) of 0 and 1.

        Raises:
            JssError: The clip has no strong labels.
        """
        if self.events is None:
            raise JssError(
                "A clip of the strongly labelled subset has no strong labels: check its metadata."
            )
        if self.mels is None:
            frames = score_frames(len(self.mixture))
        else:
            frames = self.mels.shape[-1] // TIME_POOL
        return encode(self.events, labels, frames=frames, hop=SCORE_HOP_S)

    def weak(self, labels: Sequence[str]) -> Float32:
        """Clip labels (K,) of 0 and 1.

        Raises:
            JssError: The clip has no labels.
        """
        if self.tags is None:
            raise JssError(
                "A clip of the weakly labelled subset has no labels: check its metadata."
            )
        return np.array([label in self.tags for label in labels], np.float32)


class Examples(Protocol):
    """Numbered clips; the same number gives the same clip."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...


def fit(x: Float32, samples: int) -> Float32:
    """Cut a signal, or pad it with zeros at the end.

    Args:
        x: (n,).
        samples: Length.

    Returns:
        (samples,).
    """
    return np.pad(x, (0, max(0, samples - len(x))))[:samples]
