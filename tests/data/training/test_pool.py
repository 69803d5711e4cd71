"""Soundscapes rendered once: equal to the originals for any number of processes."""

import json
import shutil

import numpy as np
import pytest

from jss.config import load_preset
from jss.data.soundbank.synthbank import SYNTHSCAPES
from jss.data.training.example import Example
from jss.data.training.pool import RenderedSet, render_once
from jss.data.training.training_data import training_data
from jss.errors import JssError


class Noise:
    """Clip i: i % 3 + 1 sources of noise, an event, a tag."""

    def __init__(self, size: int) -> None:
        self.size, self.asked = size, 0

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        self.asked += 1
        sources = (
            np.random.default_rng(index).normal(0, 0.003, (index % 3 + 1, 800)).astype(np.float32)
        )
        return Example(sources.sum(0), sources, ((0.01, 0.02 + index, "Dog"),), ("Dog",))


@pytest.mark.parametrize("workers", [0, 2])
def test_mixtures_and_labels_in_half_precision(tmp_path, workers):
    pool = render_once(Noise(5), tmp_path / "pool" / "synthetic", workers)
    for index, wanted in enumerate(Noise(5)[i] for i in range(5)):
        example = pool[index]
        assert (
            np.abs(example.mixture - wanted.mixture).max() <= 2**-11 * np.abs(wanted.mixture).max()
        )
        assert (example.events, example.tags, example.sources.shape) == (
            wanted.events,
            wanted.tags,
            (0, 800),
        )
    assert np.array_equal(pool[7].mixture, pool[2].mixture)


def test_sources_are_padded_and_sum_to_the_mixture(tmp_path):
    pool = render_once(Noise(3), tmp_path / "universal", 0, n_src=4)
    assert pool[1].sources.shape == (4, 800)
    assert not pool[1].sources[2:].any()
    assert np.allclose(pool[1].mixture, Noise(3)[1].mixture, atol=1e-5)


def test_existing_sets_are_not_rendered_again(tmp_path):
    render_once(Noise(3), tmp_path / "weak", 0)
    again = Noise(3)
    render_once(again, tmp_path / "weak", 0)
    assert not again.asked


def test_clips_without_labels(tmp_path):
    pool = render_once(
        [Example(np.zeros(8, np.float32), np.zeros((0, 8), np.float32), None, None)],
        tmp_path / "some",
        0,
    )
    assert (pool[0].events, pool[0].tags) == (None, None)


def test_sentences_of_wrong_and_damaged_files(tmp_path):
    render_once(Noise(3), tmp_path / "weak", 0)
    with pytest.raises(JssError, match="holds 3 soundscapes, not 4"):
        render_once(Noise(4), tmp_path / "weak", 0)
    (tmp_path / "weak.json").write_text(json.dumps([])[:1])
    with pytest.raises(JssError, match="cannot be read: delete"):
        RenderedSet(tmp_path / "weak", False)


def test_empty_set(tmp_path):
    assert len(render_once([], tmp_path / "none", 0)) == 0
    assert not [*tmp_path.iterdir()]


@pytest.mark.slow
def test_only_what_clips_depend_on_makes_another_set(tmp_path):
    def data(*settings):
        fixed = ("data.fresh=false", "data.workers=0", "data.synthetic=1", "data.weak=1")
        config = load_preset("smoke", (*fixed, "data.unlabelled=1", *settings))
        return training_data(SYNTHSCAPES, config, tmp_path)

    data()
    data("data.lost_labels=0.5", "data.workers=1")
    with pytest.raises(JssError, match="a set with another synthetic"):
        data("data.synthetic=2")


@pytest.mark.slow
def test_other_recordings_in_the_folder_of_the_same_name_make_another_set(tmp_path, bank_folder):
    """The clips of the former recordings were taken for those of the present ones."""
    fixed = ("data.fresh=false", "data.workers=0", "data.synthetic=1", "data.weak=1")
    config = load_preset("smoke", (*fixed, "data.unlabelled=1"))
    bank = tmp_path / "bank"
    shutil.copytree(bank_folder, bank)
    training_data(str(bank), config, tmp_path / "pool")
    training_data(str(bank), config, tmp_path / "pool")
    catalogue = bank / "catalog.tsv"
    catalogue.write_text(catalogue.read_text().replace("rec:Dog:train0", "rec:Dog:train1"))
    with pytest.raises(JssError, match="a set with another recordings sha256"):
        training_data(str(bank), config, tmp_path / "pool")
