"""The separator without gradients on a CPU: the same numbers, tile by tile of time, so that tensors stay in the cache.

A pass of the whole clip moves tensors of 40 to 160 MB through memory some sixty times. Here each step runs on a tile
of a few hundred frames: a matrix product, then one compiled pass for all that is element-wise (``jss.models.kernels``).
Global layer norm needs the statistics of the whole clip first: its scale and shift are then folded into the weights
of the step that follows. Biases of the residual and skip paths are folded into the step that reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from jss.models.threads import in_parts
from jss.models.tiles import Moments, plain, tiles

if TYPE_CHECKING:
    from jss.models.separator import ConvTasNet, ConvTasNetConfig

#: Frames of a tile: 512 channels of float32 make half a megabyte, an L2 cache.
TILE = 256
#: The kernels know depth-wise convolutions of so many taps.
TAPS = 3


def masked_frames(
    separator: ConvTasNet, waveform: Tensor, kernels: ModuleType, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Encoder, masks and decoder of one item (Eq. 18), before overlap-add.

    waveform: (samples,), at least one kernel long -> (T, M, kernel), float32. dtype: of the factors of the products
    that make the masks, and of what passes between them, float32 or bfloat16; the encoder's and decoder's, the norms,
    the residual path and the sum of the skips stay float32, as does all that is computed in between.
    """
    c, masker = separator.config, separator.masker
    cuts = waveform.unfold(-1, c.kernel_size, c.stride).contiguous()
    # One buffer for the residual path h and the sum of the skips, without their biases: one product adds to both.
    paths = torch.zeros(len(cuts), c.bn_chan + c.skip_chan)
    bias = torch.zeros(c.bn_chan + c.skip_chan)
    bias[: c.bn_chan], bottleneck = _bottleneck(separator, cuts)
    h = paths[:, : c.bn_chan]
    torch.mm(cuts, bottleneck.T, out=h)
    expanded, convolved = (torch.empty(len(cuts), c.hid_chan, dtype=dtype) for _ in range(2))
    read = cuts  # by the first block: 16 samples a frame in place of 128 channels
    through: Tensor | None = bottleneck
    for number, block in enumerate(masker.TCN):
        last = number == len(masker.TCN) - 1
        _block(block, read, through, paths, bias, expanded, convolved, c, kernels, last, dtype)
        read, through = h, None
    return _decode(separator, cuts, paths, bias, kernels, dtype)


def _bottleneck(separator: ConvTasNet, cuts: Tensor) -> tuple[Tensor, Tensor]:
    """norm(encoder(cuts)) through the bottleneck is linear: -> its bias (bn_chan,) and matrix (bn_chan, kernel).

    The norm's statistics follow from the sums and products of the cuts, (T, kernel).
    """
    basis = separator.encoder.filterbank()  # (filters, kernel)
    bottleneck: Any = separator.masker.bottleneck
    norm, linear = bottleneck
    total = float((cuts.double().sum(0) @ basis.double().T).sum())
    squares = float(((cuts.T @ cuts).double() * (basis.T @ basis).double()).sum())
    scale, shift = Moments(len(cuts) * len(basis), total, squares).affine(norm)
    weight, bias = plain(linear)
    return bias + weight @ shift, (weight * scale) @ basis


