"""Single recordings as weakly labelled clips, among the soundscapes: what many clips of AudioSet
are.
"""

from __future__ import annotations

import numpy as np

from jss.data.soundbank.bank import Bank
from jss.data.soundscapes.pieces import sound_of
from jss.data.soundscapes.placing import cut_steady, draw_pitch
from jss.data.soundscapes.recipes import Recipe
from jss.data.soundscapes.rendering import CEILING
from jss.data.training.example import Example, Examples, fit
from jss.features import SAMPLE_RATE


class RecordingSet:
    """Single recordings as weakly labelled clips, nothing mixed to them: number i is drawn from
    (seed, i).

    One clip in five is a distractor of the recipe (no label). A recording is cut or looped to the
    clip's length, pitched as in the recipe and made up to 12 dB softer or louder, but not beyond
    full scale.
    """

    def __init__(self, recipe: Recipe, bank: Bank, split: str, seed: int, size: int) -> None:
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size
        there = bank.labels(split)
        self.labels = [label for label in recipe.classes or there if label in there]
        self.others = [label for label in recipe.distractors if label in there]

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        rng = np.random.default_rng((self.seed, index))
        labels = self.others if self.others and rng.random() < 0.2 else self.labels
        label = labels[int(rng.integers(len(labels)))]
        recording = self.bank.pick(label, self.split, rng)
        length = self.recipe.duration
        piece = cut_steady(
            self.bank, recording, 0.0, length, length, draw_pitch(self.recipe, rng), rng
        )
        sound = fit(sound_of(piece, self.bank, recording, None, None), round(length * SAMPLE_RATE))
        sound = sound * np.float32(10.0 ** (rng.uniform(-12.0, 12.0) / 20.0))
        sound = sound / np.maximum(np.float32(1.0), np.abs(sound).max() / np.float32(CEILING))
        return Example(sound, sound[None], None, (label,) if labels is self.labels else ())


class Sprinkled:
    """A set of which a share, drawn by (seed, number), comes from another one of the same
    numbering.
    """

    def __init__(self, examples: Examples, others: Examples, share: float, seed: int) -> None:
        self.examples, self.others, self.share, self.seed = examples, others, share, seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        other = np.random.default_rng((self.seed, index, 1)).random() < self.share
        return (self.others if other else self.examples)[index]
