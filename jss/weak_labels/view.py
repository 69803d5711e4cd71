"""A ``WeakResult`` as a ``ClipResult``, which figures, players and exporters take."""

from __future__ import annotations

import numpy as np

from jss import features
from jss.arrays import Float32
from jss.features import MEL_HOP_S, N_MELS
from jss.inference.spectrograms import log_mels
from jss.models.stft import HOP
from jss.results import ClipResult
from jss.viz.mel import hz_to_row
from jss.weak_labels.results import WeakResult


def clip_result(result: WeakResult) -> ClipResult:
    """The same clip as a ``ClipResult``: source k is that of class k, the critic gives the scores.

    The scores of the mixture are the critic's on the mixture, not pooled over sources, and
    ``selection`` is the name of the critic.
    """
    mels = log_mels([result.mixture, *result.sources])
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
    """Masks on the axes of the mel spectrograms of :func:`clip_result`.

    The value of a mel band is the mask at the frequency where the band's filter peaks, interpolated
    between two STFT bins, in every second STFT frame.

    Returns:
        Masks in [0, 1], (K, 128, 1 + samples // 256).
    """
    n_bins = result.masks.shape[1]
    mel_rows = [hz_to_row(hz, N_MELS) for hz in np.linspace(0.0, result.sample_rate / 2, n_bins)]
    bin_of_row = np.interp(np.arange(N_MELS), mel_rows, np.arange(n_bins))
    below = np.minimum(bin_of_row.astype(int), n_bins - 2)
    weight = (bin_of_row - below)[:, None].astype(np.float32)
    frames = 1 + len(result.mixture) // features.HOP
    columns = result.masks[..., :: features.HOP // HOP][..., :frames]
    return np.asarray((1 - weight) * columns[:, below] + weight * columns[:, below + 1])
