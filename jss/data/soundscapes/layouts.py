"""Layouts of rendered sets: the files of DESED and of FUSS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from jss.data.clip import Clip
from jss.data.datasets import desed
from jss.data.soundscapes import Soundscape
from jss.data.soundscapes.homescapes import SUBSETS
from jss.io.tsv import write_lines

#: Subset -> (path of the mixture, soundscape) of its clips, in order.
Scapes = Mapping[str, Sequence[tuple[str, Soundscape]]]


class Layout(Protocol):
    """Names of a set's files, relative to its root, and the tables that go with them."""

    @property
    def recipe(self) -> str:
        """Name of the recipe of its clips."""

    @property
    def subsets(self) -> Mapping[str, tuple[str, int]]:
        """Subset -> (split of the soundbank, default number of clips)."""

    def mixture(self, subset: str, index: int) -> str:
        """Path of a clip.

        Args:
            subset: Subset of the set.
            index: Number of the clip in it.
        """

    def source(self, subset: str, index: int, position: int, label: str) -> str:
        """Path of one of a clip's sources.

        Args:
            subset: Subset of the set.
            index: Number of the clip in it.
            position: Number of the source; 0 is the background.
            label: Its class.
        """

    def write(self, root: Path, scapes: Scapes) -> None:
        """Write the tables, once every clip exists.

        Args:
            root: Folder of the set.
            scapes: Paths and soundscapes of each subset.
        """


class DesedLayout:
    """DESED: audio by subset, sources in ``<stem>_events``, tables in ``metadata``."""

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
        """Write the tables; training and selection clips with weak labels share weak.tsv."""
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
    """FUSS: ``ssdata/<split>/exampleNNNNN``, its ``_sources``, and lists of mixtures and sources.

    FUSS has no labels; they are in soundscapes.jsonl.
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
        """Write ``<split>_example_list.txt``: a line a clip, with paths relative to ``ssdata``."""
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
