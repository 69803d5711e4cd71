import math

import pytest
import torch

from jss.training.mean_teacher import update_teacher, warmup


def test_the_ramp():
    assert warmup(0, 100) == pytest.approx(math.exp(-5))
    assert warmup(50, 100) == pytest.approx(math.exp(-1.25))
    assert warmup(100, 100) == warmup(1000, 100) == 1.0
    assert warmup(0, 0) == 1.0


def test_eq_3_by_hand():
    student, teacher = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        student.weight.fill_(1.0)
        teacher.weight.fill_(0.0)
    update_teacher(teacher, student, 1, 0.999)  # a = 1 - 1/2
    assert teacher.weight.item() == pytest.approx(0.5)
    update_teacher(teacher, student, 10**6, 0.9)
    assert teacher.weight.item() == pytest.approx(0.9 * 0.5 + 0.1)


def test_buffers_are_the_teachers_own():
    student, teacher = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    student.running_mean.fill_(7.0)
    update_teacher(teacher, student, 1, 0.999)
    assert (teacher.running_mean == 0).all()
