from __future__ import annotations

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from jss.models.stft import BINS, istft, stft
from jss.models.tf_masker import TFMasker, TFMaskerConfig, magnitudes, separate


@pytest.fixture(scope="module")
def masker():
    torch.manual_seed(0)
    return TFMasker(TFMaskerConfig(n_src=3, cells=8, layers=2)).eval()


def test_the_stft_is_that_of_the_paper_and_inverts():
    x = torch.randn(2, 64000)
    spectrum = stft(x)
    assert spectrum.shape == (2, 257, 501)
    torch.testing.assert_close(istft(spectrum, 64000), x, atol=1e-5, rtol=1e-4)


def test_the_papers_size():
    with torch.device("meta"):
        network = TFMasker()
    assert len(network.blstm.all_weights) == 6
    cells, inputs = 600, (257, 1200, 1200)
    lstm = sum(2 * 4 * cells * (n + cells + 2) for n in inputs)
    assert (
        parameters_to_vector(network.parameters()).numel()
        == lstm + 5 * 257 * (1200 + 1)
        == 22965685
    )


def test_masks_lie_between_0_and_1_and_shape_the_mixture(masker):
    x = torch.randn(2, 8000)
    with torch.no_grad():
        mixture, sources = magnitudes(masker, x)
        masks = masker.masks(mixture)
    assert masks.shape == sources.shape == (2, 3, BINS, 63)
    assert 0 <= masks.min() < masks.max() <= 1
    torch.testing.assert_close(sources, masks * mixture.unsqueeze(1))


def test_open_masks_give_the_mixture_back(masker, monkeypatch):
    monkeypatch.setattr(masker, "masks", lambda m: torch.ones(1, 3, *m.shape[1:]))
    x = torch.randn(1, 8000)
    torch.testing.assert_close(masker(x), x.unsqueeze(1).expand(1, 3, -1), atol=1e-5, rtol=1e-4)


def test_a_floor_opens_every_mask_and_makes_the_sources_add_up(masker):
    floored = TFMasker(TFMaskerConfig(n_src=3, cells=8, layers=2, floor=0.1)).eval()
    floored.load_state_dict(masker.state_dict())
    x = torch.randn(2, 8000)
    with torch.no_grad():
        learned, shares = floored.masks(stft(x).abs()), floored.shares(stft(x).abs())
        torch.testing.assert_close(
            learned, masker.masks(stft(x).abs())
        )  # what is learned is the same
        torch.testing.assert_close(shares, (learned + 0.1) / (learned.sum(1, keepdim=True) + 0.3))
        torch.testing.assert_close(floored(x).sum(1), x, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(masker.shares(stft(x).abs()), learned)


def test_separation_in_one_pass_is_that_of_forward(masker):
    x = torch.randn(2, 8000)
    with torch.no_grad():
        mixture, separated, sources = separate(masker, x)
        torch.testing.assert_close(sources, masker(x))
        torch.testing.assert_close(mixture, stft(x).abs())
        torch.testing.assert_close(separated, magnitudes(masker, x)[1])


def test_silence_stays_silent_and_finite(masker):
    assert not masker(torch.zeros(1, 4000)).any()


def test_centre_and_spread_scale_the_logarithm():
    torch.manual_seed(1)
    plain = TFMasker(TFMaskerConfig(n_src=2, cells=4, layers=1))
    scaled = TFMasker(TFMaskerConfig(n_src=2, cells=4, layers=1, centre=-1.0, spread=2.0))
    scaled.load_state_dict(plain.state_dict())
    m = torch.rand(1, BINS, 5) + 0.1
    torch.testing.assert_close(
        scaled.masks(m), plain.masks(torch.exp((m.log() + 1) / 2)), atol=1e-5, rtol=1e-4
    )


def test_any_other_separator_is_heard_through_the_stft_of_its_outputs():
    class Halves(torch.nn.Module):
        def forward(self, x):
            return torch.stack([0.5 * x, 0.5 * x], 1)

    x = torch.randn(1, 8000)
    mixture, sources = magnitudes(Halves(), x)
    torch.testing.assert_close(sources.sum(1), mixture, atol=1e-4, rtol=1e-4)
