"""A checkpoint is data: what else it holds is refused, and never run. bf16 is for hardware that has it."""

from __future__ import annotations

import os

import pytest
import torch

from jss.config import load_preset
from jss.errors import JssError
from jss.training.loop import SafeCheckpointIO, half_precision


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
