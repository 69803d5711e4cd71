"""The critic of the weak-label paper (Fig. 2): a 2D-CRNN that tells from a spectrogram which
classes sound when.
"""

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
    """Sizes; the defaults are the paper's. channels: of the convolutions; kernel: their side;
    freq_pools, time_pools: max-pooling after each; cells: of each LSTM direction; bands: mel bands
    that the bins are summed to first, 0 for the linear bins themselves.
    """

    n_classes: Size = 5
    channels: Sizes = (32, 64, 128)
    kernel: Annotated[int, Field(ge=1, le=255)] = 5
    freq_pools: Sizes = (2, 2, 2)
    time_pools: Sizes = (1, 2, 2)
    cells: Size = 100
    bands: Annotated[int, Field(ge=0, le=1024)] = 0


class Critic(nn.Module):
    """Convolution, BatchNorm, ReLU, max-pooling, three times; a BLSTM; a class probability a frame.

    A clip of 4 s has 501 STFT frames and 125 of these probabilities, one every 32 ms.
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
            convolution = nn.Conv2d(n_in, n_out, c.kernel, padding=c.kernel // 2)
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
        """STFT frames a score frame stands for."""
        return math.prod(self.config.time_pools)

    @property
    def hop(self) -> float:
        """Seconds from score frame to score frame."""
        return self.pool * HOP_S

    def forward(self, magnitude: Tensor) -> Tensor:
        """magnitude: (batch, 257, frames), linear -> log-odds of the classes, (batch, K, frames //
        pool).

        The losses take log-odds: the probability p is their sigmoid, and a clip's is the largest of
        its frames.
        """
        x = (
            magnitude if self.filters is None else self.filters @ magnitude
        )  # (batch, height, frames)
        x = self.cnn(x.unsqueeze(1))  # (batch, channels, height, T), T = frames // pool
        x = x.permute(0, 3, 1, 2).flatten(2)  # (batch, T, channels * height)
        x, _ = self.blstm(x)  # (batch, T, 2 cells)
        logits: Tensor = self.head(x).transpose(1, 2)  # (batch, K, T)
        return logits

    def probabilities(self, magnitude: Tensor) -> Tensor:
        """The same as probabilities in [0, 1]."""
        return torch.sigmoid(self(magnitude))
