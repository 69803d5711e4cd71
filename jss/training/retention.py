"""The retention term: what keeps a separator separating while it learns from Eq. 6; the paper names
it future work.

Fine-tuned by the detection loss alone, a separator gives its outputs ever more alike (Figs 10 and
15). Both terms here are in dB and come from the batch that the detector hears.
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

    kind: "mixit" separates the sums of the batch's clips two by two (Eq. 17); "distillation" holds
    each source to that of a frozen copy of ``separator`` as the stage finds it (Eq. 11 with the
    soft threshold tau of Eq. 13).
    """

    def __init__(self, kind: Kind, separator: nn.Module, c: SeparationConfig) -> None:
        super().__init__()
        self.kind, self.c = kind, c
        self.reference = freeze(copy.deepcopy(separator)) if kind == "distillation" else None

    def forward(
        self, audio: Tensor, sources: Tensor, separate: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """audio: (batch, samples); sources: (batch, M, samples), what ``separate`` made of it with
        gradients.

        -> scalar in dB, the mean over sources or over the mixtures of the pairs; the lower the
        better.
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
    """Clip i beside clip i + batch // 2; an odd one is left out. (batch, samples) -> (batch // 2,
    2, samples).

    The batch is drawn at random, so no order is drawn here.
    """
    half = len(audio) // 2
    return torch.stack([audio[:half], audio[half : 2 * half]], dim=1)
