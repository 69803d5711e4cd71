"""The separator with gradients on a CPU, tile by tile of time in both directions.

Autograd keeps and re-reads some sixty tensors of 40 to 160 MB a clip. Here a clip keeps its
encoding, the input of each block and the two pre-activations in it; the rest is computed again in
tiles that stay in the cache. What global layer norm needs of the whole clip on the way back costs
no pass of its own: see ``jss.models.fast.folded_norm``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jss.models.fast.folded_norm import FoldedNorm
from jss.models.fast.tiles import Moments, normed_linear, overlapping, plain, tiles
from jss.models.separator import Block, ConvTasNet

#: Frames of a tile: 512 channels of float32 make 1 MB.
TILE = 512


@dataclass
class _KeptBlock:
    """Of one block: its input (T, bn_chan) and what enters its two PReLUs (T, hid_chan), with their
    moments after.
    """

    entered: Tensor
    expanded: Tensor
    expanded_moments: Moments
    convolved: Tensor
    convolved_moments: Moments


@dataclass
class _Kept:
    """Of one clip: windows (T, kernel), their encoding (T, n_filters), the blocks, and the sum of
    skips.
    """

    cuts: Tensor
    encoded: Tensor
    moments: Moments
    blocks: list[_KeptBlock]
    skips: Tensor


class _Gradients(dict[nn.Parameter, Tensor]):
    """Parameter -> the sum of what was added for it."""

    def add(self, parameter: Any, gradient: Tensor) -> None:
        gradient = gradient.reshape(parameter.shape)
        self[parameter] = self[parameter] + gradient if parameter in self else gradient


class TiledFrames(torch.autograd.Function):
    """``jss.models.fast.tiled.masked_frames`` of a batch, with gradients of every parameter (not of the
    waveform).
    """

    @staticmethod
    def forward(ctx: Any, separator: ConvTasNet, waveform: Tensor, *parameters: Tensor) -> Tensor:
        """waveform: (batch, samples); parameters: of the separator, so that autograd knows them
        -> (batch, T, M, kernel), float32."""
        found = [_forward(separator, item) for item in waveform]
        ctx.separator, ctx.kept = separator, [kept for _, kept in found]
        return torch.stack([frames for frames, _ in found])

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        """d_frames: (batch, T, M, kernel) -> nothing for the first two arguments, then each
        parameter's gradient.
        """
        gradients = _Gradients()
        while ctx.kept:  # the last first: its memory is free again before the next
            kept = ctx.kept.pop()
            _backward(ctx.separator, kept, outputs[0][len(ctx.kept)], gradients)
        return (None, None, *(gradients.get(p) for p in ctx.separator.parameters()))


def _forward(separator: ConvTasNet, waveform: Tensor) -> tuple[Tensor, _Kept]:
    """(samples,) -> frames (T, M, kernel), and what the way back needs."""
    c, masker = separator.config, cast(Any, separator.masker)
    cuts = waveform.unfold(-1, c.kernel_size, c.stride)
    encoded, moments = cuts @ separator.encoder.filterbank().T, Moments()
    for tile in tiles(0, len(encoded), TILE):
        moments.add(encoded[tile])
    h = normed_linear(encoded, masker.bottleneck[0], moments, plain(masker.bottleneck[1]))
    kept = _Kept(cuts, encoded, moments, [], h.new_zeros(len(h), c.skip_chan))
    for block in masker.TCN:
        found, h = _forward_block(block, h, kept.skips)
        kept.blocks.append(found)
    weight, bias = plain(masker.mask_net[1])
    slope, basis = float(masker.mask_net[0].weight), separator.decoder.filterbank()
    frames = h.new_empty(len(h), c.n_src, c.kernel_size)
    for tile in tiles(0, len(h), TILE // 2):
        masks = F.linear(F.leaky_relu(kept.skips[tile], slope), weight, bias).sigmoid_()
        frames[tile] = masks.view(-1, c.n_src, c.n_filters).mul_(encoded[tile].unsqueeze(1)) @ basis
    return frames, kept


def _forward_block(block: Block, h: Tensor, skips: Tensor) -> tuple[_KeptBlock, Tensor]:
    """h: (T, bn_chan) -> what is kept, and the next h; adds to skips (T, skip_chan) in place."""
    b = _Parts(block)
    frames, hidden = len(h), b.expand.out_channels
    expanded, convolved = h.new_empty(frames, hidden), h.new_empty(frames, hidden)
    kept = _KeptBlock(h, expanded, Moments(), convolved, Moments())
    weight, bias = plain(b.expand)
    for tile in tiles(0, frames, TILE):
        kept.expanded_moments.add(
            F.leaky_relu(torch.addmm(bias, h[tile], weight.T, out=expanded[tile]), b.slope)
        )
    scale, shift = kept.expanded_moments.affine(b.norm)
    scaled, shifted = b.taps * scale, b.taps * shift
    for tile in tiles(0, frames, TILE):
        out = convolved[tile]
        out.copy_(cast(Tensor, b.depthwise.bias).expand_as(out))
        for tap, (target, source) in enumerate(b.reach(tile, frames)):
            out[target].addcmul_(F.leaky_relu(expanded[source], b.slope), scaled[tap]).add_(
                shifted[tap]
            )
        kept.convolved_moments.add(F.leaky_relu(out, b.slope_after))
    scale, shift = kept.convolved_moments.affine(b.norm_after)
    weight, bias = b.weight * scale, b.bias + b.weight @ shift
    following = torch.empty_like(h)
    for tile in tiles(0, frames, TILE):
        both = F.linear(F.leaky_relu(convolved[tile], b.slope_after), weight, bias)
        torch.add(h[tile], both[:, : h.shape[1]], out=following[tile])
        skips[tile] += both[:, h.shape[1] :]
    return kept, following


def _backward(separator: ConvTasNet, kept: _Kept, d_frames: Tensor, gradients: _Gradients) -> None:
    """d_frames: (T, M, kernel); adds every parameter's gradient."""
    masker = cast(Any, separator.masker)
    d_encoded, d_skips = _backward_masks(separator, kept, d_frames, gradients)
    d_h = torch.zeros_like(kept.blocks[0].entered)
    for block in reversed(masker.TCN):
        d_h = _backward_block(block, kept.blocks.pop(), d_h, d_skips, gradients)
    norm, linear = masker.bottleneck
    weight = plain(linear)[0]
    back = FoldedNorm(norm, kept.moments, weight, d_h.T @ kept.encoded, d_h.sum(0))
    gradients.add(linear.weight, back.d_weight)
    gradients.add(linear.bias, back.d_bias)
    gradients.add(norm.gamma, back.d_gamma)
    gradients.add(norm.beta, back.d_beta)
    d_filters = torch.zeros_like(separator.encoder.filterbank())
    for tile in tiles(0, len(d_h), TILE):
        total = d_encoded[tile] + back.input_gradient(d_h[tile], kept.encoded[tile])
        d_filters.addmm_(total.T, kept.cuts[tile])
    gradients.add(separator.encoder.filterbank._filters, d_filters)


