"""The separator of the weak-label paper: a BLSTM that estimates one spectrogram mask per class."""

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
    """Sizes of a masker; the defaults are the paper's."""

    #: Sources, one for each class.
    n_src: Few = 5
    #: Cells of each LSTM direction.
    cells: Size = 600
    layers: Few = 3
    #: The input is (log-magnitude - centre) / spread.
    centre: float = 0.0
    spread: Annotated[float, Field(ge=1e-6, le=1e6)] = 1.0
    #: See ``TFMasker.shares``; 0 for the masks as they are estimated.
    floor: Annotated[float, Field(ge=0, le=1e3)] = 0.0


class TFMasker(nn.Module):
    """The separator of Fig. 1: log-magnitudes of the STFT to n sigmoid masks.

    Source i is class i, so that there is no permutation to solve.
    """

    kind: ClassVar[str] = "tf_masker"

    def __init__(self, config: TFMaskerConfig | None = None) -> None:
        super().__init__()
        c = self.config = config or TFMaskerConfig()
        self.blstm = nn.LSTM(BINS, c.cells, c.layers, batch_first=True, bidirectional=True)
        self.mask = nn.Linear(2 * c.cells, c.n_src * BINS)

    def masks(self, magnitude: Tensor) -> Tensor:
        """The estimated masks.

        Args:
            magnitude: STFT magnitudes, (batch, 257, frames), linear.

        Returns:
            Masks in [0, 1], (batch, n, 257, frames).
        """
        c = self.config
        x = (torch.log(magnitude + FLOOR).transpose(1, 2) - c.centre) / c.spread
        x, _ = self.blstm(x)  # (batch, frames, 2 cells)
        masks = torch.sigmoid(self.mask(x).float())  # (batch, frames, n * 257)
        by_source: Tensor = masks.unflatten(-1, (c.n_src, BINS)).permute(0, 2, 3, 1)
        return by_source

    def shares(self, magnitude: Tensor) -> Tensor:
        """The masks for separation: (m + floor) / sum over sources of (m + floor).

        They add up to 1; where ``floor`` is 0, they are ``masks`` unchanged. With a floor, a class
        that the masker misses still receives a part of the mixture. Without it, training with
        absolute errors closes the mask of every class that is less likely than not, and the SI-SDR
        of such a source has no lower bound. Not used in training.

        Args:
            magnitude: STFT magnitudes, (batch, 257, frames), linear.

        Returns:
            Masks in [0, 1], (batch, n, 257, frames).
        """
        masks = self.masks(magnitude)
        if not self.config.floor:
            return masks
        masks = masks + self.config.floor
        return masks / masks.sum(1, keepdim=True)

    def forward(self, waveform: Tensor) -> Tensor:
        """Masked magnitudes (Eq. 1) with the mixture's phase.

        (batch, samples) -> (batch, n, samples).
        """
        return separate(self, waveform)[2]


def magnitudes(
    separator: nn.Module | Callable[[Tensor], Tensor], waveform: Tensor
) -> tuple[Tensor, Tensor]:
    """STFT magnitudes of the mixture and of the separated sources, for training.

    Those of the sources are Eq. 1 for a masker, and the STFT of its outputs for any other
    separator.

    Args:
        separator: (batch, samples) -> (batch, n, samples).
        waveform: The mixture, (batch, samples).

    Returns:
        Magnitudes of the mixture, (batch, 257, frames), and of the sources,
        (batch, n, 257, frames).
    """
    mixture = stft(waveform).abs()
    if isinstance(separator, TFMasker):
        return mixture, separator.masks(mixture) * mixture.unsqueeze(1)
    return mixture, stft(separator(waveform)).abs()


def signals(separator: nn.Module | Callable[[Tensor], Tensor], waveform: Tensor) -> Tensor:
    """Separated sources for training: a masker's ``masks`` with the mixture's phase.

    Args:
        separator: (batch, samples) -> (batch, n, samples).
        waveform: The mixture, (batch, samples).

    Returns:
        (batch, n, samples).
    """
    if not isinstance(separator, TFMasker):
        return separator(waveform)
    spectrum = stft(waveform)
    return istft(separator.masks(spectrum.abs()) * spectrum.unsqueeze(1), waveform.shape[-1])


def separate(separator: nn.Module, waveform: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Separate a mixture into sources and their magnitudes.

    As :func:`magnitudes`, but with the ``shares`` of a masker.

    Args:
        separator: (batch, samples) -> (batch, n, samples).
        waveform: The mixture, (batch, samples).

    Returns:
        Magnitudes of the mixture, (batch, 257, frames), of the sources, (batch, n, 257, frames),
        and the sources, (batch, n, samples).
    """
    spectrum = stft(waveform)
    mixture = spectrum.abs()
    if isinstance(separator, TFMasker):
        shares = separator.shares(mixture)
        sources = istft(shares * spectrum.unsqueeze(1), waveform.shape[-1])
        return mixture, shares * mixture.unsqueeze(1), sources
    sources = separator(waveform)
    return mixture, stft(sources).abs(), sources
