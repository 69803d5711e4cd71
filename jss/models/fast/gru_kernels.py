"""A layer of a bidirectional GRU over time, both ways, compiled by Numba in float32 without the
interpreter's lock.

The equations are those of ``torch.nn.GRU`` (Cho et al. 2014, with the reset gate after the
product), for gates = W_ih x + b_ih that are given:

    r = sigmoid(gates_r + W_hr h + b_hr),   z = sigmoid(gates_z + W_hz h + b_hz),
    n = tanh(gates_n + r q) with q = W_hn h + b_hn,   h' = (1 - z) n + z h.

Importing this module compiles the kernels (some seconds), or loads them from Numba's cache on the
disk; see ``jss.models.fast``. Arrays are C-contiguous float32. B is the batch, T time, C the
cells of a direction; direction 0 runs forwards and 1 backwards. Nothing is summed in an order that
depends on the batch: an item alone gives the same.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from jss.models.fast.numba_options import FAST, compiled, one_and_exp

_ONE, _TWO = np.float32(1), np.float32(2)


@numba.njit(fastmath=FAST, error_model="numpy")
def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), which a loop computes for many x at once; its error is below 2e-7."""
    return _ONE / one_and_exp(x)


@numba.njit(fastmath=FAST, error_model="numpy")
def _add_product(a: Any, weights: Any, out: Any) -> None:
    """out += a @ weights. a: (rows, K), weights: (K, N), out: (rows, N).

    Eight rows of the weights stay in the nearest cache for all rows of a, and each sum is loaded
    once for them.
    """
    whole = a.shape[1] // 8 * 8
    for k in range(0, whole, 8):
        for i in range(a.shape[0]):
            a0, a1, a2, a3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
            a4, a5, a6, a7 = a[i, k + 4], a[i, k + 5], a[i, k + 6], a[i, k + 7]
            for j in range(out.shape[1]):
                v = out[i, j] + a0 * weights[k, j] + a1 * weights[k + 1, j] + a2 * weights[k + 2, j]
                v = v + a3 * weights[k + 3, j] + a4 * weights[k + 4, j] + a5 * weights[k + 5, j]
                out[i, j] = v + a6 * weights[k + 6, j] + a7 * weights[k + 7, j]
    for k in range(whole, a.shape[1]):
        for i in range(a.shape[0]):
            a0 = a[i, k]
            for j in range(out.shape[1]):
                out[i, j] += a0 * weights[k, j]


@compiled(
    "void(float32[:, :, :, :, ::1], float32[:, ::1], float32[:, ::1], int64, int64, int64, "
    "float32[:, :, :, ::1], float32[:, :, :, :, ::1])"
)
def forward(
    gates: Any, weights: Any, bias: Any, direction: Any, start: Any, stop: Any, out: Any, saved: Any
) -> None:
    """One direction of items start to stop. gates: W_ih x + b_ih, (B, T, 2, 3, C) for r, z, n;
    weights: W_hh transposed, (C, 3 C); bias: b_hh, (3, C) -> out: h', (B, T, 2, C); saved: r, z, q,
    n, (B, T, 2, 4, C), or of no items where no gradient is wanted.
    """
    items, frames, cells = stop - start, gates.shape[1], gates.shape[4]
    h = np.zeros((items, cells), np.float32)
    new = np.empty(cells, np.float32)
    gate_values = np.empty((items, 3, cells), np.float32)
    flat = gate_values.reshape(items, 3 * cells)
    for step in range(frames):
        t = frames - 1 - step if direction else step
        for i in range(items):
            b = start + i
            for gate in range(2):
                for c in range(cells):
                    gate_values[i, gate, c] = gates[b, t, direction, gate, c] + bias[gate, c]
            for c in range(cells):
                gate_values[i, 2, c] = bias[2, c]
        _add_product(h, weights, flat)
        for i in range(items):
            b = start + i
            for gate in range(2):
                for c in range(cells):
                    gate_values[i, gate, c] = _sigmoid(gate_values[i, gate, c])
            for c in range(cells):  # tanh(x) = 2 sigmoid(2 x) - 1
                x = gates[b, t, direction, 2, c] + gate_values[i, 0, c] * gate_values[i, 2, c]
                new[c] = _TWO * _sigmoid(_TWO * x) - _ONE
            for c in range(cells):
                h[i, c] = (_ONE - gate_values[i, 1, c]) * new[c] + gate_values[i, 1, c] * h[i, c]
            for c in range(cells):
                out[b, t, direction, c] = h[i, c]
            if saved.shape[0]:
                for gate in range(3):
                    for c in range(cells):
                        saved[b, t, direction, gate, c] = gate_values[i, gate, c]
                for c in range(cells):
                    saved[b, t, direction, 3, c] = new[c]


@compiled(
    "void(float32[:, :, :, ::1], float32[:, :, :, ::1], float32[:, :, :, :, ::1], float32[:, ::1], int64, "
    "int64, int64, float32[:, :, :, :, ::1])"
)
def backward(
    d_out: Any,
    out: Any,
    saved: Any,
    weights: Any,
    direction: Any,
    start: Any,
    stop: Any,
    d_gates: Any,
) -> None:
    """Back through time. d_out: the gradient of out; out, saved: of ``forward``; weights: W_hh, (3
    C, C)
    -> d_gates: the gradients of what r, z, q and n are computed from, (B, T, 2, 4, C); that of the
    input's n is last.
    """
    items, frames, cells = stop - start, out.shape[1], out.shape[3]
    d_h = np.zeros((items, cells), np.float32)
    d = np.empty((items, 3, cells), np.float32)
    flat = d.reshape(items, 3 * cells)
    before = np.zeros(cells, np.float32)
    d_new = np.empty(cells, np.float32)
    for step in range(frames):
        t = step if direction else frames - 1 - step
        for i in range(items):
            b = start + i
            if step < frames - 1:
                for c in range(cells):
                    before[c] = out[b, t + 1 if direction else t - 1, direction, c]
            else:
                for c in range(cells):
                    before[c] = np.float32(0)
            for c in range(cells):
                d_h[i, c] += d_out[b, t, direction, c]
            for c in range(cells):
                new = saved[b, t, direction, 3, c]
                d_new[c] = d_h[i, c] * (_ONE - saved[b, t, direction, 1, c]) * (_ONE - new * new)
            for c in range(cells):
                r = saved[b, t, direction, 0, c]
                d[i, 0, c] = d_new[c] * saved[b, t, direction, 2, c] * r * (_ONE - r)
            for c in range(cells):
                z = saved[b, t, direction, 1, c]
                d[i, 1, c] = d_h[i, c] * (before[c] - saved[b, t, direction, 3, c]) * z * (_ONE - z)
            for c in range(cells):
                d[i, 2, c] = d_new[c] * saved[b, t, direction, 0, c]
            for c in range(cells):
                d_h[i, c] *= saved[b, t, direction, 1, c]
            for gate in range(3):
                for c in range(cells):
                    d_gates[b, t, direction, gate, c] = d[i, gate, c]
            for c in range(cells):
                d_gates[b, t, direction, 3, c] = d_new[c]
        _add_product(flat, weights, d_h)
