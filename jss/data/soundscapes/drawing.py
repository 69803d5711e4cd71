"""Drawing a soundscape from a recipe: sounds, recordings, times, lengths and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from jss.data.recordings import Recording
from jss.data.soundbank.bank import Bank
from jss.data.soundscapes.acoustics import POSITIONS, ROOMS
from jss.data.soundscapes.placing import (
    TRIES,
    audible_spans,
    cut_steady,
    draw_pitch,
    place_natural,
    place_steady,
    seconds_of,
)
from jss.data.soundscapes.recipes import BABBLE, BACKGROUND, STEADY, Recipe
from jss.data.soundscapes.soundscape import Layer, Soundscape
from jss.errors import JssError


def draw(recipe: Recipe, bank: Bank, split: str, seed: int | Sequence[int]) -> Soundscape:
    """Draw one soundscape; it depends on the arguments only, not on the machine or the order.

    Args:
        recipe: Recipe of the soundscapes.
        bank: The soundbank.
        split: Split of its recordings.
        seed: Random seed.

    Returns:
        The soundscape.

    Raises:
        JssError: The bank lacks a class of the recipe, or a background, in the split.
    """
    seeds = (seed,) if isinstance(seed, int) else tuple(int(s) for s in seed)
    rng = np.random.default_rng(seeds)
    labels = _labels(recipe, bank, split, rng)
    room = int(rng.integers(ROOMS)) if rng.random() < recipe.room else None
    background = _background(recipe, bank, split, "Speech" in labels, rng)
    layers = [
        layer
        for label in labels
        for layer in _layers_of_class(recipe, bank, split, label, room, rng)
    ]
    layers += _distractors(recipe, bank, split, "Speech" in labels, room, rng)
    gain = float(rng.uniform(-recipe.gain_jitter_db, recipe.gain_jitter_db))
    return Soundscape(
        recipe.name, split, seeds, recipe.duration, round(gain, 2), room, background, tuple(layers)
    )


def _labels(recipe: Recipe, bank: Bank, split: str, rng: np.random.Generator) -> list[str]:
    """Draw the foreground classes of a clip."""
    available = bank.labels(split)
    if not recipe.classes:
        labels = [label for label in available if label not in (BACKGROUND, BABBLE)]
        fewest, most = recipe.foregrounds
        if len(labels) < most:
            raise JssError(
                f"The soundbank has {len(labels)} classes in the split {split!r}; the recipe "
                f"{recipe.name!r} needs {most} besides {BACKGROUND!r}."
            )
        count = int(rng.integers(fewest, most + 1))
        return [labels[i] for i in rng.choice(len(labels), count, replace=False)]
    missing = sorted(set(recipe.classes) - set(available))
    if missing:
        raise JssError(
            f"The soundbank has no recording of {', '.join(missing)} in the split {split!r}, which the "
            f"recipe {recipe.name!r} needs: add some, or mix in the synthesiser."
        )
    leader = _weighted({label: plan.weight for label, plan in recipe.classes.items()}, rng)
    labels = [leader]
    chance = 1.0 - recipe.classes[leader].alone
    while rng.random() < chance and len(labels) < len(recipe.classes):
        partners = {
            label: w for label, w in recipe.classes[leader].partners.items() if label not in labels
        }
        if not partners:
            break
        labels.append(_weighted(partners, rng))
        chance = recipe.third
    return labels


def _background(
    recipe: Recipe, bank: Bank, split: str, speech: bool, rng: np.random.Generator
) -> Layer:
    babble = speech and rng.random() < recipe.babble and bool(bank.recordings(BABBLE, split))
    label = BABBLE if babble else BACKGROUND
    for _ in range(TRIES):
        recording = bank.pick(label, split, rng)
        if seconds_of(audible_spans(bank, recording, steady=True)) >= recipe.duration / 4:
            break
    piece = cut_steady(
        bank, recording, 0.0, recipe.duration, recipe.duration, draw_pitch(recipe, rng), rng
    )
    return Layer(
        label,
        (recording,),
        recipe.reference_db,
        (piece,),
        ((0.0, recipe.duration),),
        labelled=False,
    )


def _layers_of_class(
    recipe: Recipe, bank: Bank, split: str, label: str, room: int | None, rng: np.random.Generator
) -> list[Layer]:
    """Draw the layers of one class: one original recording, sometimes two."""
    plan = recipe.classes.get(label)
    counts = plan.counts if plan else recipe.counts
    lengths = plan.lengths if plan else recipe.lengths
    count = 1 + int(rng.choice(len(counts), p=np.array(counts) / sum(counts)))
    shares = [count]
    if count > 1 and rng.random() < recipe.second:
        first = int(rng.integers(1, count))
        shares = [first, count - first]
    layers: list[Layer] = []
    for share in shares:
        used = {layer.recordings[0].recording for layer in layers}
        recording = _pick(bank, split, label, share, used, rng)
        if recording.recording not in used:
            layers.append(
                _layer(recipe, bank, split, recording, share, lengths, recipe.snr_db, room, rng)
            )
    return layers


def _pick(
    bank: Bank, split: str, label: str, count: int, used: set[str], rng: np.random.Generator
) -> Recording:
    """Draw an unused recording with ``count`` different sounds, its sister files included.

    Where some tries find none, the last recording drawn is taken.
    """
    for attempt in range(TRIES):
        recording = bank.pick(label, split, rng)
        varied = (
            label in STEADY
            or len(audible_spans(bank, recording)) + len(_sisters(bank, split, recording)) >= count
        )
        if recording.recording not in used and (varied or attempt >= TRIES // 2):
            break
    return recording


def _sisters(bank: Bank, split: str, recording: Recording) -> list[Recording]:
    """Other files of the same original recording and label."""
    return [
        item
        for item in bank.recordings(recording.label, split)
        if item.recording == recording.recording and item != recording
    ]


def _distractors(
    recipe: Recipe, bank: Bank, split: str, speech: bool, room: int | None, rng: np.random.Generator
) -> list[Layer]:
    if rng.random() >= recipe.distractor:
        return []
    wanted = recipe.distractors + (recipe.voiced_distractors if speech else ())
    available = [label for label in wanted if bank.recordings(label, split)]
    if not available:
        return []
    recording = bank.pick(available[int(rng.integers(len(available)))], split, rng)
    return [
        _layer(
            recipe,
            bank,
            split,
            recording,
            1,
            recipe.lengths,
            recipe.distractor_snr_db,
            room,
            rng,
            False,
        )
    ]


def _layer(
    recipe: Recipe,
    bank: Bank,
    split: str,
    recording: Recording,
    count: int,
    lengths: tuple[float, ...],
    snr_db: tuple[float, float],
    room: int | None,
    rng: np.random.Generator,
    labelled: bool = True,
) -> Layer:
    """Draw ``count`` events of one original recording, beginning with the file ``recording``."""
    level = round(recipe.reference_db + float(rng.uniform(*snr_db)), 2)
    position = None if room is None else int(rng.integers(POSITIONS))
    others = _sisters(bank, split, recording) if count > 1 else []
    files = (recording, *(others[i] for i in rng.permutation(len(others))[: count - 1]))
    place = place_steady if recording.label in STEADY else place_natural
    pieces, spans = place(recipe, bank, files, count, lengths, (room, position), rng)
    used = tuple(files[: 1 + max(piece.file for piece in pieces)])
    return Layer(
        recording.label, used, level, tuple(pieces), tuple(sorted(spans)), position, labelled
    )


def _weighted(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    names = sorted(weights)
    values = np.array([weights[name] for name in names], float)
    return names[int(rng.choice(len(names), p=values / values.sum()))]
