"""The retention loss: a separation loss beside the detection loss (Eq. 6).

Fine-tuned by the detection loss alone, a separator's outputs become more and more alike (Figs 10
and 15); the paper leaves a remedy to future work. Both kinds of retention loss are in dB and are
computed on the clips of the detection loss.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from jss.config import SeparationConfig
from jss.losses.mixit import mixit_loss
from jss.losses.snr import thresholded_snr
from jss.models.joint import freeze

Kind = Literal["mixit", "distillation"]


class Retention(nn.Module):
    """A separation loss beside Eq. 6.

    Args:
        kind: "mixit" mixes the clips of the batch two by two and separates them (Eq. 17);
            "distillation" compares each source with that of a frozen copy of ``separator`` (Eq. 11
            with the soft threshold tau of Eq. 13).
        separator: As the stage starts from it.
        c: tau, and whether Eq. 17 has the soft threshold.
    """

    def __init__(self, kind: Kind, separator: nn.Module, c: SeparationConfig) -> None:
        super().__init__()
        self.kind, self.c = kind, c
        self.reference = freeze(copy.deepcopy(separator)) if kind == "distillation" else None

    def forward(
        self, audio: Tensor, sources: Tensor, separate: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """The loss of one batch.

        Args:
            audio: (batch, samples).
            sources: ``separate(audio)``, (batch, M, samples), with gradients.
            separate: The separator that is trained, (batch, samples) -> (batch, M, samples).

        Returns:
            A scalar in dB, the mean over sources ("distillation") or over clips ("mixit").
        """
        if self.reference is not None:
            with torch.no_grad(), torch.autocast(audio.device.type, enabled=False):
                targets = self.reference(audio)
            return thresholded_snr(sources, targets, self.c.tau).mean()
        pairs = pair(audio)
        tau = self.c.tau if self.c.thresholded else None
        loss, _ = mixit_loss(separate(pairs.sum(1)), pairs, tau)
        return loss.mean() / 2


def pair(audio: Tensor) -> Tensor:
    """Clip i beside clip i + batch // 2; the last of an odd number is left out.

    Each part of a batch (synthetic, weak, unlabelled) is in random order already.

    Args:
        audio: (batch, samples).

    Returns:
        Pairs, (batch // 2, 2, samples).
    """
    half = len(audio) // 2
    return torch.stack([audio[:half], audio[half : 2 * half]], dim=1)
