"""Mean Teacher (Eq. 3): the moving average of the student, and the ramps of rate and consistency."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def warmup(step: int, steps: float) -> float:
    """exp(-5 (1 - n/N)^2), constant 1 from step N on; step: n, counted from 0; steps: N."""
    if step >= steps:
        return 1.0
    return math.exp(-5.0 * (1.0 - step / steps) ** 2)


@torch.no_grad()
def update_teacher(teacher: nn.Module, student: nn.Module, step: int, ema: float) -> None:
    """Eq. 3 in place: teacher <- a teacher + (1 - a) student, a = min(1 - 1 / (step + 1), ema);
    step counts from 1.

    Parameters only, as the DCASE baseline: BatchNorm statistics are the teacher's own.
    """
    alpha = min(1.0 - 1.0 / (step + 1), ema)
    averages: list[Tensor] = [*teacher.parameters()]
    parameters: list[Tensor] = [*student.parameters()]
    torch._foreach_lerp_(averages, parameters, 1.0 - alpha)
