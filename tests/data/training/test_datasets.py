"""Training data of a soundbank and of a set on disk, and the preparation of workers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from jss.config import load_preset
from jss.data.clip import Clip, Event
from jss.data.soundscapes import acoustics, placing
from jss.data.soundscapes.homescapes import SUBSETS
from jss.data.soundscapes.render_set import Order, render_set
from jss.data.training.batching import DetectionSteps, loader
from jss.data.training.datasets import ClipSet, SoundscapeSet, parts
from jss.data.training.training_data import training_data
from jss.labels import DESED_LABELS

SMOKE = (
    "data.synthesised=0.0",
    "data.sounds=2",
    "data.synthetic=4",
    "data.weak=4",
    "data.unlabelled=4",
)


@pytest.fixture(scope="module")
def on_disk(bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("desed")
    render_set(Order("homescapes", root, bank_folder, 0, True, dict.fromkeys(SUBSETS, 3)))
    return root


@pytest.mark.slow
def test_workers_compute_nothing_again(bank_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that every process would have to work out anew, and the same batches as without
    workers.
    """
    monkeypatch.setattr("jss.data.training.soundscapes.ROOMS", 2)  # of them all, which take seconds
    acoustics.responses.cache_clear()
    data = training_data(str(bank_folder), load_preset("smoke", (*SMOKE, "data.workers=1")))
    assert acoustics.responses.cache_info().currsize == 2
    assert isinstance(data.synthetic, SoundscapeSet)
    bank = data.synthetic.bank
    everything = {r.path for label in bank.labels("train") for r in bank.recordings(label, "train")}
    assert {path for path, _ in placing._SPANS[bank]} == everything
    config = load_preset("smoke", SMOKE)
    steps = DetectionSteps(data, config, config.detection, DESED_LABELS, 0)
    for alone, shared in zip(loader(steps, 0), loader(steps, 1), strict=True):
        assert alone.mels is shared.mels is None
        assert all(torch.equal(a, b) for a, b in zip(alone[:-1], shared[:-1], strict=True))


def test_sources_are_read_on_request(on_disk: Path) -> None:
    data = training_data(str(on_disk), load_preset("smoke", SMOKE))
    assert data.synthetic[0].sources.shape == (0, 32000)
    example = data.pools["detection"].sources[0]
    assert len(example.sources) >= 2
    assert np.array_equal(example.mixture, data.synthetic[0].mixture)
    assert np.abs(example.sources.sum(axis=0) - example.mixture).max() < 1e-5
    assert isinstance(data.pools["detection"].sources, ClipSet)


def test_batches_from_disk(on_disk: Path) -> None:
    config = load_preset("smoke", (*SMOKE, "detection.batch=[1, 1, 2]"))
    data = training_data(str(on_disk), config)
    batches = list(loader(DetectionSteps(data, config, config.detection, DESED_LABELS, 0), 0))
    assert len(batches) == 1  # three unlabelled clips make one part of two: the shortest subset
    assert batches[0].audio.shape == (4, 32000)
    assert (len(batches[0].strong), len(batches[0].weak)) == (1, 1)


def test_a_short_event_on_a_cut_is_not_lost():
    events = (Event(1.97, 2.03, "Dog"), Event(1.5, 2.01, "Cat"))
    first, second = parts(Clip("a", None, 4.0, events, ("Cat", "Dog")), 2.0)
    assert (first.tags, second.tags) == (("Cat", "Dog"), ("Dog",))
