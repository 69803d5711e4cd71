"""The separator of the SSep+SED baseline: TDCN++ (Kavalerov et al., WASPAA 2019), Asteroid's
TDConvNetpp and filters.

Frames of 2.5 ms, sigmoid masks, and what the sources leave out given to them by learnt weights, as
in MixIT's paper.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jss.errors import JssError
from jss.models.asteroid import asteroid


@dataclass(frozen=True)
class TDCNConfig:
    """Sizes by Asteroid's names; M = 8 outputs, four repeats of eight blocks, frames of 40 samples
    every 20.
    """

    n_src: int = 8
    n_filters: int = 256
    kernel_size: int = 40
    stride: int = 20
    bn_chan: int = 128
    hid_chan: int = 512
    skip_chan: int = 128
    conv_kernel_size: int = 3
    n_blocks: int = 8
    n_repeats: int = 4


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
        sizes = asdict(c)
        filters, kernel, stride = (sizes.pop(key) for key in ("n_filters", "kernel_size", "stride"))
        self.encoder = nn.Conv1d(1, filters, kernel, stride, bias=False)
        self.masker = asteroid().masknn.TDConvNetpp(filters, mask_act="sigmoid", **sizes)
        self.decoder = nn.ConvTranspose1d(filters, 1, kernel, stride, bias=False)
        # No output hears the last block's residual, nor the factors of residuals where no other one
        # has any.
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
