"""One call makes a model fast and changes nothing else about it."""

from __future__ import annotations

import copy
import importlib.util
import sys

import pytest
import torch
from small_separator import separator
from torch import nn

from jss.models import fast
from jss.models.branches import Balance, TwoBranchModel
from jss.models.critic import Critic, CriticConfig
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.fast import accelerate
from jss.models.fast.numba_options import announced, compiled
from jss.models.joint import JointModel, freeze
from jss.models.tdcn import TDCN, TDCNConfig
from jss.models.tf_masker import TFMasker, TFMaskerConfig
from jss.training.mean_teacher import update_teacher


def crnn(dropout: float = 0.0) -> CRNN:
    torch.manual_seed(0)
    return CRNN(CRNNConfig(channels=(4, 4, 8, 8, 8, 8, 8), cells=8, dropout=dropout))


def joint() -> JointModel:
    return JointModel(separator(), crnn())


def two_branches() -> TwoBranchModel:
    return TwoBranchModel(separator(), crnn(), crnn(), Balance(0.3))


MODELS = {
    "conv_tasnet": (separator, (2, 4000)),
    "tdcn": (
        lambda: TDCN(TDCNConfig(n_src=2, n_filters=8, bn_chan=8, hid_chan=8, n_blocks=1)),
        (2, 800),
    ),
    "crnn": (crnn, (2, 128, 40)),
    "critic": (lambda: Critic(CriticConfig(channels=(4, 4, 8), cells=8)), (2, 257, 40)),
    "tf_masker": (lambda: TFMasker(TFMaskerConfig(cells=8, layers=1)), (1, 2000)),
    "joint": (joint, (2, 16000)),
    "two branches": (two_branches, (1, 16000)),
}


def outputs(model: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """All tensors that a model gives for an input."""
    result = model(x)
    return (
        [result] if isinstance(result, torch.Tensor) else [one for one in result if one is not None]
    )


def close(fast: torch.Tensor | None, plain: torch.Tensor | None, relative: float) -> None:
    assert (fast is None) == (plain is None)
    if fast is not None and plain is not None and plain.numel():
        largest = float(plain.detach().abs().max())
        torch.testing.assert_close(fast, plain, rtol=0, atol=relative * largest + 1e-7)


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("kind", MODELS)
def test_values_and_gradients_are_those_of_the_plain_model(kind: str, mode: str) -> None:
    build, shape = MODELS[kind]
    plain = getattr(build(), mode)()
    quick = accelerate(copy.deepcopy(plain))
    torch.manual_seed(1)
    x = torch.rand(shape)
    results = [outputs(model, x) for model in (plain, quick)]
    for result, expected in zip(results[1], results[0], strict=True):
        close(result, expected, 1e-4)
    for tensors in results:
        sum((t.float() ** 2).mean() for t in tensors).backward()  # type: ignore[union-attr]
    largest = max(float(p.grad.abs().max()) for p in plain.parameters() if p.grad is not None)
    for p, q in zip(plain.parameters(), quick.parameters(), strict=True):
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            torch.testing.assert_close(q.grad, p.grad, rtol=2e-3, atol=1e-4 * largest)
    for p, q in zip(plain.buffers(), quick.buffers(), strict=True):
        close(q.float(), p.float(), 1e-4)
    with torch.no_grad():
        for result, expected in zip(outputs(quick, x), outputs(plain, x), strict=True):
            close(result, expected, 1e-4)


def test_state_and_parameters_stay_what_they_are() -> None:
    model = joint()
    parameters, state = dict(model.named_parameters()), copy.deepcopy(model.state_dict())
    assert accelerate(model) is model
    assert list(model.state_dict()) == list(state)
    assert all(p is parameters[name] for name, p in model.named_parameters())
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    joint().load_state_dict(model.state_dict())
    classes = [type(module) for module in model.modules()]
    assert [type(module) for module in accelerate(model).modules()] == classes


def test_a_copy_is_fast_and_apart_and_averages_weights() -> None:
    student = accelerate(crnn())
    teacher = copy.deepcopy(student)
    assert type(teacher.rnn) is type(student.rnn) is not nn.GRU
    with torch.no_grad():
        for p in student.parameters():
            p += 1.0
    before = teacher.rnn.weight_hh_l0.clone()
    update_teacher(teacher, student, 1, 0.5)
    torch.testing.assert_close(teacher.rnn.weight_hh_l0, before + 0.5)


def test_the_same_call_gives_the_same_numbers() -> None:
    model, x = accelerate(joint()).eval(), torch.rand(1, 16000)
    with torch.no_grad():
        assert all(
            torch.equal(a, b) for a, b in zip(outputs(model, x), outputs(model, x), strict=True)
        )


@pytest.mark.parametrize("gradients", [True, False])
def test_autocast_stays_near(gradients: bool) -> None:
    model, x = accelerate(joint()).eval(), torch.rand(1, 16000)
    with torch.set_grad_enabled(gradients):
        expected = model(x).strong
        with torch.autocast("cpu", torch.bfloat16):
            result = model(x).strong
    assert 0 < (result - expected).abs().max() < 0.02


@pytest.mark.slow
def test_torch_compile_compiles_the_plain_pass() -> None:
    model, x = accelerate(separator()), torch.rand(1, 1000)
    run = torch.compile(model.forward, backend="eager", fullgraph=True, dynamic=False)
    close(run(x), model(x), 1e-4)


def test_frozen_recurrent_layers_give_what_they_gave_and_pass_gradients() -> None:
    for quicker in (False, True):
        model, x = crnn(0.5).eval(), torch.rand(1, 128, 40)
        expected = model(x).strong
        freeze(accelerate(model) if quicker else model)
        model.train()
        x.requires_grad_()
        result = model(x).strong
        torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)
        result.sum().backward()
        assert x.grad is not None
        assert x.grad.abs().sum() > 0


def kernel(path, number):
    """A module with one kernel, imported from a file under another name each time."""
    spec = importlib.util.spec_from_file_location(f"kernel{number}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.twice


def test_compiling_is_announced_once_and_loading_is_not(tmp_path, caplog) -> None:
    path = tmp_path / "kernel.py"
    path.write_text(
        "from jss.models.fast.numba_options import compiled\n"
        '@compiled(["float32(float32)", "float64(float64)"])\n'
        "def twice(x):\n"
        "    return x + x\n"
    )
    for number, lines in enumerate((1, 0)):
        with announced():
            assert kernel(path, number)(2.0) == 4.0
        assert caplog.text.count("Compiling") == lines
        caplog.clear()


def test_kernels_work_where_nothing_can_be_cached() -> None:
    names = {"compiled": compiled}
    source = '@compiled("float32(float32)")\ndef twice(x):\n    return x + x\n'
    exec(compile(source, "<no file to cache beside>", "exec"), names)
    assert names["twice"](2.0) == 4.0


def test_without_numba_the_model_stays_plain_and_a_line_says_so(monkeypatch, caplog) -> None:
    fast._classes.cache_clear()
    monkeypatch.setitem(sys.modules, "jss.models.fast.numba_options", None)
    try:
        for _ in range(2):
            assert type(accelerate(crnn()).rnn) is nn.GRU
        assert caplog.text.count("Numba cannot compile") == 1
    finally:
        fast._classes.cache_clear()


def test_what_numba_refuses_cannot_be_imported() -> None:
    with pytest.raises(ImportError, match="twice"):

        @compiled("float32(float32)")
        def twice(x):
            return x.no_such_thing
