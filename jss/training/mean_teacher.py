"""Mean Teacher (Eq. 3): the moving average of the student, and the ramp of rates and weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def warmup(step: int, steps: float) -> float:
    """The ramp exp(-5 (1 - n/N)^2), which is 1 from step N on.

    Args:
        step: n, from 0.
        steps: N, the length of the ramp.
    """
    if step >= steps:
        return 1.0
    return math.exp(-5.0 * (1.0 - step / steps) ** 2)


@torch.no_grad()
def update_teacher(teacher: nn.Module, student: nn.Module, step: int, ema: float) -> None:
    """Eq. 3 in place: teacher <- a teacher + (1 - a) student.

    Here a = min(1 - 1 / (step + 1), ema), which begins at 1/2. Only parameters are averaged, as in
    the DCASE baseline: the teacher keeps its own BatchNorm statistics.

    Args:
        teacher: Changed in place.
        student: Of the same structure.
        step: Optimizer steps so far, from 1.
        ema: The largest a.
    """
    alpha = min(1.0 - 1.0 / (step + 1), ema)
    teacher_parameters: list[Tensor] = [*teacher.parameters()]
    student_parameters: list[Tensor] = [*student.parameters()]
    torch._foreach_lerp_(teacher_parameters, student_parameters, 1.0 - alpha)
