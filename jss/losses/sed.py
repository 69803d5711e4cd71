"""The Mean Teacher objective of sound event detection (Eqs 4-6). Scores are probabilities in [0,
1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def supervised_loss(scores: Tensor, target: Tensor) -> Tensor:
    """Eq. 4: mean binary cross-entropy; soft targets allowed. scores, target: any equal shape ->
    scalar.
    """
    with torch.autocast(scores.device.type, enabled=False):  # which torch wants of a GPU
        return F.binary_cross_entropy(scores.float(), target.float())


def consistency_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Eq. 5: mean squared error between student and teacher scores; no gradient reaches the
    teacher. -> scalar.
    """
    return F.mse_loss(student.float(), teacher.detach().float())
