import pytest
import torch

from jss.models.fast.dropout import FastDropout


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_the_share_and_the_scale(p):
    torch.manual_seed(0)
    x = torch.ones(1001, 999)
    y = FastDropout(p).train()(x)
    dropped = (y == 0).float().mean().item()
    assert dropped == pytest.approx(p, abs=0.003)
    assert y.mean().item() == pytest.approx(1.0, abs=0.003)
    assert y.unique().numel() == 2


def test_elements_are_independent_of_their_neighbours():
    torch.manual_seed(0)
    kept = (FastDropout(0.5).train()(torch.ones(80_000)) != 0).float().reshape(-1, 8) - 0.5
    covariance = (kept.T @ kept / len(kept)).fill_diagonal_(0)
    assert covariance.abs().max() < 0.02


def test_the_memory_format_stays_and_eval_leaves_the_input_alone():
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    assert FastDropout(0.5).train()(x).is_contiguous(memory_format=torch.channels_last)
    assert FastDropout(0.5).eval()(x) is x
    strided = torch.ones(4, 6)[:, ::2]
    assert FastDropout(0.5).train()(strided).shape == (4, 3)


def test_the_gradient_is_the_mask():
    torch.manual_seed(0)
    x = torch.ones(100, requires_grad=True)
    y = FastDropout(0.5).train()(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, y.detach())


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_probabilities_that_bytes_do_not_have_are_torch_s(p):
    x = torch.ones(10)
    assert torch.equal(FastDropout(p).train()(x), torch.nn.Dropout(p).train()(x))
