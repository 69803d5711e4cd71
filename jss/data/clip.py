"""Clips and events, the content of every data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Event:
    """One sound event."""

    #: Seconds from the clip's start.
    onset: float
    #: Seconds from the clip's start.
    offset: float
    #: Class label.
    label: str


@dataclass(frozen=True)
class Clip:
    """One recording and its annotations."""

    #: Name in the tables of the data set.
    filename: str
    #: The audio file; None where it is missing.
    path: Path | None
    #: Length in seconds.
    duration: float = 10.0
    #: Strong labels; None where the clip has no such annotation, empty where it has no event.
    events: tuple[Event, ...] | None = None
    #: Weak (clip-level) labels; None where the clip has no annotation.
    tags: tuple[str, ...] | None = None
    #: Label and path of each isolated source, where there are any.
    sources: tuple[tuple[str, Path], ...] = ()
    #: Clip length of the data set in seconds, to which shorter clips are padded with zeros before
    #: the analysis, as in the DCASE baselines; None for no padding.
    padded_to: float | None = None
    #: Number of its events that do not fit the clip (``jss.io.truth``) and were left out.
    lost: int = 0
    #: Where it is a part of its file: seconds of the file at which it begins. None: all of the file.
    start: float | None = None
