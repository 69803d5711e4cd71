"""What is compiled where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from jss.config import load_preset
from jss.models.separator import ConvTasNet, ConvTasNetConfig
from jss.training import task


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    """Whether there is a compiler is looked up once a process."""
    task._cpp_compiler.cache_clear()
    yield
    task._cpp_compiler.cache_clear()


@pytest.fixture
def separator() -> ConvTasNet:
    return ConvTasNet(ConvTasNetConfig(n_filters=16, hid_chan=8))


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_passes_that_learn_are_compiled_and_all_on_a_gpu(
    gpu, gradients, precision, separator, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(task.shutil, "which", lambda name: f"/usr/bin/{name}")
    config = load_preset("paper", (f"precision={precision}",))
    assert task.compiles(config, separator, gradients=gradients) is (gpu or gradients)
    assert not task.compiles(replace(config, compile=False), separator, gradients=gradients)
    assert not task.compiles(config, None, gradients=gradients)


def test_without_a_compiler_nothing_is_compiled_and_a_line_says_so(separator, monkeypatch, caplog):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("CXX", "/no/such/compiler")
    for _ in range(2):
        assert not task.compiles(load_preset("paper"), separator, gradients=True)
    assert caplog.text.count("no C++ compiler /no/such/compiler") == 1
