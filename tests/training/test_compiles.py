"""What is compiled where."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from jss.config import load_preset
from jss.models.separator import ConvTasNet, ConvTasNetConfig
from jss.models.tdcn import TDCN, TDCNConfig
from jss.training import task


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("units", [False, True])
@pytest.mark.parametrize("gradients", [False, True])
def test_a_tiled_pass_is_not_compiled_in_float32(gpu, units, gradients, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(task, "bf16_units", lambda: units)
    config, tiled = (
        load_preset("paper", ("precision=bf16",)),
        ConvTasNet(ConvTasNetConfig(n_filters=16, hid_chan=8)),
    )
    other = TDCN(TDCNConfig(n_src=2, n_filters=8, bn_chan=8, hid_chan=8, n_blocks=1, n_repeats=1))
    assert task.compiles(config, tiled, gradients=gradients) is (gpu or (units and gradients))
    assert task.compiles(replace(config, precision="fp32"), tiled, gradients=gradients) is gpu
    assert task.compiles(config, other, gradients=gradients) is (gpu or gradients)
    assert not task.compiles(replace(config, compile=False), other, gradients=gradients)
    assert not task.compiles(config, None, gradients=gradients)
