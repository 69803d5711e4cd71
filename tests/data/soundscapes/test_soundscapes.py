from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from jss.data.recordings import SPLITS
from jss.data.soundbank.bank import MixedBank, SoundBank
from jss.data.soundbank.synthbank import SynthBank
from jss.data.soundscapes import RECIPES, Soundscape, draw, render
from jss.data.soundscapes.activity import active_spans, k_weighted, level_db
from jss.data.soundscapes.recipes import BABBLE, STEADY
from jss.errors import JssError
from jss.labels import DESED_LABELS

DESED = RECIPES["desed"]


@pytest.fixture(scope="module")
def scapes(bank: SoundBank) -> list[Soundscape]:
    dry = dataclasses.replace(DESED, room=0.0)
    return [draw(dry, bank, "train", (7, index)) for index in range(300)]


def labels(scape: Soundscape) -> list[str]:
    return [layer.label for layer in scape.foregrounds]


def digest(bank: SoundBank, indices: list[int]) -> dict[int, str]:
    result = {}
    for index in indices:
        scape = draw(DESED, bank, "train", (3, index))
        rendered = render(scape, bank)
        sound = np.round(rendered.sources * 2**20).astype(np.int32)
        result[index] = hashlib.sha256(scape.to_json().encode() + sound.tobytes()).hexdigest()
    return result


@pytest.mark.slow
def test_draws_are_reproducible_in_another_process(bank: SoundBank, bank_folder: Path) -> None:
    here = digest(bank, [0, 1, 2])
    code = (
        "import sys; sys.path[:0] = [sys.argv[2], sys.argv[3]]; from test_soundscapes import digest, SoundBank\n"
        "print(digest(SoundBank(sys.argv[1]), [1, 0, 2]))"
    )
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", code, str(bank_folder), str(folder), str(folder.parents[1])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Counter(eval(done.stdout, {})) == Counter(here)


def test_json_round_trip(scapes: list[Soundscape]) -> None:
    for scape in scapes[:50]:
        line = scape.to_json()
        assert "\n" not in line
        assert Soundscape.from_json(line) == scape
    with pytest.raises(JssError, match="not a soundscape"):
        Soundscape.from_json("{}")


@pytest.mark.parametrize("recipe", ["desed", "universal"])
def test_the_mixture_is_the_sum_of_its_sources(bank: SoundBank, recipe: str) -> None:
    for index in range(4):
        scape = draw(RECIPES[recipe], bank, "test", index)
        rendered = render(scape, bank)
        assert rendered.mixture.dtype == rendered.sources.dtype == np.float32
        assert rendered.mixture.shape == (160000,)
        assert rendered.sources.shape == (1 + len(scape.foregrounds), 160000)
        assert rendered.source_labels == (
            "background",
            *(layer.label for layer in scape.foregrounds),
        )
        assert (
            np.abs(rendered.mixture - rendered.sources.sum(axis=0, dtype=np.float64)).max() < 1e-6
        )
        assert np.isfinite(rendered.mixture).all()
        assert np.abs(rendered.sources).max() <= 0.981
        assert rendered.events == scape.events


@pytest.mark.slow
def test_the_snr_is_the_one_that_was_drawn(bank: SoundBank) -> None:
    for index in range(25):
        scape = draw(DESED, bank, "train", (1, index))
        rendered = render(scape, bank)
        ground = level_db(k_weighted(rendered.sources[0]))
        for layer, source in zip(scape.foregrounds, rendered.sources[1:], strict=True):
            spans = [(round(a * 16000), round(b * 16000)) for a, b in layer.spans]
            measured = level_db(k_weighted(source), spans) - ground
            assert measured == pytest.approx(layer.level_db - scape.background.level_db, abs=0.05)
            assert (6.0 if layer.labelled else 0.0) - 0.01 <= measured <= 30.01


def test_levels_are_those_of_the_recipe(bank: SoundBank) -> None:
    scape = draw(dataclasses.replace(DESED, snr_db=(6.0, 10.0)), bank, "train", 3)
    rendered = render(scape, bank)
    assert level_db(k_weighted(rendered.sources[0])) == pytest.approx(
        -50.0 + scape.gain_db, abs=0.05
    )
    assert abs(scape.gain_db) <= DESED.gain_jitter_db


def test_labels_are_tight(bank: SoundBank, scapes: list[Soundscape]) -> None:
    """Where a sound that is not steady is audible, measured on its rendered source."""
    checked = 0
    for scape in scapes[:25]:
        rendered = render(scape, bank)
        for layer, source in zip(scape.foregrounds, rendered.sources[1:], strict=True):
            if layer.label in STEADY:
                continue
            result = active_spans(source)
            assert len(result) == len(layer.spans)
            for (onset, offset), (first, stop) in zip(layer.spans, result, strict=True):
                assert onset == pytest.approx(first / 16000, abs=0.03)
                assert offset == pytest.approx(max(stop / 16000, min(onset + 0.25, 10.0)), abs=0.03)
                checked += 1
    assert checked > 40


