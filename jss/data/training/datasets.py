"""What training draws from: soundscapes made on the fly, or clips of a data set on disk."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jss import audio
from jss.data.clip import Clip
from jss.data.soundbank.bank import Bank
from jss.data.soundscapes import Recipe, draw, render
from jss.data.training.example import Example, Examples, fit
from jss.errors import JssError
from jss.features import SAMPLE_RATE


class SoundscapeSet:
    """Soundscapes rendered when asked for: number i is drawn from (seed, i). size: how many; None:
    endless.
    """

    def __init__(self, recipe: Recipe, bank: Bank, split: str, seed: int, size: int) -> None:
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        made = render(draw(self.recipe, self.bank, self.split, (self.seed, index)), self.bank)
        events = tuple((e.onset, e.offset, e.label) for e in made.events)
        return Example(made.mixture, made.sources, events, tuple({e.label for e in made.events}))


class ClipSet:
    """Clips on disk, cut or padded to ``samples``; their isolated sources are read only where
    ``sources`` is set.

    Numbers beyond the last clip begin anew. A clip that cannot be read is told once as a warning,
    and the next one stands in for it.
    """

    def __init__(self, clips: Sequence[Clip], samples: int, sources: bool = False) -> None:
        self.clips, self.samples, self.sources = (
            [c for c in clips if c.path is not None],
            samples,
            sources,
        )

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Example:
        for number in range(index, index + len(self.clips)):
            try:
                return self._read(self.clips[number % len(self.clips)])
            except JssError as error:
                warnings.warn(f"{error} Another clip stands in for it.", stacklevel=2)
        raise JssError(
            f"None of the {len(self.clips)} clips can be read: check the set with python -m jss prepare."
        )

    def _read(self, clip: Clip) -> Example:
        assert clip.path is not None
        seconds = self.samples / SAMPLE_RATE
        events = None
        if clip.events is not None:
            events = tuple(
                (e.onset, min(e.offset, seconds), e.label) for e in clip.events if e.onset < seconds
            )
        tags = clip.tags
        if tags is None and events is not None:
            tags = tuple(sorted({label for _, _, label in events}))
        wanted = clip.sources if self.sources else ()
        sources = [self._samples(path) for _, path in wanted]
        return Example(
            self._samples(clip.path),
            np.stack(sources) if sources else np.zeros((0, self.samples), np.float32),
            events,
            tags,
        )

    def _samples(self, path: Path) -> npt.NDArray[np.float32]:
        """The beginning of a file, the rest unread. -> (samples,)"""
        return fit(next(audio.stream(path, self.samples / SAMPLE_RATE)), self.samples)


class Kept:
    """A set whose clips stay in memory after their first use, without their sources: for repeated
    validation.
    """

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
    """The subsets that a system learns from (synthetic, weak, unlabelled), those that select it,
    and mixtures with isolated sources for PIT. fresh: the training subsets are endless, so every
    epoch draws new numbers. mixtures: for MixIT, and those that select its separator, where they
    are not the synthetic and unlabelled, and the weak clips.
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
    mixtures: Examples | None = None
    mixtures_validation: Examples | None = None
