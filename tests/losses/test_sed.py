import math

import torch

from jss.losses.sed import consistency_loss, supervised_loss


def test_eq_4_by_hand():
    loss = supervised_loss(torch.tensor([0.9, 0.2]), torch.tensor([1.0, 0.5]))
    expected = -(math.log(0.9) + 0.5 * math.log(0.2) + 0.5 * math.log(0.8)) / 2
    torch.testing.assert_close(loss, torch.tensor(expected))


def test_eq_5_by_hand_and_no_gradient_for_the_teacher():
    student, teacher = (
        torch.tensor([0.5, 1.0], requires_grad=True),
        torch.tensor([0.0, 0.5], requires_grad=True),
    )
    loss = consistency_loss(student, teacher)
    torch.testing.assert_close(loss.detach(), torch.tensor(0.25))
    loss.backward()
    assert teacher.grad is None
    torch.testing.assert_close(student.grad, torch.tensor([0.5, 0.5]))
