"""The sets whose clips are known: those that can be opened, and those that reports stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jss import audio
from jss.data.clip import Clip, Event
from pages.ui.cache import loaders
from pages.ui.clip import recordings, synthscapes
from pages.ui.clip.recordings import Recording

#: Names of sets that are synthesised begin with one of these.
_MADE = (recordings.SHIPPED, synthscapes.NAME)


@dataclass(frozen=True)
class KnownSet:
    """name: in the address; title, note: for a person; open: file name -> the clip's name in the
    address of Explore, for those whose audio can be had.
    """

    name: str
    title: str
    note: str
    clips: tuple[Clip, ...]
    open: Mapping[str, str]


def sets() -> dict[str, KnownSet]:
    """By name: the sets that can be opened (one's own folder, the examples, synthscapes), then
    others of reports.
    """
    found = {}
    for one in loaders.clip_sets().values():
        if one.clips:
            clips = tuple(_clip(item) for item in one.clips)
            opens = {
                clip.filename: item.clip
                for clip, item in zip(clips, one.clips, strict=True)
                if item.audio
            }
            note = "Made by the built-in synthesiser." if one.name.startswith(_MADE) else ""
            found[one.name] = KnownSet(
                one.name, f"{one.title} ({len(clips)} clips)", note, clips, opens
            )
    for (dataset, subset, _), kept in loaders.kept_scores().items():
        name = f"{dataset}/{subset}"
        if name not in found:
            clips = next(iter(kept.values())).clips
            found[name] = KnownSet(
                name,
                f"{dataset} {subset} ({len(clips)} clips)",
                "Mixed from real recordings, which are not shipped.",
                clips,
                {},
            )
    return found


def _clip(item: Recording) -> Clip:
    """As the statistics want it; a clip that is not rendered yet lasts 10 s."""
    path = item.audio if isinstance(item.audio, Path) and item.audio.is_file() else None
    events = None if item.truth is None else tuple(sorted(Event(*event) for event in item.truth))
    seconds = audio.duration(path) if path else 10.0
    return Clip(item.filename, path, seconds, events, item.tags, padded_to=item.padded_to)
