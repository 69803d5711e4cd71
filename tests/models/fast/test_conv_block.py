"""Convolution with BatchNorm folded in, gate and pooling in one pass."""

from __future__ import annotations

import copy

import pytest
import torch

from jss.models.crnn import ConvBlock
from jss.models.fast import accelerate


def _blocks(pools: tuple[int, int]) -> tuple[ConvBlock, ConvBlock]:
    torch.manual_seed(0)
    plain = ConvBlock(5, 7, 0.5, pools)
    for tensor in (plain[1].weight, plain[1].bias, plain[1].running_mean):
        torch.nn.init.normal_(tensor)
    torch.nn.init.uniform_(plain[1].running_var, 0.1, 2)
    plain.eval()
    return plain, accelerate(copy.deepcopy(plain))


@pytest.mark.parametrize("pools", [(2, 2), (1, 2), (1, 1)])
@pytest.mark.parametrize("threads", [1, 2])
def test_values_are_those_of_the_plain_block(pools, threads, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    plain, fast = _blocks(pools)
    x = torch.randn(3, 5, 11, 9)  # odd: what does not fill a pool is left out
    with torch.no_grad():
        torch.testing.assert_close(fast(x), plain(x), rtol=1e-5, atol=1e-6)


def test_bf16_is_as_near_to_float32_as_the_plain_block_in_bf16():
    plain, fast = _blocks((2, 2))
    x = torch.randn(3, 5, 40, 16)
    with torch.no_grad():
        exact = plain(x)
        with torch.autocast("cpu", torch.bfloat16):
            apart = [float((block(x).float() - exact).abs().max()) for block in (fast, plain)]
    assert 0 < apart[0] < 1.5 * apart[1]


def test_with_gradients_it_is_the_plain_block():
    plain, fast = _blocks((2, 2))
    x = torch.randn(1, 5, 8, 8)
    for block in (plain, fast):
        block(x).square().sum().backward()
    torch.testing.assert_close(fast[0].weight.grad, plain[0].weight.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("part", ["block", "norm"])
def test_in_training_it_takes_the_statistics_of_its_batch(part):
    """BatchNorm alone may be in training: jss.training.norms averages so."""
    _, fast = _blocks((2, 2))
    before = fast[1].running_mean.clone()
    {"block": fast, "norm": fast[1]}[part].train()
    with torch.no_grad():
        fast(torch.randn(1, 5, 8, 8))
    assert not torch.equal(fast[1].running_mean, before)
