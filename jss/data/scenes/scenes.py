"""The mixtures of the weak-label paper: a few events of five classes at uniform times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jss.arrays import Float32
from jss.audio import SAMPLE_RATE
from jss.config import Config
from jss.data.recordings import Recording
from jss.data.soundbank.bank import TERMS, Bank, MixedBank, SoundBank
from jss.data.soundbank.synthbank import SYNTHSCAPES, SynthBank
from jss.data.soundscapes.loudness import lufs
from jss.data.soundscapes.pieces import sound_of
from jss.data.soundscapes.placing import TRIES, audible_spans
from jss.data.soundscapes.recipes import STEADY
from jss.data.soundscapes.soundscape import Layer, PlacedCut
from jss.data.training.example import Example
from jss.errors import JssError
from jss.labels import URBAN_LABELS

#: Seconds of the fades at both ends of an event.
ATTACK, RELEASE = 0.005, 0.02
#: Share of an event that must be audible; else the best of a few cuts is taken.
AUDIBLE = 0.5
#: Split -> its number in the random seed.
SPLITS: Mapping[str, int] = {"train": 0, "validation": 1, "test": 2}


@dataclass(frozen=True)
class SceneRecipe:
    """Distribution of scenes."""

    #: Length in seconds.
    duration: float = 4.0
    #: Lambda of the zero-truncated Poisson distribution of the number of events.
    events: float = 5.0
    #: Range of the uniform distribution of an event's length in seconds.
    lengths: tuple[float, float] = (0.5, 4.0)
    #: Range of the uniform distribution of an event's loudness in LUFS.
    lufs: tuple[float, float] = (-30.0, -25.0)
    #: The K classes, all equally likely.
    labels: tuple[str, ...] = URBAN_LABELS
    #: Largest pitch shift of an event, with its tempo; of training scenes only.
    semitones: float = 0.0


#: "urban": Pishdadian, Wichern, Le Roux (ICASSP 2020), section 3.1. "urban-shifted": the same, for a
#: bank with few recordings of a class.
RECIPES: Mapping[str, SceneRecipe] = {
    "urban": SceneRecipe(),
    "urban-shifted": SceneRecipe(semitones=3.0),
}


@dataclass(frozen=True)
class Scene:
    """Description of one mixture."""

    #: Length in seconds.
    duration: float
    #: The K class labels.
    labels: tuple[str, ...]
    #: One layer for each event, with the loudness of the event alone in LUFS.
    layers: tuple[Layer, ...]

    @property
    def events(self) -> tuple[tuple[float, float, str], ...]:
        """Every event as (onset, offset, label) in seconds, sorted; those of a class may overlap."""
        return tuple(sorted((*layer.spans[0], layer.label) for layer in self.layers))


def draw_scene(recipe: SceneRecipe, bank: Bank, split: str, seed: Sequence[int]) -> Scene:
    """Draw one scene; it depends on the arguments only, not on the machine or the order.

    A recording shorter than the length drawn is used whole, or looped where its sound is steady.

    Args:
        recipe: Recipe of the scenes.
        bank: The soundbank.
        split: Split of its recordings.
        seed: Random seed.

    Returns:
        The scene.

    Raises:
        JssError: The bank lacks a class in the split.
    """
    rng = np.random.default_rng(tuple(int(s) for s in seed))
    count = 0
    while not count:
        count = int(rng.poisson(recipe.events))
    layers = []
    for _ in range(count):
        label = recipe.labels[int(rng.integers(len(recipe.labels)))]
        recording = bank.pick(label, split, rng)
        shift = round(float(rng.uniform(-1, 1)) * recipe.semitones, 2) if recipe.semitones else 0.0
        start, stop, length = _cut(recipe, bank, recording, 2.0 ** (shift / 12.0), rng)
        onset = round(float(rng.uniform(0.0, recipe.duration - length)), 4)
        piece = PlacedCut(
            round(start, 4), round(stop, 4), onset, round(length, 4), ATTACK, RELEASE, shift
        )
        level = round(float(rng.uniform(*recipe.lufs)), 2)
        layers.append(
            Layer(label, (recording,), level, (piece,), ((onset, round(onset + length, 4)),))
        )
    return Scene(recipe.duration, recipe.labels, tuple(layers))


def _cut(
    recipe: SceneRecipe, bank: Bank, recording: Recording, speed: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Draw where an event is cut from its recording, which is played ``speed`` times as fast.

    Returns:
        Start and stop in the recording, and the length of the event, in seconds.
    """
    steady = recording.label in STEADY
    spans = audible_spans(bank, recording, steady=steady)
    first, end = spans[0][0] / SAMPLE_RATE, spans[-1][1] / SAMPLE_RATE
    length = float(rng.uniform(*recipe.lengths))
    wanted, whole = length * speed, (end - first) / speed
    if wanted >= end - first:
        return first, end, min(length if steady else whole, recipe.duration)
    best_start, most_audible = first, -1.0
    for _ in range(TRIES):
        start = float(rng.uniform(first, end - wanted))
        audible = sum(
            max(0.0, min(b / SAMPLE_RATE, start + wanted) - max(a / SAMPLE_RATE, start))
            for a, b in spans
        )
        if audible > most_audible:
            best_start, most_audible = start, audible
        if audible >= AUDIBLE * wanted:
            break
    return best_start, best_start + wanted, length


