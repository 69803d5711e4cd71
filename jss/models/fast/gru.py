"""A GRU compiled by Numba on a CPU, forwards and back."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from jss.models.fast import gru_kernels
from jss.models.fast.threads import each


class FastGRU(nn.GRU):
    """torch's outputs to 1e-5 where it is bidirectional, with ``batch_first`` and biases, in float32.

    Dropout between layers comes from torch's generator, though not with the draws of ``nn.GRU``. There are no second
    derivatives: torch raises RuntimeError.
    """

    def forward(  # type: ignore[override]
        self, x: Tensor, hx: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """x: (batch, time, n); hx: as torch -> (batch, time, 2 cells), last states (2 layers, batch, cells)."""
        if hx is not None or not self._compiled(x):
            return super().forward(x, hx)
        last = []
        for layer in range(self.num_layers):
            if layer and self.training and self.dropout:
                x = F.dropout(x, self.dropout)
            x = _layer(self, layer, x)
            last += [x[:, -1, : self.hidden_size], x[:, 0, self.hidden_size :]]
        return x, torch.stack(last)

    def _compiled(self, x: Tensor) -> bool:
        """Whether the kernels compute what torch would."""
        return (
            self.batch_first
            and self.bidirectional
            and self.bias
            and not self.proj_size
            and x.ndim == 3
            and x.numel() > 0
            and x.shape[-1] == self.input_size
            and all(
                tensor.dtype == torch.float32 and tensor.device.type == "cpu"
                for tensor in (x, self.weight_ih_l0)
            )
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()
        )


def _layer(rnn: nn.GRU, layer: int, x: Tensor) -> Tensor:
    """Both directions of one layer. x: (batch, time, n) -> (batch, time, 2 cells)."""
    w_ih, w_hh, b_ih, b_hh = (
        [getattr(rnn, f"{kind}_l{layer}{direction}") for direction in ("", "_reverse")]
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    gates = F.linear(x, torch.cat(w_ih), torch.cat(b_ih)).view(*x.shape[:2], 2, 3, rnn.hidden_size)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (gates, *w_hh, *b_hh)):
        return _Steps.apply(gates, *w_hh, *b_hh).flatten(2)  # type: ignore[no-any-return, no-untyped-call]
    return _steps(
        gates, w_hh, b_hh, gates.new_empty(0, *gates.shape[1:3], 4, rnn.hidden_size)
    ).flatten(2)


def _steps(gates: Tensor, w_hh: list[Tensor], b_hh: list[Tensor], saved: Tensor) -> Tensor:
    """What the cells give. gates: W_ih x + b_ih, (batch, time, 2, 3, cells); w_hh, b_hh: of each
    direction; saved: as ``gru_kernels.forward`` fills it -> (batch, time, 2, cells).
    """
    batch, time, _, _, cells = gates.shape
    out = gates.new_empty(batch, time, 2, cells)
    source, target, activations = (
        tensor.detach().numpy() for tensor in (gates.contiguous(), out, saved)
    )
    weights = [tensor.detach().T.contiguous().numpy() for tensor in w_hh]
    biases = [tensor.detach().contiguous().view(3, cells).numpy() for tensor in b_hh]
    each(
        _jobs(batch),
        lambda direction, start, stop: gru_kernels.forward(
            source,
            weights[direction],
            biases[direction],
            direction,
            start,
            stop,
            target,
            activations,
        ),
    )
    return out


def _jobs(batch: int) -> list[tuple[int, int, int]]:
    """(direction, first item, the one after the last) of pieces of work: two, or as many as torch
    has threads.
    """
    parts = min(batch, -(-torch.get_num_threads() // 2))
    edges = [batch * part // parts for part in range(parts + 1)]
    return [
        (direction, edges[part], edges[part + 1]) for part in range(parts) for direction in range(2)
    ]


class _Steps(torch.autograd.Function):
    """``_steps`` with gradients of the gates and of both directions' W_hh and b_hh."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, *parameters: Tensor) -> Tensor:
        """gates: (batch, time, 2, 3, cells); parameters: W_hh of both directions, then b_hh
        -> (batch, time, 2, cells)."""
        saved = gates.new_empty(*gates.shape[:3], 4, gates.shape[4])
        out = _steps(gates, list(parameters[:2]), list(parameters[2:]), saved)
        ctx.save_for_backward(out, saved, *parameters[:2])
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor | None, ...]:
        """d_out: (batch, time, 2, cells) -> the gradients of the arguments of ``forward``."""
        out, saved, *w_hh = ctx.saved_tensors
        cells = out.shape[3]
        # Of what r, z, q and n come from: q for W_hh and b_hh, n for the input's gates.
        d_all = torch.empty_like(saved)
        d_output, source, activations, target = (
            tensor.numpy() for tensor in (d_out.contiguous(), out, saved, d_all)
        )
        weights = [tensor.detach().contiguous().numpy() for tensor in w_hh]
        each(
            _jobs(len(out)),
            lambda direction, start, stop: gru_kernels.backward(
                d_output, source, activations, weights[direction], direction, start, stop, target
            ),
        )
        d_gates = d_all[:, :, :, [0, 1, 3]] if ctx.needs_input_grad[0] else None
        d_hidden = d_all[:, :, :, :3].permute(2, 0, 1, 3, 4).reshape(2, -1, 3 * cells)
        d_weights: list[Tensor | None] = [None, None]
        if any(ctx.needs_input_grad[1:3]):
            before = torch.zeros_like(out)
            before[:, 1:, 0], before[:, :-1, 1] = out[:, :-1, 0], out[:, 1:, 1]
            d_weights = [d_hidden[n].T @ before[:, :, n].reshape(-1, cells) for n in range(2)]
        d_biases = d_hidden.sum(1) if any(ctx.needs_input_grad[3:]) else (None, None)
        return (d_gates, *d_weights, *d_biases)
