"""The compiled GRU gives torch's numbers and gradients."""

import copy

import pytest
import torch
from torch import nn

from jss.models.fast import accelerate, gru_kernels


def gru(n, cells, layers, **more):
    torch.manual_seed(0)
    return nn.GRU(n, cells, layers, batch_first=True, bidirectional=True, **more)


def fast_gru(*sizes, **more):
    return accelerate(gru(*sizes, **more))


@pytest.mark.parametrize(("n", "cells"), [(3, 4), (7, 20), (128, 128)])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("batch", "time"), [(1, 1), (3, 2), (5, 40), (4, 156)])
def test_the_compiled_layers_are_torch_s_forwards_and_back(n, cells, layers, batch, time):
    """torch in float64 is the truth; gradients of the input and of every parameter."""
    rnn = fast_gru(n, cells, layers)
    x = torch.randn(batch, time, n).requires_grad_()
    weights = torch.randn(batch, time, 2 * cells)
    result = rnn(x)[0]
    gradients = torch.autograd.grad((result * weights).sum(), [x, *rnn.parameters()])
    exact, wide = copy.deepcopy(rnn).double(), x.detach().double().requires_grad_()
    wanted = exact(wide)[0]
    expected = torch.autograd.grad((wanted * weights.double()).sum(), [wide, *exact.parameters()])
    torch.testing.assert_close(result.double(), wanted, rtol=0, atol=2e-6)
    for one, want in zip(gradients, expected, strict=True):
        torch.testing.assert_close(
            one.double(), want, rtol=1e-4, atol=1e-5 * float(want.abs().max()) + 1e-9
        )
    with torch.no_grad():
        assert torch.equal(rnn(x)[0], result)


def test_the_last_states_are_torch_s():
    plain, x = gru(3, 4, 2), torch.randn(2, 5, 3)
    fast = accelerate(copy.deepcopy(plain))
    torch.testing.assert_close(fast(x)[1], plain(x)[1], rtol=0, atol=2e-6)
    assert torch.equal(fast(x, torch.ones(4, 2, 4))[0], plain(x, torch.ones(4, 2, 4))[0])


def test_the_kernels_run_where_they_fit_and_torch_elsewhere(monkeypatch):
    ran = []
    forward = gru_kernels.forward
    monkeypatch.setattr(gru_kernels, "forward", lambda *given: ran.append(1) or forward(*given))
    x = torch.randn(2, 5, 3)
    with torch.no_grad():
        fast_gru(3, 4, 2)(x)
        assert len(ran) == 4  # a call a layer and direction
        for plain, given in (
            (gru(3, 4, 1).double(), x.double()),
            (gru(3, 4, 1, bias=False), x),
            (nn.GRU(3, 4, batch_first=True), x),
            (nn.GRU(3, 4, bidirectional=True), x),
            (nn.LSTM(3, 4, batch_first=True, bidirectional=True), x),
        ):
            expected = plain(given)[0]
            assert torch.equal(accelerate(plain)(given)[0], expected)
    assert len(ran) == 4


def test_frozen_parameters_get_no_gradient_and_the_input_does():
    rnn, x = fast_gru(3, 4, 2).requires_grad_(False), torch.randn(2, 5, 3).requires_grad_()
    rnn(x)[0].sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None for p in rnn.parameters())
    rnn.weight_hh_l0.requires_grad_()
    rnn(x.detach())[0].sum().backward()
    assert [name for name, p in rnn.named_parameters() if p.grad is not None] == ["weight_hh_l0"]


def test_an_item_depends_on_no_other_and_on_no_number_of_threads():
    rnn, x, before = fast_gru(8, 16, 2), torch.randn(5, 30, 8), torch.get_num_threads()
    try:
        result = []
        for threads in (1, 2, 3, 8):
            torch.set_num_threads(threads)
            with torch.no_grad():
                result.append(rnn(x)[0])
    finally:
        torch.set_num_threads(before)
    for other in result[1:]:
        torch.testing.assert_close(other, result[0], rtol=0, atol=1e-6)
    with torch.no_grad():
        torch.testing.assert_close(rnn(x[2:3])[0], result[0][2:3], rtol=0, atol=1e-6)


def test_what_is_no_number_stays_so_and_what_is_large_saturates():
    rnn, x = fast_gru(3, 4, 1), torch.randn(2, 6, 3)
    x[1, 3, 0] = float("nan")
    with torch.no_grad():
        result = rnn(x)[0]
        assert torch.isfinite(result[0]).all()
        assert torch.isnan(result[1]).any()
        large = 1e4 * torch.randn(2, 6, 3)
        torch.testing.assert_close(rnn(large)[0], gru(3, 4, 1)(large)[0], rtol=0, atol=1e-6)


def test_dropout_lies_between_layers_and_in_training_only():
    rnn, x = fast_gru(3, 16, 2, dropout=0.5), torch.randn(2, 20, 3)
    torch.manual_seed(1)
    first = rnn(x)[0]
    torch.manual_seed(1)
    assert torch.equal(rnn(x)[0], first)
    assert not torch.equal(rnn(x)[0], first)
    one = fast_gru(3, 16, 1, dropout=0.0)
    assert torch.equal(one(x)[0], one.eval()(x)[0])
    rnn.eval()
    torch.testing.assert_close(rnn(x)[0], gru(3, 16, 2)(x)[0], rtol=0, atol=2e-6)
