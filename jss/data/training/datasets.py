"""Training data: soundscapes rendered on demand, or clips of a data set on disk."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jss import audio
from jss.data.clip import Clip, Event
from jss.data.soundbank.bank import Bank
from jss.data.soundscapes import Recipe, draw, render
from jss.data.training.example import Example, Examples, fit
from jss.errors import JssError
from jss.features import SAMPLE_RATE
from jss.io.truth import SLACK

#: A shorter piece of an event that is cut is left out, unless it is a third of it; in seconds.
SHORTEST_S = 0.05


class SoundscapeSet:
    """Soundscapes rendered on demand: number i is drawn from (seed, i).

    Args:
        recipe: Their recipe.
        bank: The soundbank.
        split: Split of its recordings.
        seed: Random seed.
        size: Number of soundscapes in an epoch; higher numbers give further ones.
    """

    def __init__(self, recipe: Recipe, bank: Bank, split: str, seed: int, size: int) -> None:
        self.recipe, self.bank, self.split, self.seed, self.size = recipe, bank, split, seed, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        rendered = render(draw(self.recipe, self.bank, self.split, (self.seed, index)), self.bank)
        events = tuple((e.onset, e.offset, e.label) for e in rendered.events)
        return Example(
            rendered.mixture,
            rendered.sources,
            events,
            tuple(sorted({e.label for e in rendered.events})),
        )


def parts(clip: Clip, seconds: float) -> list[Clip]:
    """Divide a strongly labelled clip that is longer than clips are read into equal parts.

    Args:
        clip: The clip, with events.
        seconds: Length of what is read of a clip; one that is longer by SLACK at most stays whole.

    Returns:
        The parts in order, each with the events in it; of an event that is cut, pieces shorter than
        SHORTEST_S and than a third of it are left out.
    """
    count = math.ceil((clip.duration - SLACK) / seconds)
    if count < 2 or clip.events is None:
        return [clip]
    length = clip.duration / count
    divided = []
    for start in (number * length for number in range(count)):
        pieces = (
            (e, Event(max(e.onset - start, 0.0), min(e.offset - start, length), e.label))
            for e in clip.events
        )
        events = tuple(
            piece
            for e, piece in pieces
            if piece.offset - piece.onset >= min(SHORTEST_S, (e.offset - e.onset) / 3)
        )
        tags = tuple(sorted({event.label for event in events}))
        divided.append(replace(clip, start=start, duration=length, events=events, tags=tags))
    return divided


class ClipSet:
    """Clips on disk, cut or padded to one length.

    Numbers beyond the last clip start again at the first. Of a longer clip without labels each
    number is read at a place drawn from (seed, number), of others the beginning. A clip that cannot be read is reported
    once by a warning and replaced by the next one.

    Args:
        clips: The clips; those without audio are left out.
        samples: Length of a clip in samples.
        sources: Whether to read isolated sources.
        seed: Random seed.
    """

    def __init__(
        self, clips: Sequence[Clip], samples: int, sources: bool = False, seed: int = 0
    ) -> None:
        self.clips, self.samples, self.sources = (
            [c for c in clips if c.path is not None],
            samples,
            sources,
        )
        self.seed = seed

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Example:
        for number in range(index, index + len(self.clips)):
            try:
                return self._read(number)
            except JssError as error:
                warnings.warn(f"{error} Another clip replaces it.", stacklevel=2)
        raise JssError(
            f"None of the {len(self.clips)} clips can be read: check the set with jss prepare."
        )

    def _read(self, number: int) -> Example:
        clip = self.clips[number % len(self.clips)]
        assert clip.path is not None
        seconds = self.samples / SAMPLE_RATE
        events = None
        if clip.events is not None:
            events = tuple(
                (e.onset, min(e.offset, seconds), e.label) for e in clip.events if e.onset < seconds
            )
        tags = clip.tags if events is None else tuple(sorted({label for _, _, label in events}))
        wanted = clip.sources if self.sources else ()
        sources = [self._samples(path) for _, path in wanted]
        if clip.start is not None:
            part = audio.excerpt(clip.path, clip.start, min(seconds, clip.duration))
            mixture = fit(part, self.samples)
        elif events is None and not tags and not sources:
            mixture = self._anywhere(clip.path, number)
        else:
            mixture = self._samples(clip.path)
        return Example(
            mixture,
            np.stack(sources) if sources else np.zeros((0, self.samples), np.float32),
            events,
            tags,
        )

    def _anywhere(self, path: Path, number: int) -> npt.NDArray[np.float32]:
        """Read a part of a file at a place that is drawn: (samples,)."""
        seconds = self.samples / SAMPLE_RATE
        latest = audio.estimate(path) - seconds
        if latest > 0:
            start = np.random.default_rng((self.seed, number, 3)).uniform(0.0, latest)
            with suppress(JssError):  # it is shorter than its header says
                return fit(audio.excerpt(path, start, seconds), self.samples)
        return self._samples(path)

    def _samples(self, path: Path) -> npt.NDArray[np.float32]:
        """Read the beginning of a file: (samples,)."""
        return fit(next(audio.stream(path, self.samples / SAMPLE_RATE)), self.samples)


class CachedSet:
    """A set whose clips stay in memory after their first use, without their sources.

    It serves repeated validation.

    Args:
        examples: The set.
    """

    def __init__(self, examples: Examples) -> None:
        self.examples = examples
        self.cache: dict[int, Example] = {}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        if index not in self.cache:
            self.cache[index] = replace(self.examples[index], sources=np.zeros((0, 0), np.float32))
        return self.cache[index]


#: Pools of mixtures for a separator, by the field ``data`` of a stage, and their descriptions. A
#: stage whose pool is absent takes the first of these that exists.
POOLS: Mapping[str, str] = {
    "detection": "labelled clips (DESED, a soundbank or a labelled folder)",
    "recordings": "a folder of unlabelled recordings (YFCC100M)",
    "sources": "mixtures with their isolated sources (FUSS or a soundbank)",
}


def source_counts(examples: Examples) -> tuple[int, int] | None:
    """Smallest and largest number of isolated sources of a mixture; None where unknown."""
    if isinstance(examples, ClipSet) and examples.clips:
        counts = [len(clip.sources) for clip in examples.clips]
        return min(counts), max(counts)
    if isinstance(examples, SoundscapeSet) and not examples.recipe.classes:
        fewest, most = examples.recipe.foregrounds
        return 1 + fewest, 1 + most  # and the background
    return None


@dataclass(frozen=True)
class SeparationPool:
    """Mixtures for training a separator."""

    #: A key of POOLS.
    name: str
    #: The folder as the user named it.
    root: str
    description: str
    licence: str
    #: Subsets that MixIT draws from; all clips are equally likely.
    mixtures: Mapping[str, Examples]
    #: Mixtures that select a MixIT separator.
    validation: Examples
    #: Mixtures with isolated sources, for PIT; None where there are none.
    sources: Examples | None = None
    sources_validation: Examples | None = None
    #: Whether the training subsets are endless, so that every epoch draws new clips.
    fresh: bool = False


@dataclass(frozen=True)
class TrainingData:
    """Clips for training and selecting a detector, and pools of mixtures for a separator."""

    synthetic: Examples
    weak: Examples
    unlabelled: Examples
    #: Clips that select a detector.
    synthetic_validation: Examples
    weak_validation: Examples
    description: str
    licence: str
    #: Whether the training subsets are endless, so that every epoch draws new clips.
    fresh: bool
    #: The folder as the user named it.
    root: str = ""
    #: Pools of mixtures for a separator, by name.
    pools: Mapping[str, SeparationPool] = field(default_factory=dict)

    def pool(self, wanted: str, loss: str) -> SeparationPool:
        """Choose the pool of a separator: the wanted one, or the first of POOLS that is suitable.

        Args:
            wanted: A key of POOLS.
            loss: "pit", which needs isolated sources, or "mixit".

        Returns:
            The pool.

        Raises:
            JssError: None is suitable.
        """
        usable = {
            name: pool
            for name, pool in self.pools.items()
            if loss != "pit" or pool.sources is not None
        }
        name = next((name for name in (wanted, *POOLS) if name in usable), None)
        if name is None:
            needs = (
                "PIT needs FUSS, a soundbank or another set with isolated sources"
                if loss == "pit"
                else ("MixIT needs DESED, a soundbank or a folder of audio")
            )
            raise JssError(
                f"There are no mixtures for a separator in {self.description}: {needs}: add --data."
            )
        return usable[name]
