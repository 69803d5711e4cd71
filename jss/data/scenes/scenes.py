"""The mixtures of the weak-label paper: a few events of five classes, uniformly anywhere, and no
background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from jss.data.soundscapes.placing import TRIES, sounds
from jss.data.soundscapes.recipes import STEADY
from jss.data.soundscapes.soundscape import Layer, PlacedCut
from jss.data.training.example import Example
from jss.errors import JssError
from jss.labels import URBAN_LABELS

#: Fades at the ends of an event (s).
ATTACK, RELEASE = 0.005, 0.02
#: The share of an event that should be audible; the best of a few cuts where none is.
AUDIBLE = 0.5
#: Sets of one seed: its split, and a number of its own.
SPLITS: Mapping[str, int] = {"train": 0, "validation": 1, "test": 2}


@dataclass(frozen=True)
class SceneRecipe:
    """duration: s; events: lambda of the zero-truncated Poisson number of events; lengths: seconds
    of an event, uniform; lufs: its loudness, uniform; labels: the K classes, each as likely as the
    others.
    """

    duration: float = 4.0
    events: float = 5.0
    lengths: tuple[float, float] = (0.5, 4.0)
    lufs: tuple[float, float] = (-30.0, -25.0)
    labels: tuple[str, ...] = URBAN_LABELS


#: Pishdadian, Wichern, Le Roux (ICASSP 2020), section 3.1.
RECIPES: Mapping[str, SceneRecipe] = {"urban": SceneRecipe()}


@dataclass(frozen=True)
class Scene:
    """One mixture written down: a layer an event, its level that of the event alone (LUFS)."""

    duration: float
    labels: tuple[str, ...]
    layers: tuple[Layer, ...]

    @property
    def events(self) -> tuple[tuple[float, float, str], ...]:
        """Every event as (onset s, offset s, label), sorted; those of one class may overlap."""
        return tuple(sorted((*layer.spans[0], layer.label) for layer in self.layers))


def draw_scene(recipe: SceneRecipe, bank: Bank, split: str, seed: Sequence[int]) -> Scene:
    """One scene; the same recipe, bank, split and seed give the same on any machine, in any order.

    A recording shorter than the length drawn is used whole, or looped where its sound is steady.
    Raises JssError where the bank lacks a class in the split.
    """
    rng = np.random.default_rng(tuple(int(s) for s in seed))
    count = 0
    while not count:
        count = int(rng.poisson(recipe.events))
    layers = []
    for _ in range(count):
        label = recipe.labels[int(rng.integers(len(recipe.labels)))]
        recording = bank.pick(label, split, rng)
        start, stop, length = _cut(recipe, bank, recording, rng)
        onset = round(float(rng.uniform(0.0, recipe.duration - length)), 4)
        piece = PlacedCut(round(start, 4), round(stop, 4), onset, round(length, 4), ATTACK, RELEASE)
        level = round(float(rng.uniform(*recipe.lufs)), 2)
        layers.append(
            Layer(label, (recording,), level, (piece,), ((onset, round(onset + length, 4)),))
        )
    return Scene(recipe.duration, recipe.labels, tuple(layers))


def _cut(
    recipe: SceneRecipe, bank: Bank, recording: Recording, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Where an event is cut from its recording, and how long it is: start, stop, length (s)."""
    steady = recording.label in STEADY
    spans = sounds(bank, recording, steady=steady)
    first, end = spans[0][0] / SAMPLE_RATE, spans[-1][1] / SAMPLE_RATE
    wanted = float(rng.uniform(*recipe.lengths))
    if wanted >= end - first:
        return (
            first,
            end,
            min(wanted, recipe.duration) if steady else min(end - first, recipe.duration),
        )
    best, most = first, -1.0
    for _ in range(TRIES):
        start = float(rng.uniform(first, end - wanted))
        heard = sum(
            max(0.0, min(b / SAMPLE_RATE, start + wanted) - max(a / SAMPLE_RATE, start))
            for a, b in spans
        )
        if heard > most:
            best, most = start, heard
        if heard >= AUDIBLE * wanted:
            break
    return best, best + wanted, wanted


def render_scene(scene: Scene, bank: Bank) -> Float32:
    """The sources of a scene: events of a class are one source, silent where it has none. -> (K,
    samples).

    Every event has its level by itself; nothing is limited, so a sum may go beyond 1. Raises
    JssError for a silent recording.
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
    """Scenes rendered when asked for: number i is drawn from (seed, split, i). size: how many."""

    def __init__(self, recipe: SceneRecipe, bank: Bank, split: str, seed: int, size: int) -> None:
        if split not in SPLITS:
            raise JssError(f'There are no scenes of the split "{split}": use {", ".join(SPLITS)}.')
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size

    def __len__(self) -> int:
        return self.size

    def scene(self, index: int) -> Scene:
        """Number ``index``, without its sound."""
        return draw_scene(
            self.recipe, self.bank, self.split, (self.seed, SPLITS[self.split], index)
        )

    def __getitem__(self, index: int) -> Example:
        """Sources: (K, samples), a row a class."""
        scene = self.scene(index)
        sources = render_scene(scene, self.bank)
        events = scene.events
        return Example(
            sources.sum(0), sources, events, tuple(sorted({label for _, _, label in events}))
        )


@dataclass(frozen=True)
class SceneData:
    """Scenes that separators and critics learn from, and those that select them; description,
    licence: of a card.
    """

    train: SceneSet
    validation: SceneSet
    description: str
    licence: str


def scene_data(root: str, config: Config) -> SceneData:
    """Training and validation scenes under ROOT: a soundbank, UrbanSound8K, or "synthscapes".
    Raises JssError.
    """
    c = config.data
    recipe = scene_recipe(c.recipe, c.seconds)
    bank, description, licence = scene_bank(root, recipe.labels, c.synthesised, c.sounds)
    return SceneData(
        SceneSet(recipe, bank, "train", config.seed, c.synthetic),
        SceneSet(recipe, bank, "validation", config.seed, c.validation_synthetic),
        description,
        licence,
    )


def scene_recipe(name: str, seconds: float | None = None) -> SceneRecipe:
    """A recipe by name, for clips of ``seconds`` (None: its own); lengths shrink with them. Raises
    JssError.
    """
    if name not in RECIPES:
        raise JssError(f'There is no recipe of scenes "{name}": use one of {", ".join(RECIPES)}.')
    recipe = RECIPES[name]
    if seconds is None or seconds == recipe.duration:
        return recipe
    ratio = seconds / recipe.duration
    shortest, longest = recipe.lengths
    return SceneRecipe(
        seconds, recipe.events, (shortest * ratio, longest * ratio), recipe.lufs, recipe.labels
    )


def scene_bank(
    root: str, labels: Sequence[str], synthesised: float, count: int
) -> tuple[Bank, str, str]:
    """The bank under ROOT with a share of ``synthesised`` sounds, ``count`` a class -> bank,
    description, licence.
    """
    made = SynthBank(count, classes=labels)
    if root == SYNTHSCAPES:
        return made, "scenes of the built-in synthesiser", "MIT"
    folder = Path(root)
    if not folder.is_dir():
        raise JssError(
            f"There is no folder {root}: give a soundbank, UrbanSound8K, or {SYNTHSCAPES}."
        )
    bank: Bank = SoundBank(folder)
    share = ""
    if synthesised:
        bank = MixedBank([(bank, 1.0 - synthesised), (made, synthesised)])
        share = f", {synthesised:.0%} synthesised sounds"
    return (
        bank,
        f"scenes of the recordings in the folder {folder.resolve().name}{share}",
        TERMS,
    )
