import copy
from dataclasses import replace

import pytest
import torch

from jss.checkpoints import build
from jss.features import scale, to_db
from jss.models.asteroid import asteroid
from jss.models.branches import Balance, TwoBranchModel, freeze_norms
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.tdcn import TDCN, TDCNConfig

TINY = TDCNConfig(n_filters=8, bn_chan=4, hid_chan=8, skip_chan=4, n_blocks=2, n_repeats=2)


def detector(seed: int) -> CRNN:
    torch.manual_seed(seed)
    return CRNN(CRNNConfig(n_classes=3, channels=(4,) * 7, cells=4)).eval()


@pytest.mark.parametrize("samples", [16000, 16007, 41, 12])
def test_tdcn_gives_eight_sources_that_sum_to_the_mixture(samples):
    torch.manual_seed(0)
    x = 0.1 * torch.randn(2, samples)
    sources = TDCN(TINY)(x)
    assert sources.shape == (2, 8, samples)
    torch.testing.assert_close(sources.sum(1), x, atol=1e-5, rtol=0)
    assert not torch.allclose(sources[:, 0], sources[:, 1], atol=1e-4)


def test_the_baselines_separator_has_asteroids_sizes():
    c = TDCNConfig()
    assert (c.n_src, c.n_repeats, c.n_blocks) == (8, 4, 8)
    assert isinstance(build("tdcn", {"n_src": 2, "n_blocks": 1, "n_repeats": 1}), TDCN)


def test_the_masker_is_asteroids_tdcnpp():
    sizes = {k: v for k, v in vars(TINY).items() if k not in ("n_filters", "kernel_size", "stride")}
    theirs = asteroid().masknn.TDConvNetpp(TINY.n_filters, mask_act="sigmoid", **sizes)
    ours = TDCN(TINY).masker
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, TINY.n_filters, 50)
    result, expected = ours(x), theirs(x)
    for a, b in zip(result, expected, strict=True):
        torch.testing.assert_close(a, b)
    for outputs in (result, expected):
        (outputs[0].square().mean() + outputs[1].square().mean()).backward()
    for (name, p), q in zip(theirs.named_parameters(), ours.parameters(), strict=True):
        if q.requires_grad:
            torch.testing.assert_close(q.grad, p.grad, msg=name)


class Rolled(torch.nn.Module):
    """Eight sources whose mels do not add up to the mixture's."""

    def forward(self, x):
        return torch.stack([x.roll(1000 * m, -1) for m in range(8)], 1)


@pytest.mark.parametrize("mixture_input", [None, "sources", "mixture"])
def test_eq_2_over_the_clamped_sum_of_the_sources(mixture_input):
    torch.manual_seed(3)
    separator, ours, frozen = Rolled(), detector(1), detector(2)
    given = {} if mixture_input is None else {"mixture_input": mixture_input}
    model = TwoBranchModel(separator, ours, frozen, Balance(0.25), **given).eval()
    taken = []
    frozen.register_forward_pre_hook(lambda _, inputs: taken.extend(inputs))
    x = torch.randn(2, 16000)
    with torch.no_grad():
        out = model(x)
        sep = out.source_strong.sum(1).clamp(max=1.0)
        summed = sum(model.mel(out.sources[:, m]) for m in range(8))  # magnitudes, before the log
        mel = model.mel(x) if mixture_input == "mixture" else summed
        torch.testing.assert_close(*taken, scale(to_db(mel)))
        mix = frozen(scale(to_db(mel))).strong
    assert sep.max() == 1  # eight sources: the clamp is at work
    assert out.sources.shape == (2, 8, 16000)
    torch.testing.assert_close(out.mixture_strong, mix)
    torch.testing.assert_close(out.strong, 0.25 * mix + 0.75 * sep, atol=1e-6, rtol=0)
    assert out.strong.shape == (2, 3, 15)


@pytest.mark.parametrize(("q", "used"), [(1.3, 1.0), (-0.2, 0.0), (0.4, 0.4)])
def test_a_step_beyond_the_bounds_is_held_and_finds_back(q, used):
    balance = Balance(q)
    mix, sep = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    result = balance(mix, sep)
    torch.testing.assert_close(result, torch.tensor([used, 1 - used]))
    result[0].backward()
    assert balance.q.grad == 1.0


def test_frozen_norms_stay_and_the_rest_learns():
    block = freeze_norms(detector(0))
    model = TwoBranchModel(TDCN(TINY), block, detector(1), Balance(0.5)).train()
    norms = [m for m in block.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    before, mixture = (
        copy.deepcopy([m.state_dict() for m in norms]),
        copy.deepcopy(model.mixture.state_dict()),
    )
    with torch.no_grad():
        block.strong.bias.fill_(
            -5.0
        )  # so that the sum of eight scores stays below its clamp, where gradients end
    model(torch.randn(2, 16000)).strong.mean().backward()
    assert all(
        torch.equal(a[k], m.state_dict()[k]) for a, m in zip(before, norms, strict=True) for k in a
    )
    assert all(torch.equal(mixture[k], v) for k, v in model.mixture.state_dict().items())
    assert all(p.grad is None for m in (*norms, model.mixture) for p in m.parameters())
    assert block.cnn[0][0].weight.grad.abs().max() > 0
    assert model.balance.q.grad != 0


def test_a_tdcn_with_a_kernel_of_even_size_keeps_the_frames():
    network = TDCN(replace(TINY, conv_kernel_size=4))
    assert network(torch.rand(1, 4000)).shape == (1, network.config.n_src, 4000)
