"""The sets whose clips are known: those that can be opened, and those of reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jss import audio
from jss.data.clip import Clip, Event
from pages.ui.cache import loaders
from pages.ui.clip import recordings, synthscapes
from pages.ui.clip.recordings import Recording

#: Names of synthesised sets begin with one of these.
_SYNTHESISED = (recordings.SHIPPED, synthscapes.NAME)


@dataclass(frozen=True)
class KnownSet:
    """A set of clips.

    name: in the address; title, note: for the user; openable: file name -> the clip's name in the
    address of Explore, for clips with audio.
    """

    name: str
    title: str
    note: str
    clips: tuple[Clip, ...]
    openable: Mapping[str, str]


def sets() -> dict[str, KnownSet]:
    """Return sets by name: those that can be opened, then others of reports."""
    known = {}
    for clip_set in loaders.clip_sets().values():
        if clip_set.clips:
            clips = tuple(_clip(item) for item in clip_set.clips)
            openable = {
                clip.filename: item.clip
                for clip, item in zip(clips, clip_set.clips, strict=True)
                if item.audio
            }
            note = (
                "Made by the built-in synthesiser."
                if clip_set.name.startswith(_SYNTHESISED)
                else ""
            )
            known[clip_set.name] = KnownSet(
                clip_set.name, f"{clip_set.title} ({len(clips)} clips)", note, clips, openable
            )
    for (dataset, subset, _), scores in loaders.saved_scores().items():
        name = f"{dataset}/{subset}"
        if name not in known:
            clips = next(iter(scores.values())).clips
            known[name] = KnownSet(
                name,
                f"{dataset} {subset} ({len(clips)} clips)",
                "Mixed from real recordings, which are not shipped.",
                clips,
                {},
            )
    return known


def _clip(item: Recording) -> Clip:
    """A clip for the statistics; one that is not rendered yet lasts 10 s."""
    path = item.audio if isinstance(item.audio, Path) and item.audio.is_file() else None
    events = None if item.truth is None else tuple(sorted(Event(*event) for event in item.truth))
    seconds = audio.duration(path) if path else 10.0
    return Clip(item.filename, path, seconds, events, item.tags, padded_to=item.padded_to)
