"""The compiled GRU is torch's; a frozen recurrent layer passes gradients and leaves its settings as
they were.
"""

import copy

import pytest
import torch
from torch import nn

from jss.models.compiled import recurrent_kernels
from jss.models.recurrent import _steps, recurrent


class OnGpu(torch.Tensor):
    """A tensor that says it lies on a GPU."""

    is_cuda = True


def test_a_frozen_layer_gives_what_it_gives_in_evaluation_mode_and_a_gradient():
    rnn = nn.GRU(3, 4, 2, batch_first=True, dropout=0.5).eval().requires_grad_(False)
    x = torch.randn(2, 5, 3)
    wanted = rnn(x)[0]
    heard = x.as_subclass(OnGpu).requires_grad_()
    found = recurrent(rnn, heard)
    assert torch.equal(found.as_subclass(torch.Tensor), wanted)
    found.as_subclass(torch.Tensor).sum().backward()
    assert heard.grad.abs().sum() > 0
    assert (rnn.training, rnn.dropout) == (False, 0.5)


def test_the_layer_is_in_training_mode_while_it_runs_on_a_gpu():
    class Told(nn.GRU):
        def forward(self, *args):
            modes.append((self.training, self.dropout))
            return super().forward(*args)

    modes = []
    rnn = Told(3, 4, 2, batch_first=True, dropout=0.5).eval()
    recurrent(rnn, torch.randn(1, 2, 3).as_subclass(OnGpu))
    recurrent(rnn, torch.randn(1, 2, 3))
    with torch.no_grad():
        recurrent(rnn, torch.randn(1, 2, 3).as_subclass(OnGpu))
    assert modes == [(True, 0.0), (False, 0.5), (False, 0.5)]


@pytest.fixture
def kernels():
    found = recurrent_kernels(None)
    assert found is not None
    return found


def gru(n, cells, layers, **more):
    torch.manual_seed(0)
    return nn.GRU(n, cells, layers, batch_first=True, bidirectional=True, **more)


@pytest.mark.parametrize(("n", "cells"), [(3, 4), (7, 20), (128, 128)])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("batch", "time"), [(1, 1), (3, 2), (5, 40), (4, 156)])
def test_the_compiled_layers_are_torch_s_forwards_and_back(n, cells, layers, batch, time, kernels):
    """torch in float64 is the truth; gradients of the input and of every parameter."""
    rnn = gru(n, cells, layers)
    x = torch.randn(batch, time, n).requires_grad_()
    weights = torch.randn(batch, time, 2 * cells)
    found = recurrent(rnn, x)
    gradients = torch.autograd.grad((found * weights).sum(), [x, *rnn.parameters()])
    exact, wide = copy.deepcopy(rnn).double(), x.detach().double().requires_grad_()
    wanted = exact(wide)[0]
    expected = torch.autograd.grad((wanted * weights.double()).sum(), [wide, *exact.parameters()])
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=2e-6)
    for one, want in zip(gradients, expected, strict=True):
        torch.testing.assert_close(
            one.double(), want, rtol=1e-4, atol=1e-5 * float(want.abs().max()) + 1e-9
        )
    with torch.no_grad():
        assert torch.equal(recurrent(rnn, x), found)


def test_it_is_the_kernels_that_run_and_torch_elsewhere(kernels, monkeypatch):
    ran = []
    monkeypatch.setattr(
        "jss.models.recurrent._steps", lambda *given: ran.append(1) or _steps(*given)
    )
    x = torch.randn(2, 5, 3)
    with torch.no_grad():
        recurrent(gru(3, 4, 2), x)
        assert len(ran) == 2  # a call a layer
        for other, heard in (
            (gru(3, 4, 1).double(), x.double()),
            (gru(3, 4, 1, bias=False), x),
            (nn.GRU(3, 4, batch_first=True), x),
            (nn.GRU(3, 4, bidirectional=True), x),
            (nn.LSTM(3, 4, batch_first=True, bidirectional=True), x),
        ):
            assert torch.equal(recurrent(other, heard), other(heard)[0])
        monkeypatch.setattr("jss.models.recurrent.recurrent_kernels", lambda wait: None)
        assert torch.equal(recurrent(gru(3, 4, 1), x), gru(3, 4, 1)(x)[0])
    assert len(ran) == 2


def test_frozen_parameters_get_no_gradient_and_the_input_does(kernels):
    rnn, x = gru(3, 4, 2).requires_grad_(False), torch.randn(2, 5, 3).requires_grad_()
    recurrent(rnn, x).sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None for p in rnn.parameters())
    rnn.weight_hh_l0.requires_grad_()
    recurrent(rnn, x.detach()).sum().backward()
    assert [name for name, p in rnn.named_parameters() if p.grad is not None] == ["weight_hh_l0"]


def test_an_item_depends_on_no_other_and_on_no_number_of_threads(kernels):
    rnn, x, before = gru(8, 16, 2), torch.randn(5, 30, 8), torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2, 3, 8):
            torch.set_num_threads(threads)
            with torch.no_grad():
                found.append(recurrent(rnn, x))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=0, atol=1e-6)
    with torch.no_grad():
        torch.testing.assert_close(recurrent(rnn, x[2:3]), found[0][2:3], rtol=0, atol=1e-6)


def test_what_is_no_number_stays_so_and_what_is_large_saturates(kernels):
    rnn, x = gru(3, 4, 1), torch.randn(2, 6, 3)
    x[1, 3, 0] = float("nan")
    with torch.no_grad():
        found = recurrent(rnn, x)
        assert torch.isfinite(found[0]).all()
        assert torch.isnan(found[1]).any()
        large = 1e4 * torch.randn(2, 6, 3)
        torch.testing.assert_close(recurrent(rnn, large), rnn(large)[0], rtol=0, atol=1e-6)


def test_dropout_lies_between_layers_and_in_training_only(kernels):
    rnn, x = gru(3, 16, 2, dropout=0.5), torch.randn(2, 20, 3)
    torch.manual_seed(1)
    first = recurrent(rnn, x)
    torch.manual_seed(1)
    assert torch.equal(recurrent(rnn, x), first)
    assert not torch.equal(recurrent(rnn, x), first)
    one = gru(3, 16, 1, dropout=0.0)
    assert torch.equal(recurrent(one, x), recurrent(one.eval(), x))
    rnn.eval()
    torch.testing.assert_close(recurrent(rnn, x), rnn(x)[0], rtol=0, atol=2e-6)
