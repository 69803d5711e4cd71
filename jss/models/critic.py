"""The critic of the weak-label paper (Fig. 2): a 2D-CRNN that classifies spectrogram frames."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from jss.features import mel_filters
from jss.io.schema import SCHEMA, Size, Sizes
from jss.models.stft import BINS, HOP_S, WINDOW


@dataclass(frozen=True, config=SCHEMA)
class CriticConfig:
    """Sizes of a critic; the defaults are the paper's."""

    n_classes: Size = 5
    #: Output channels of each convolution.
    channels: Sizes = (32, 64, 128)
    #: Side of the convolutions' square kernels.
    kernel: Annotated[int, Field(ge=1, le=255)] = 5
    #: Max-pooling over frequency after each convolution.
    freq_pools: Sizes = (2, 2, 2)
    #: Max-pooling over time after each convolution.
    time_pools: Sizes = (1, 2, 2)
    #: Cells of each LSTM direction.
    cells: Size = 100
    #: Mel bands that the STFT bins are summed to first; 0 for the bins themselves.
    bands: Annotated[int, Field(ge=0, le=1024)] = 0


class Critic(nn.Module):
    """Blocks of convolution, BatchNorm, ReLU and max-pooling; a BLSTM; a linear layer.

    With the paper's sizes, a clip of 4 s has 501 STFT frames and 125 frames of class probabilities,
    one every 32 ms.
    """

    filters: Tensor | None

    kind: ClassVar[str] = "critic"

    def __init__(self, config: CriticConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or CriticConfig()
        self.register_buffer(
            "filters", mel_filters(c.bands, WINDOW) if c.bands else None, persistent=False
        )
        blocks, height = [], c.bands or BINS
        for (n_in, n_out), freq, time in zip(
            pairwise((1, *c.channels)), c.freq_pools, c.time_pools, strict=True
        ):
            convolution = nn.Conv2d(n_in, n_out, c.kernel, padding="same")
            blocks.append(
                nn.Sequential(
                    convolution, nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d((freq, time))
                )
            )
            height //= freq
        self.cnn = nn.Sequential(*blocks)
        self.blstm = nn.LSTM(height * c.channels[-1], c.cells, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * c.cells, c.n_classes)

    @property
    def pool(self) -> int:
        """STFT frames per frame of the probabilities."""
        return math.prod(self.config.time_pools)

    @property
    def hop(self) -> float:
        """Seconds from one frame of the probabilities to the next."""
        return self.pool * HOP_S

    def forward(self, magnitude: Tensor) -> Tensor:
        """Log-odds of the classes in each frame.

        Their sigmoid is the probability; that of a clip is the largest of its frames.

        Args:
            magnitude: STFT magnitudes, (batch, 257, frames), linear.

        Returns:
            Log-odds, (batch, K, frames // pool).
        """
        x = magnitude if self.filters is None else self.filters @ magnitude
        # (batch, height, frames)
        x = self.cnn(x.unsqueeze(1))  # (batch, channels, height, T), T = frames // pool
        x = x.permute(0, 3, 1, 2).flatten(2)  # (batch, T, channels * height)
        x, _ = self.blstm(x)  # (batch, T, 2 cells)
        logits: Tensor = self.head(x).transpose(1, 2)  # (batch, K, T)
        return logits

    def probabilities(self, magnitude: Tensor) -> Tensor:
        """Probabilities of the classes: (batch, 257, frames) -> (batch, K, frames // pool)."""
        return torch.sigmoid(self(magnitude))
