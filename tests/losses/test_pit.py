from itertools import permutations

import torch

from jss.losses.pit import pit_loss
from jss.losses.snr import active_loss, inactive_loss


def brute_force(estimates, targets, mixture):
    best = None
    for order in permutations(range(len(targets))):
        total = sum(
            active_loss(estimates[e], targets[t])
            if targets[t].any()
            else inactive_loss(estimates[e], mixture)
            for t, e in enumerate(order)
        )
        best = total if best is None or total < best else best
    return best


def test_equals_brute_force_over_permutations_with_silent_targets():
    torch.manual_seed(0)
    targets = torch.randn(3, 4, 50)
    targets[1, 2:] = 0
    targets[2, 1:] = 0
    estimates = targets[:, [2, 0, 3, 1]] + 0.3 * torch.randn(3, 4, 50)
    loss, ordered = pit_loss(estimates, targets, targets.sum(1))
    for i in range(3):
        torch.testing.assert_close(
            loss[i], brute_force(estimates[i], targets[i], targets[i].sum(0))
        )
    torch.testing.assert_close(ordered[0], estimates[0][[1, 3, 0, 2]])


def test_the_gradient_silences_an_unused_output():
    torch.manual_seed(0)
    targets = torch.zeros(1, 2, 50)
    targets[0, 0] = torch.randn(50)
    estimates = torch.stack([targets[0, 0], 0.1 * torch.ones(50)])[None].requires_grad_()
    pit_loss(estimates, targets, targets.sum(1))[0].sum().backward()
    assert (estimates.grad[0, 1] > 0).all()
