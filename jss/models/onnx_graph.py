"""The front end and the CRNN of ``jss.models`` as the graph of an ONNX file.

torch's own exporters know neither the complex spectrum of the front end nor a GRU of any length.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from jss.errors import optional
from jss.features import CEILING_DB, FLOOR_DB, HOP, N_FFT, MelSpectrogram
from jss.models.crnn import CRNN
from jss.models.onnx_detector import CLASSES

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

#: Version of the operators: the lowest that has a spectrum (17) and axes as inputs (18).
OPSET = 18


def onnx_file(front: MelSpectrogram, crnn: CRNN, labels: Sequence[str]) -> bytes:
    """An ONNX file from waveforms to scores.

    Input "waveform" (batch, samples) at 16 kHz, at least 1025 samples; outputs "strong" (batch, K,
    T), a score each 64 ms, and "weak" (batch, K).

    Args:
        front: The front end.
        crnn: The detector.
        labels: Names of its K classes, which go into the metadata of the file.

    Raises:
        JssError: The package onnx is missing.
    """
    with optional():
        from onnx import TensorProto, checker, helper

    graph = _Graph({key: tensor.numpy() for key, tensor in crnn.state_dict().items()})
    with torch.inference_mode():
        _scores(graph, _features(graph, front), crnn)
    shapes: Mapping[str, list[str | int]] = {
        "waveform": ["batch", "samples"],
        "strong": ["batch", len(labels), "frames"],
        "weak": ["batch", len(labels)],
    }
    waveform, *outputs = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    model = helper.make_model(
        helper.make_graph(graph.nodes, "detector", [waveform], outputs, graph.constants),
        producer_name="jss",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    helper.set_model_props(model, {CLASSES: json.dumps(list(labels)), "sample_rate": "16000"})
    checker.check_model(model)
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and constants of a graph; every method that adds a node returns its output's name."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        self.weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, value: npt.ArrayLike, kind: type = np.float32) -> str:
        from onnx import numpy_helper

        name = f"constant{len(self.constants)}"
        array: npt.NDArray[Any] = np.ascontiguousarray(np.asarray(value, kind))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, key: str) -> str:
        return self.constant(self.weights[key])

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = name or f"{operator.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output


def _features(graph: _Graph, front: MelSpectrogram) -> str:
    """``jss.features``: the waveform to log-mels scaled to [0, 1], (batch, 1, frames, mels)."""
    edge = N_FFT // 2
    pads = graph.constant([0, edge, 0, edge], np.int64)
    x = graph.add("Pad", "waveform", pads, mode="reflect")  # (batch, samples + N_FFT)
    x = graph.add("Unsqueeze", x, graph.constant([2], np.int64))
    x = graph.add(
        "STFT",
        x,
        graph.constant(HOP, np.int64),
        graph.constant(front.window.cpu().numpy()),
        graph.constant(N_FFT, np.int64),
        onesided=1,
    )  # (batch, frames, bins, 2)
    x = graph.add("ReduceL2", x, graph.constant([3], np.int64), keepdims=0)
    x = graph.add("MatMul", x, graph.constant(front.filters.cpu().numpy().T))
    x = graph.add("Max", x, graph.constant(1e-5))  # (batch, frames, mels)
    x = graph.add("Mul", graph.add("Log", x), graph.constant(20.0 / np.log(10.0)))
    x = graph.add("Clip", x, graph.constant(FLOOR_DB), graph.constant(CEILING_DB))
    axes = graph.constant([1, 2], np.int64)
    low, high = graph.add("ReduceMin", x, axes), graph.add("ReduceMax", x, axes)
    span = graph.add("Add", graph.add("Sub", high, low), graph.constant(1e-8))
    x = graph.add("Div", graph.add("Sub", x, low), span)
    x = graph.add("Clip", x, graph.constant(0.0), graph.constant(1.0))
    return graph.add("Unsqueeze", x, graph.constant([1], np.int64))


def _scores(graph: _Graph, x: str, crnn: CRNN) -> None:
    """``jss.models.crnn``: features (batch, 1, frames, mels) to the outputs strong and weak."""
    c, w = crnn.config, graph.weight
    for n, pool in enumerate(zip(c.time_pools, c.mel_pools, strict=True)):
        layer = f"cnn.{n}"
        x = graph.add("Conv", x, w(f"{layer}.0.weight"), w(f"{layer}.0.bias"), pads=[1, 1, 1, 1])
        norm = [w(f"{layer}.1.{k}") for k in ("weight", "bias", "running_mean", "running_var")]
        x = graph.add("BatchNormalization", x, *norm, epsilon=1e-3)
        # The GLU's linear layer over channels is a convolution of one cell.
        linear = graph.constant(graph.weights[f"{layer}.2.linear.weight"][..., None, None])
        linear = graph.add("Conv", x, linear, w(f"{layer}.2.linear.bias"))
        x = graph.add("Mul", linear, graph.add("Sigmoid", x))
        x = graph.add("AveragePool", x, kernel_shape=list(pool), strides=list(pool))
    x = graph.add("Squeeze", x, graph.constant([3], np.int64))  # (batch, channels, T)
    x = graph.add("Transpose", x, perm=[2, 0, 1])
    for n in range(c.layers):
        x = graph.add(
            "GRU",
            x,
            *(_gates(graph, f"{kind}_l{n}") for kind in ("weight_ih", "weight_hh")),
            graph.constant(
                np.concatenate([_ordered(graph, f"bias_{part}_l{n}") for part in ("ih", "hh")], 1)
            ),
            hidden_size=c.cells,
            direction="bidirectional",
            linear_before_reset=1,
        )  # (T, 2, batch, cells)
        x = graph.add("Transpose", x, perm=[0, 2, 1, 3])
        x = graph.add("Reshape", x, graph.constant([0, 0, -1], np.int64))  # (T, batch, 2 * cells)
    x = graph.add("Transpose", x, perm=[1, 0, 2])
    strong = graph.add("Sigmoid", _linear(graph, x, "strong"))  # (batch, T, K)
    attention = graph.add("Softmax", _linear(graph, x, "attention"), axis=-1)
    attention = graph.add("Clip", attention, graph.constant(1e-7), graph.constant(1.0))
    time = graph.constant([1], np.int64)
    weighted = graph.add("ReduceSum", graph.add("Mul", strong, attention), time, keepdims=0)
    graph.add("Div", weighted, graph.add("ReduceSum", attention, time, keepdims=0), name="weak")
    graph.add("Transpose", strong, perm=[0, 2, 1], name="strong")


def _linear(graph: _Graph, x: str, layer: str) -> str:
    product = graph.add("MatMul", x, graph.constant(graph.weights[f"{layer}.weight"].T))
    return graph.add("Add", product, graph.weight(f"{layer}.bias"))


def _gates(graph: _Graph, key: str) -> str:
    return graph.constant(_ordered(graph, key))


def _ordered(graph: _Graph, key: str) -> npt.NDArray[Any]:
    """A GRU's tensor of both directions, (2, 3 * cells, ...), its gates in the order of ONNX.

    torch has reset, update, new; ONNX has update, reset, new.
    """
    both = [graph.weights[f"rnn.{key}{direction}"] for direction in ("", "_reverse")]
    parts = [np.split(tensor, 3) for tensor in both]
    return np.stack([np.concatenate([update, reset, new]) for reset, update, new in parts])
