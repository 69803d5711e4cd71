"""A ``WeakResult`` as figures, players and exporters of the first paper take it: a ``ClipResult``,
and its masks.
"""

from __future__ import annotations

import numpy as np
import torch

from jss import features
from jss.arrays import Float32
from jss.features import MEL_HOP_S, N_FFT, N_MELS, MelSpectrogram, to_db
from jss.models.stft import HOP
from jss.results import ClipResult
from jss.viz.mel import hz_to_row
from jss.weak_labels.results import WeakResult


def clip_result(result: WeakResult) -> ClipResult:
    """The same clip with source k for class k: scores are the critic's probabilities, those of the
    mixture not pooled.

    Spectrograms are the mels of the DCASE front end, in dB on its fixed scale; selection is the
    critic's name.
    """
    mels = np.stack([_mel(wave) for wave in (result.mixture, *result.sources)])
    return ClipResult(
        filename=result.filename,
        mixture=result.mixture,
        sources=result.sources,
        mel=mels[0],
        source_mels=mels[1:],
        scores=result.probabilities,
        source_scores=result.source_probabilities,
        weak=result.clip_probabilities,
        source_weak=result.source_clip_probabilities,
        labels=result.labels,
        sample_rate=result.sample_rate,
        mel_hop=MEL_HOP_S,
        score_hop=result.score_hop,
        system=result.system,
        selection=result.critic,
        source_labels=result.labels if len(result.sources) else (),
    )


def mel_masks(result: WeakResult) -> Float32:
    """Masks (K, 257, frames) on the axes of the mel spectrograms of :func:`clip_result`: (K, 128, 1
    + samples // 256).

    In [0, 1]: the mask where each mel filter peaks, between two bins in proportion, at every second
    frame.
    """
    bins = result.masks.shape[1]
    rows = [hz_to_row(hz, N_MELS) for hz in np.linspace(0.0, result.sample_rate / 2, bins)]
    at = np.interp(np.arange(N_MELS), rows, np.arange(bins))
    low = np.minimum(at.astype(int), bins - 2)
    share = (at - low)[:, None].astype(np.float32)
    columns = result.masks[..., :: features.HOP // HOP][
        ..., : 1 + len(result.mixture) // features.HOP
    ]
    return np.asarray((1 - share) * columns[:, low] + share * columns[:, low + 1])


def _mel(wave: Float32) -> Float32:
    """(samples,) -> (128, 1 + samples // 256) in dB."""
    padded = np.pad(wave, (0, max(0, N_FFT - len(wave))))
    with torch.no_grad():
        mel = to_db(MelSpectrogram()(torch.from_numpy(padded)))
    return np.asarray(mel[:, : 1 + len(wave) // features.HOP].numpy())
