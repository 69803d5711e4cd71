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

from jss.arrays import Float64

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

#: How a mel spectrogram's bands are spaced, and how its filters are normalised.
MelScale = Literal["htk", "slaney"]
MelNorm = Literal["none", "slaney"]
#: Whose minimum and maximum scale a separated source: its own, or those of the mixture.
Scaling = Literal["clip", "mixture"]


@cache
def mel_filters(
    n_mels: int = N_MELS,
    n_fft: int = N_FFT,
    sample_rate: int = SAMPLE_RATE,
    f_min: float = 0.0,
    f_max: float = F_MAX,
    scale: MelScale = "htk",
    norm: MelNorm = "none",
) -> Tensor:
    """Triangular mel filters, as of librosa and torchaudio; by default those of the baseline.

    They are written out here because importing librosa, which the tests compare, takes seconds.

    Args:
        n_mels: Number of bands.
        n_fft: Length of the Fourier transform in samples.
        sample_rate: Of the signals, in Hz.
        f_min: Lower edge of the lowest band, in Hz.
        f_max: Upper edge of the highest band, in Hz.
        scale: "htk" is logarithmic above some 700 Hz (the Hidden Markov Model Toolkit), "slaney"
            linear below 1000 Hz and logarithmic above (Slaney's Auditory Toolbox).
        norm: "slaney" gives every filter the same area.

    Returns:
        (n_mels, n_fft // 2 + 1).
    """
    to_mel, to_hz = (_htk, _htk_hz) if scale == "htk" else (_slaney, _slaney_hz)
    low, high = to_mel(np.array([f_min, f_max]))
    edges = to_hz(np.linspace(low, high, n_mels + 2))
    bins = np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if norm == "slaney":
        filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))


def _htk(hz: Float64) -> Float64:
    return 2595.0 * np.log10(1.0 + hz / 700.0)


def _htk_hz(mel: Float64) -> Float64:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


def _slaney(hz: Float64) -> Float64:
    return np.where(
        hz < 1000.0, hz * 3 / 200, 15.0 + 27.0 * np.log(np.maximum(hz, 1.0) / 1000.0) / np.log(6.4)
    )


def _slaney_hz(mel: Float64) -> Float64:
    return np.where(mel < 15.0, mel * 200 / 3, 1000.0 * 6.4 ** ((mel - 15.0) / 27.0))


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
