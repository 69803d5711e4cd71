"""Distributions of what recipes draw (Kolmogorov-Smirnov and chi-squared tests)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from scipy.stats import chisquare, kstest, truncnorm, uniform

from jss.data.soundbank.bank import SoundBank
from jss.data.soundscapes import Soundscape, draw
from jss.data.soundscapes.recipes import BABBLE, BACKGROUND, RECIPES

DESED, UNIVERSAL = RECIPES["desed"], RECIPES["universal"]


@pytest.fixture(scope="module")
def desed(bank: SoundBank) -> list[Soundscape]:
    return [draw(replace(DESED, room=0.0), bank, "train", (1, index)) for index in range(250)]


@pytest.fixture(scope="module")
def universal(bank: SoundBank) -> list[Soundscape]:
    return [draw(replace(UNIVERSAL, room=0.0), bank, "train", (2, index)) for index in range(250)]


def between(low: float, high: float) -> object:
    return uniform(low, high - low).cdf


def test_desed_is_the_published_recipe() -> None:
    assert (DESED.duration, DESED.reference_db, DESED.snr_db) == (10.0, -50.0, (6.0, 30.0))
    assert (DESED.semitones, DESED.onset) == (3.0, (5.0, 2.0))


def test_events_lie_6_to_30_db_above_the_background(desed: list[Soundscape]) -> None:
    events = [
        layer.level_db + 50.0 for scape in desed for layer in scape.foregrounds if layer.labelled
    ]
    others = [
        layer.level_db + 50.0
        for scape in desed
        for layer in scape.foregrounds
        if not layer.labelled
    ]
    assert {scape.background.level_db for scape in desed} == {-50.0}
    assert kstest(events, between(6, 30)).pvalue > 0.01
    assert kstest(events, between(6, 28)).pvalue < 0.01  # it would tell
    assert kstest(others, between(*DESED.distractor_snr_db)).pvalue > 0.01


def test_pitch_is_uniform_up_to_three_semitones(desed: list[Soundscape]) -> None:
    shifts = [
        layer.pieces[0].semitones
        for scape in desed
        for layer in (scape.background, *scape.foregrounds)
        if len(layer.pieces) == 1
    ]
    assert len(shifts) > 500
    assert kstest(shifts, between(-3, 3)).pvalue > 0.01
    assert kstest(shifts, between(-2.5, 2.5)).pvalue < 0.01


def test_onsets_are_normal_around_5_s_and_truncated_to_the_clip(bank: SoundBank) -> None:
    one = replace(DESED.classes["Dog"], alone=1.0, counts=(1.0,))
    recipe = replace(DESED, classes={"Dog": one}, room=0.0, distractor=0.0)
    onsets = [draw(recipe, bank, "train", (3, index)).events[0].onset for index in range(300)]
    assert kstest(onsets, truncnorm(-2.5, 2.5, loc=5.0, scale=2.0).cdf).pvalue > 0.01
    assert kstest(onsets, truncnorm(-2.5 / 1.3, 2.5 / 1.3, loc=5.0, scale=2.6).cdf).pvalue < 0.01
    assert 0.0 <= min(onsets) < max(onsets) < 10.0


def test_universal_is_a_background_and_one_to_three_of_any_class(
    universal: list[Soundscape], bank: SoundBank
) -> None:
    counts = Counter(len(scape.foregrounds) for scape in universal)
    assert chisquare([counts[n] for n in (1, 2, 3)]).pvalue > 0.01
    every = set(bank.labels("train")) - {BACKGROUND, BABBLE}
    classes = Counter(layer.label for scape in universal for layer in scape.foregrounds)
    assert set(classes) == every
    assert chisquare(list(classes.values())).pvalue > 0.01
    assert {scape.background.label for scape in universal} == {BACKGROUND}
    levels = [layer.level_db + 50.0 for scape in universal for layer in scape.foregrounds]
    assert kstest(levels, between(0, 25)).pvalue > 0.01
