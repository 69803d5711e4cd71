"""The separator of the SSep+SED baseline: TDCN++ (Kavalerov et al., WASPAA 2019).

Frames of 2.5 ms, sigmoid masks, and what the sources leave out given to them by learnt weights, as
in MixIT's paper. Parameter names and shapes of the masker are those of Asteroid's TDConvNetpp:
state dicts go both ways.
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
class TDCNConfig:
    """Sizes by Asteroid's names; M = 8 outputs, four repeats of eight blocks, frames of 40 samples
    every 20.
    """

    n_src: Few = 8
    n_filters: Size = 256
    kernel_size: Size = 40
    stride: Size = 20
    bn_chan: Size = 128
    hid_chan: Size = 512
    skip_chan: Size = 128
    conv_kernel_size: Size = 3
    n_blocks: Few = 8
    n_repeats: Few = 4


class ChannelNorm(nn.Module):
    """Each channel of each item normalised over time, then scaled and shifted by learnt values."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, T) -> (batch, channels, T)."""
        mean = x.mean(-1, keepdim=True)
        variance = x.var(-1, unbiased=False, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-8)
        return self.gamma.unsqueeze(1) * x + self.beta.unsqueeze(1)


class Block(nn.Module):
    """A dilated depth-wise convolution between two 1x1 convolutions, as in Conv-TasNet."""

    def __init__(self, c: TDCNConfig, dilation: int) -> None:
        super().__init__()
        self.shared_block = nn.Sequential(
            nn.Conv1d(c.bn_chan, c.hid_chan, 1),
            nn.PReLU(),
            ChannelNorm(c.hid_chan),
            nn.Conv1d(
                c.hid_chan,
                c.hid_chan,
                c.conv_kernel_size,
                padding="same",
                dilation=dilation,
                groups=c.hid_chan,
            ),
            nn.PReLU(),
            ChannelNorm(c.hid_chan),
        )
        self.res_conv = nn.Conv1d(c.hid_chan, c.bn_chan, 1)
        self.skip_conv = nn.Conv1d(c.hid_chan, c.skip_chan, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x: (batch, bn_chan, T) -> residual (batch, bn_chan, T), skip (batch, skip_chan, T)."""
        shared = self.shared_block(x)  # (batch, hid_chan, T)
        return self.res_conv(shared), self.skip_conv(shared)


class Masker(nn.Module):
    """Masks by repeats of blocks whose dilation doubles; each repeat also receives the input of the
    one before, through a dense layer, and residuals start the smaller the deeper their block is.
    """

    def __init__(self, c: TDCNConfig) -> None:
        super().__init__()
        self.config = c
        self.bottleneck = nn.Sequential(
            ChannelNorm(c.n_filters), nn.Conv1d(c.n_filters, c.bn_chan, 1)
        )
        self.TCN = nn.ModuleList(
            Block(c, 2**block) for _ in range(c.n_repeats) for block in range(c.n_blocks)
        )
        self.dense_skip = nn.ModuleList(
            nn.Conv1d(c.bn_chan, c.bn_chan, 1) for _ in range(c.n_repeats - 1)
        )
        decay = torch.tensor([0.9**block for block in range(1, c.n_blocks)])
        self.scaling_param = nn.Parameter(decay.repeat(c.n_repeats, 1))
        self.mask_net = nn.Sequential(nn.PReLU(), nn.Conv1d(c.skip_chan, c.n_src * c.n_filters, 1))
        self.consistency = nn.Linear(c.skip_chan, c.n_src)

    def forward(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """encoded: (batch, n_filters, T) -> masks (batch, M, n_filters, T) in (0, 1), and the share
        of each source in what they leave out, (batch, M), which sum to 1.
        """
        c = self.config
        x = start = self.bottleneck(encoded)  # (batch, bn_chan, T)
        skips = torch.zeros((), dtype=x.dtype, device=x.device)
        for repeat in range(c.n_repeats):
            if repeat:
                x = start = self.dense_skip[repeat - 1](start) + x
            for block in range(c.n_blocks):
                residual, skip = self.TCN[repeat * c.n_blocks + block](x)
                if block:
                    residual = residual * self.scaling_param[repeat, block - 1]
                x, skips = x + residual, skips + skip
        masks = torch.sigmoid(self.mask_net(skips)).unflatten(1, (c.n_src, c.n_filters))
        return masks, torch.softmax(self.consistency(skips.mean(-1)), -1)


class TDCN(nn.Module):
    """Waveform to M sources that sum to it (Eqs 10, 18), any M from 1 to 8."""

    kind: ClassVar[str] = "tdcn"

    def __init__(self, config: TDCNConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or TDCNConfig()
        if not 1 <= c.n_src <= 8:
            raise JssError(
                f"A separator has 1 to 8 sources, not {c.n_src}: set n_src in that range."
            )
        self.encoder = nn.Conv1d(1, c.n_filters, c.kernel_size, c.stride, bias=False)
        self.masker = Masker(c)
        self.decoder = nn.ConvTranspose1d(c.n_filters, 1, c.kernel_size, c.stride, bias=False)
        # No output depends on the last block's residual, nor on the factors of residuals where no
        # other one has any.
        last = c.n_blocks * c.n_repeats - 1
        self.masker.TCN[last].res_conv.requires_grad_(False)
        self.masker.scaling_param.requires_grad_(any(block % c.n_blocks for block in range(last)))

    def forward(self, waveform: Tensor) -> Tensor:
        """waveform: (batch, samples) -> sources (batch, M, samples), float32."""
        c, samples = self.config, waveform.shape[-1]
        frames = max(0, -(-(samples - c.kernel_size) // c.stride))
        padded = F.pad(waveform, (0, frames * c.stride + c.kernel_size - samples))
        encoded = self.encoder(padded.unsqueeze(1))  # (batch, filters, T)
        masks, weights = self.masker(encoded)  # (batch, M, filters, T), (batch, M)
        decoded = self.decoder((masks * encoded.unsqueeze(1)).flatten(0, 1)).float()
        sources: Tensor = decoded.view(len(waveform), c.n_src, -1)[..., :samples]
        rest = waveform.float() - sources.sum(1)
        return sources + torch.einsum("bm,bt->bmt", weights.float(), rest)
