"""Where the files of a rendered set lie: DESED's folders and FUSS's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from jss.data.clip import Clip
from jss.data.datasets import desed
from jss.data.soundscapes import Soundscape
from jss.data.soundscapes.homescapes import SUBSETS
from jss.io.tables import write_lines

#: Subset -> its clips in order, each with the path of its mixture.
Scapes = Mapping[str, Sequence[tuple[str, Soundscape]]]


class Layout(Protocol):
    """Names of files, relative to the set's root, and the tables that go with them."""

    @property
    def recipe(self) -> str:
        """The recipe of its clips."""

    @property
    def subsets(self) -> Mapping[str, tuple[str, int]]:
        """Subset -> split of the soundbank and how many clips by default."""

    def mixture(self, subset: str, index: int) -> str:
        """The path of a clip."""

    def source(self, subset: str, index: int, position: int, label: str) -> str:
        """The path of one of its sources; position 0 is the background."""

    def write(self, root: Path, scapes: Scapes) -> None:
        """The tables, once every clip is there."""


class DesedLayout:
    """Audio by subset, isolated sources in ``<stem>_events``, TSVs and durations under
    ``metadata``.
    """

    recipe = "desed"
    subsets: Mapping[str, tuple[str, int]] = {
        name: (s.split, s.clips) for name, s in SUBSETS.items()
    }

    def mixture(self, subset: str, index: int) -> str:
        return f"audio/{SUBSETS[subset].folder}/{subset}_{index:05d}.flac"

    def source(self, subset: str, index: int, position: int, label: str) -> str:
        kind = f"foreground{position - 1}" if position else "background0"
        return f"audio/{SUBSETS[subset].folder}/{subset}_{index:05d}_events/{kind}_{label}.flac"

    def write(self, root: Path, scapes: Scapes) -> None:
        """Weak training and selection clips share weak.tsv; weak_validation.tsv names the latter."""
        metadata = root / "metadata"
        clips = {subset: [_clip(*item) for item in items] for subset, items in scapes.items()}
        selection = clips.pop(desed.WEAK_VALIDATION)
        desed.write_weak(metadata / "train" / "weak.tsv", clips.pop("weak") + selection)
        desed.write_weak(metadata / "train" / "weak_validation.tsv", selection)
        for subset, items in clips.items():
            tsv = metadata / f"{SUBSETS[subset].folder}.tsv"
            if SUBSETS[subset].labels == "strong":
                desed.write_strong(tsv, items)
                desed.write_durations(tsv.with_name(f"{tsv.stem}_durations.tsv"), items)
            else:
                desed.write_names(tsv, items)


class FussLayout:
    """FUSS: ``ssdata/<split>/exampleNNNNN`` with ``_sources`` beside it, and lists of mixture,
    background, foregrounds.

    Labels are not part of FUSS; they stand in soundscapes.jsonl.
    """

    recipe = "universal"
    subsets: Mapping[str, tuple[str, int]] = {
        "train": ("train", 4000),
        "validation": ("validation", 400),
        "eval": ("test", 400),
    }

    def mixture(self, subset: str, index: int) -> str:
        return f"ssdata/{subset}/example{index:05d}.flac"

    def source(self, subset: str, index: int, position: int, label: str) -> str:
        kind = f"foreground{position - 1}" if position else "background0"
        return f"ssdata/{subset}/example{index:05d}_sources/{kind}_sound.flac"

    def write(self, root: Path, scapes: Scapes) -> None:
        """``<split>_example_list.txt``: a line a clip, paths relative to ``ssdata``."""
        for subset, items in scapes.items():
            lines: list[list[str]] = []
            for index, (path, scape) in enumerate(items):
                sources = [
                    self.source(subset, index, position, "")
                    for position in range(1 + len(scape.foregrounds))
                ]
                lines.append([name.removeprefix("ssdata/") for name in (path, *sources)])
            write_lines(root / "ssdata" / f"{subset}_example_list.txt", lines)


def _clip(path: str, scape: Soundscape) -> Clip:
    return Clip(Path(path).name, None, scape.duration, scape.events, scape.tags)
