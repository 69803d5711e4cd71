"""A block of the CRNN without gradients on a CPU: BatchNorm is folded into the convolution, and one
compiled pass takes the gate and the pooling.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from jss.models.crnn import ConvBlock
from jss.models.fast import conv_block_kernels as kernels
from jss.models.fast.bf16 import as_array, factors
from jss.models.fast.threads import each


class FastConvBlock(ConvBlock):
    """The plain block's outputs, within 1e-5 of their size, in evaluation mode where no gradient is
    wanted.
    """

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, n, frames, mels) -> (batch, channels, frames // pool, mels // pool)."""
        if (
            torch.is_grad_enabled()
            or any(part.training for part in self)  # BatchNorm alone may be (jss.training.norms)
            or x.device.type != "cpu"
            or x.dtype not in (torch.float32, torch.bfloat16)
            or torch.compiler.is_compiling()
        ):
            return super().forward(x)  # type: ignore[no-any-return, no-untyped-call]
        dtype = factors()
        with torch.autocast("cpu", enabled=False):
            return self._pooled(x.to(dtype))

    def _pooled(self, x: Tensor) -> Tensor:
        parts: Any = tuple(self)
        convolution, norm, glu, _, pool = parts
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        weight, bias = (
            convolution.weight * scale[:, None, None, None],
            (convolution.bias - norm.running_mean) * scale + norm.bias,
        )
        y = F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), padding=convolution.padding)
        y = y.permute(0, 2, 3, 1).contiguous()  # (batch, frames, mels, channels)
        linear = F.linear(y, glu.linear.weight.to(y.dtype), glu.linear.bias.to(y.dtype))
        (batch, frames, mels, channels), (by_time, by_mel) = y.shape, pool.kernel_size
        out = y.new_empty(batch, frames // by_time, mels // by_mel, channels)
        of_x, of_linear, of_out = (as_array(t.view(-1, channels)) for t in (y, linear, out))

        def gate(start: int, stop: int) -> None:
            kernels.gate(of_x, of_linear, of_out, frames, mels, by_time, by_mel, start, stop)

        rows = batch * out.shape[1]
        edges = [rows * part // 8 for part in range(9)]
        each(list(pairwise(edges)), gate)
        pooled: Tensor = out.permute(0, 3, 1, 2)
        return pooled
