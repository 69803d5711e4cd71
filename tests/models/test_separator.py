import pytest
import torch
from torch.nn.utils import parameters_to_vector

from jss.checkpoints import build
from jss.errors import JssError
from jss.models.asteroid import asteroid
from jss.models.separator import ConvTasNet, ConvTasNetConfig


def snr(reference: torch.Tensor, other: torch.Tensor) -> float:
    return float(10 * torch.log10(reference.square().sum() / (reference - other).square().sum()))


@pytest.fixture(scope="module")
def reference():
    torch.manual_seed(0)
    return asteroid().models.ConvTasNet(n_src=4, n_repeats=1, n_blocks=4, sample_rate=16000).eval()


def test_the_paper_sizes_have_the_parameters_of_asteroid(reference):
    assert (
        parameters_to_vector(ConvTasNet().parameters()).numel()
        == parameters_to_vector(reference.parameters()).numel()
        == 1_153_161
    )


@pytest.mark.slow
@pytest.mark.parametrize("samples", [16000, 8003, 16, 9])
def test_asteroid_weights_give_asteroid_sources(reference, samples):
    ours = ConvTasNet().eval()
    ours.load_state_dict(reference.state_dict())
    x = 0.1 * torch.randn(2, samples)
    with torch.no_grad():
        expected = reference(torch.nn.functional.pad(x, (0, max(0, 16 - samples))))[..., :samples]
        result = ours(x)
    assert result.shape == (2, 4, samples)
    assert snr(expected, result) > 100


def test_our_weights_load_into_asteroid(reference):
    assert list(ConvTasNet().state_dict()) == list(reference.state_dict())
    other = asteroid().models.ConvTasNet(n_src=4, n_repeats=1, n_blocks=4, sample_rate=16000)
    other.load_state_dict(ConvTasNet().state_dict())


def test_gradients_are_those_of_asteroid():
    torch.manual_seed(0)
    sizes = {
        "n_src": 2,
        "n_filters": 16,
        "bn_chan": 8,
        "hid_chan": 16,
        "skip_chan": 8,
        "n_blocks": 2,
        "n_repeats": 2,
    }
    theirs = asteroid().models.ConvTasNet(**sizes)
    ours = ConvTasNet(ConvTasNetConfig(**sizes))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 800)
    for model in (theirs, ours):
        model(x).square().mean().backward()
    for (name, a), b in zip(theirs.named_parameters(), ours.parameters(), strict=True):
        if a.grad is not None:
            torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-7, msg=name)


def test_a_kernel_other_than_two_strides_overlaps_and_adds_too():
    torch.manual_seed(0)
    sizes = {
        "n_src": 3,
        "n_filters": 8,
        "kernel_size": 12,
        "stride": 4,
        "bn_chan": 4,
        "hid_chan": 8,
        "skip_chan": 4,
    }
    theirs = asteroid().models.ConvTasNet(**sizes, n_blocks=2, n_repeats=1).eval()
    ours = ConvTasNet(ConvTasNetConfig(**sizes, n_blocks=2)).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 403)
    with torch.no_grad():
        assert snr(theirs(x), ours(x)) > 100


@pytest.mark.parametrize("n_src", range(1, 9))
def test_any_number_of_sources_from_one_to_eight(n_src):
    config = ConvTasNetConfig(
        n_src=n_src, n_filters=8, bn_chan=4, hid_chan=8, skip_chan=4, n_blocks=1
    )
    assert ConvTasNet(config)(torch.randn(1, 100)).shape == (1, n_src, 100)


def test_a_model_of_asteroid_by_name():
    model = build(
        "asteroid:DPRNNTasNet",
        {"n_src": 2, "n_filters": 8, "bn_chan": 4, "hid_size": 4, "chunk_size": 20, "n_repeats": 1},
    )
    assert model(torch.randn(1, 400)).shape == (1, 2, 400)


@pytest.mark.parametrize(
    ("kind", "config", "says"),
    [
        ("wavenet", {}, "no kind of block"),
        ("asteroid:Nothing", {}, "no model"),
        ("asteroid:DPRNNTasNet", {}, "does not take"),
        ("conv_tasnet", {"n_sources": 4}, "unknown key .n_sources.: known are n_src"),
        ("conv_tasnet", {"n_src": 9}, "1 to 8"),
    ],
)
def test_bad_separators_are_one_sentence(kind, config, says):
    with pytest.raises(JssError, match=says):
        build(kind, config)


def test_masks_of_1_on_the_fourier_basis_give_the_waveform_back(monkeypatch):
    """In every source; but for half a frame at each end, which one frame alone covers. The basis
    does not learn.
    """
    net, x = (
        ConvTasNet(ConvTasNetConfig(n_src=2, n_filters=24)).fix_fourier_basis(),
        torch.randn(1, 800),
    )
    assert {name.split(".")[0] for name, p in net.named_parameters() if p.requires_grad} == {
        "masker"
    }
    monkeypatch.setattr(
        net.masker, "forward", lambda encoded: torch.ones(*encoded.shape[:2], 2, 24)
    )
    result = net(x.requires_grad_())
    torch.testing.assert_close(
        result[..., 8:-8], x[:, None].expand(1, 2, 800)[..., 8:-8], rtol=1e-4, atol=1e-5
    )
    spectrum = torch.fft.rfft(net.encoder.filterbank()).abs()
    assert torch.equal(
        spectrum[:12].argmax(1), ((torch.arange(12) + 0.5) * 8 / 12).round().long()
    )  # 8 bins, 12 waves
    for sizes in ({"n_filters": 8}, {"n_filters": 25}, {"kernel_size": 20}):
        with pytest.raises(JssError, match="Fourier basis"):
            ConvTasNet(ConvTasNetConfig(**sizes)).fix_fourier_basis()
