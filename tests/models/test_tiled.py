"""The tiled forward pass gives the numbers of the plain one."""

from __future__ import annotations

import pytest
import torch
from small_separator import separator

from jss.models import tiled


@pytest.mark.parametrize("sizes", [{}, {"n_src": 1}, {"n_src": 8}, {"n_repeats": 2}, {"conv_kernel_size": 5},
                                   {"kernel_size": 20, "stride": 8}, {"skip_chan": 20}])  # fmt: skip
@pytest.mark.parametrize("samples", [3, 16, 500, 9001])
def test_tiled_equals_plain(sizes: dict[str, int], samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiled, "TILE", 100)  # many tiles, the last one short, dilations beyond a tile's edge
    net = separator(**sizes)
    x = torch.randn(2, samples)
    plain = net(x.clone().requires_grad_()).detach()
    with torch.inference_mode():
        fast = net(x)
    assert fast.shape == plain.shape
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))


def test_an_item_does_not_depend_on_its_batch() -> None:
    net, x = separator(), torch.randn(3, 4000)
    with torch.no_grad():
        assert torch.equal(net(x)[1], net(x[1:2])[0])


def test_autocast_changes_nothing() -> None:
    net, x = separator(), torch.randn(1, 8000)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        half = net(x)
    with torch.no_grad():
        assert torch.equal(half, net(x))


def test_tiles_cover_every_frame_once() -> None:
    assert [i for tile in tiled.tiles(1050, 100) for i in range(1050)[tile]] == list(range(1050))
