import math

import pytest
import torch

from jss.losses.mixit import mixit_loss
from jss.losses.pit import pit_loss
from jss.losses.snr import active_loss, inactive_loss, negative_snr, thresholded_snr


def test_eq_11_by_hand():
    target, estimate = torch.tensor([3.0, 4.0]), torch.tensor([3.0, 3.5])
    torch.testing.assert_close(
        negative_snr(estimate, target), torch.tensor(-20.0), atol=1e-4, rtol=0
    )


def test_eq_13_and_14_by_hand():
    target, estimate = torch.tensor([3.0, 4.0]), torch.tensor([3.0, 3.0])
    expected = 10 * math.log10(1 + 0.001 * 25)
    torch.testing.assert_close(
        active_loss(estimate, target), torch.tensor(expected), atol=1e-5, rtol=0
    )
    expected = 10 * math.log10(18 + 0.01 * 25)
    torch.testing.assert_close(
        inactive_loss(estimate, target, 0.01), torch.tensor(expected), atol=1e-5, rtol=0
    )


def test_a_perfect_estimate_is_rewarded_up_to_the_threshold_only():
    x = torch.randn(100)
    torch.testing.assert_close(thresholded_snr(x, x), torch.tensor(-30.0), atol=1e-3, rtol=0)


def test_silence_is_finite():
    zero = torch.zeros(10, requires_grad=True)
    for function in (negative_snr, active_loss, inactive_loss):
        loss = function(zero, torch.zeros(10))
        assert torch.isfinite(loss)
        assert torch.isfinite(torch.autograd.grad(loss, zero)[0]).all()


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    "loss",
    [
        lambda e, t: negative_snr(e, t),
        lambda e, t: active_loss(e, t),
        lambda e, t: inactive_loss(e, t),
        lambda e, t: thresholded_snr(e, t),
        lambda e, t: mixit_loss(e, t[:, :2])[0],
        lambda e, t: mixit_loss(e, t[:, :2], 1e-3)[0],
        lambda e, t: pit_loss(e, t, t.sum(1))[0],
    ],
)
def test_no_loss_is_computed_in_half_precision(loss, half):
    """Half-precision signals give what the same values in float32 give, within autocast as without."""
    torch.manual_seed(0)
    target = torch.randn(2, 3, 4000)
    estimate = (target + 0.01 * torch.randn_like(target)).to(half)
    expected = loss(estimate.float(), target.to(half).float())
    assert expected.dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        result = loss(estimate, target.to(half))
        also = loss(estimate.float(), target.to(half).float())
    assert result.dtype == torch.float32
    assert torch.equal(result, expected)
    assert torch.equal(also, expected)
