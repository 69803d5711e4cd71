"""Training data, wherever it comes from: soundscapes made on the fly, or clips of a data set on disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jss import audio
from jss.config import Config
from jss.data import placing
from jss.data.acoustics import ROOMS, responses
from jss.data.clip import Clip
from jss.data.example import Example, Examples, fit
from jss.data.recipes import BABBLE, BACKGROUND, RECIPES, STEADY
from jss.data.singles import RecordingSet, Sprinkled
from jss.data.soundbank import Bank, MixedBank, SoundBank
from jss.data.soundscapes import Recipe, draw, render
from jss.data.synthbank import SynthBank
from jss.errors import JssError
from jss.features import SAMPLE_RATE

#: What ROOT may say instead of a folder: everything from the built-in synthesiser.
SYNTHSCAPES = "synthscapes"


class SoundscapeSet:
    """Soundscapes rendered when asked for: number i is drawn from (seed, i). size: how many; None: endless."""

    def __init__(self, recipe: Recipe, bank: Bank, split: str, seed: int, size: int) -> None:
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        made = render(draw(self.recipe, self.bank, self.split, (self.seed, index)), self.bank)
        events = tuple((e.onset, e.offset, e.label) for e in made.events)
        return Example(made.mixture, made.sources, events, tuple({e.label for e in made.events}))


class ClipSet:
    """Clips on disk, cut or padded to ``samples``; their isolated sources are read only where ``sources`` is set."""

    def __init__(self, clips: Sequence[Clip], samples: int, sources: bool = False) -> None:
        self.clips, self.samples, self.sources = [c for c in clips if c.path is not None], samples, sources

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Example:
        clip = self.clips[index]
        assert clip.path is not None
        seconds = self.samples / SAMPLE_RATE
        events = None
        if clip.events is not None:
            events = tuple((e.onset, min(e.offset, seconds), e.label) for e in clip.events if e.onset < seconds)
        tags = clip.tags
        if tags is None and events is not None:
            tags = tuple(sorted({label for _, _, label in events}))
        wanted = clip.sources if self.sources else ()
        sources = [fit(audio.load(path), self.samples) for _, path in wanted]
        return Example(
            fit(audio.load(clip.path), self.samples),
            np.stack(sources) if sources else np.zeros((0, self.samples), np.float32),
            events,
            tags,
        )


class Kept:
    """A set whose clips stay in memory after their first use, without their sources: for repeated validation."""

    def __init__(self, examples: Examples) -> None:
        self.examples = examples
        self.kept: dict[int, Example] = {}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        if index not in self.kept:
            self.kept[index] = replace(self.examples[index], sources=np.zeros((0, 0), np.float32))
        return self.kept[index]


@dataclass(frozen=True)
class TrainingData:
    """The subsets that a system learns from (synthetic, weak, unlabelled), those that select it, and mixtures with
    isolated sources for PIT. fresh: the training subsets are endless, so every epoch draws new numbers.
    """

    synthetic: Examples
    weak: Examples
    unlabelled: Examples
    synthetic_validation: Examples
    weak_validation: Examples
    universal: Examples
    universal_validation: Examples
    description: str
    licence: str
    fresh: bool


def training_data(root: str, config: Config) -> TrainingData:
    """The subsets under ROOT: a soundbank (class folders; mixed with synthesised sounds), a data set in DESED's
    layout, or "synthscapes" for the synthesiser alone. Raises JssError where ROOT is none of them.
    """
    c = config.data
    sounds = SynthBank(c.sounds)
    if root == SYNTHSCAPES:
        return _soundscapes(config, sounds, "synthscapes (built-in synthesiser)", "MIT")
    folder = Path(root)
    if not folder.is_dir():
        raise JssError(f"There is no folder {root}: give a soundbank, a data set in DESED's layout, or {SYNTHSCAPES}.")
    if (folder / "metadata").is_dir() or (folder / "dataset").is_dir():
        return _desed(folder, config)
    bank = MixedBank([(SoundBank(folder).preload(), 1.0 - c.synthesised), (sounds, c.synthesised)])
    return _soundscapes(
        config, bank, f"homescapes (soundscapes of the recordings in the soundbank {folder.name}, "
        f"{c.synthesised:.0%} synthesised sounds)",
        "trained partly on non-commercial and research-only recordings",
    )  # fmt: skip


def prepare_workers(bank: Bank, split: str = "train") -> None:
    """Work out now what every rendering process would otherwise work out in each epoch, since they are forked anew:
    the recordings of the split, where they are audible, and the impulse responses of the rooms.
    """
    for room in range(ROOMS):
        responses(room)
    for label in bank.labels(split):
        steady = label in STEADY or label in (BACKGROUND, BABBLE)
        for recording in bank.recordings(label, split):
            with suppress(JssError):  # a silent recording is told when it is drawn
                placing.sounds(bank, recording, steady)


def _soundscapes(config: Config, bank: Bank, description: str, licence: str) -> TrainingData:
    c = config.data
    if c.workers:
        prepare_workers(bank)

    def sized(name: str) -> Recipe:
        recipe = RECIPES.get(name)
        if recipe is None:
            raise JssError(f'There is no recipe "{name}": use one of {", ".join(RECIPES)}.')
        if recipe.duration == c.seconds:
            return recipe
        ratio = c.seconds / recipe.duration
        onset = (recipe.onset[0] * ratio, recipe.onset[1] * ratio)
        return replace(recipe, duration=c.seconds, onset=onset)

    def subset(number: int, split: str, size: int, recipe: str = c.recipe) -> SoundscapeSet:
        return SoundscapeSet(sized(recipe), bank, split, 10 * config.seed + number, size)

    def weak(number: int, split: str, size: int) -> Examples:
        seed = 10 * config.seed + number
        return Sprinkled(
            subset(number, split, size), RecordingSet(sized(c.recipe), bank, split, seed, size), c.single, seed
        )

    return TrainingData(
        synthetic=subset(0, "train", c.synthetic),
        weak=weak(1, "train", c.weak),
        unlabelled=subset(2, "train", c.unlabelled),
        synthetic_validation=Kept(subset(3, "validation", c.validation_synthetic)),
        weak_validation=Kept(weak(4, "validation", c.validation_weak)),
        universal=subset(5, "train", c.synthetic, "universal"),
        universal_validation=subset(6, "validation", config.separation.validation, "universal"),
        description=description,
        licence=licence,
        fresh=True,
    )


def _desed(folder: Path, config: Config) -> TrainingData:
    """DESED's subsets as its baseline divides them; the mixtures with isolated sources are the synthetic ones."""
    from jss.data.desed import prepare

    subsets = prepare(folder)
    samples = round(config.data.seconds * SAMPLE_RATE)

    def clips(name: str, size: int) -> ClipSet:
        found = ClipSet(subsets.get(name, []), samples)
        found.clips = found.clips[:size]
        if not found.clips:
            raise JssError(f"{folder} has no audio of the subset {name}: add it, or train on a soundbank.")
        return found

    c = config.data
    synthetic = clips("synthetic21_train", c.synthetic)
    validation = clips("synthetic21_validation", c.validation_synthetic)
    with_sources = [ClipSet([clip for clip in s.clips if clip.sources], samples, True) for s in (synthetic, validation)]
    return TrainingData(
        synthetic=synthetic,
        weak=clips("weak", c.weak),
        unlabelled=clips("unlabel_in_domain", c.unlabelled),
        synthetic_validation=Kept(validation),
        weak_validation=Kept(clips("weak_validation", c.validation_weak)),
        universal=with_sources[0],
        universal_validation=with_sources[1],
        description=f"the data set {folder.name}, in DESED's layout",
        licence="see the data set",
        fresh=False,
    )
