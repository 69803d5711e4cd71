"""Dropout from random bytes: on a CPU, torch draws a number for every element."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FastDropout(nn.Dropout):
    """Dropout whose probability is rounded to 1/256 on a CPU, where a 64-bit draw decides eight elements."""

    def forward(self, x: Tensor) -> Tensor:
        """x: any dense tensor -> the same shape, type and memory format."""
        dropped = round(256 * self.p)  # bytes below it, of 256
        if not self.training or x.device.type != "cpu" or not 0 < dropped < 256:
            return super().forward(x)
        bounds = torch.iinfo(torch.int64).min, None
        draws = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(*bounds)
        dense = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
        x = x if dense else x.contiguous()
        keep = draws.view(torch.uint8)[: x.numel()].as_strided(x.size(), x.stride()) >= dropped
        return x * (keep.to(x.dtype) * (256.0 / (256 - dropped)))
