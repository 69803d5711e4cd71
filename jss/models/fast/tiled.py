"""The separator without gradients on a CPU, tile by tile of time, so that tensors stay in the cache.

A pass of the whole clip moves tensors of 40 to 160 MB through memory some sixty times. Here each
step runs on a tile of a few hundred frames: a matrix product, then one compiled pass for all that
is element-wise (``separator_kernels``). Global layer norm needs the statistics of the whole clip
first: its scale and shift are then folded into the weights of the step that follows. Biases of the
residual and skip paths are folded into the step that reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jss.models.fast import separator_kernels as kernels
from jss.models.fast.bf16 import as_array
from jss.models.fast.threads import in_parts
from jss.models.separator import ConvTasNet, GlobalNorm


def _frames_of_a_tile() -> int:
    """So many that 512 channels of float32 fill half a core's L2 cache: 256 where it has 1 MB or
    does not say.
    """
    try:
        cache = os.sysconf("SC_LEVEL2_CACHE_SIZE")
    except (ValueError, OSError, AttributeError):
        cache = 0
    return min(max(128, (cache or 2**20) // 2**12), 512)


#: Frames of a tile in float32; in bfloat16 twice as many.
TILE = _frames_of_a_tile()
#: The kernels know depth-wise convolutions of so many taps.
TAPS = 3


@dataclass
class _Moments:
    """Sum and sum of squares over all elements of a tensor; count: of them."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean of all elements."""
        return self.total / self.count

    @property
    def inverse(self) -> float:
        """One over the standard deviation, as gLN takes it."""
        return float((max(self.squares / self.count - self.mean**2, 0.0) + 1e-8) ** -0.5)

    def affine(self, norm: GlobalNorm) -> tuple[Tensor, Tensor]:
        """gLN as a scale and a shift of each channel, float32."""
        scale = norm.gamma * self.inverse
        return scale, norm.beta - self.mean * scale


class _Paths:
    """The residual path h and the sum of the skips side by side.

    sums: (T, bn_chan + skip_chan), without their bias, (bn_chan + skip_chan,). The products of the
    block that ran last still wait to be scaled by its norm and added to the columns from ``first``
    on, which is done when a tile is read next.
    """

    def __init__(self, sums: Tensor) -> None:
        self.sums, self.bias = sums, torch.zeros(sums.shape[1])
        self.array = self.sums.numpy()
        self.products: Any = None
        self.scale, self.first = np.float32(1), 0

    def wait(self, products: Any, scale: float, first: int) -> None:
        """Have products, an array (T, bn_chan + skip_chan - first), added when a tile is read next."""
        self.products, self.scale, self.first = products, np.float32(scale), first

    def read(self, tile: slice) -> Any:
        """The sums of a tile as an array. Each tile is read once for each block."""
        read = self.array[tile]
        if self.products is not None:
            kernels.add_columns(self.products[tile], self.scale, read, self.first)
        return read


