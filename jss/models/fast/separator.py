"""A Conv-TasNet that runs tile by tile of time on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from jss.models.fast.bf16 import factors
from jss.models.fast.tiled import TAPS, masked_frames
from jss.models.separator import ConvTasNet, overlap_add


class FastConvTasNet(ConvTasNet):
    """The plain network's sources, within 1e-5 of their size, where no gradient is wanted.

    Under autocast to bfloat16, the products that make the masks are in that type.
    """

    def forward(self, waveform: Tensor) -> Tensor:
        """waveform: (batch, samples) -> sources (batch, M, samples), float32."""
        c, samples = self.config, waveform.shape[-1]
        if (
            torch.is_grad_enabled()
            or waveform.device.type != "cpu"
            or c.conv_kernel_size != TAPS
            or torch.compiler.is_compiling()
        ):
            return super().forward(waveform)
        dtype = factors()
        padded = F.pad(waveform.float(), (0, max(0, c.kernel_size - samples)))
        with torch.autocast("cpu", enabled=False):
            frames = torch.stack([masked_frames(self, item, dtype) for item in padded])
        return overlap_add(frames, c.stride, samples)
