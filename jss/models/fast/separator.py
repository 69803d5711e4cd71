"""A ConvTas-Net that runs tile by tile of time on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from jss.models.fast.tiled import TAPS, masked_frames
from jss.models.fast.tiled_gradient import TiledFrames
from jss.models.separator import ConvTasNet, overlap_add


class FastConvTasNet(ConvTasNet):
    """The plain network's sources, within 1e-5 of their size.

    Under autocast to bfloat16, the products that make the masks are in that type where no gradient is wanted.
    """

    def forward(self, waveform: Tensor) -> Tensor:
        """waveform: (batch, samples) -> sources (batch, M, samples), float32."""
        c, samples = self.config, waveform.shape[-1]
        gradients = torch.is_grad_enabled()
        if (
            waveform.device.type != "cpu"
            or waveform.requires_grad  # nothing in jss wants that gradient
            or torch.compiler.is_compiling()
            or not (gradients or c.conv_kernel_size == TAPS)
        ):
            return super().forward(waveform)
        half = (
            torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
        )
        padded = F.pad(waveform.float(), (0, max(0, c.kernel_size - samples)))
        with torch.autocast("cpu", enabled=False):
            if gradients:
                frames: Tensor = TiledFrames.apply(self, padded, *self.parameters())  # type: ignore[no-untyped-call]
            else:
                dtype = torch.bfloat16 if half else torch.float32
                frames = torch.stack([masked_frames(self, item, dtype) for item in padded])
        return overlap_add(frames, c.stride, samples)
