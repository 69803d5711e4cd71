"""The DCASE 2021 front end: waveform to log-mel spectrogram, and seconds to frames.

16 kHz, symmetric Hamming window of 2048 samples every 256 samples, 128 HTK mel bands from 0 to
8000 Hz on the magnitude, 20 log10 of it clamped to [-50, 80] dB, and each clip scaled to [0, 1] by
its minimum and maximum.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

SAMPLE_RATE = 16000
N_FFT = 2048
HOP = 256
N_MELS = 128
F_MAX = 8000.0
FLOOR_DB, CEILING_DB = -50.0, 80.0
#: Score frames are 4 feature frames: the CRNN pools time by 4.
TIME_POOL = 4
#: Seconds between two mel frames, and between two score frames.
MEL_HOP_S = HOP / SAMPLE_RATE
SCORE_HOP_S = TIME_POOL * MEL_HOP_S

#: Whose minimum and maximum scale a separated source: its own, or those of the mixture.
Scaling = Literal["clip", "mixture"]


@cache
def mel_filters(n_mels: int = N_MELS, n_fft: int = N_FFT) -> Tensor:
    """Triangular HTK mel filters without area normalisation, as in the baseline's torchaudio.

    They are written out here because importing librosa, which the tests compare, takes seconds.

    Args:
        n_mels: Number of bands.
        n_fft: Length of the Fourier transform in samples.

    Returns:
        (n_mels, n_fft // 2 + 1).
    """
    top = 2595.0 * np.log10(1.0 + F_MAX / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, top, n_mels + 2) / 2595.0) - 1.0)  # Hz
    bins = np.linspace(0.0, SAMPLE_RATE / 2, n_fft // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return torch.from_numpy(np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32))


def to_db(magnitude: Tensor) -> Tensor:
    """Convert magnitudes to 20 log10(max(magnitude, 1e-5)), clamped to [-50, 80] dB."""
    return (20.0 * torch.log10(magnitude.clamp(min=1e-5))).clamp(FLOOR_DB, CEILING_DB)


def scale(db: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """Scale spectrograms to [0, 1] by their minimum and maximum.

    Args:
        db: (..., mels, frames) in dB.
        low: (..., 1, 1) minimum to scale by; None takes each item's.
        high: (..., 1, 1) maximum to scale by; None takes each item's.

    Returns:
        (..., mels, frames): (db - low) / (high - low + 1e-8), clamped to [0, 1].
    """
    low = db.amin((-2, -1), keepdim=True) if low is None else low
    high = db.amax((-2, -1), keepdim=True) if high is None else high
    return ((db - low) / (high - low + 1e-8)).clamp(0.0, 1.0)


class MelSpectrogram(nn.Module):
    """Module from waveforms to mel magnitudes, in float32 under autocast too."""

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer(
            "window", torch.hamming_window(N_FFT, periodic=False), persistent=False
        )
        self.register_buffer("filters", mel_filters(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Compute the mel magnitudes of waveforms.

        Args:
            waveform: (..., samples) at 16 kHz, at least 1025 samples for the reflect padding.

        Returns:
            (..., mels, 1 + samples // HOP), linear.
        """
        with torch.autocast(waveform.device.type, enabled=False):
            flat = waveform.float().reshape(-1, waveform.shape[-1])
            spectrum = torch.stft(
                flat,
                N_FFT,
                HOP,
                window=self.window,
                center=True,
                pad_mode="reflect",
                return_complex=True,
            )
            mel = self.filters @ _magnitude(spectrum)
        return mel.reshape(*waveform.shape[:-1], *mel.shape[-2:])


def _magnitude(spectrum: Tensor) -> Tensor:
    """Absolute value of a complex spectrum.

    Without gradients, the plain formula takes two thirds of the time of torch's ``abs``.
    """
    if torch.is_grad_enabled():
        return spectrum.abs()
    real, imaginary = torch.view_as_real(spectrum).unbind(-1)
    return real.square().addcmul_(imaginary, imaginary).sqrt_()


def score_frames(samples: int) -> int:
    """Number of score frames (T) of a clip: 160,000 samples give 156."""
    return (1 + samples // HOP) // TIME_POOL
