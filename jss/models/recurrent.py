"""Recurrent layers of frozen networks, through which gradients pass on a GPU too."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def recurrent(rnn: nn.RNNBase, x: Tensor) -> Tensor:
    """The outputs of ``rnn`` on x, (batch, time, n) -> (batch, time, cells).

    cuDNN gives no gradient in evaluation mode: there it runs in training mode, without dropout, which is the same.
    """
    if not x.is_cuda or rnn.training or not torch.is_grad_enabled():
        return rnn(x)[0]  # type: ignore[no-any-return]
    dropout, rnn.dropout, rnn.training = rnn.dropout, 0.0, True
    try:
        return rnn(x)[0]  # type: ignore[no-any-return]
    finally:
        rnn.dropout, rnn.training = dropout, False
