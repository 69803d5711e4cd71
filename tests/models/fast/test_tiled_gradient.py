"""The tiled way back gives autograd's gradients, which the plain pass gives."""

from __future__ import annotations

import pytest
import torch
from small_separator import separator

from jss.models.fast import accelerate, tiled_gradient


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"n_src": 1},
        {"n_repeats": 2},
        {"conv_kernel_size": 5},
        {"kernel_size": 20, "stride": 8},
        {"skip_chan": 20},
    ],
)
@pytest.mark.parametrize("samples", [40, 500, 5001])
def test_gradients_equal_autograd(
    sizes: dict[str, int], samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiled_gradient, "TILE", 100)
    net, x = separator(**sizes), torch.randn(2, samples)
    parameters = dict(net.named_parameters())
    expected = net(x)
    weights = torch.randn_like(expected)
    wanted = torch.autograd.grad((expected * weights).sum(), list(parameters.values()))
    accelerate(net)
    found = net(x)
    torch.testing.assert_close(
        found, expected, rtol=1e-4, atol=1e-5 * float(expected.detach().abs().max())
    )
    gradients = torch.autograd.grad((found * weights).sum(), list(parameters.values()))
    for name, gradient, want in zip(parameters, gradients, wanted, strict=True):
        torch.testing.assert_close(
            gradient, want, rtol=1e-3, atol=1e-4 * float(want.abs().max()) + 1e-6, msg=name
        )


def test_a_frozen_parameter_gets_none() -> None:
    net = accelerate(separator())
    net.encoder.requires_grad_(False)
    net(torch.randn(1, 3000)).square().sum().backward()
    assert {name for name, p in net.named_parameters() if p.grad is None} == {
        "encoder.filterbank._filters"
    }
