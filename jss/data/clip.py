"""What a data set is made of: clips and events, whatever the layout they were read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Event:
    """One sound event. onset, offset: seconds from the clip's start; label: a class identifier."""

    onset: float
    offset: float
    label: str


@dataclass(frozen=True)
class Clip:
    """One recording and what is known about it.

    filename: as the TSVs name it; path: the audio, or None where it is missing; duration: seconds;
    events: strong labels, or None where nobody annotated them (an empty tuple: annotated, nothing
    there); tags: weak (clip-level) labels, or None; sources: label and path of every isolated
    source, where known; padded_to: the clip length of its data set in seconds, to which shorter
    clips are padded with zeros before they are analysed, as the DCASE baselines do; None: it is
    analysed as it is; lost: how many of its labels cannot be (``jss.io.truth``) and were left out.
    """

    filename: str
    path: Path | None
    duration: float = 10.0
    events: tuple[Event, ...] | None = None
    tags: tuple[str, ...] | None = None
    sources: tuple[tuple[str, Path], ...] = ()
    padded_to: float | None = None
    lost: int = 0
