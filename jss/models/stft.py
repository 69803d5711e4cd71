"""The STFT of the weak-label paper: a sqrt-Hann window of 32 ms every 8 ms, 257 bins."""

from __future__ import annotations

import torch
from torch import Tensor

from jss.features import SAMPLE_RATE

#: In samples.
WINDOW = 512
HOP = 128
BINS = WINDOW // 2 + 1
#: In seconds.
HOP_S = HOP / SAMPLE_RATE


def window(device: torch.device | str = "cpu") -> Tensor:
    """The square root of a periodic Hann window, (WINDOW,).

    At this hop, its squares add up to a constant, so that ``istft`` inverts ``stft``.
    """
    return torch.hann_window(WINDOW, device=device).sqrt()


def stft(waveform: Tensor) -> Tensor:
    """The STFT of a waveform.

    Args:
        waveform: (..., samples), at least 257 samples, since its ends are reflected.

    Returns:
        A complex tensor, (..., 257, 1 + samples // 128).
    """
    flat = waveform.float().reshape(-1, waveform.shape[-1])
    spectrum = torch.stft(
        flat, WINDOW, HOP, window=window(flat.device), center=True, return_complex=True
    )
    return spectrum.reshape(*waveform.shape[:-1], *spectrum.shape[-2:])


def istft(spectrum: Tensor, samples: int) -> Tensor:
    """The inverse of :func:`stft`.

    Args:
        spectrum: A complex tensor, (..., 257, frames).
        samples: Length of the result.

    Returns:
        A waveform, (..., samples).
    """
    flat = spectrum.reshape(-1, *spectrum.shape[-2:])
    waveform = torch.istft(
        flat, WINDOW, HOP, window=window(flat.device), center=True, length=samples
    )
    return waveform.reshape(*spectrum.shape[:-2], samples)
