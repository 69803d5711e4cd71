"""A checkpoint is data: what else it holds is refused, and never run. bf16 is used where it is no emulation."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest
import tiny_task
import torch

from jss.config import load_preset
from jss.errors import JssError
from jss.training import loop
from jss.training.loop import SafeCheckpointIO, fit


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_checkpoint_that_would_run_something(tmp_path):
    torch.save({"state_dict": Trap(str(tmp_path / "pwned"))}, tmp_path / "last.ckpt")
    with pytest.raises(JssError, match="not one of jss"):
        SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt", weights_only=False)
    assert not (tmp_path / "pwned").exists()


def test_a_checkpoint_that_is_cut_off(tmp_path):
    SafeCheckpointIO().save_checkpoint({"epoch": 1, "weights": torch.ones(100)}, tmp_path / "last.ckpt")
    assert SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt")["epoch"] == 1
    (tmp_path / "last.ckpt").write_bytes((tmp_path / "last.ckpt").read_bytes()[:300])
    with pytest.raises(JssError, match="damaged"):
        SafeCheckpointIO().load_checkpoint(tmp_path / "last.ckpt")


def test_bf16_where_there_are_units_for_it(monkeypatch, capsys):
    config = load_preset("smoke", ("precision=bf16",))
    loop._tell_fp32.cache_clear()
    monkeypatch.setattr(loop, "bf16_units", lambda: False)
    assert [loop._precision(config) for _ in range(2)] == ["32-true"] * 2
    assert capsys.readouterr().err.count("training in fp32") == 1
    monkeypatch.setattr(loop, "bf16_units", lambda: True)
    assert loop._precision(config) == "bf16-mixed"
    assert loop._precision(load_preset("smoke")) == "32-true"
    assert capsys.readouterr().err == ""


def test_tensorboard_gets_the_history(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)
    fit(task, replace(tiny_task.CONFIG, tensorboard=True), 1)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    (point,) = events.Scalars("loss")
    assert point.value == pytest.approx(task.history[0]["loss"])
    assert point.step == task.history[0]["steps"]


def test_tensorboard_that_is_not_installed_is_told(tmp_path, monkeypatch):
    def missing(*_, **__):
        raise ModuleNotFoundError("Neither `tensorboard` nor `tensorboardX` is available.")

    monkeypatch.setattr(sys.modules["jss.training.loop"], "TensorBoardLogger", missing)
    task = tiny_task.task(tmp_path, ["detector"], separator=False, epochs=1)
    with pytest.raises(JssError, match="pip install tensorboard"):
        fit(task, replace(tiny_task.CONFIG, tensorboard=True), 1)
