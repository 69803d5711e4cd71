"""The separator f_sep (Eqs 10, 18, 20): a Conv-TasNet that runs time-major on Asteroid's own
weights.

Asteroid's ConvTasNet keeps (batch, channel, time) and spends most of its time moving large tensors
through element-wise passes. Here every 1x1 convolution is a matrix product on (batch, time,
channel), so that channels are contiguous, and the rest fuses when compiled. Parameter names and
shapes are Asteroid's: state dicts go both ways.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from jss.errors import JssError
from jss.io.schema import SCHEMA, Few, Size


@dataclass(frozen=True, config=SCHEMA)
class ConvTasNetConfig:
    """Sizes, by Asteroid's names and defaults, with the paper's M = 4 outputs, R = 1 repeat, X = 4
    blocks.
    """

    n_src: Few = 4
    n_filters: Size = 512
    kernel_size: Size = 16
    stride: Size = 8
    bn_chan: Size = 128
    hid_chan: Size = 512
    skip_chan: Size = 128
    conv_kernel_size: Size = 3
    n_blocks: Few = 4
    n_repeats: Few = 1


class GlobalNorm(nn.Module):
    """Global layer norm (gLN): normalises over time and channels of each item, statistics in
    float32.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, time, channels) -> the same shape and type. Epsilon 1e-8, as Asteroid."""
        xf = x.float()
        mean = xf.mean((1, 2), keepdim=True)
        variance = ((xf * xf).mean((1, 2), keepdim=True) - mean * mean).clamp(min=0)
        return ((xf - mean) * (torch.rsqrt(variance + 1e-8) * self.gamma) + self.beta).to(x.dtype)


class PReLU(nn.PReLU):
    """PReLU that keeps the type of its input, also under autocast."""

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape -> the same shape and type."""
        return torch.where(x > 0, x, x * self.weight.to(x.dtype))


class Pointwise(nn.Conv1d):
    """A 1x1 convolution, stored as Asteroid stores it, run as a matrix product on the last axis."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in, n_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, time, n_in) -> (batch, time, n_out)."""
        return F.linear(x, self.weight.squeeze(-1), self.bias)


