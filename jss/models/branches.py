"""The DCASE 2021 SSep+SED baseline (Fig. 3): a detector on each source, a frozen one on their sum,
and q weighs the two.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from jss.features import Scaling, scale, to_db
from jss.models.joint import JointModel, JointOutput, freeze

#: What the mixture branch takes: the sum of the sources' mels, or the mixture's mel.
MixtureInput = Literal["sources", "mixture"]


class Balance(nn.Module):
    """The learnt weight q of Eq. 2. q: where it starts; the baseline draws it from U(0, 1)."""

    def __init__(self, q: float) -> None:
        super().__init__()
        self.q = nn.Parameter(torch.tensor(q))

    def forward(self, mix: Tensor, sep: Tensor) -> Tensor:
        """q * mix + (1 - q) * sep (Eq. 2). mix, sep: scores of one shape -> the same shape, in [0,
        1].
        """
        q = (
            self.q + (self.q.clamp(0.0, 1.0) - self.q).detach()
        )  # beyond [0, 1] its gradient still brings it back
        return q * mix + (1.0 - q) * sep


class TwoBranchModel(JointModel):
    """A joint model whose scores are those of its sources (Eq. 27, sum pooling) and of the mixture,
    by Eq. 2.

    mixture: a detector, frozen here; balance: the weight q of its scores; mixture_input: what it
    takes, by default the sum of the sources' mel magnitudes, as the DCASE 2021 baseline. The rest
    as JointModel.
    """

    def __init__(
        self,
        separator: nn.Module,
        detector: nn.Module,
        mixture: nn.Module,
        balance: Balance,
        pooling_name: str = "sum",
        scaling: Scaling = "clip",
        consistent: bool = False,
        mixture_input: MixtureInput = "sources",
    ) -> None:
        super().__init__(separator, detector, pooling_name, scaling, consistent)
        self.mixture = freeze(mixture)
        self.balance = balance
        self.mixture_input = mixture_input

    def detect(self, waveform: Tensor, sources: Tensor) -> JointOutput:
        """Both branches. -> the scores of Eq. 2 as strong and weak; mixture_strong: those of the
        mixture's branch.
        """
        sep = super().detect(waveform, sources)
        with torch.no_grad():
            summed = self.mixture_input == "sources"
            mel = self.mel(sources).sum(1) if summed else self.mel(waveform)  # (B, mels, frames)
            mix = self.mixture(scale(to_db(mel)))
        return sep._replace(
            strong=self.balance(mix.strong, sep.strong),
            weak=self.balance(mix.weak, sep.weak),
            mixture_strong=mix.strong,
        )


def freeze_norms(block: nn.Module) -> nn.Module:
    """Every BatchNorm of a block stays as it is, statistics and weights: the baseline fine-tunes
    so. -> the block.
    """
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            freeze(module)
    return block
