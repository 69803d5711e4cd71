"""The sets whose clips are known: the shipped examples, those that reports stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jss import audio
from jss.data.clip import Clip, Event
from pages.ui import loaders, set_clips


@dataclass(frozen=True)
class KnownSet:
    """name: in the address; title, note: for a person; open: file name -> the clip's name in the address of Explore,
    for those whose audio can be had."""

    name: str
    title: str
    note: str
    clips: tuple[Clip, ...]
    open: Mapping[str, str]


def sets() -> dict[str, KnownSet]:
    """By name, the shipped examples first."""
    found = {}
    if loaders.examples():
        clips = tuple(
            Clip(item.filename, item.audio if isinstance(item.audio, Path) else None, audio.duration(item.open()),
                 tuple(sorted(Event(*event) for event in item.truth or ())))
            for item in loaders.examples()
        )  # fmt: skip
        found["examples"] = KnownSet("examples", f"Shipped examples ({len(clips)} clips)",
                                     "Made by the built-in synthesiser.", clips,
                                     {item.filename: item.clip for item in loaders.examples()})  # fmt: skip
    for (dataset, subset, _), kept in loaders.kept_scores().items():
        name = f"{dataset}/{subset}"
        if name in found:
            continue
        clips = next(iter(kept.values())).clips
        opens = {c.filename: where for c in clips
                 if (where := set_clips.address(dataset, subset, c.filename)) is not None}  # fmt: skip
        note = ("Made by the built-in synthesiser; a clip is rendered when it is opened." if opens else
                "Mixed from real recordings, which are not shipped.")
        found[name] = KnownSet(name, f"{dataset} {subset} ({len(clips)} clips)", note, clips, opens)
    return found
