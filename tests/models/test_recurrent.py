"""A frozen recurrent layer passes gradients and leaves its settings as they were."""

import torch
from torch import nn

from jss.models.recurrent import recurrent


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
