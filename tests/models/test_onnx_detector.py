"""Detectors of others: their windows, front ends, classes and frames, by tiny ONNX files."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
import torch

from jss.errors import JssError
from jss.features import MelSpectrogram, scale, to_db
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.onnx_detector import LogMel, MelConfig, OnnxConfig, OnnxDetector, Quantized
from jss.models.onnx_graph import onnx_file

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper

LABELS = ("Cat", "Dog")
#: Means over thousands of float32 samples.
close = functools.partial(pytest.approx, abs=1e-5)


def model(nodes, source, outputs, kinds=("FLOAT", "FLOAT"), classes=None) -> bytes:
    """An ONNX file: nodes (operator, inputs, output, attributes), the input's and outputs' shapes."""
    put, get = (getattr(TensorProto, kind) for kind in kinds)
    constants = [
        helper.make_tensor("mean_axes", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("weights", TensorProto.FLOAT, [1, 3], [1.0, 0.5, 0.25]),
    ]
    graph = helper.make_graph(
        [helper.make_node(op, list(put_in), [out], **extra) for op, put_in, out, extra in nodes],
        "test",
        [helper.make_tensor_value_info("x", put, source)],
        [helper.make_tensor_value_info(name, get, shape) for name, shape in outputs.items()],
        constants,
    )
    opset = [helper.make_opsetid("", 18)]
    made = helper.make_model(graph, opset_imports=opset, ir_version=8)
    if classes:
        helper.set_model_props(made, {"classes": json.dumps(classes)})
    return made.SerializeToString()


#: Mean of the window times 1, 0.5 and 0.25: scores of three classes, (batch, 3).
LEVEL = [
    ("ReduceMean", ("x", "mean_axes"), "mean", {"keepdims": 1}),
    ("MatMul", ("mean", "weights"), "scores", {}),
]
TAGGER = {
    "input_axes": ("batch", "samples"),
    "output_axes": ("batch", "classes"),
    "window": 8000,
    "hop": 4000,
    "clip": "mean",
    "classes": ("cat", "dog", "meow"),
    "groups": {"Cat": ("cat", "meow"), "Dog": (1,)},
}


def tagger(batch=1, **changes) -> OnnxDetector:
    file = model(LEVEL, [batch, 8000], {"scores": [batch, 3]})
    return OnnxDetector(file, OnnxConfig(**TAGGER | changes), LABELS, "tagger")


def levels(*values: float) -> torch.Tensor:
    """A signal with half a second of each level, (1, samples)."""
    return torch.tensor(values).repeat_interleave(8000)[None]


@pytest.mark.parametrize("batch", [1, 2, "batch"])
def test_windows_are_laid_on_frames_of_64_ms(batch):
    strong, weak = tagger(batch)(levels(0.2, 0.8, 0.8, 0.8))
    assert strong.shape == (1, 2, 31)  # 2 s
    cat, dog = strong[0].numpy()
    np.testing.assert_allclose(dog, cat / 2, atol=1e-6)
    # Windows of 0.5 s every 0.25 s have the means 0.2, 0.5, 0.8, 0.8, ...; two cover each moment.
    assert cat[0] == close(0.2)
    assert cat[5] == close((0.2 + 0.5) / 2)
    assert cat[9] == close((0.5 + 0.8) / 2)
    assert cat[20] == close(0.8)
    assert weak[0, 0] == close(np.mean([0.2, 0.5, *[0.8] * 5]))


def test_the_last_window_ends_with_the_signal_and_a_short_one_is_padded():
    strong, weak = tagger()(torch.cat([levels(0.2), levels(0.8)[:, :2000]], 1))
    assert weak[0, 0] == close((0.2 + 0.35) / 2)
    strong, weak = tagger()(levels(0.4)[:, :4000])
    assert strong.shape == (1, 2, 4)
    assert weak[0, 0] == close(0.2)


def test_signals_in_bf16():
    assert tagger()(levels(0.5).bfloat16())[1][0].tolist() == close([0.5, 0.25])


def test_groups_of_classes_become_one():
    assert tagger(clip="max")(levels(0.8))[1][0, 0] == close(0.8)
    either = tagger(combine="noisy-or")(levels(0.8))[1]
    assert either[0].tolist() == close([1 - 0.2 * 0.8, 0.4])
    sure = tagger(activation="sigmoid")(levels(0.0))[1]
    assert sure[0].tolist() == close([0.5, 0.5])
    shares = tagger(activation="softmax")(levels(0.0))[1]
    assert shares[0].tolist() == close([1 / 3, 1 / 3])


def test_classes_are_named_by_the_file_where_the_card_names_none():
    file = model(LEVEL, [1, 8000], {"scores": [1, 3]}, classes=["Dog", "Cat", "Cow"])
    config = OnnxConfig(**TAGGER | {"classes": None, "groups": None})
    assert OnnxDetector(file, config, LABELS, "x")(levels(0.8))[1][0].tolist() == [
        close(0.4),
        close(0.8),
    ]


def test_a_detector_with_frames_and_clip_scores():
    """(channel, batch, samples) in, (frames, classes) out, every 100 ms."""
    nodes = [
        ("Reshape", ("x", "shape"), "frames", {}),
        ("ReduceMean", ("frames", "mean_axes"), "mean", {"keepdims": 1}),
        ("MatMul", ("mean", "weights"), "scores", {}),
        ("ReduceMax", ("scores", "first"), "clip", {"keepdims": 1}),
    ]
    file = onnx.load_from_string(model(nodes, [1, 1, "n"], {"scores": ["t", 3], "clip": [1, 3]}))
    for name, value in (("shape", [-1, 1600]), ("first", [0])):
        file.graph.initializer.append(
            helper.make_tensor(name, TensorProto.INT64, [len(value)], value)
        )
    config = OnnxConfig(
        input_axes=("channel", "batch", "samples"),
        output_axes=("frames", "classes"),
        output_hop_s=0.1,
        clip_output="clip",
        groups={"Cat": (0,), "Dog": (2,)},
    )
    detector = OnnxDetector(file.SerializeToString(), config, LABELS, "frames")
    strong, weak = detector(levels(0.2, 0.8))
    assert strong[0, 0, 1] == close(0.2)
    assert strong[0, 0, 8] == close(0.8)
    assert strong[0, 0, 7] == close((0.2 * 0.052 + 0.8 * 0.012) / 0.064)
    assert weak[0].tolist() == close([0.8, 0.2])


def test_whole_numbers_in_and_out():
    nodes = [
        ("DequantizeLinear", ("x", "scale", "zero"), "real", {}),
        ("ReduceMean", ("real", "mean_axes"), "mean", {"keepdims": 1}),
        ("MatMul", ("mean", "weights"), "scores", {}),
        ("QuantizeLinear", ("scores", "scale", "zero"), "whole", {}),
    ]
    file = onnx.load_from_string(
        model(nodes, [1, 8000], {"whole": [1, 3]}, kinds=("UINT8", "UINT8"))
    )
    file.graph.initializer.append(helper.make_tensor("scale", TensorProto.FLOAT, [], [0.01]))
    file.graph.initializer.append(helper.make_tensor("zero", TensorProto.UINT8, [], [100]))
    whole = Quantized(0.01, 100)
    changes = {"quantized_input": whole, "quantized_output": whole}
    detector = OnnxDetector(
        file.SerializeToString(), OnnxConfig(**TAGGER | changes), LABELS, "whole"
    )
    assert detector(levels(0.8))[1][0].tolist() == close([0.8, 0.4], abs=0.005)


@pytest.mark.parametrize("scaling", ["none", "minmax"])
def test_windows_of_a_mel_spectrogram(scaling):
    """(batch, channel, frames, mels) in; its score is the highest value of a window."""
    nodes = [
        ("ReduceMax", ("x", "all"), "most", {"keepdims": 0}),
        ("Reshape", ("most", "shape"), "one", {}),
        ("MatMul", ("one", "weights"), "scores", {}),
    ]
    file = onnx.load_from_string(model(nodes, [1, 1, 40, 16], {"scores": [1, 3]}))
    for name, value in (("all", [1, 2, 3]), ("shape", [1, 1])):
        file.graph.initializer.append(
            helper.make_tensor(name, TensorProto.INT64, [len(value)], value)
        )
    mel = MelConfig(
        n_fft=512, window=400, hop=160, n_mels=16, f_min=125, f_max=7500, power=1, scaling=scaling
    )
    changes = {
        "input_axes": ("batch", "channel", "frames", "mels"),
        "mel": mel,
        "window": 40,
        "hop": 30,
        "clip": "max",
    }
    detector = OnnxDetector(file.SerializeToString(), OnnxConfig(**TAGGER | changes), LABELS, "mel")
    signal = torch.sin(torch.arange(32000) * 0.3)[None] * torch.linspace(0.01, 1, 32000)
    strong, weak = detector(signal)
    whole = LogMel(mel, 16000)(signal[0].numpy())
    starts = [0, 30, 60, 90, 120, 150, whole.shape[1] - 40]
    peaks = [whole[:, start : start + 40].max() for start in starts]
    expected = peaks if scaling == "none" else [1.0] * len(peaks)
    assert weak[0, 0] == close(expected[-1], rel=1e-5)
    assert strong[0, 0, 0] == close(expected[0], rel=1e-5)
    assert strong[0, 0, 5] == close((expected[0] + expected[1]) / 2, rel=1e-5)  # 0.30 to 0.40 s
    assert strong.shape == (1, 2, 31)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"input_axes": ("batch", "channel", "samples")}, "input of 2 axes"),
        ({"input_axes": ("batch", "mels")}, "input_axes must name samples"),
        ({"output_axes": ("batch",)}, "output_axes must name classes"),
        ({"output_axes": ("batch", "frames", "classes")}, "output_hop_s goes with frames"),
        ({"output": "logits"}, "no output logits: it has scores"),
        ({"groups": {"Cat": ("cat",)}}, "no classes for the label Dog"),
        ({"groups": {"Cat": ("lion",), "Dog": (1,)}}, "class lion for Cat"),
        ({"groups": None, "classes": None}, "class Cat for Cat, which is not among its 0"),
    ],
)
def test_what_does_not_fit_is_one_sentence(changes, says):
    with pytest.raises(JssError, match=says) as caught:
        tagger(**changes)
    assert "\n" not in str(caught.value)


def test_what_shows_when_it_runs_is_one_sentence():
    for changes, says in (
        ({"groups": {"Cat": (7,), "Dog": (1,)}}, "scores of 3 classes"),
        ({"window": 4000}, "onnxruntime cannot run the block tagger"),
    ):
        with pytest.raises(JssError, match=says):
            tagger(**changes)(levels(0.5))
    with pytest.raises(JssError, match="onnxruntime cannot run the block x"):
        OnnxDetector(b"no model", OnnxConfig(**TAGGER), LABELS, "x")


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["none", "slaney"])
@pytest.mark.parametrize("scale_name", ["htk", "slaney"])
def test_mel_spectrograms_are_librosas(scale_name, norm):
    librosa = pytest.importorskip("librosa")
    signal = np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32)
    options = {"n_fft": 1024, "hop_length": 320, "n_mels": 64, "fmin": 50.0, "fmax": 14000.0}
    expected = librosa.feature.melspectrogram(
        y=signal,
        sr=32000,
        win_length=800,
        power=2.0,
        htk=scale_name == "htk",
        norm=None if norm == "none" else "slaney",
        pad_mode="reflect",
        **options,
    )
    config = MelConfig(
        n_fft=1024,
        window=800,
        hop=320,
        n_mels=64,
        f_min=50.0,
        f_max=14000.0,
        centred=True,
        scale=scale_name,
        norm=norm,
        log="db",
    )
    mel = LogMel(config, 32000)(signal)
    np.testing.assert_allclose(mel, 10 * np.log10(np.maximum(expected, 1e-10)), atol=2e-3)
    assert LogMel(config, 32000).samples(101) == 32000


def test_impossible_mel_bands_are_a_sentence():
    with pytest.raises(JssError, match="f_min 50 must be below f_max 9000"):
        LogMel(MelConfig(n_fft=512, window=400, hop=160, n_mels=8, f_min=50.0, f_max=9e3), 16000)


def test_our_detector_as_a_graph_gives_the_same_scores():
    import onnxruntime

    with torch.random.fork_rng():
        torch.manual_seed(0)
        sizes = CRNNConfig(
            n_classes=3, channels=(4, 8, 8), time_pools=(2, 2, 1), mel_pools=(8, 4, 4), cells=8
        )
        front, crnn = MelSpectrogram(), CRNN(sizes).eval()
        for module in crnn.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
        session = onnxruntime.InferenceSession(onnx_file(front, crnn, ("a", "b", "c")))
        for batch, samples in ((1, 160000), (3, 20011)):
            waveform = torch.randn(batch, samples) * 0.1
            with torch.inference_mode():
                expected = crnn(scale(to_db(front(waveform))))
            got = session.run(["strong", "weak"], {"waveform": waveform.numpy()})
            for ours, theirs in zip(expected, got, strict=True):
                np.testing.assert_allclose(ours.numpy(), theirs, atol=2e-6)
