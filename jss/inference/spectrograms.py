"""Log-mel spectrograms of whole recordings for figures and the viewer, with bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from jss.arrays import Float32
from jss.features import HOP, N_FFT, N_MELS, SAMPLE_RATE, MelSpectrogram, to_db

#: Shorter signals are padded with silence, since a spectrum reflects their ends.
SHORTEST = SAMPLE_RATE

#: Frames at the edge of a stretch whose windows reach beyond it.
CONTEXT = N_FFT // 2 // HOP


def log_mels(
    signals: Sequence[Float32],
    mel: MelSpectrogram | None = None,
    device: torch.device | str = "cpu",
    stretch: int = 3750,
) -> Float32:
    """The log-mel spectrograms of n signals of one length.

    They equal those of one pass over each whole signal, but are computed one signal and one
    stretch at a time, since a spectrum takes many times the memory of its sound.

    Args:
        signals: n signals, each (samples,), at 16 kHz.
        mel: The front end, on ``device``; by default a new one.
        device: Where to compute them.
        stretch: Frames that are computed at once; by default those of a minute.

    Returns:
        Spectrograms in dB, (n, 128, 1 + samples // 256).
    """
    mel = MelSpectrogram().to(device) if mel is None else mel
    frames = 1 + len(signals[0]) // HOP
    spectrograms = np.empty((len(signals), N_MELS, frames), np.float32)
    with torch.inference_mode():
        for signal, spectrogram in zip(signals, spectrograms, strict=True):
            padded = np.pad(signal, (0, max(0, SHORTEST - len(signal))))
            for start in range(0, frames, stretch):
                before = min(start, 2 * CONTEXT)
                stop = min(start + stretch, frames)
                samples = padded[(start - before) * HOP :]
                if stop < frames:
                    samples = samples[: (before + stop - start + CONTEXT) * HOP]
                db = to_db(mel(torch.from_numpy(samples).to(device)))
                spectrogram[:, start:stop] = db[:, before : before + stop - start].cpu().numpy()
    return spectrograms
