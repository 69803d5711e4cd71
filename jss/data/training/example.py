"""One training clip: its mixture, its sources where they are known, and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from jss.arrays import Float32
from jss.decoding import encode
from jss.errors import JssError
from jss.features import SCORE_HOP_S, score_frames


@dataclass(frozen=True)
class Example:
    """mixture: (samples,); sources: (n, samples), empty where unknown; events: (onset s, offset s,
    label).
    """

    mixture: Float32
    sources: Float32
    events: tuple[tuple[float, float, str], ...] | None
    tags: tuple[str, ...] | None

    def strong(self, labels: Sequence[str]) -> Float32:
        """Label frames (K, T). Raises JssError where nobody annotated the events."""
        if self.events is None:
            raise JssError(
                "A clip of the strongly labelled subset has no strong labels: check its metadata."
            )
        frames = score_frames(len(self.mixture))
        return encode(self.events, labels, frames=frames, hop=SCORE_HOP_S)

    def weak(self, labels: Sequence[str]) -> Float32:
        """Clip labels (K,) of 0 and 1. Raises JssError where there are none."""
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
    """x cut or padded with zeros at the end. (n,) -> (samples,)."""
    return np.pad(x, (0, max(0, samples - len(x))))[:samples]
