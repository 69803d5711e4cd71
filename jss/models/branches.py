"""The DCASE 2021 SSep+SED baseline (Fig. 3): a detector on the sources and one on the mixture."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from jss.features import Scaling, scale, to_db
from jss.models.joint import JointModel, JointOutput, freeze

#: Input of the mixture branch: the sum of the sources' mel spectrograms, or the mixture's.
MixtureInput = Literal["sources", "mixture"]


class Balance(nn.Module):
    """The trainable weight q of Eq. 2."""

    def __init__(self, q: float) -> None:
        """Begin with a value of q, which the baseline draws from U(0, 1)."""
        super().__init__()
        self.q = nn.Parameter(torch.tensor(q))

    def forward(self, mix: Tensor, sep: Tensor) -> Tensor:
        """Eq. 2: q * mix + (1 - q) * sep.

        Args:
            mix: Scores of the mixture branch, in [0, 1].
            sep: Scores of the source branch, of the same shape.

        Returns:
            Scores in [0, 1], of the same shape.
        """
        # Clamped with the gradient of an unclamped q, which can so return from beyond [0, 1].
        q = self.q + (self.q.clamp(0.0, 1.0) - self.q).detach()
        return q * mix + (1.0 - q) * sep


class TwoBranchModel(JointModel):
    """A joint model with a second, frozen detector on the mixture; Eq. 2 weighs the two.

    Args:
        separator: As of ``JointModel``.
        detector: As of ``JointModel``, of the sources.
        mixture: The detector of the mixture branch, frozen here.
        balance: The weight q of its scores.
        pooling_name: As of ``JointModel``; the paper's is "sum" (Eq. 27).
        scaling: As of ``JointModel``.
        consistent: As of ``JointModel``.
        mixture_input: Input of the mixture branch; by default the sum of the sources' mel
            magnitudes, as in the DCASE 2021 baseline.
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

    @property
    def needs_mixture(self) -> bool:
        """Whether ``detect_mels`` takes the mixture's mel magnitudes."""
        return super().needs_mixture or self.mixture_input == "mixture"

    def detect_mels(self, mel: Tensor, mixture_mel: Tensor | None, sources: Tensor) -> JointOutput:
        """Both branches.

        Args:
            mel: Of the sources, (batch, M, mels, frames).
            mixture_mel: Of the mixture, (batch, mels, frames), where ``needs_mixture``.
            sources: (batch, M, samples), passed on to the output.

        Returns:
            The scores of Eq. 2, and those of the mixture branch as ``mixture_strong``.
        """
        sep = super().detect_mels(mel, mixture_mel, sources)
        with torch.no_grad():
            whole = mel.sum(1) if self.mixture_input == "sources" else mixture_mel
            assert whole is not None  # (batch, mels, frames)
            mix = self.mixture(scale(to_db(whole)))
        return sep._replace(
            strong=self.balance(mix.strong, sep.strong),
            weak=self.balance(mix.weak, sep.weak),
            mixture_strong=mix.strong,
        )


def freeze_norms(block: nn.Module) -> nn.Module:
    """Freeze the BatchNorm layers of a block, weights and statistics, as the baseline fine-tunes.

    Returns:
        The block.
    """
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            freeze(module)
    return block
