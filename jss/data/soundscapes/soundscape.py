"""Description of one soundscape: every recording, cut, time and level, as one line of JSON."""

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
    """A cut of a recording and its place in the clip, in seconds."""

    #: Start and stop in the recording.
    start: float
    stop: float
    #: Onset in the clip.
    onset: float
    #: Length in the clip; a cut that is shorter is looped.
    length: float
    #: Fades at both ends.
    attack: float = 0.0
    release: float = 0.0
    #: Pitch shift.
    semitones: float = 0.0
    #: Number of the file among the layer's recordings.
    file: int = 0


@dataclass(frozen=True)
class Layer:
    """One source: cuts of one original recording (one dog, one speaker), maybe of several files."""

    label: str
    #: Files of the original recording.
    recordings: tuple[Recording, ...]
    #: Loudness over its audible spans in LUFS, before the clip's gain.
    level_db: float
    #: The cuts.
    pieces: tuple[PlacedCut, ...]
    #: (onset, offset) in seconds where it is audible, without overlap.
    spans: tuple[tuple[float, float], ...]
    #: Number of the position in the clip's room; None for no reverberation.
    position: int | None = None
    #: Whether the spans are events; False for a background or distractor.
    labelled: bool = True


@dataclass(frozen=True)
class Soundscape:
    """A background and its foregrounds, ready to be rendered."""

    #: Name of the recipe.
    recipe: str
    #: Split of the soundbank.
    split: str
    #: Random seed it was drawn from.
    seed: tuple[int, ...]
    #: Length in seconds.
    duration: float
    #: Gain of the whole clip.
    gain_db: float
    #: Number of the simulated room; None for no reverberation.
    room: int | None
    background: Layer
    foregrounds: tuple[Layer, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """Strong labels, sorted; events of a class less than 150 ms apart are joined."""
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
        """Convert to one line of JSON, which :meth:`from_json` reads."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_json(line: str) -> Soundscape:
        """Read a line that :meth:`to_json` wrote.

        Raises:
            JssError: The line is not a soundscape.
        """
        try:
            return TypeAdapter(Soundscape).validate_json(line)
        except ValidationError as error:
            raise JssError(
                "This line is not a soundscape that jss wrote: render the set again."
            ) from error


def merge(
    spans: Iterable[tuple[float, float]], pause: float = MIN_PAUSE
) -> list[tuple[float, float]]:
    """Join spans that overlap or are less than some seconds apart.

    Args:
        spans: (onset, offset) in seconds.
        pause: Seconds.

    Returns:
        Sorted, disjoint spans.
    """
    merged: list[tuple[float, float]] = []
    for onset, offset in sorted(spans):
        if merged and onset - merged[-1][1] < pause:
            merged[-1] = (merged[-1][0], max(merged[-1][1], offset))
        else:
            merged.append((onset, offset))
    return merged
