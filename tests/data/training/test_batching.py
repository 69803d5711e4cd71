import dataclasses

import numpy as np
import pytest
import torch

from jss.config import load_preset
from jss.data.training.batching import (
    DetectionSteps,
    SeparationSteps,
    SeparationValidation,
    mix,
    mixup_plan,
    pad_sources,
)
from jss.data.training.datasets import SeparationPool, TrainingData
from jss.data.training.example import Example
from jss.errors import JssError

LABELS = ("a", "b")
OVERRIDES = (
    "detection.batch=[2, 2, 4]",
    "data.seconds=1",
    "detection.mixup=1",
    "detection.accumulate=2",
)
CONFIG = load_preset("smoke", OVERRIDES)


class Tones:
    """Clip i is a constant of its number, so that what a batch holds can be read off."""

    def __init__(self, base: int, size: int, sources: int = 2) -> None:
        self.base, self.size, self.sources = base, size, sources

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        value = np.float32(self.base + index)
        return Example(
            np.full(16000, value), np.full((self.sources, 16000), value), ((0.0, 0.5, "a"),), ("a",)
        )


def world(fresh: bool = True) -> TrainingData:
    return TrainingData(
        Tones(0, 6),
        Tones(1000, 8),
        Tones(2000, 20),
        Tones(0, 2),
        Tones(0, 2),
        "tones",
        "MIT",
        fresh,
    )


def pool(size: int = 5) -> SeparationPool:
    """Two subsets without sources, and one with; validation clips are numbered from 0."""
    return SeparationPool(
        "sources",
        "ROOT",
        "tones",
        "MIT",
        {"a": Tones(0, 6, 0), "b": Tones(2000, 20, 0)},
        Tones(0, size, 0),
        Tones(0, 6),
        Tones(0, size),
    )


def steps(epoch: int = 0, **changes: object) -> DetectionSteps:
    c = dataclasses.replace(CONFIG.detection, **changes)
    return DetectionSteps(world(), CONFIG, c, LABELS, epoch)


def test_length_of_an_epoch():
    assert len(steps()) == 3 * 2
    assert len(steps(steps=2)) == 2 * 2


def test_order_of_subsets_in_a_batch():
    batch = steps()[1]
    assert batch.audio.shape == (4, 16000)
    assert batch.audio[:, 0].tolist() == [1, 1001, 2002, 2003]
    assert batch.strong.shape == (1, 2, 15)
    assert batch.strong[0, 0].sum() == 8  # ceil(0.5 / 0.064)
    assert batch.weak.tolist() == [[1, 0]]


def test_epochs_draw_fresh_clips_reproducibly():
    assert steps(1)[0].audio[0, 0] == 6
    assert torch.equal(steps(1)[0].audio, steps(1)[0].audio)


def test_sets_on_disk_are_shuffled():
    data = DetectionSteps(
        world(fresh=False), CONFIG, dataclasses.replace(CONFIG.detection, accumulate=1), LABELS, 3
    )
    seen = [int(v) for i in range(len(data)) for v in data[i].audio[:2, 0]]
    assert sorted(seen) == list(range(18, 24))  # each of six clips, for the fourth time


def test_sentence_of_an_indivisible_batch():
    with pytest.raises(JssError, match="accumulate divide"):
        steps(accumulate=3)
    with pytest.raises(
        JssError, match=r"set the stage\'s batch, or detection\.batch, to \[6, 2, 2\] or less"
    ):
        steps(batch=(100, 2, 2), accumulate=1)


def test_mixup_mixes_within_labelled_parts():
    rng = np.random.default_rng(0)
    for _ in range(50):
        order, share = mixup_plan(rng, (4, 4, 8), CONFIG.detection)
        assert set(order[:4]) == set(range(4))
        assert set(order[4:8]) == set(range(4, 8))
        assert (order[8:] == np.arange(8, 16)).all()
        assert (share[8:] == 1).all()
        assert len(set(share[:4].tolist())) == 1


def test_mix_calculated_by_hand():
    x = torch.tensor([[1.0], [3.0]])
    torch.testing.assert_close(
        mix(x, torch.tensor([1, 0]), torch.tensor([0.75, 0.75])), torch.tensor([[1.5], [2.5]])
    )


def test_separation_batches():
    c = CONFIG.separation
    mixit = SeparationSteps(pool(), CONFIG, c, "mixit", 0)[0].targets
    assert mixit.shape == (2, 2, 16000)
    pit = SeparationSteps(pool(), CONFIG, c, "pit", 0)[0].targets
    assert pit.shape == (2, 4, 16000)
    assert (pit[:, 2:] == 0).all()


@pytest.mark.parametrize(("size", "pairs"), [(6, 3), (5, 3), (1, 1)])
def test_mixit_validation_uses_every_clip_once(size, pairs):
    c = dataclasses.replace(CONFIG.separation, validation=0)
    validation = SeparationValidation(pool(size), CONFIG, c, "mixit")
    batches = [validation[i].targets for i in range(len(validation))]
    numbers = torch.cat(batches)[:, :, 0].int()
    assert numbers.shape == (pairs, 2)
    assert {*numbers.flatten().tolist()} == {*range(size)}
    assert size == 1 or (numbers[:, 0] != numbers[:, 1]).all()
    again = SeparationValidation(pool(size), CONFIG, c, "mixit")
    assert again.items == validation.items


def test_pit_validation_uses_every_mixture_in_order():
    c = dataclasses.replace(CONFIG.separation, validation=0, batch=2)
    validation = SeparationValidation(pool(5), CONFIG, c, "pit")
    shapes = [
        tuple(batch.targets.shape) for batch in (validation[i] for i in range(len(validation)))
    ]
    assert shapes == [(2, 4, 16000), (2, 4, 16000), (1, 4, 16000)]
    assert validation.items == [(0,), (1,), (2,), (3,), (4,)]


def test_number_of_validation_mixtures():
    for count in (2, 9):
        c = dataclasses.replace(CONFIG.separation, validation=count)
        for loss in ("pit", "mixit"):
            assert len(SeparationValidation(pool(5), CONFIG, c, loss).items) == count


def test_sentence_of_too_many_sources():
    with pytest.raises(JssError, match="n_src"):
        pad_sources(np.zeros((5, 10), np.float32), 4)


def test_mixit_never_adds_a_clip_to_itself():
    pairs = dataclasses.replace(pool(2), mixtures={"a": Tones(0, 1, 0), "b": Tones(2000, 1, 0)})
    steps = SeparationSteps(pairs, CONFIG, CONFIG.separation, "mixit", 0)
    for step in steps:
        for first, second in step.targets[..., 0].tolist():
            assert (first < 1000) != (second < 1000)