def render_scene(scene: Scene, bank: Bank) -> Float32:
    """Render the sources of a scene; events of a class are one source.

    Each event has its loudness by itself. Nothing is limited, so a sum may exceed 1.

    Args:
        scene: The scene.
        bank: The soundbank it was drawn from.

    Returns:
        (K, samples); a class without events is silent.

    Raises:
        JssError: A recording is silent.
    """
    sources = np.zeros((len(scene.labels), round(scene.duration * SAMPLE_RATE)), np.float32)
    for layer in scene.layers:
        piece, recording = layer.pieces[0], layer.recordings[0]
        sound = sound_of(piece, bank, recording, None, None)
        level = lufs(sound)
        if not np.isfinite(level):
            raise JssError(
                f"The recording {recording.path!r} is silent: remove it from the soundbank."
            )
        onset = round(piece.onset * SAMPLE_RATE)
        row = sources[scene.labels.index(layer.label)]
        sound = sound[: len(row) - onset]
        row[onset : onset + len(sound)] += sound * np.float32(
            10.0 ** ((layer.level_db - level) / 20.0)
        )
    return sources


class SceneSet:
    """Scenes that are drawn and rendered on demand: number i is drawn from (seed, split, i).

    Args:
        recipe: Recipe of the scenes.
        bank: The soundbank.
        split: train, validation or test.
        seed: Random seed.
        size: Number of scenes.

    Raises:
        JssError: There is no such split.
    """

    def __init__(self, recipe: SceneRecipe, bank: Bank, split: str, seed: int, size: int) -> None:
        if split not in SPLITS:
            raise JssError(f'There are no scenes of the split "{split}": use {", ".join(SPLITS)}.')
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size

    def __len__(self) -> int:
        return self.size

    def scene(self, index: int) -> Scene:
        """Draw scene number ``index`` without rendering it."""
        return draw_scene(
            self.recipe, self.bank, self.split, (self.seed, SPLITS[self.split], index)
        )

    def __getitem__(self, index: int) -> Example:
        """Render scene number ``index``; its sources are (K, samples), a row for each class."""
        scene = self.scene(index)
        sources = render_scene(scene, self.bank)
        events = scene.events
        return Example(
            sources.sum(0), sources, events, tuple(sorted({label for _, _, label in events}))
        )


@dataclass(frozen=True)
class SceneData:
    """Scenes for training and model selection."""

    train: SceneSet
    validation: SceneSet
    #: Description of the data in a card.
    description: str
    #: Licence of the data in a card.
    licence: str


def scene_data(root: str, config: Config) -> SceneData:
    """Make the training and validation scenes of a configuration.

    Args:
        root: A soundbank, UrbanSound8K, or "synthscapes".
        config: The configuration.

    Returns:
        The scenes.

    Raises:
        JssError: There is no such folder or recipe.
    """
    c = config.data
    recipe = scene_recipe(c.recipe, c.seconds)
    bank, description, licence = scene_bank(root, recipe.labels, c.synthesised, c.sounds)
    plain = replace(recipe, semitones=0.0)
    return SceneData(
        SceneSet(recipe, bank, "train", config.seed, c.synthetic),
        SceneSet(plain, bank, "validation", config.seed, c.validation_synthetic),
        description,
        licence,
    )


def scene_recipe(name: str, seconds: float | None = None) -> SceneRecipe:
    """Recipe of a name.

    Args:
        name: The recipe.
        seconds: Length of the scenes; lengths of events scale with it. None for the recipe's.

    Returns:
        The recipe.

    Raises:
        JssError: There is no such recipe.
    """
    if name not in RECIPES:
        raise JssError(f'There is no recipe of scenes "{name}": use one of {", ".join(RECIPES)}.')
    recipe = RECIPES[name]
    if seconds is None or seconds == recipe.duration:
        return recipe
    ratio = seconds / recipe.duration
    shortest, longest = recipe.lengths
    return replace(recipe, duration=seconds, lengths=(shortest * ratio, longest * ratio))


def scene_bank(
    root: str, labels: Sequence[str], synthesised: float, count: int
) -> tuple[Bank, str, str]:
    """Make the soundbank of scenes.

    Args:
        root: A soundbank, UrbanSound8K, or "synthscapes".
        labels: Classes of the synthesised sounds.
        synthesised: Share of synthesised sounds, in [0, 1].
        count: Number of synthesised sounds for each class and split.

    Returns:
        Bank, description and licence.

    Raises:
        JssError: There is no such folder.
    """
    synthesiser = SynthBank(count, classes=labels)
    if root == SYNTHSCAPES:
        return synthesiser, "scenes of the built-in synthesiser", "MIT"
    folder = Path(root)
    if not folder.is_dir():
        raise JssError(
            f"There is no folder {root}: give a soundbank, UrbanSound8K, or {SYNTHSCAPES}."
        )
    bank: Bank = SoundBank(folder)
    share = ""
    if synthesised:
        bank = MixedBank([(bank, 1.0 - synthesised), (synthesiser, synthesised)])
        share = f", {synthesised:.0%} synthesised sounds"
    return (
        bank,
        f"scenes of the recordings in the folder {folder.resolve().name}{share}",
        TERMS,
    )
