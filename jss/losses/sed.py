"""The Mean Teacher objective of sound event detection (Eqs 4-6).

Scores are probabilities in [0, 1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def supervised_loss(scores: Tensor, target: Tensor) -> Tensor:
    """Eq. 4: mean binary cross-entropy.

    Args:
        scores: Probabilities of any shape.
        target: Labels of the same shape, 0 and 1 or, after mixup, between them.

    Returns:
        A scalar.
    """
    # Torch refuses this function inside autocast on a GPU.
    with torch.autocast(scores.device.type, enabled=False):
        return F.binary_cross_entropy(scores.float(), target.float())


def consistency_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Eq. 5: mean squared error between the scores of student and teacher.

    Args:
        student: Probabilities of any shape.
        teacher: Those of the teacher, of the same shape; no gradient reaches them.

    Returns:
        A scalar.
    """
    return F.mse_loss(student.float(), teacher.detach().float())