def test_labels_of_steady_sounds_are_tight(bank: SoundBank) -> None:
    checked = 0
    for index in range(20):
        scape = draw(dataclasses.replace(DESED, room=0.0, second=0.0), bank, "train", (5, index))
        rendered = render(scape, bank)
        for layer, source in zip(scape.foregrounds, rendered.sources[1:], strict=True):
            if layer.label in STEADY and len(layer.spans) == 1:
                ((onset, offset),) = layer.spans
                ((first, stop),) = active_spans(source, 0.5)
                assert onset == pytest.approx(first / 16000, abs=0.06)
                assert offset == pytest.approx(stop / 16000, abs=0.06)
                checked += 1
    assert checked > 5


def test_labels_include_reverberation(bank: SoundBank) -> None:
    dogs = {"Dog": dataclasses.replace(DESED.classes["Dog"], alone=1.0)}
    scape = draw(
        dataclasses.replace(DESED, classes=dogs, room=1.0, second=0.0, distractor=0.0),
        bank,
        "train",
        6,
    )
    source = render(scape, bank).sources[1]
    dry = dataclasses.replace(scape, room=None)
    longest = max(b - a for a, b in scape.foregrounds[0].spans)
    assert (
        longest > max(b - a for a, b in active_spans(render(dry, bank).sources[1])) / 16000 + 0.03
    )
    for (onset, offset), (first, stop) in zip(
        scape.foregrounds[0].spans, active_spans(source), strict=True
    ):
        assert (onset, offset) == pytest.approx((first / 16000, stop / 16000), abs=0.06)


def test_onsets_are_normal_around_the_middle(scapes: list[Soundscape]) -> None:
    onsets = [
        layer.spans[0][0]
        for scape in scapes
        for layer in scape.foregrounds
        if layer.label not in STEADY and len(layer.pieces) == 1
    ]
    assert len(onsets) > 90
    assert np.mean(onsets) == pytest.approx(5.0, abs=0.5)
    assert np.std(onsets) == pytest.approx(2.0, abs=0.4)


def test_classes_occur_as_in_desed(scapes: list[Soundscape]) -> None:
    tags = [scape.tags for scape in scapes]
    counts = Counter(label for tag in tags for label in tag)
    assert set(counts) == set(DESED_LABELS)
    assert min(counts.values()) > 12
    assert 0.4 < counts["Speech"] / len(scapes) < 0.65
    assert 0.3 < np.mean([len(tag) == 1 for tag in tags]) < 0.5
    assert max(len(scape.events) for scape in scapes) < 25
    assert 2.5 < np.mean([len(scape.events) for scape in scapes]) < 4.0


def test_events_lie_in_the_clip_and_do_not_overlap_within_a_class(scapes: list[Soundscape]) -> None:
    for scape in scapes:
        for label in scape.tags:
            spans = [(e.onset, e.offset) for e in scape.events if e.label == label]
            assert all(0.0 <= onset < offset <= 10.0 for onset, offset in spans)
            assert all(a[1] < b[0] for a, b in pairwise(spans))
        for layer in scape.foregrounds:
            assert all(a[1] < b[0] for a, b in pairwise(layer.spans))


def test_voices_are_only_in_clips_with_speech(scapes: list[Soundscape]) -> None:
    voiced = [s for s in scapes if s.background.label == BABBLE or "other_laugh" in labels(s)]
    assert len(voiced) > 12
    assert all("Speech" in scape.tags for scape in voiced)


def test_distractors_are_sources_but_no_events(scapes: list[Soundscape]) -> None:
    with_distractor = [s for s in scapes if any(not layer.labelled for layer in s.foregrounds)]
    assert 0.15 < len(with_distractor) / len(scapes) < 0.35
    assert all(event.label in DESED_LABELS for scape in scapes for event in scape.events)


def test_universal_mixtures_have_at_most_four_sources(bank: SoundBank) -> None:
    result = [draw(RECIPES["universal"], bank, "train", index) for index in range(40)]
    assert {len(scape.foregrounds) for scape in result} == {1, 2, 3}
    assert all(
        len({layer.label for layer in scape.foregrounds}) == len(scape.foregrounds)
        for scape in result
    )
    assert {layer.label for scape in result for layer in scape.foregrounds} > set(DESED_LABELS)


def test_recordings_come_from_the_split(bank: SoundBank) -> None:
    filled = MixedBank([(bank, 1.0), (SynthBank(2), 0.0)])
    used = {}
    for split in (*SPLITS, "test_a", "test_b"):
        result = [draw(DESED, filled, split, index) for index in range(12)]
        used[split] = {
            r.recording
            for s in result
            for layer in (s.background, *s.foregrounds)
            for r in layer.recordings
        }
    assert not used["train"] & used["validation"]
    assert not (used["train"] | used["validation"]) & used["test"]
    assert not used["test_a"] & used["test_b"]


def test_sentence_of_a_missing_class(bank: SoundBank) -> None:
    with pytest.raises(JssError, match=r"Electric_shaver_toothbrush in the split 'validation'"):
        draw(DESED, bank, "validation", 0)
    scape = next(s for s in (draw(DESED, bank, "train", i) for i in range(99)) if "Dog" in s.tags)
    with pytest.raises(JssError, match="None of the mixed soundbanks has the recording"):
        render(scape, MixedBank([(SynthBank(2), 1.0)]))