def _backward_masks(
    separator: ConvTasNet, kept: _Kept, d_frames: Tensor, gradients: _Gradients
) -> tuple[Tensor, Tensor]:
    """-> gradients of the encoding (T, n_filters), by way of the masking only, and of the skips (T,
    skip_chan).
    """
    c, mask_net = separator.config, cast(Any, separator.masker).mask_net
    weight, bias = plain(mask_net[1])
    slope, basis = float(mask_net[0].weight), separator.decoder.filterbank()
    d_encoded, d_skips = torch.empty_like(kept.encoded), torch.empty_like(kept.skips)
    d_basis, d_weight, d_bias = (
        torch.zeros_like(basis),
        torch.zeros_like(weight),
        torch.zeros_like(bias),
    )
    d_slope = 0.0
    for tile in tiles(0, len(d_frames), TILE // 2):
        encoded, skips = kept.encoded[tile].unsqueeze(1), kept.skips[tile]
        activated = F.leaky_relu(skips, slope)
        masks = F.linear(activated, weight, bias).sigmoid_().view(-1, c.n_src, c.n_filters)
        masked = masks * encoded
        d_basis.addmm_(masked.flatten(0, 1).T, d_frames[tile].flatten(0, 1))
        d_masked = d_frames[tile] @ basis.T
        torch.sum(d_masked * masks, 1, out=d_encoded[tile])
        d_logits = (
            masked.mul_(d_masked).mul_(masks.neg_().add_(1.0)).flatten(1)
        )  # m (1 - m) encoded d_masked
        d_weight.addmm_(d_logits.T, activated)
        d_bias += d_logits.sum(0)
        d_activated = d_logits @ weight
        d_slope += _slope_gradient(d_activated, skips)
        d_skips[tile] = _through_prelu(d_activated, skips, slope)
    gradients.add(separator.decoder.filterbank._filters, d_basis)
    gradients.add(mask_net[1].weight, d_weight)
    gradients.add(mask_net[1].bias, d_bias)
    gradients.add(mask_net[0].weight, torch.tensor(d_slope))
    return d_encoded, d_skips


def _backward_block(
    block: Block, kept: _KeptBlock, d_residual: Tensor, d_skips: Tensor, gradients: _Gradients
) -> Tensor:
    """d_residual: (T, bn_chan), the gradient of the block's sum; d_skips: (T, skip_chan) -> of its
    input.
    """
    b = _Parts(block)
    frames = len(d_residual)
    d_both = torch.cat([d_residual, d_skips], 1)
    product = torch.zeros_like(b.weight)
    for tile in tiles(0, frames, TILE):
        product.addmm_(d_both[tile].T, F.leaky_relu(kept.convolved[tile], b.slope_after))
    after = FoldedNorm(b.norm_after, kept.convolved_moments, b.weight, product, d_both.sum(0))

    # Through the second norm and PReLU; the products of the depth-wise weights' gradient on the
    # way.
    d_convolved = torch.empty_like(kept.convolved)
    d_bias, d_slope_after = torch.zeros_like(b.taps[0]), 0.0
    products, sums = (
        torch.zeros_like(b.taps),
        torch.zeros_like(b.taps),
    )  # of d_convolved and what each tap saw
    for tile in tiles(0, frames, TILE):
        before = kept.convolved[tile]
        d_after = after.input_gradient(d_both[tile], F.leaky_relu(before, b.slope_after))
        d_slope_after += _slope_gradient(d_after, before)
        d_before = d_convolved[tile]
        d_before.copy_(_through_prelu(d_after, before, b.slope_after))
        d_bias += d_before.sum(0)
        for tap, (target, source) in enumerate(b.reach(tile, frames)):
            seen = F.leaky_relu(kept.expanded[source], b.slope)
            products[tap] += seen.mul_(d_before[target]).sum(0)
            sums[tap] += d_before[target].sum(0)

    # Through the depth-wise convolution, the first norm and PReLU, and the expansion.
    first = FoldedNorm.of_depthwise(b.norm, kept.expanded_moments, b.taps, products, sums)
    weight, d_weight = plain(b.expand)[0], torch.zeros(b.expand.weight.shape[:2])
    d_expand_bias, d_slope = torch.zeros_like(b.taps[0]), 0.0
    d_entered = d_residual.clone()
    for tile in tiles(0, frames, TILE):
        before = kept.expanded[tile]
        d_after = first.offset(F.leaky_relu(before, b.slope))
        for tap, (target, source) in enumerate(b.reach(tile, frames, backward=True)):
            d_after[target].addcmul_(d_convolved[source], first.weight[tap])
        d_slope += _slope_gradient(d_after, before)
        d_before = _through_prelu(d_after, before, b.slope)
        d_weight.addmm_(d_before.T, kept.entered[tile])
        d_expand_bias += d_before.sum(0)
        d_entered[tile].addmm_(d_before, weight)

    n = d_residual.shape[1]
    for parameter, gradient in (
        (block.res_conv.weight, after.d_weight[:n]),
        (block.res_conv.bias, after.d_bias[:n]),
        (block.skip_conv.weight, after.d_weight[n:]),
        (block.skip_conv.bias, after.d_bias[n:]),
        (b.norm_after.gamma, after.d_gamma),
        (b.norm_after.beta, after.d_beta),
        (b.prelu_after.weight, torch.tensor(d_slope_after)),
        (b.depthwise.weight, first.d_weight.T),
        (b.depthwise.bias, d_bias),
        (b.norm.gamma, first.d_gamma),
        (b.norm.beta, first.d_beta),
        (b.prelu.weight, torch.tensor(d_slope)),
        (b.expand.weight, d_weight),
        (b.expand.bias, d_expand_bias),
    ):
        gradients.add(parameter, gradient)
    return d_entered


class _Parts:
    """A block's layers by name, and its weights as matrices."""

    def __init__(self, block: Block) -> None:
        layers: Any = block.shared_block
        self.expand, self.prelu, self.norm, self.depthwise, self.prelu_after, self.norm_after = (
            layers
        )
        self.slope, self.slope_after = float(self.prelu.weight), float(self.prelu_after.weight)
        self.taps = self.depthwise.weight.squeeze(1).T  # (kernel, channels)
        self.weight = torch.cat([block.res_conv.weight, block.skip_conv.weight]).squeeze(-1)
        self.bias = torch.cat([plain(block.res_conv)[1], plain(block.skip_conv)[1]])

    def reach(self, tile: slice, frames: int, backward: bool = False) -> list[tuple[slice, slice]]:
        """For each tap, what of the tile it writes, and the frames it reads there; backward: the
        other way round.
        """
        dilation = self.depthwise.dilation[0]
        edge = (len(self.taps) - 1) * dilation // 2
        sign = -1 if backward else 1
        return [
            overlapping(tile, sign * (tap * dilation - edge), frames)
            for tap in range(len(self.taps))
        ]


def _through_prelu(gradient: Tensor, before: Tensor, slope: float) -> Tensor:
    return torch.ops.aten.leaky_relu_backward(gradient, before, slope, False)  # type: ignore[no-any-return]


def _slope_gradient(gradient: Tensor, before: Tensor) -> float:
    """Of a PReLU's slope: the sum of gradient * min(x, 0)."""
    return float(torch.dot(gradient.flatten(), before.clamp(max=0.0).flatten()))
