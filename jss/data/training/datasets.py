"""What training draws from: soundscapes made on the fly, or clips of a data set on disk."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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


#: What a separator may learn from, by the field ``data`` of a stage's row -> what that is, for a
#: person. A stage whose pool is absent takes the first of these that is there.
POOLS: Mapping[str, str] = {
    "detection": "labelled clips (DESED, a soundbank or a labelled folder)",
    "recordings": "folder of unlabelled recordings (YFCC100M)",
    "sources": "mixtures with their isolated sources (FUSS or a soundbank)",
}


def source_counts(examples: Examples) -> tuple[int, int] | None:
    """Fewest and most isolated sources of a mixture, without reading one; None where that is not
    known.
    """
    if isinstance(examples, ClipSet) and examples.clips:
        counts = [len(clip.sources) for clip in examples.clips]
        return min(counts), max(counts)
    if isinstance(examples, SoundscapeSet) and not examples.recipe.classes:
        fewest, most = examples.recipe.foregrounds
        return 1 + fewest, 1 + most  # and the background
    return None


@dataclass(frozen=True)
class SeparationPool:
    """What a separator may learn from: mixtures, and the isolated sources of those where they are
    known.

    name: a key of POOLS; root: the folder as the user named it; mixtures: the subsets that MixIT
    draws from, each clip as likely as any other; validation: the mixtures that select its
    separator; sources, sources_validation: mixtures with their isolated sources, for PIT, None
    where there are none; fresh: the training subsets are endless, so every epoch draws new numbers.
    """

    name: str
    root: str
    description: str
    licence: str
    mixtures: Mapping[str, Examples]
    validation: Examples
    sources: Examples | None = None
    sources_validation: Examples | None = None
    fresh: bool = False


@dataclass(frozen=True)
class TrainingData:
    """The subsets that a detector learns from (synthetic, weak, unlabelled) and those that select
    it; the pools that a separator may learn from, by name. fresh: the training subsets are endless,
    so every epoch draws new numbers; root: the folder of the subsets, as the user named it.
    """

    synthetic: Examples
    weak: Examples
    unlabelled: Examples
    synthetic_validation: Examples
    weak_validation: Examples
    description: str
    licence: str
    fresh: bool
    root: str = ""
    pools: Mapping[str, SeparationPool] = field(default_factory=dict)

    def pool(self, wanted: str, loss: str) -> SeparationPool:
        """The pool that a separator learns from: the wanted one, or the first of POOLS that serves.

        wanted: a key of POOLS; loss: "pit", which needs isolated sources, or "mixit". Raises
        JssError where none serves.
        """
        usable = {
            name: pool
            for name, pool in self.pools.items()
            if loss != "pit" or pool.sources is not None
        }
        name = next((name for name in (wanted, *POOLS) if name in usable), None)
        if name is None:
            needs = (
                "PIT needs FUSS, a soundbank or another set that keeps its isolated sources"
                if loss == "pit"
                else ("MixIT needs DESED, a soundbank or a folder of audio")
            )
            raise JssError(
                f"There are no mixtures for a separator in {self.description}: {needs}: add --data."
            )
        return usable[name]
