"""One soundscape written down: every recording, cut, place and level, as one line of JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from jss.data.clip import Event
from jss.data.recordings import Recording
from jss.data.soundscapes.activity import MIN_PAUSE
from jss.errors import JssError


@dataclass(frozen=True)
class PlacedCut:
    """A cut of a recording and its place. start, stop: seconds of the recording; onset, length:
    seconds of the clip.

    A piece longer than its cut is looped. attack, release: fades at its ends, in seconds;
    semitones: pitch shift; file: which of the layer's recordings.
    """

    start: float
    stop: float
    onset: float
    length: float
    attack: float = 0.0
    release: float = 0.0
    semitones: float = 0.0
    file: int = 0


@dataclass(frozen=True)
class Layer:
    """One source: pieces of one original recording (one dog, one speaker), which may have been cut
    into several files.

    level_db: loudness over its audible spans (LUFS, before the clip's gain); position: place in the
    clip's room, or None: dry; spans: (onset, offset) in seconds where it is audible, without
    overlap; labelled: whether they are events or the layer is a background or distractor.
    """

    label: str
    recordings: tuple[Recording, ...]
    level_db: float
    pieces: tuple[PlacedCut, ...]
    spans: tuple[tuple[float, float], ...]
    position: int | None = None
    labelled: bool = True


@dataclass(frozen=True)
class Soundscape:
    """A background and its foregrounds, ready to be rendered. gain_db: of the whole clip; room:
    None: dry.
    """

    recipe: str
    split: str
    seed: tuple[int, ...]
    duration: float
    gain_db: float
    room: int | None
    background: Layer
    foregrounds: tuple[Layer, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """Strong labels, sorted; same-class events that overlap or lie less than 150 ms apart are
        one.
        """
        by_label: dict[str, list[tuple[float, float]]] = {}
        for layer in self.foregrounds:
            if layer.labelled:
                by_label.setdefault(layer.label, []).extend(layer.spans)
        return tuple(
            sorted(
                Event(onset, offset, label)
                for label, spans in by_label.items()
                for onset, offset in merge(spans)
            )
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """Weak labels, sorted."""
        return tuple(sorted({event.label for event in self.events}))

    def to_json(self) -> str:
        """One line; ``from_json`` gives an equal soundscape back."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_json(line: str) -> Soundscape:
        """Raises JssError where the line is not a soundscape."""
        try:
            return TypeAdapter(Soundscape).validate_json(line)
        except ValidationError as error:
            raise JssError(
                "This line is not a soundscape that jss wrote: render the set again."
            ) from error


def merge(
    spans: Iterable[tuple[float, float]], pause: float = MIN_PAUSE
) -> list[tuple[float, float]]:
    """Spans that overlap or lie less than ``pause`` seconds apart become one. -> sorted, disjoint."""
    merged: list[tuple[float, float]] = []
    for onset, offset in sorted(spans):
        if merged and onset - merged[-1][1] < pause:
            merged[-1] = (merged[-1][0], max(merged[-1][1], offset))
        else:
            merged.append((onset, offset))
    return merged
