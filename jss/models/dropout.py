"""Dropout from random bytes: on a CPU, torch draws a number for every element, which took most of a
training step.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dropout(nn.Module):
    """Zeroes elements with probability p, rounded to 1/256 on a CPU, and scales the others by 1 /
    (1 - p).

    A 64-bit draw decides eight elements there; on a GPU it is torch's own.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0.0 <= p < 1.0:
            raise ValueError(f"a dropout probability lies in [0, 1), and {p} does not")
        self.p = p
        self.dropped = min(round(256 * p), 255)

    def forward(self, x: Tensor) -> Tensor:
        """x: any dense tensor -> the same shape, type and memory format."""
        if not self.training or not self.dropped:
            return x
        if x.device.type != "cpu":
            return F.dropout(x, self.p)
        draws = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(
            torch.iinfo(torch.int64).min, None
        )
        x = (
            x
            if x.is_contiguous(memory_format=torch.channels_last) and x.ndim == 4
            else x.contiguous()
        )
        keep = draws.view(torch.uint8)[: x.numel()].as_strided(x.size(), x.stride()) >= self.dropped
        return x * (keep.to(x.dtype) * (256.0 / (256 - self.dropped)))

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"
