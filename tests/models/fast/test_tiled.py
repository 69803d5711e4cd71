"""The tiled forward pass gives the numbers of the plain one."""

from __future__ import annotations

import copy

import pytest
import torch
from small_separator import separator

from jss.models.fast import accelerate, separator_kernels, tiled
from jss.models.fast.bf16 import as_array
from jss.models.fast.threads import in_parts


def fast_separator(**sizes: int):
    return accelerate(separator(**sizes))


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"n_src": 1},
        {"n_src": 8},
        {"n_repeats": 2},
        {"conv_kernel_size": 5},
        {"kernel_size": 20, "stride": 8},
        {"skip_chan": 20},
    ],
)
@pytest.mark.parametrize("samples", [3, 16, 500, 9001])
def test_tiled_equals_plain(
    sizes: dict[str, int], samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        tiled, "TILE", 100
    )  # many tiles, the last one short, dilations beyond a tile's edge
    net, x = separator(**sizes), torch.randn(2, samples)
    with torch.inference_mode():
        plain, fast = net(x), accelerate(copy.deepcopy(net))(x)
    assert fast.shape == plain.shape
    torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))


def test_it_runs_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's sizes take the compiled pass; five taps or a gradient do not."""
    ran = []
    frames = tiled.masked_frames
    monkeypatch.setattr(
        "jss.models.fast.separator.masked_frames", lambda *given: ran.append(1) or frames(*given)
    )
    x = torch.randn(1, 800)
    with torch.no_grad():
        fast_separator()(x)
        assert len(ran) == 1
        fast_separator(conv_kernel_size=5)(x)
        separator()(x)
    fast_separator()(x)
    assert len(ran) == 1


def test_threads_change_nothing(threads) -> None:
    net, x = fast_separator(), torch.randn(1, 40000)
    result = []
    for n in (1, 2, 3):
        threads(n)
        with torch.no_grad():
            result.append(net(x))
        assert torch.get_num_threads() == n
    for other in result[1:]:
        torch.testing.assert_close(
            other, result[0], rtol=0, atol=1e-5 * float(result[0].abs().max())
        )


def test_parts_come_in_order(threads) -> None:
    threads(3)
    given = in_parts(5000, lambda start, stop: (start, stop, torch.get_num_threads()))
    assert given == [(0, 1666, 1), (1666, 3333, 1), (3333, 5000, 1)]
    assert in_parts(1500, lambda start, stop: (start, stop)) == [(0, 1500)]


def test_a_part_runs_on_one_core_whatever_ran_in_its_thread(threads) -> None:
    threads(3)
    in_parts(5000, lambda start, stop: torch.set_num_threads(3))
    assert in_parts(5000, lambda start, stop: torch.get_num_threads()) == [1, 1, 1]


def test_the_mask_is_a_sigmoid() -> None:
    x = torch.cat([torch.linspace(-200, 200, 4001), torch.linspace(-1, 1, 4000)])[None]
    encoded = torch.full_like(x, 3.0)
    expected = 3 * torch.sigmoid(x.double())
    kernels = separator_kernels
    result = torch.empty_like(x)
    kernels.mask(x.numpy(), torch.zeros(1, x.shape[1]).numpy(), encoded.numpy(), result.numpy())
    # Far out, z in float32 is off by up to 8e-6, and 2^z relatively by as much.
    torch.testing.assert_close(result.double(), expected, rtol=1e-5, atol=1e-30)
    near = expected > 3e-3
    torch.testing.assert_close(result.double()[near], expected[near], rtol=1e-6, atol=0)


def test_values_that_are_not_numbers_stay_so() -> None:
    net = fast_separator()
    x = torch.randn(1, 2000)
    with torch.no_grad():
        net.masker.TCN[1].shared_block[0].weight[3, 2] = float("nan")
        assert not torch.isfinite(net(x)).any()


def test_an_item_does_not_depend_on_its_batch() -> None:
    net, x = fast_separator(), torch.randn(3, 4000)
    with torch.no_grad():
        assert torch.equal(net(x)[1], net(x[1:2])[0])


def test_products_in_bf16_change_little() -> None:
    """50 dB below the sources lies what the rounding of masks does; encoder and decoder stay
    float32.
    """
    net, x = fast_separator(), torch.randn(2, 8000)
    with torch.no_grad():
        expected = net(x)
        with torch.autocast("cpu", torch.bfloat16):
            result = net(x)
    assert result.dtype == torch.float32
    apart = (result - expected).square().sum() / expected.square().sum()
    assert 0 < apart < 1e-5


def test_autocast_to_another_type_changes_nothing() -> None:
    net, x = fast_separator(), torch.randn(1, 8000)
    with torch.no_grad(), torch.autocast("cpu", torch.float16):
        half = net(x)
    with torch.no_grad():
        assert torch.equal(half, net(x))


def test_kernels_round_to_bf16_as_torch_does() -> None:
    """To the nearest, to even where two are as near; what passes is bf16, what is computed float32."""
    kernels = separator_kernels
    x = torch.cat([torch.randn(4000), torch.tensor([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8, 0.0])])[
        None
    ]
    half = torch.zeros_like(x, dtype=torch.bfloat16)
    kernels.activate_columns(x.numpy(), 0, torch.zeros(x.shape[1]).numpy(), 1.0, as_array(half))
    assert torch.equal(half, x.bfloat16())
    added = torch.ones(1, x.shape[1] + 3)
    kernels.add_columns(as_array(half), 0.5, added.numpy(), 3)
    assert torch.equal(added[:, 3:], half.float() / 2 + 1)
    assert torch.equal(added[:, :3], torch.ones(1, 3))