class Depthwise(nn.Conv1d):
    """A dilated depth-wise convolution over time, written as shifted products."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__(channels, channels, kernel, dilation=dilation, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, time, channels) -> the same shape; zero padding keeps the length."""
        kernel, dilation, frames = self.kernel_size[0], self.dilation[0], x.shape[1]
        reach = dilation * (kernel - 1)
        padded = F.pad(x, (0, 0, reach // 2, reach - reach // 2))
        weight = self.weight.squeeze(1).to(x.dtype)
        assert self.bias is not None
        y = self.bias.to(x.dtype).expand_as(x)
        for tap in range(kernel):
            y = y + padded[:, tap * dilation : tap * dilation + frames] * weight[:, tap]
        return y


class Block(nn.Module):
    """One convolutional block: expand, dilated depth-wise convolution, residual and skip outputs."""

    def __init__(self, c: ConvTasNetConfig, dilation: int) -> None:
        super().__init__()
        self.shared_block = nn.Sequential(
            Pointwise(c.bn_chan, c.hid_chan),
            PReLU(),
            GlobalNorm(c.hid_chan),
            Depthwise(c.hid_chan, c.conv_kernel_size, dilation),
            PReLU(),
            GlobalNorm(c.hid_chan),
        )
        self.res_conv = Pointwise(c.hid_chan, c.bn_chan)
        self.skip_conv = Pointwise(c.hid_chan, c.skip_chan)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (batch, time, bn_chan) -> residual of that shape, skip (batch, time, skip_chan)."""
        y = self.shared_block(x)  # (batch, time, hid_chan)
        return self.res_conv(y), self.skip_conv(y)


class Masker(nn.Module):
    """The temporal convolutional network that estimates the masks W_m of Eq. 18."""

    def __init__(self, c: ConvTasNetConfig) -> None:
        super().__init__()
        self.n_src, self.n_filters = c.n_src, c.n_filters
        self.bottleneck = nn.Sequential(GlobalNorm(c.n_filters), Pointwise(c.n_filters, c.bn_chan))
        self.TCN = nn.ModuleList(
            Block(c, 2**x) for _ in range(c.n_repeats) for x in range(c.n_blocks)
        )
        self.mask_net = nn.Sequential(PReLU(), Pointwise(c.skip_chan, c.n_src * c.n_filters))

    def forward(self, encoded: Tensor) -> Tensor:
        """encoded: (batch, time, n_filters) -> masks (batch, time, n_src, n_filters) in (0, 1)."""
        h = self.bottleneck(encoded)  # (batch, time, bn_chan)
        skips = h.new_zeros(())
        for block in self.TCN:
            residual, skip = block(h)
            h, skips = h + residual, skips + skip  # skips: (batch, time, skip_chan)
        masks: Tensor = torch.sigmoid(self.mask_net(skips))  # (batch, time, n_src * n_filters)
        by_source: Tensor = masks.unflatten(-1, (self.n_src, self.n_filters))
        return by_source


class _Filters(nn.Module):
    """The learnt filters of an encoder or decoder, under Asteroid's name: (n_filters, 1, kernel)."""

    def __init__(self, c: ConvTasNetConfig) -> None:
        super().__init__()
        self._filters = nn.Parameter(torch.ones(c.n_filters, 1, c.kernel_size))
        # Drawn for sizes alone, they would import torch's compiler, which takes seconds.
        if not self._filters.is_meta:
            nn.init.xavier_normal_(self._filters)

    def forward(self) -> Tensor:
        return self._filters.squeeze(1)


class _Filterbank(nn.Module):
    def __init__(self, c: ConvTasNetConfig) -> None:
        super().__init__()
        self.filterbank = _Filters(c)


class ConvTasNet(nn.Module):
    """Waveform to M sources (Eq. 10); the paper's sizes give 1,153,161 parameters.

    Any M from 1 to 8. There is no consistency constraint: see ``jss.models.joint`` for the
    projection.
    """

    kind: ClassVar[str] = "conv_tasnet"

    def __init__(self, config: ConvTasNetConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or ConvTasNetConfig()
        if not 1 <= c.n_src <= 8:
            raise JssError(
                f"A separator has 1 to 8 sources, not {c.n_src}: set n_src in that range."
            )
        self.encoder = _Filterbank(c)
        self.masker = Masker(c)
        # No output depends on the last block's residual: it has no gradient to wait for.
        self.masker.TCN[-1].res_conv.requires_grad_(False)
        self.decoder = _Filterbank(c)

    @torch.no_grad()
    def fix_fourier_basis(self) -> ConvTasNet:
        """Make encoder and decoder a short-time Fourier transform and its inverse, for good.

        For losses of magnitudes, which teach no phase: masks of 1 give the waveform back (but for
        half a frame at each end), so that sources have the mixture's phase. Sines and cosines under
        the root of a Hann window, as Asteroid's filter bank "stft".

        Returns:
            The network itself.

        Raises:
            JssError: Frames do not overlap by half, or the filters are of an odd number or fewer
                than a frame has samples.
        """
        c = self.config
        if c.kernel_size != 2 * c.stride or c.n_filters < c.kernel_size or c.n_filters % 2:
            raise JssError(
                "A Fourier basis needs a kernel_size of twice the stride, and an even n_filters of "
                "kernel_size or more."
            )
        time = torch.arange(c.kernel_size, dtype=torch.float64) + 0.5
        angles = (
            torch.pi
            * (torch.arange(c.n_filters // 2).unsqueeze(1) + 0.5)
            / (c.n_filters // 2)
            * time
        )
        waves = torch.cat([angles.cos(), angles.sin()])  # (n_filters, kernel)
        window = torch.sin(torch.pi * time / c.kernel_size)
        for bank, filters in (
            (self.encoder, waves * window),
            (self.decoder, torch.linalg.pinv(waves).T * window),
        ):
            bank.filterbank._filters.copy_(filters.unsqueeze(1))
            bank.requires_grad_(False)
        return self

    def forward(self, waveform: Tensor) -> Tensor:
        """waveform: (batch, samples) -> sources (batch, M, samples), float32."""
        c, samples = self.config, waveform.shape[-1]
        padded = F.pad(waveform, (0, max(0, c.kernel_size - samples)))
        windows = padded.unfold(-1, c.kernel_size, c.stride)  # (batch, T, kernel)
        encoded = windows @ self.encoder.filterbank().T  # (batch, T, n_filters)
        masks = self.masker(encoded)  # (batch, T, M, n_filters)
        masked = masks * encoded.to(masks.dtype).unsqueeze(2)  # (batch, T, M, n_filters)
        frames = masked @ self.decoder.filterbank()  # (batch, T, M, kernel)
        return overlap_add(frames.float(), c.stride, samples)  # (batch, M, samples)


def overlap_add(frames: Tensor, stride: int, samples: int) -> Tensor:
    """Frames that begin ``stride`` samples apart, added up.

    Args:
        frames: (batch, T, M, kernel).
        stride: samples from frame to frame.
        samples: length of the result, padded with zeros or cut at the end.

    Returns:
        (batch, M, samples).
    """
    kernel = frames.shape[3]
    parts = -(-kernel // stride)  # of a frame, each ``stride`` samples long, the last filled up
    padded = F.pad(frames.transpose(1, 2), (0, parts * stride - kernel))
    pieces = padded.unflatten(-1, (parts, stride))  # (batch, M, T, parts, stride)
    total = frames.new_zeros(())
    for part in range(parts):  # part p of frame t lies where part 0 of frame t + p does
        total = total + F.pad(pieces[..., part, :], (0, 0, part, parts - 1 - part))
    wave = total.flatten(2)  # (batch, M, (T + parts - 1) * stride)
    return F.pad(wave, (0, samples - wave.shape[-1]))