def _block(
    block: Any, read: Tensor, through: Tensor | None, paths: Tensor, bias: Tensor, expanded: Tensor,
    convolved: Tensor, c: ConvTasNetConfig, kernels: ModuleType, last: bool, dtype: torch.dtype,
) -> None:  # fmt: skip
    """One convolutional block; adds to paths (T, bn_chan + skip_chan) and their bias in place; the rest is scratch.

    read: the block's input without its bias, (T, bn_chan), or what the matrix ``through`` makes it of, (T, kernel).
    """
    expand, prelu, norm, depthwise, prelu_after, norm_after = block.shared_block
    frames, dilation = len(paths), int(depthwise.dilation[0])
    wide, narrow = kernels.as_array(expanded), kernels.as_array(convolved)
    weight, own = plain(expand)
    first = (own + weight @ bias[: c.bn_chan]).numpy()
    weight = (weight if through is None else weight @ through).T.to(dtype).contiguous()
    slope = np.float32(float(prelu.weight))

    def expanding(start: int, stop: int) -> list[tuple[float, float]]:
        sums = []
        for tile in tiles(start, stop, TILE):
            torch.mm(read[tile].to(dtype), weight, out=expanded[tile])
            sums.append(kernels.activate(wide[tile], first, slope))
        return sums

    scale, shift = _moments(in_parts(frames, expanding), expanded.numel()).affine(norm)
    taps = depthwise.weight.squeeze(1).T  # (3, channels)
    shifts, scaled = (taps * shift).contiguous(), (taps * scale).contiguous().numpy()
    whole, slope_after = (depthwise.bias + shifts.sum(0)).numpy(), np.float32(float(prelu_after.weight))

    def convolving(start: int, stop: int) -> list[tuple[float, float]]:
        return [kernels.convolve(wide, narrow, scaled, whole, shifts.numpy(), dilation, slope_after, start, stop)]

    scale, shift = _moments(in_parts(frames, convolving), convolved.numel()).affine(norm_after)
    used = slice(c.bn_chan if last else 0, None)  # nobody reads the last block's residual output
    both = torch.cat([plain(block.res_conv)[0], plain(block.skip_conv)[0]])[used]
    bias[used] += torch.cat([plain(block.res_conv)[1], plain(block.skip_conv)[1]])[used] + both @ shift
    both = (both * scale).T.to(dtype).contiguous()

    def adding(start: int, stop: int) -> None:
        for tile in tiles(start, stop, TILE):
            if dtype == torch.float32:
                paths[tile, used].addmm_(convolved[tile], both)
            else:
                product = torch.mm(convolved[tile], both)
                kernels.add_columns(kernels.as_array(product), paths[tile].numpy(), used.start)

    in_parts(frames, adding)


def _decode(
    separator: ConvTasNet, cuts: Tensor, paths: Tensor, bias: Tensor, kernels: ModuleType, dtype: torch.dtype
) -> Tensor:
    """Masks from the skips, times the encoded waveform, through the decoder. -> (T, M, kernel)."""
    c = separator.config
    mask_net: Any = separator.masker.mask_net
    prelu, linear = mask_net
    encoder, decoder = separator.encoder.filterbank().T.contiguous(), separator.decoder.filterbank().contiguous()
    weight, own = plain(linear)
    weights = weight.view(c.n_src, c.n_filters, c.skip_chan).transpose(1, 2).to(dtype).contiguous()
    biases, skip_bias = own.view(c.n_src, c.n_filters).numpy(), bias[c.bn_chan :].numpy()
    slope, sums = np.float32(float(prelu.weight)), paths.numpy()
    frames = torch.empty(c.n_src, len(cuts), c.kernel_size)

    def masking(start: int, stop: int) -> None:
        size = TILE // 2
        encoded, masked = torch.empty(size, c.n_filters), torch.empty(size, c.n_filters)
        skips, masks = torch.empty(size, c.skip_chan, dtype=dtype), torch.empty(size, c.n_filters, dtype=dtype)
        for tile in tiles(start, stop, size):
            n = tile.stop - tile.start
            torch.mm(cuts[tile], encoder, out=encoded[:n])
            kernels.activate_columns(sums[tile], c.bn_chan, skip_bias, slope, kernels.as_array(skips[:n]))
            for source in range(c.n_src):
                torch.mm(skips[:n], weights[source], out=masks[:n])
                kernels.mask(kernels.as_array(masks[:n]), biases[source], encoded[:n].numpy(), masked[:n].numpy())
                torch.mm(masked[:n], decoder, out=frames[source, tile])

    in_parts(len(cuts), masking)
    return frames.transpose(0, 1)


def _moments(parts: Sequence[Sequence[tuple[float, float]]], count: int) -> Moments:
    """Of ``count`` elements, from the sum and the sum of squares of every tile of all parts."""
    found = [pair for part in parts for pair in part]
    return Moments(count, sum(total for total, _ in found), sum(squares for _, squares in found))
