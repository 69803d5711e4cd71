"""The separator without gradients on a CPU: the same numbers, tile by tile of time, so that tensors stay in the cache.

A pass of the whole clip moves tensors of 40 to 160 MB through memory some sixty times. Here each step runs on a
tile of a few hundred frames. Global layer norm needs the statistics of the whole clip first: its scale and shift are
then folded into the step that follows, so that no pass is spent on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from jss.models.separator import ConvTasNet, GlobalNorm

#: Frames of a tile: 512 channels of float32 make 1 MB.
TILE = 512
EPS = 1e-8


def masked_frames(separator: ConvTasNet, waveform: Tensor) -> Tensor:
    """Encoder, masks and decoder of one item (Eq. 18), before overlap-add, in float32.

    waveform: (samples,), at least one kernel long -> (T, M, kernel).
    """
    c = separator.config
    masker: Any = separator.masker
    cuts = waveform.unfold(-1, c.kernel_size, c.stride)
    encoded = cuts @ separator.encoder.filterbank().T  # (T, filters)
    moments = Moments()
    for tile in tiles(len(encoded)):
        moments.add(encoded[tile])
    h = normed_linear(encoded, masker.bottleneck[0], moments, plain(masker.bottleneck[1]))
    skips = h.new_zeros(len(h), c.skip_chan)
    expanded, convolved = h.new_empty(len(h), c.hid_chan), h.new_empty(len(h), c.hid_chan)
    for block in masker.TCN:
        _block(block, h, skips, expanded, convolved)
    weight, bias = plain(masker.mask_net[1])
    slope = float(masker.mask_net[0].weight)
    basis = separator.decoder.filterbank()
    frames = h.new_empty(len(h), c.n_src, c.kernel_size)
    for tile in tiles(len(h), TILE // 2):
        masks = F.linear(F.leaky_relu(skips[tile], slope), weight, bias).sigmoid_()
        masks = masks.view(-1, c.n_src, c.n_filters).mul_(encoded[tile].unsqueeze(1))
        frames[tile] = masks @ basis
    return frames


def tiles(frames: int, size: int | None = None) -> Iterator[slice]:
    """Slices of at most ``size`` (None: TILE) frames that cover 0 to ``frames``."""
    size = size or TILE
    for start in range(0, frames, size):
        yield slice(start, min(start + size, frames))


class Moments:
    """Sum and sum of squares over every element of a tensor that is seen tile by tile."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, 0.0, 0.0

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


def _block(block: Any, h: Tensor, skips: Tensor, expanded: Tensor, convolved: Tensor) -> None:
    """One convolutional block; adds to h (T, bn_chan) and skips (T, skip_chan) in place; the rest is scratch."""
    expand, prelu, norm, depthwise, prelu_after, norm_after = block.shared_block
    weight, bias = plain(expand)
    slope, moments = float(prelu.weight), Moments()
    for tile in tiles(len(h)):
        moments.add(F.leaky_relu_(torch.addmm(bias, h[tile], weight.T, out=expanded[tile]), slope))
    scale, shift = moments.affine(norm)
    taps = depthwise.weight.squeeze(1).T  # (kernel, channels)
    edge, slope, moments = (len(taps) - 1) * depthwise.dilation[0] // 2, float(prelu_after.weight), Moments()
    scaled, shifted = taps * scale, taps * shift
    for tile in tiles(len(h)):
        out = convolved[tile]
        inside = [overlapping(tile, tap * depthwise.dilation[0] - edge, len(h)) for tap in range(len(taps))]
        out.copy_(depthwise.bias.expand_as(out))
        for tap, (target, source) in enumerate(inside):
            # The zeros around the clip are zeros after the norm: the shift goes only where there are frames.
            out[target].addcmul_(expanded[source], scaled[tap]).add_(shifted[tap])
        moments.add(F.leaky_relu_(out, slope))
    residual = torch.cat([block.res_conv.weight, block.skip_conv.weight]).squeeze(-1)
    bias = torch.cat([_bias(block.res_conv), _bias(block.skip_conv)])
    both = normed_linear(convolved, norm_after, moments, (residual, bias))
    h += both[:, : h.shape[1]]
    skips += both[:, h.shape[1] :]


def overlapping(tile: slice, offset: int, frames: int) -> tuple[slice, slice]:
    """The part of a tile whose frames, moved by ``offset``, lie in the clip: within the tile, and in the clip."""
    start, stop = max(tile.start, -offset), min(tile.stop, frames - offset)
    stop = max(start, stop)
    return slice(start - tile.start, stop - tile.start), slice(start + offset, stop + offset)


def normed_linear(x: Tensor, norm: GlobalNorm, moments: Moments, linear: tuple[Tensor, Tensor]) -> Tensor:
    """linear(norm(x)) with the norm folded into the weights. x: (T, n) -> (T, m)."""
    scale, shift = moments.affine(norm)
    weight, bias = linear
    return F.linear(x, weight * scale, bias + weight @ shift)


def plain(layer: torch.nn.Conv1d) -> tuple[Tensor, Tensor]:
    """A 1x1 convolution as the weight (m, n) and bias (m,) of a matrix product."""
    return layer.weight.squeeze(-1), _bias(layer)


def _bias(layer: torch.nn.Conv1d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
