"""Distributions of the weak-label paper's mixtures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from jss.audio import SAMPLE_RATE
from jss.config import load_preset
from jss.data.recordings import Recording
from jss.data.scenes.scenes import (
    SceneRecipe,
    SceneSet,
    draw_scene,
    render_scene,
    scene_bank,
    scene_data,
    scene_recipe,
)
from jss.data.soundscapes.loudness import lufs
from jss.errors import JssError
from jss.labels import URBAN_LABELS

RECIPE = SceneRecipe()


class NoiseBank:
    """Ten seconds of steady noise for every class, so that every length can be cut."""

    def __init__(self) -> None:
        self.noise = np.random.default_rng(0).normal(0, 0.05, 10 * SAMPLE_RATE).astype(np.float32)

    def labels(self, split):
        return URBAN_LABELS

    def recordings(self, label, split):
        return (Recording(label, f"{label}.wav", label, split),)

    def pick(self, label, split, rng):
        return self.recordings(label, split)[0]

    def holds(self, recording):
        return True

    def load(self, recording):
        return self.noise


@pytest.fixture(scope="module")
def bank():
    return NoiseBank()


@pytest.fixture(scope="module")
def scenes(bank):
    return [draw_scene(RECIPE, bank, "train", (0, i)) for i in range(2000)]


def test_number_of_events_is_zero_truncated_poisson(scenes):
    counts = np.array([len(scene.layers) for scene in scenes])
    mean = 5 / (1 - math.exp(-5))
    assert counts.min() == 1
    assert counts.mean() == pytest.approx(mean, abs=4 * math.sqrt(5 / len(counts)))
    top = 10
    seen = np.bincount(np.minimum(counts, top), minlength=top + 1)[1:]
    chance = stats.poisson.pmf(np.arange(1, top), 5) / (1 - math.exp(-5))
    expected = len(counts) * np.append(chance, 1 - chance.sum())
    assert stats.chisquare(seen, expected).pvalue > 1e-3


def test_classes_lengths_onsets_and_levels_are_uniform(scenes):
    layers = [layer for scene in scenes for layer in scene.layers]
    lengths = np.array([layer.spans[0][1] - layer.spans[0][0] for layer in layers])
    onsets = np.array([layer.spans[0][0] for layer in layers])
    levels = np.array([layer.level_db for layer in layers])
    assert stats.kstest(lengths, stats.uniform(0.5, 3.5).cdf).pvalue > 1e-3
    assert stats.kstest(onsets / (4 - lengths), stats.uniform(0, 1).cdf).pvalue > 1e-3
    assert stats.kstest(levels, stats.uniform(-30, 5).cdf).pvalue > 1e-3
    counts = [sum(layer.label == label for layer in layers) for label in URBAN_LABELS]
    assert stats.chisquare(counts).pvalue > 1e-3
    assert (onsets + lengths).max() <= 4.0001


def test_loudness_of_each_event(scenes, bank):
    single = [scene for scene in scenes if len(scene.layers) == 1]
    assert len(single) > 20
    for scene in single[:20]:
        sources = render_scene(scene, bank)
        onset, offset = (round(t * SAMPLE_RATE) for t in scene.layers[0].spans[0])
        source = sources[URBAN_LABELS.index(scene.layers[0].label)]
        assert lufs(source[onset:offset]) == pytest.approx(scene.layers[0].level_db, abs=0.05)
        assert not source[:onset].any()


def test_events_of_a_class_are_one_source(scenes, bank):
    scene = next(s for s in scenes if len(s.layers) > len({layer.label for layer in s.layers}))
    sources = render_scene(scene, bank)
    assert sources.shape == (5, 64000)
    present = {layer.label for layer in scene.layers}
    assert {label for label, row in zip(URBAN_LABELS, sources, strict=True) if row.any()} == present


def test_sets_are_reproducible_and_splits_differ():
    bank, _, licence = scene_bank("synthscapes", URBAN_LABELS, 0.0, 4)
    assert licence == "MIT"
    first, second = (SceneSet(scene_recipe("urban"), bank, "test", 3, 8) for _ in range(2))
    assert np.array_equal(first[5].mixture, second[5].mixture)
    np.testing.assert_allclose(first[5].sources.sum(0), first[5].mixture, atol=1e-6)
    assert first.scene(5) != SceneSet(scene_recipe("urban"), bank, "validation", 3, 8).scene(5)
    assert first[5].tags == tuple(sorted({label for _, _, label in first[5].events}))


def test_shorter_clips_have_shorter_events():
    recipe = scene_recipe("urban", 1.0)
    assert (recipe.duration, recipe.lengths) == (1.0, (0.125, 1.0))


def test_a_shifted_event_is_cut_longer_or_shorter_than_it_sounds(bank):
    recipe = scene_recipe("urban-shifted")
    pieces = [
        layer.pieces[0]
        for i in range(400)
        for layer in draw_scene(recipe, bank, "train", (0, i)).layers
    ]
    lengths, shifts = (np.array([getattr(p, k) for p in pieces]) for k in ("length", "semitones"))
    assert stats.kstest(lengths, stats.uniform(0.5, 3.5).cdf).pvalue > 1e-3
    assert stats.kstest(shifts, stats.uniform(-3, 6).cdf).pvalue > 1e-3
    ratio = np.array([(p.stop - p.start) / p.length for p in pieces])
    np.testing.assert_allclose(ratio, 2 ** (shifts / 12), atol=1e-3)


def test_a_shifted_event_is_heard_at_another_pitch():
    class ToneBank(NoiseBank):
        def __init__(self):
            time = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
            self.noise = (0.1 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)

    bank = ToneBank()
    scenes = [draw_scene(scene_recipe("urban-shifted"), bank, "train", (0, i)) for i in range(99)]
    scene = next(s for s in scenes if len(s.layers) == 1 and s.layers[0].pieces[0].semitones > 1)
    (onset, offset), semitones = scene.layers[0].spans[0], scene.layers[0].pieces[0].semitones
    heard = render_scene(scene, bank).sum(0)[
        round(onset * SAMPLE_RATE) : round(offset * SAMPLE_RATE)
    ]
    peak = np.abs(np.fft.rfft(heard)).argmax() * SAMPLE_RATE / len(heard)
    assert peak == pytest.approx(1000 * 2 ** (semitones / 12), abs=SAMPLE_RATE / len(heard))


def test_only_training_scenes_are_shifted():
    config = load_preset("weak_smoke", ("data.recipe=urban-shifted",))
    data = scene_data("synthscapes", config)
    assert data.train.recipe.semitones == 3.0
    plain = scene_data("synthscapes", load_preset("weak_smoke")).validation
    assert data.validation.scene(1) == plain.scene(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: scene_recipe("rural"), "no recipe"),
        (lambda: scene_bank("/nowhere", URBAN_LABELS, 0.0, 4), "no folder"),
        (lambda: SceneSet(RECIPE, NoiseBank(), "public", 0, 1), "no scenes of the split"),
    ],
)
def test_sentences_of_mistakes(make, message):
    with pytest.raises(JssError, match=message):
        make()
