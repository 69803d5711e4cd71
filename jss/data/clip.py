"""What a data set is made of: clips and events, whatever the layout they were read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Annotations run past a clip's end by as much as a rounding; what lies further out, in seconds, is
#: clamped to the end. (The published figures of DESED count the roundings as they stand: clamping
#: them moves PSDS1 by 1.3e-4.)
SLACK = 0.2


def clamped(offset: float, duration: float) -> float:
    """An event's offset, at the clip's end where it lies more than SLACK beyond it. All in seconds."""
    return duration if offset > duration + SLACK else offset


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
    analysed as it is.
    """

    filename: str
    path: Path | None
    duration: float = 10.0
    events: tuple[Event, ...] | None = None
    tags: tuple[str, ...] | None = None
    sources: tuple[tuple[str, Path], ...] = ()
    padded_to: float | None = None
