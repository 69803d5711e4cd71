"""The separator of the weak-label paper: a BLSTM that masks the mixture's spectrogram, one mask a
class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from jss.io.schema import SCHEMA, Few, Size
from jss.models.stft import BINS, istft, stft

#: Added to magnitudes before the logarithm.
FLOOR = 1e-8


@dataclass(frozen=True, config=SCHEMA)
class TFMaskerConfig:
    """Sizes; the defaults are the paper's. n_src: classes; cells: of each LSTM direction; layers;
    centre, spread: the log-magnitudes x go in as (x - centre) / spread; floor: added to every mask
    before the sources are made to add up to the mixture, see ``TFMasker.shares``; 0, the paper's,
    for masks as they are learned.
    """

    n_src: Few = 5
    cells: Size = 600
    layers: Few = 3
    centre: float = 0.0
    spread: Annotated[float, Field(ge=1e-6, le=1e6)] = 1.0
    floor: Annotated[float, Field(ge=0, le=1e3)] = 0.0


class TFMasker(nn.Module):
    """Log-magnitude STFT in, n sigmoid masks out (Fig. 1's separator). Source i is class i: there
    is no permutation.
    """

    kind: ClassVar[str] = "tf_masker"

    def __init__(self, config: TFMaskerConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or TFMaskerConfig()
        self.blstm = nn.LSTM(BINS, c.cells, c.layers, batch_first=True, bidirectional=True)
        self.mask = nn.Linear(2 * c.cells, c.n_src * BINS)

    def masks(self, magnitude: Tensor) -> Tensor:
        """magnitude: (batch, 257, frames), linear -> masks (batch, n, 257, frames) in [0, 1]."""
        c = self.config
        hidden, _ = self.blstm((torch.log(magnitude + FLOOR).transpose(1, 2) - c.centre) / c.spread)
        masks = torch.sigmoid(self.mask(hidden))  # (batch, frames, n * 257)
        by_source: Tensor = masks.unflatten(-1, (c.n_src, BINS)).permute(0, 2, 3, 1)
        return by_source

    def shares(self, magnitude: Tensor) -> Tensor:
        """Masks as they are heard: (m + floor) / sum over sources of (m + floor), which add up to
        1; ``masks`` where floor is 0. A class that the masker misses then keeps a part of the
        mixture, where absolute errors teach masks to shut whatever is less likely than not: SI-SDR
        of such a source has no lower bound. Not used in training.

        magnitude: (batch, 257, frames), linear -> (batch, n, 257, frames) in [0, 1].
        """
        masks = self.masks(magnitude)
        if not self.config.floor:
            return masks
        masks = masks + self.config.floor
        return masks / masks.sum(1, keepdim=True)

    def forward(self, waveform: Tensor) -> Tensor:
        """Masked magnitudes (Eq. 1) with the mixture's phase. (batch, samples) -> sources (batch,
        n, samples).
        """
        return separate(self, waveform)[2]


def magnitudes(
    separator: nn.Module | Callable[[Tensor], Tensor], waveform: Tensor
) -> tuple[Tensor, Tensor]:
    """Magnitudes that are learned from: of the mixture and of the separated sources (Eq. 1 for a
    masker, the STFT of its outputs for any other separator). waveform: (batch, samples) -> (batch,
    257, frames), (batch, n, 257, frames).
    """
    mixture = stft(waveform).abs()
    if isinstance(separator, TFMasker):
        return mixture, separator.masks(mixture) * mixture.unsqueeze(1)
    return mixture, stft(separator(waveform)).abs()


def separate(separator: nn.Module, waveform: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What is heard: ``magnitudes``, by the shares of a masker, and the sources, in one pass.

    waveform: (batch, samples) -> (batch, 257, frames), (batch, n, 257, frames), (batch, n,
    samples).
    """
    spectrum = stft(waveform)
    mixture = spectrum.abs()
    if isinstance(separator, TFMasker):
        shares = separator.shares(mixture)
        return (
            mixture,
            shares * mixture.unsqueeze(1),
            istft(shares * spectrum.unsqueeze(1), waveform.shape[-1]),
        )
    sources = separator(waveform)
    return mixture, stft(sources).abs(), sources
