import numpy as np
import pytest

from jss.metrics import separation


@pytest.fixture
def noise():
    return np.random.default_rng(1).standard_normal((6, 4000))


def test_snr_improvement_is_equation_19(noise):
    s, other = noise[:2]
    x = s + other
    estimate = s + 0.1 * other
    expected = 10 * np.log10(np.sum(s**2) / np.sum((0.1 * other) ** 2)) - 10 * np.log10(
        np.sum(s**2) / np.sum(other**2)
    )
    assert separation.snr_improvement(estimate, s, x) == pytest.approx(expected)
    assert separation.snr_improvement(estimate, s, x) == pytest.approx(20)
    assert separation.snr_improvement(x, s, x) == 0


def test_si_sdr_by_its_definition(noise):
    s, e = noise[0], noise[0] * 0.3 + 0.05 * noise[1] + 2.0
    s0, e0 = s - s.mean(), e - e.mean()
    target = (s0 @ e0) / (s0 @ s0) * s0
    expected = 10 * np.log10(np.sum(target**2) / np.sum((e0 - target) ** 2))
    assert separation.si_sdr(e, s) == pytest.approx(expected, abs=1e-4)
    assert separation.si_sdr(5 * e, s) == pytest.approx(expected, abs=1e-4)
    assert separation.pairwise_si_sdr(e[None], noise)[0, 0] == pytest.approx(expected, abs=1e-4)
    assert separation.si_sdr(s, s) == pytest.approx(80)
    assert separation.si_sdr(np.zeros_like(s), s) == pytest.approx(-80)


def test_the_permutation_is_found(noise):
    order = [2, 0, 3, 1]
    estimates = noise[order] + 0.1 * noise[4]
    x = noise[:4].sum(0)
    clip = separation.separate_clip(estimates, noise[:4], x)
    assert [order[i] for i in clip.estimate] == list(clip.reference) == [0, 1, 2, 3]
    assert min(clip.si_sdr) > 15
    assert min(clip.si_sdri) > 15
    assert min(clip.snri) > 15


def test_under_equal_and_over(noise):
    silent = np.zeros((1, 4000))
    x = noise[0] + noise[1]

    def count(estimates, references):
        return separation.summarise([separation.separate_clip(estimates, references, x)])

    two = np.concatenate([noise[:2], silent, silent])
    assert count(two, noise[:2])["equal"] == 1
    assert count(two, two)["equal"] == 1  # silent references do not count
    assert count(np.concatenate([noise[:1], silent, silent]), noise[:2])["under"] == 1
    assert count(noise[:3], noise[:2])["over"] == 1
    assert count(0.09 * noise[:2], noise[:2])["under"] == 1  # below -20 dB
    assert count(0.11 * noise[:2], noise[:2])["equal"] == 1


def test_summary_keeps_single_sources_apart(noise):
    single = separation.separate_clip(
        np.stack([noise[0] + 0.1 * noise[1], 0 * noise[0]]), noise[:1], noise[0]
    )
    double = separation.separate_clip(noise[:2] + 0.1 * noise[2], noise[:2], noise[0] + noise[1])
    silent = separation.separate_clip(noise[:2], np.zeros((2, 4000)), noise[0])
    total = separation.summarise([single, double, silent])
    assert total["n_clips"] == 2
    assert total["n_clips_one_source"] == 1
    assert total["one_source"] == pytest.approx(single.si_sdr[0])
    assert total["msi"] == pytest.approx(np.mean(double.si_sdri)) == total["si_sdri"]
    assert separation.summarise([])["msi"] is None


def test_more_references_than_estimates(noise):
    clip = separation.separate_clip(noise[:2], noise[:4], noise[:4].sum(0))
    assert clip.reference == (0, 1)
    assert (clip.references, clip.estimates) == (4, 2)


def test_lengths_must_agree(noise):
    with pytest.raises(ValueError, match="equally long"):
        separation.separate_clip(noise[:2, :100], noise[:2], noise[0])
