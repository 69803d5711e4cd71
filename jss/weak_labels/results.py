"""``WeakResult``: one mixture through a separator of the weak-label paper and its critic, in numpy
only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jss.arrays import Float32
from jss.metrics.separation import ACTIVE_RMS, si_sdr


@dataclass(frozen=True, eq=False)
class WeakResult:
    """Source i belongs to class i.

    filename: the clip's name; mixture: (samples,) and sources: (K, samples) at sample_rate;
    magnitude: (257, frames), linear STFT of the mixture, a column every ``hop`` seconds; masks: (K,
    257, frames) in [0, 1], the share of it that each source has; probabilities: (K, T) by the
    critic on the mixture, source_probabilities: (K sources, K classes, T) on each source, a frame
    every score_hop seconds; labels: the K classes; system, critic: names of their blocks; truth:
    (K, samples) of the true sources, silent where a class is absent, or None where they are not
    known. A critic alone gives no source: sources, masks and source_probabilities are then of
    length 0.
    """

    filename: str
    mixture: Float32
    sources: Float32
    magnitude: Float32
    masks: Float32
    probabilities: Float32
    source_probabilities: Float32
    labels: tuple[str, ...]
    sample_rate: int
    hop: float
    score_hop: float
    system: str
    critic: str
    truth: Float32 | None = None

    @property
    def duration(self) -> float:
        """Length of the clip in seconds."""
        return len(self.mixture) / self.sample_rate

    @property
    def source_magnitudes(self) -> Float32:
        """Magnitudes of the sources (Eq. 1), (K, 257, frames), linear."""
        return np.asarray(self.masks * self.magnitude)

    @property
    def clip_probabilities(self) -> Float32:
        """The critic's clip level on the mixture: the largest of its frames, (K,)."""
        return np.asarray(self.probabilities.max(-1))

    @property
    def source_clip_probabilities(self) -> Float32:
        """The same of each source: (K sources, K classes)."""
        return np.asarray(self.source_probabilities.max(-1))

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Which classes truly sound, (K,); all False where the truth is not known."""
        if self.truth is None:
            return np.zeros(len(self.labels), bool)
        return np.asarray(np.sqrt(np.square(self.truth, dtype=np.float64).mean(-1)) > ACTIVE_RMS)

    def si_sdr(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """SI-SDR in dB of the mixture and of each source against the truth, (K,) each; NaN where a
        class is absent.
        """
        before, after = np.full((2, len(self.labels)), np.nan)
        on = self.active
        if self.truth is not None and on.any():
            before[on] = si_sdr(self.mixture, self.truth[on])
            if len(self.sources):
                after[on] = si_sdr(self.sources[on], self.truth[on])
        return before, after