def masked_frames(
    separator: ConvTasNet, waveform: Tensor, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Encoder, masks and decoder of one item (Eq. 18), before overlap-add.

    waveform: (samples,), at least one kernel long -> (T, M, kernel), float32. dtype: of the factors
    of the products that make the masks, and of what passes between them, float32 or bfloat16; the
    encoder's and decoder's, the norms, the residual path and the sum of the skips stay float32, as
    does all that is computed in between.
    """
    c, masker = separator.config, separator.masker
    cuts = waveform.unfold(-1, c.kernel_size, c.stride).contiguous()
    frames, both = len(cuts), c.bn_chan + c.skip_chan
    paths = _Paths(torch.zeros(frames, both))
    expanded, products = (torch.empty(frames, n, dtype=dtype) for n in (c.hid_chan, both))
    paths.bias[: c.bn_chan], bottleneck = _bottleneck(separator, cuts)
    torch.mm(cuts, bottleneck.T, out=paths.sums[:, : c.bn_chan])
    # The first block reads 16 samples a frame in place of 128 channels.
    begin: tuple[Tensor, Tensor] | None = (cuts.to(dtype), bottleneck)
    for number, block in enumerate(masker.TCN):
        last = number == len(masker.TCN) - 1
        _block(block, begin, paths, expanded, products, c.bn_chan if last else 0)
        begin = None
    return _decode(separator, cuts, paths, dtype)


def _bottleneck(separator: ConvTasNet, cuts: Tensor) -> tuple[Tensor, Tensor]:
    """norm(encoder(cuts)) through the bottleneck is linear: -> its bias (bn_chan,) and matrix
    (bn_chan, kernel).

    The norm's statistics follow from the sums and products of the cuts, (T, kernel).
    """
    basis = separator.encoder.filterbank()  # (filters, kernel)
    bottleneck: Any = separator.masker.bottleneck
    norm, linear = bottleneck
    total = float((cuts.double().sum(0) @ basis.double().T).sum())
    squares = float(((cuts.T @ cuts).double() * (basis.T @ basis).double()).sum())
    scale, shift = _Moments(len(cuts) * len(basis), total, squares).affine(norm)
    weight, bias = _plain(linear)
    return bias + weight @ shift, (weight * scale) @ basis


def _block(
    block: Any,
    begin: tuple[Tensor, Tensor] | None,
    paths: _Paths,
    expanded: Tensor,
    products: Tensor,
    first: int,
) -> None:
    """One convolutional block; what it gives waits in ``paths``. Scratch: expanded (T, hid_chan)
    and products (T, bn_chan + skip_chan).

    begin: the block's input (T, kernel) and the matrix (bn_chan, kernel) that it goes through, in
    place of the residual path; first: the column of ``paths`` from which on the output is read by
    anybody.
    """
    expand, prelu, norm, depthwise, prelu_after, norm_after = block.shared_block
    frames, dilation, dtype = len(expanded), int(depthwise.dilation[0]), expanded.dtype
    wide, narrow = as_array(expanded), expand.in_channels
    weight, linear_bias = _plain(expand)
    bias = (linear_bias + weight @ paths.bias[:narrow]).numpy()
    weight = (weight if begin is None else weight @ begin[1]).T.to(dtype).contiguous()
    slope, size = np.float32(float(prelu.weight)), TILE * 4 // dtype.itemsize

    def expanding(start: int, stop: int) -> list[tuple[float, float]]:
        sums = []
        for tile in _tiles(start, stop, size):
            if begin is None:
                paths.read(tile)
                read = paths.sums[tile, :narrow].to(dtype)
            else:
                read = begin[0][tile]
            torch.mm(read, weight, out=expanded[tile])
            sums.append(kernels.activate(wide[tile], bias, slope))
        return sums

    scale, shift = _moments(in_parts(frames, expanding), expanded.numel()).affine(norm)
    taps = depthwise.weight.squeeze(1).T  # (3, channels)
    shifts, scaled = ((taps * factor).contiguous().numpy() for factor in (shift, scale))
    whole, slope_after = (
        (depthwise.bias + (taps * shift).sum(0)).numpy(),
        np.float32(float(prelu_after.weight)),
    )
    both = torch.cat([_plain(block.res_conv)[0], _plain(block.skip_conv)[0]])[first:]
    after = (both * norm_after.gamma).T.to(dtype).contiguous()
    waiting = products.view(-1)[: frames * after.shape[1]].view(frames, -1)

    def convolving(start: int, stop: int) -> list[tuple[float, float]]:
        sums, convolved = [], torch.empty(size, expanded.shape[1], dtype=dtype)
        out = as_array(convolved)
        for tile in _tiles(start, stop, size):
            n = tile.stop - tile.start
            sums.append(
                kernels.convolve(
                    wide,
                    out[:n],
                    scaled,
                    whole,
                    shifts,
                    dilation,
                    slope_after,
                    tile.start,
                    tile.stop,
                )
            )
            torch.mm(convolved[:n], after, out=waiting[tile])
        return sums

    moments = _moments(in_parts(frames, convolving), expanded.numel())
    paths.bias[first:] += torch.cat([_plain(block.res_conv)[1], _plain(block.skip_conv)[1]])[first:]
    paths.bias[first:] += both @ moments.affine(norm_after)[1]
    paths.wait(as_array(waiting), moments.inverse, first)


def _decode(separator: ConvTasNet, cuts: Tensor, paths: _Paths, dtype: torch.dtype) -> Tensor:
    """Masks from the skips, times the encoded waveform, through the decoder. -> (T, M, kernel)."""
    c = separator.config
    mask_net: Any = separator.masker.mask_net
    prelu, linear = mask_net
    encoder, decoder = (
        separator.encoder.filterbank().T.contiguous(),
        separator.decoder.filterbank().contiguous(),
    )
    weight, linear_bias = _plain(linear)
    slope, m = np.float32(float(prelu.weight)), c.n_src
    weight, bias, skip_bias = (
        weight.T.to(dtype).contiguous(),
        linear_bias.view(m, -1).numpy(),
        paths.bias[c.bn_chan :].numpy(),
    )
    frames = torch.empty(len(cuts) * m, c.kernel_size)

    def masking(start: int, stop: int) -> None:
        size = TILE // 4  # M masks of each frame
        encoded, masked = torch.empty(size, c.n_filters), torch.empty(size * m, c.n_filters)
        skips, masks = (
            torch.empty(size, width, dtype=dtype) for width in (c.skip_chan, m * c.n_filters)
        )
        as_skips, as_masks = as_array(skips), as_array(masks.view(-1, c.n_filters))
        for tile in _tiles(start, stop, size):
            n = tile.stop - tile.start
            torch.mm(cuts[tile], encoder, out=encoded[:n])
            kernels.activate_columns(paths.read(tile), c.bn_chan, skip_bias, slope, as_skips[:n])
            torch.mm(skips[:n], weight, out=masks[:n])
            kernels.mask(as_masks[: n * m], bias, encoded[:n].numpy(), masked[: n * m].numpy())
            torch.mm(masked[: n * m], decoder, out=frames[tile.start * m : tile.stop * m])

    in_parts(len(cuts), masking)
    return frames.view(len(cuts), m, c.kernel_size)


def _moments(parts: Sequence[Sequence[tuple[float, float]]], count: int) -> _Moments:
    """Of ``count`` elements, from the sum and the sum of squares of every tile of all parts."""
    pairs = [pair for part in parts for pair in part]
    return _Moments(count, sum(total for total, _ in pairs), sum(squares for _, squares in pairs))


def _tiles(start: int, stop: int, size: int) -> Iterator[slice]:
    """Slices of at most ``size`` frames that cover start to stop."""
    for first in range(start, stop, size):
        yield slice(first, min(first + size, stop))


def _plain(layer: Any) -> tuple[Tensor, Tensor]:
    """A 1x1 convolution as the weight (m, n) and bias (m,) of a matrix product."""
    return layer.weight.squeeze(-1), layer.bias
