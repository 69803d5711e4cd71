"""A checkpoint is data: what else it holds is refused, and never run. bf16 is for hardware that has it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest
import tiny_task
import torch

from jss.config import load_preset
from jss.errors import JssError
from jss.training.loop import SafeCheckpointIO, fit, half_precision


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


@pytest.mark.parametrize(("asked", "units", "taken"), [("bf16", True, True), ("bf16", False, False),
                                                       ("fp32", True, False)])  # fmt: skip
def test_bf16_only_where_the_hardware_has_it(monkeypatch: pytest.MonkeyPatch, asked: str, units: bool, taken: bool):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: units)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert half_precision(load_preset("smoke", (f"precision={asked}",))) is taken


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
