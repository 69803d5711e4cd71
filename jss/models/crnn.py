"""The CRNN of the DCASE 2021 Task 4 baseline: log-mel spectrogram in, strong and weak class scores
out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, NamedTuple

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from jss.io.schema import SCHEMA, Few, Size, Sizes


@dataclass(frozen=True, config=SCHEMA)
class CRNNConfig:
    """Sizes of the CRNN; the defaults are the baseline's (1,112,420 parameters)."""

    n_classes: Size = 10
    n_mels: Size = 128
    #: Of the convolutions.
    channels: Sizes = (16, 32, 64, 128, 128, 128, 128)
    #: Average pooling after each convolution.
    time_pools: Sizes = (2, 2, 1, 1, 1, 1, 1)
    mel_pools: Sizes = (2, 2, 2, 2, 2, 2, 2)
    #: Of each GRU direction.
    cells: Size = 128
    layers: Few = 2
    #: After each convolution and after the GRU.
    dropout: Annotated[float, Field(ge=0, le=0.99)] = 0.5
    #: Between the GRU's layers; none in the baseline.
    recurrent_dropout: Annotated[float, Field(ge=0, le=0.99)] = 0.0


class DetectorOutput(NamedTuple):
    """strong: (batch, K, T) frame scores, weak: (batch, K) clip scores, both in [0, 1]."""

    strong: Tensor
    weak: Tensor


class GLU(nn.Module):
    """Linear(x) * sigmoid(x) over channels, as the baseline writes it (not a channel split)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, frames, mels) -> the same shape."""
        linear: Tensor = self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return linear * torch.sigmoid(x)


class ConvBlock(nn.Sequential):
    """Convolution, BatchNorm, GLU, dropout and average pooling over (frames, mels)."""

    def __init__(self, n_in: int, n_out: int, dropout: float, pools: tuple[int, int]) -> None:
        super().__init__(
            nn.Conv2d(n_in, n_out, 3, padding=1),
            nn.BatchNorm2d(n_out, eps=1e-3, momentum=0.99),
            GLU(n_out),
            nn.Dropout(dropout),
            nn.AvgPool2d(pools),
        )


class CRNN(nn.Module):
    """Eqs 1 and 21: f_sed. Seven blocks of convolution, BatchNorm, GLU, dropout and pooling; BiGRU;
    two heads.
    """

    kind: ClassVar[str] = "crnn"

    def __init__(self, config: CRNNConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or CRNNConfig()
        blocks = []
        for (n_in, n_out), time_pool, mel_pool in zip(
            pairwise((1, *c.channels)), c.time_pools, c.mel_pools, strict=True
        ):
            blocks.append(ConvBlock(n_in, n_out, c.dropout, (time_pool, mel_pool)))
        self.cnn = nn.Sequential(*blocks)
        self.rnn = nn.GRU(
            c.channels[-1],
            c.cells,
            c.layers,
            batch_first=True,
            bidirectional=True,
            dropout=c.recurrent_dropout if c.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(c.dropout)
        self.strong = nn.Linear(2 * c.cells, c.n_classes)
        self.attention = nn.Linear(2 * c.cells, c.n_classes)

    def forward(self, log_mel: Tensor) -> DetectorOutput:
        """log_mel: (batch, mels, frames), scaled to [0, 1] -> strong (batch, K, frames // 4), weak
        (batch, K).

        Weak scores pool the strong ones by an attention that is a softmax over the *classes* of
        each frame, clamped at 1e-7: sum_t(strong * attention) / sum_t(attention).
        """
        x = log_mel.transpose(1, 2).unsqueeze(1)  # (batch, 1, frames, mels)
        first, *rest = self.cnn
        # Log-mels need more digits than bf16 has.
        with torch.autocast(x.device.type, enabled=False):
            x = first(x)  # (batch, 16, frames // 2, mels // 2)
        for block in rest:
            x = block(x)
        x = x.squeeze(-1).transpose(1, 2)  # (batch, T, 128), T = frames // 4
        with torch.autocast(x.device.type, enabled=False):
            x, _ = self.rnn(x.float())  # (batch, T, 256)
            x = self.dropout(x)
            strong = torch.sigmoid(self.strong(x))  # (batch, T, K)
            attention = torch.softmax(self.attention(x), dim=-1).clamp(min=1e-7, max=1)
            weak = (strong * attention).sum(1) / attention.sum(1)  # (batch, K)
        return DetectorOutput(strong.transpose(1, 2), weak)
