"""Single recordings as weakly labelled clips, as many clips of AudioSet are."""

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
    """Single recordings as weakly labelled clips: number i is drawn from (seed, i).

    One clip in five is a distractor of the recipe, without label. A recording is cut or looped to
    the clip's length, pitch-shifted as in the recipe, and changed in level by up to 12 dB, within
    full scale.

    Args:
        recipe: The recipe.
        bank: The soundbank.
        split: Split of its recordings.
        seed: Random seed.
        size: Number of clips in an epoch.
    """

    def __init__(self, recipe: Recipe, bank: Bank, split: str, seed: int, size: int) -> None:
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size
        available = bank.labels(split)
        self.labels = [label for label in recipe.classes or available if label in available]
        self.others = [label for label in recipe.distractors if label in available]

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


class MixedSet:
    """A set of which a share, drawn by (seed, number), is replaced by clips of another set.

    Args:
        examples: The set.
        others: The other set, with the same numbers.
        share: Share of the other set, in [0, 1].
        seed: Random seed.
    """

    def __init__(self, examples: Examples, others: Examples, share: float, seed: int) -> None:
        self.examples, self.others, self.share, self.seed = examples, others, share, seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        other = np.random.default_rng((self.seed, index, 1)).random() < self.share
        return (self.others if other else self.examples)[index]
