from itertools import product

import pytest
import torch

from jss.losses.mixit import assignments, mixit_loss
from jss.losses.snr import negative_snr, thresholded_snr
from jss.models.asteroid import asteroid


def test_every_column_of_an_assignment_sums_to_one():
    choices = assignments(3)
    assert choices.shape == (8, 2, 3)
    assert (choices.sum(1) == 1).all()
    assert len({tuple(c.flatten().tolist()) for c in choices}) == 8


def test_signals_of_double_precision():
    torch.manual_seed(0)
    estimates, mixtures = torch.randn(2, 4, 60).double(), torch.randn(2, 2, 60).double()
    loss, remixed = mixit_loss(estimates, mixtures)
    assert loss.dtype == remixed.dtype == torch.float64
    assert torch.allclose(loss.float(), mixit_loss(estimates.float(), mixtures.float())[0])


@pytest.mark.parametrize("tau", [None, 1e-3])
def test_equals_brute_force_over_assignments(tau):
    torch.manual_seed(0)
    estimates, mixtures = torch.randn(2, 4, 60), torch.randn(2, 2, 60)
    loss, remixed = mixit_loss(estimates, mixtures, tau)

    def snr(e, t):
        return negative_snr(e, t) if tau is None else thresholded_snr(e, t, tau)

    for b in range(2):
        best = min(
            float(
                sum(
                    snr(
                        sum(estimates[b, m] for m in range(4) if way[m] == i) + torch.zeros(60),
                        mixtures[b, i],
                    )
                    for i in range(2)
                )
            )
            for way in product(range(2), repeat=4)
        )
        assert float(loss[b]) == pytest.approx(best, abs=1e-4)
    assert remixed.shape == mixtures.shape
    torch.testing.assert_close(remixed.sum(1), estimates.sum(1))


def test_equals_asteroids_wrapper():
    torch.manual_seed(1)
    losses = asteroid().losses
    estimates, mixtures = torch.randn(3, 4, 500), torch.randn(3, 2, 500)
    wrapper = losses.MixITLossWrapper(lambda e, t: negative_snr(e, t).mean(-1), generalized=True)
    theirs = wrapper(estimates, mixtures)
    ours = mixit_loss(estimates, mixtures)[0].mean() / 2
    torch.testing.assert_close(ours, theirs)


def test_the_loss_rewards_separation():
    torch.manual_seed(2)
    mixtures = torch.randn(1, 2, 400)
    halves = 0.5 * mixtures.repeat_interleave(2, 1)
    separated, _ = mixit_loss(halves, mixtures)
    copies, _ = mixit_loss(mixtures.sum(1, keepdim=True).expand(1, 4, 400) / 4, mixtures)
    assert separated < copies - 50
