"""The joint model (Fig. 5): a separator, a detector on every source, and pooling over sources.

Without a separator it is the SED baseline.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from jss.features import MelSpectrogram, Scaling, scale, to_db
from jss.models.crnn import DetectorOutput
from jss.models.pooling import pooling


class JointOutput(NamedTuple):
    """Sources and scores; scores are in [0, 1], and M is 0 without a separator."""

    #: Separated sources, (batch, M, samples).
    sources: Tensor
    #: Frame scores of the mixture, pooled over sources, (batch, K, T).
    strong: Tensor
    #: Clip scores of the mixture, pooled over sources, (batch, K).
    weak: Tensor
    #: Frame scores of each source, (batch, M, K, T).
    source_strong: Tensor
    #: Clip scores of each source, (batch, M, K).
    source_weak: Tensor
    #: Frame scores of a mixture branch (jss.models.branches), (batch, K, T).
    mixture_strong: Tensor | None = None
    #: Log-mels of the detector's inputs in dB, (batch, max(M, 1), mels, frames).
    mel: Tensor | None = None


class JointModel(nn.Module):
    """Separation, detection on every source, and pooling (Eqs 20-22).

    Args:
        separator: (batch, samples) -> (batch, M, samples), or None.
        detector: Scaled log-mels -> ``DetectorOutput``.
        pooling_name: A key of ``jss.models.pooling.POOLINGS``.
        scaling: "clip" scales each source's log-mel to [0, 1] by its own bounds, as the reference
            does; "mixture" scales every source by the bounds of its mixture.
        consistent: Add an equal share of the mixture's remainder to every source, so that they sum
            to the mixture. Off in the paper.
    """

    def __init__(
        self,
        separator: nn.Module | None,
        detector: nn.Module,
        pooling_name: str = "max",
        scaling: Scaling = "clip",
        consistent: bool = False,
    ) -> None:
        super().__init__()
        self.separator = separator
        self.detector = detector
        self.pool = pooling(pooling_name)
        self.mel = MelSpectrogram()
        self.scaling = scaling
        self.consistent = consistent

    def separate(self, waveform: Tensor) -> Tensor:
        """f_sep (Eq. 20): (batch, samples) -> (batch, M, samples), M = 0 without a separator."""
        if self.separator is None:
            return waveform.new_zeros(waveform.shape[0], 0, waveform.shape[-1])
        sources: Tensor = self.separator(waveform)
        if self.consistent:
            remainder = waveform.unsqueeze(1) - sources.sum(1, keepdim=True)  # (batch, 1, samples)
            sources = sources + remainder / sources.shape[1]
        return sources

    def detect(self, waveform: Tensor, sources: Tensor) -> JointOutput:
        """f_sed on each source, and pooling (Eqs 21, 22).

        Args:
            waveform: The mixture, (batch, samples), which is analysed itself where M = 0.
            sources: (batch, M, samples).
        """
        signals = sources if sources.shape[1] else waveform.unsqueeze(1)
        mixture_mel = self.mel(waveform) if self.needs_mixture else None
        return self.detect_mels(self.mel(signals), mixture_mel, sources)

    @property
    def needs_mixture(self) -> bool:
        """Whether ``detect_mels`` takes the mixture's mel magnitudes."""
        return self.separator is not None and self.scaling == "mixture"

    def detect_mels(self, mel: Tensor, mixture_mel: Tensor | None, sources: Tensor) -> JointOutput:
        """``detect`` from mel magnitudes on.

        Args:
            mel: Of the detector's inputs, (batch, max(M, 1), mels, frames).
            mixture_mel: Of the mixture, (batch, mels, frames), where ``needs_mixture``.
            sources: (batch, M, samples), passed on to the output.
        """
        db = to_db(mel)  # (batch, max(M, 1), mels, frames)
        if self.scaling == "mixture" and mixture_mel is not None:
            mixture_db = to_db(mixture_mel).unsqueeze(1)  # (batch, 1, mels, frames)
            low = mixture_db.amin((-2, -1), keepdim=True)
            high = mixture_db.amax((-2, -1), keepdim=True)
            features = scale(db, low, high)
        else:
            features = scale(db)
        return self.score(features, sources)._replace(mel=db)

    def score(self, features: Tensor, sources: Tensor) -> JointOutput:
        """The detector on all sources in one pass, and pooling.

        Args:
            features: Scaled log-mels of the detector's inputs, (batch, max(M, 1), mels, frames).
            sources: (batch, M, samples), passed on to the output.
        """
        inputs = features.shape[:2]  # batch, max(M, 1)
        scores: DetectorOutput = self.detector(features.flatten(0, 1))
        source_strong = scores.strong.unflatten(0, inputs)  # (batch, max(M, 1), K, T)
        source_weak = scores.weak.unflatten(0, inputs)  # (batch, max(M, 1), K)
        strong, weak = self.pool(source_strong), self.pool(source_weak)
        if not sources.shape[1]:
            source_strong, source_weak = source_strong[:, :0], source_weak[:, :0]
        return JointOutput(sources, strong, weak, source_strong, source_weak)

    def forward(self, waveform: Tensor) -> JointOutput:
        """Separate and detect: (batch, samples) -> ``JointOutput``."""
        return self.detect(waveform, self.separate(waveform))


def freeze(block: nn.Module) -> nn.Module:
    """Freeze a block for good: no gradients, and evaluation mode.

    ``train()`` no longer reaches the block, so that its BatchNorm statistics cannot drift. Its
    recurrent layers stay in training mode without dropout, which computes the same: in evaluation
    mode, cuDNN lets no gradient through them.

    Returns:
        The block.
    """
    block.requires_grad_(False)
    block.eval()
    for module in block.modules():
        if isinstance(module, nn.RNNBase):
            module.dropout, module.training = 0.0, True
    block.train = lambda mode=True: block  # type: ignore[method-assign]
    return block
