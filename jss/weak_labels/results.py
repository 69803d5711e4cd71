"""``WeakResult``: a mixture, its sources by class and the critic's probabilities, in numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jss.arrays import Float32, Float64
from jss.metrics.separation import ACTIVE_RMS, si_sdr

#: The critic of a separator that was trained without one.
DEFAULT_CRITIC = "critic-frame"


@dataclass(frozen=True, eq=False)
class WeakResult:
    """A mixture's sources, one for each class, and the critic's probabilities on all of them.

    A critic alone gives no sources: ``sources``, ``masks`` and ``source_probabilities`` then have
    length 0.

    Attributes:
        filename: The name of the clip.
        mixture: (samples,) at ``sample_rate``.
        sources: (K, samples); source k is that of class k.
        magnitude: The mixture's STFT magnitudes, (257, frames), linear, one column every ``hop``
            seconds.
        masks: The share of ``magnitude`` that each source has, (K, 257, frames) in [0, 1].
        probabilities: The critic's on the mixture, (K, T), one frame every ``score_hop`` seconds.
        source_probabilities: The critic's on each source, (K sources, K classes, T).
        labels: The K classes.
        sample_rate: In Hz.
        hop: In seconds.
        score_hop: In seconds.
        system: The name of the separator's block.
        critic: The name of the critic's block.
        truth: The true sources, (K, samples), silent where a class is absent; None where they are
            not known.
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
    def clip_probabilities(self) -> Float32:
        """The critic's clip probabilities on the mixture, (K,): the largest of their frames."""
        return np.asarray(self.probabilities.max(-1))

    @property
    def source_clip_probabilities(self) -> Float32:
        """The critic's clip probabilities on each source, (K sources, K classes)."""
        return np.asarray(self.source_probabilities.max(-1))

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Which classes are in the mixture, (K,); all False where the truth is not known."""
        if self.truth is None:
            return np.zeros(len(self.labels), bool)
        return np.asarray(np.sqrt(np.square(self.truth, dtype=np.float64).mean(-1)) > ACTIVE_RMS)

    def si_sdr(self) -> tuple[Float64, Float64]:
        """SI-SDR of the mixture and of the separated sources against the truth.

        Returns:
            The values in dB before and after separation, (K,) each; NaN where a class is absent.
        """
        before, after = np.full((2, len(self.labels)), np.nan)
        active = self.active
        if self.truth is not None and active.any():
            before[active] = si_sdr(self.mixture, self.truth[active])
            if len(self.sources):
                after[active] = si_sdr(self.sources[active], self.truth[active])
        return before, after
