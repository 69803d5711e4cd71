"""What the passes of the separator tile by tile share: slices of time, moments of a clip, weights
as matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from jss.models.separator import GlobalNorm

EPS = 1e-8


def tiles(start: int, stop: int, size: int) -> Iterator[slice]:
    """Slices of at most ``size`` frames that cover start to stop."""
    for first in range(start, stop, size):
        yield slice(first, min(first + size, stop))


def overlapping(tile: slice, offset: int, frames: int) -> tuple[slice, slice]:
    """The part of a tile whose frames, moved by ``offset``, lie in the clip: within the tile, and
    in the clip.
    """
    start, stop = max(tile.start, -offset), min(tile.stop, frames - offset)
    stop = max(start, stop)
    return slice(start - tile.start, stop - tile.start), slice(start + offset, stop + offset)


@dataclass
class Moments:
    """Sum and sum of squares over every element of a tensor, which may be seen tile by tile."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, x: Tensor) -> None:
        flat = x.reshape(-1)
        self.count += flat.numel()
        self.total += float(flat.sum())
        self.squares += float(torch.dot(flat, flat))

    @property
    def mean(self) -> float:
        """The mean of every element."""
        return self.total / self.count

    @property
    def inverse(self) -> float:
        """One over the standard deviation, as gLN takes it."""
        return float((max(self.squares / self.count - self.mean**2, 0.0) + EPS) ** -0.5)

    def affine(self, norm: GlobalNorm) -> tuple[Tensor, Tensor]:
        """gLN as a scale and a shift of each channel, float32."""
        scale = norm.gamma * self.inverse
        return scale, norm.beta - self.mean * scale


def normed_linear(
    x: Tensor, norm: GlobalNorm, moments: Moments, linear: tuple[Tensor, Tensor]
) -> Tensor:
    """linear(norm(x)) with the norm folded into the weights. x: (T, n) -> (T, m)."""
    scale, shift = moments.affine(norm)
    weight, bias = linear
    return F.linear(x, weight * scale, bias + weight @ shift)


def plain(layer: Any) -> tuple[Tensor, Tensor]:
    """A 1x1 convolution as the weight (m, n) and bias (m,) of a matrix product."""
    return layer.weight.squeeze(-1), layer.bias
