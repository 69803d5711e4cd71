"""The joint model (Fig. 5): separator, detector on every source, pooling. Without a separator: the
SED baseline.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from jss.features import MelSpectrogram, Scaling, scale, to_db
from jss.models.crnn import DetectorOutput
from jss.models.pooling import pooling


class JointOutput(NamedTuple):
    """sources: (batch, M, samples); strong: (batch, K, T), weak: (batch, K), pooled;

    source_strong: (batch, M, K, T); source_weak: (batch, M, K); all scores in [0, 1]. M is 0 where
    there is no separation stage. mixture_strong: (batch, K, T) of a branch on the mixture, or None;
    mel: (batch, max(M, 1), mels, frames) in dB, of what the detector heard, where it was computed
    here.
    """

    sources: Tensor
    strong: Tensor
    weak: Tensor
    source_strong: Tensor
    source_weak: Tensor
    mixture_strong: Tensor | None = None
    mel: Tensor | None = None


class JointModel(nn.Module):
    """Eqs 20-22. separator: (batch, samples) -> (batch, M, samples), or None; detector: log-mel ->
    scores.

    pooling_name: a key of ``jss.models.pooling.POOLINGS``; scaling: "clip" stretches each source's
    mel to [0, 1] (the reference behaviour), "mixture" scales every source by its mixture's bounds;
    consistent: spread what the sources leave out equally over them, so that they sum to the mixture
    (off in the paper).
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
        """f_sep (Eq. 20). waveform: (batch, samples) -> (batch, M, samples); M = 0 without a
        separator.
        """
        if self.separator is None:
            return waveform.new_zeros(waveform.shape[0], 0, waveform.shape[-1])
        sources: Tensor = self.separator(waveform)
        if self.consistent:
            sources = (
                sources + (waveform.unsqueeze(1) - sources.sum(1, keepdim=True)) / sources.shape[1]
            )
        return sources

    def detect(self, waveform: Tensor, sources: Tensor) -> JointOutput:
        """f_sed on each source and the pooling (Eqs 21, 22); on the waveform itself where M = 0."""
        heard = sources if sources.shape[1] else waveform.unsqueeze(1)
        db = to_db(self.mel(heard))  # (batch, M, mels, frames)
        if self.scaling == "mixture" and sources.shape[1]:
            whole = to_db(self.mel(waveform)).unsqueeze(1)
            features = scale(
                db, whole.amin((-2, -1), keepdim=True), whole.amax((-2, -1), keepdim=True)
            )
        else:
            features = scale(db)
        return self.score(features, sources)._replace(mel=db)

    def score(self, features: Tensor, sources: Tensor) -> JointOutput:
        """Scores of scaled log-mels. features: (batch, max(M, 1), mels, frames); all sources go in
        one pass.
        """
        batch, heard = features.shape[:2]
        found: DetectorOutput = self.detector(features.flatten(0, 1))
        source_strong = found.strong.unflatten(0, (batch, heard))
        source_weak = found.weak.unflatten(0, (batch, heard))
        strong, weak = self.pool(source_strong), self.pool(source_weak)
        if not sources.shape[1]:
            source_strong, source_weak = source_strong[:, :0], source_weak[:, :0]
        return JointOutput(sources, strong, weak, source_strong, source_weak)

    def forward(self, waveform: Tensor) -> JointOutput:
        """waveform: (batch, samples) -> JointOutput."""
        return self.detect(waveform, self.separate(waveform))


def freeze(block: nn.Module) -> nn.Module:
    """No gradient and evaluation mode, for good: ``train()`` no longer reaches the block, so that BatchNorm cannot drift.

    Its recurrent layers lose their dropout and stay in training mode, which is the same: in evaluation mode, cuDNN
    lets no gradient through them.
    """
    block.requires_grad_(False)
    block.eval()
    for module in block.modules():
        if isinstance(module, nn.RNNBase):
            module.dropout, module.training = 0.0, True
    block.train = lambda mode=True: block  # type: ignore[method-assign]
    return block
