"""The sets whose clips are known: those that can be opened, and those of reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jss import audio
from jss.data.clip import Clip, Event
from jss.errors import JssError, number_of
from jss.io.stamps import Stamp, stamp
from pages.ui.cache import loaders
from pages.ui.clip import recordings, synthscapes
from pages.ui.clip.recordings import ClipSet


@dataclass(frozen=True)
class KnownSet:
    """A set of clips.

    name: in the address; note: for the user; clips: each by its name in the set; openable: that
    name -> the clip's name in the address of Explore, for clips with audio; labels: of the set's
    labels.yaml, or None.
    """

    name: str
    note: str
    clips: tuple[Clip, ...]
    openable: Mapping[str, str]
    labels: tuple[str, ...] | None = None


def titles() -> dict[str, str]:
    """Return titles of sets by name: those that can be opened, then others of reports."""
    titles = {
        item.name: f"{item.title} ({number_of(len(item.clips), 'clips')})"
        for item in loaders.clip_sets().values()
        if item.clips
    }
    for (dataset, subset, _), scores in loaders.saved_scores().items():
        number = len(next(iter(scores.values())).clips)
        titles.setdefault(
            f"{dataset}/{subset}", f"{dataset} {subset} ({number_of(number, 'clips')})"
        )
    return titles


def known_set(name: str) -> KnownSet:
    """Return a set of :func:`titles`; files that cannot be read are left out, and its note says so."""
    clip_set = loaders.clip_sets().get(name)
    if clip_set is not None and clip_set.clips:
        return _openable(clip_set)
    clips = next(
        next(iter(scores.values())).clips
        for (dataset, subset, _), scores in loaders.saved_scores().items()
        if f"{dataset}/{subset}" == name
    )
    return KnownSet(name, "Mixed from real recordings, which are not shipped.", clips, {})


def _openable(clip_set: ClipSet) -> KnownSet:
    clips, openable, damaged = [], {}, []
    for item in clip_set.clips:
        name = item.clip.removeprefix(f"{clip_set.name}/")
        written = stamp(item.audio) if isinstance(item.audio, Path) else (0, 0)
        path = item.audio if isinstance(item.audio, Path) and any(written) else None
        # one that is not rendered yet lasts 10 s
        seconds = 10.0 if path is None else _duration(path, written)
        if isinstance(seconds, str):
            damaged.append(seconds)
            continue
        events = None if item.truth is None else tuple(sorted(Event(*e) for e in item.truth))
        clips.append(Clip(name, path, seconds, events, item.tags, padded_to=item.padded_to))
        if item.audio:
            openable[name] = item.clip
    notes = []
    if clip_set.name == recordings.SHIPPED or clip_set.name.startswith(f"{synthscapes.NAME}/"):
        notes.append("Made by the built-in synthesiser.")
    if damaged:
        notes.append(
            f"{len(damaged)} of {len(clip_set.clips)} clips cannot be read and are left out: "
            f"{damaged[0]}"
        )
    return KnownSet(clip_set.name, " ".join(notes), tuple(clips), openable, clip_set.labels)


@cache  # some formats are decoded for it, and the page asks for the whole set again and again
def _duration(path: Path, written: Stamp) -> float | str:
    """Seconds of a file, or the sentence that says why it cannot be read."""
    try:
        return audio.duration(path)
    except JssError as error:
        return str(error)
