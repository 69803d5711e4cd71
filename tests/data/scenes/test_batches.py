from __future__ import annotations

import numpy as np
import pytest

from jss.data.scenes.batches import SceneSteps, active_share, activity
from jss.data.scenes.scenes import SceneSet, scene_bank, scene_recipe
from jss.data.training.example import Example
from jss.labels import URBAN_LABELS


@pytest.fixture(scope="module")
def scenes():
    bank, _, _ = scene_bank("synthscapes", URBAN_LABELS, 0.0, 4)
    return SceneSet(scene_recipe("urban", 1.0), bank, "train", 0, 6)


def test_labels_are_at_the_frames_of_the_stft():
    example = Example(
        np.zeros(64000, np.float32),
        np.zeros((5, 64000), np.float32),
        ((1.0, 2.0, "siren"),),
        ("siren",),
    )
    active = activity(example, URBAN_LABELS)
    assert active.shape == (5, 501)
    assert np.flatnonzero(active[4]).tolist() == list(range(125, 250))
    assert not active[:4].any()


def test_order_of_scenes_in_epochs(scenes):
    first, second = SceneSteps(scenes, 4, 0), SceneSteps(scenes, 4, 1)
    assert sorted(first.numbers) == sorted(second.numbers) == list(range(6))
    assert len(first) == 2
    assert [len(batch.mixture) for batch in (first[0], first[1])] == [4, 2]
    assert first.numbers.tolist() != second.numbers.tolist()


def test_fresh_epochs_share_no_scene(scenes):
    numbers = [SceneSteps(scenes, 4, epoch, fresh=True).numbers.tolist() for epoch in range(3)]
    assert [n for epoch in numbers for n in epoch] == list(range(18))


def test_crops_match_their_labels(scenes):
    full, crop = SceneSteps(scenes, 3, 2)[0], SceneSteps(scenes, 3, 2, seconds=0.4)[0]
    assert crop.mixture.shape == (3, 6400)
    assert crop.active.shape == (3, 5, 51)
    starts = [
        i
        for i in range(0, full.mixture.shape[1] - 6400, 128)
        if bool((full.mixture[:, i : i + 6400] == crop.mixture).all())
    ]
    assert starts
    first = starts[0] // 128
    assert bool((full.active[..., first : first + 51] == crop.active).all())


def test_gamma_is_the_share_of_active_frames(scenes):
    labels = np.stack([activity(scenes[i], URBAN_LABELS) for i in range(6)])
    np.testing.assert_allclose(active_share(scenes), labels.mean((0, 2)), atol=1e-6)
