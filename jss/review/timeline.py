"""What ``detect`` found in hours or weeks of sound, on one clock: which class, when, how much.

A cell is a class in a bin of time. Times are seconds from the timeline's origin: midnight of the
first day where names of recordings have a time, else the start of the first recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from jss.errors import JssError
from jss.io.recorder_names import start_of
from jss.review import detections

#: Seconds of a bin by name.
BINS = {"day": 86400, "hour": 3600, "10 minutes": 600, "minute": 60}
#: Seconds that are shown at once, by the length of a bin.
_WIDTHS = {"day": 91 * 86400, "hour": 7 * 86400, "10 minutes": 86400, "minute": 7200}
#: Longest excerpt, in seconds.
LONGEST_S = 10.0
#: Columns of :func:`summary`.
COLUMNS = ("start", "event_label", "events", "active_s", "recorded_s")
#: Bins beyond which counting is refused.
_MOST = 1_000_000

Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Recordings and their events on one clock."""

    #: Midnight of the first day; None where no name has a time.
    origin: datetime | None
    #: A row a recording, by start: filename, path (None where the file has gone), start, duration
    #: (seconds) and sources, the files of its separated sources.
    recordings: pd.DataFrame
    #: A row an event, by start: filename, onset, offset (seconds in the recording), event_label,
    #: start and end (seconds from the origin).
    events: pd.DataFrame
    #: The K classes.
    labels: tuple[str, ...]
    #: Sentences about what is not as expected.
    notes: tuple[str, ...]

    @property
    def span(self) -> tuple[float, float]:
        """Start of the first recording and end of the last, in seconds from the origin."""
        starts = self.recordings["start"]
        return float(starts.min()), float((starts + self.recordings["duration"]).max())

    def clock(self, seconds: float) -> str:
        """A time as people read it: 2024-01-31 06:15:00, or hours since the start, 30:15:00."""
        if self.origin is not None:
            return f"{self.origin + timedelta(seconds=round(seconds)):%Y-%m-%d %H:%M:%S}"
        minutes, second = divmod(round(seconds), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"

    def tick(self, seconds: float, step: float) -> str:
        """A bin's start as short as an axis needs it; "" where none is needed."""
        every = {86400.0: 86400.0, 3600.0: 3600.0, 600.0: 3600.0}.get(step, 600.0)
        start, end = self.span
        long = end - start > 2 * 86400
        if step == 3600 and long:
            every = 86400.0
        elif step == 60 and end - start <= 1200:
            every = 60.0
        if seconds % every:
            return ""
        if self.origin is None:
            return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}"
        time = self.origin + timedelta(seconds=seconds)
        return f"{time:%a} {time.day} {time:%b}" if every == 86400 else f"{time:%H:%M}"


@dataclass(frozen=True)
class Window:
    """What of a timeline is shown at once."""

    #: Key of ``BINS``.
    bins: str
    #: Seconds from the origin.
    start: float
    end: float

    @property
    def step(self) -> float:
        """Seconds of a bin."""
        return float(BINS[self.bins])


def bins_of(timeline: Timeline) -> tuple[list[str], str]:
    """The lengths of bins that suit a timeline, longest first, and the one to begin with."""
    start, end = timeline.span
    span = end - start
    suitable = [name for name, step in BINS.items() if step < span] or ["minute"]
    first = (
        "minute"
        if span <= 3 * 3600
        else "10 minutes"
        if span <= 36 * 3600
        else "hour"
        if span <= 14 * 86400
        else "day"
    )
    return suitable, first if first in suitable else suitable[-1]


def windows(timeline: Timeline, bins: str) -> list[Window]:
    """Divide a timeline into windows, without empty ends; those with no recording are left out.

    Args:
        timeline: Recordings and events.
        bins: Key of ``BINS``.
    """
    step, width = float(BINS[bins]), float(_WIDTHS[bins])
    start, end = timeline.span
    first, last = step * np.floor(start / step), step * np.ceil(end / step)
    begins = timeline.recordings["start"].to_numpy(float)
    ends = begins + timeline.recordings["duration"].to_numpy(float)
    return [
        Window(bins, max(at, first), min(at + width, last))
        for at in np.arange(width * np.floor(start / width), end, width).tolist()
        if ((begins < at + width) & (ends > at)).any()
    ]


def shorter_window(timeline: Timeline, start: float, step: float, bins: str) -> Window:
    """The window of shorter bins that holds the start of a bin, or else begins within it.

    Args:
        timeline: Recordings and events.
        start: Of the bin, seconds from the origin.
        step: Its length in seconds.
        bins: Key of ``BINS``: the shorter bins.
    """
    return next(
        window
        for window in windows(timeline, bins)
        if window.start <= start < window.end or start <= window.start < start + step
    )


@dataclass(frozen=True, eq=False)
class Grid:
    """Counts by class and bin."""

    #: (B,), seconds from the origin.
    starts: Seconds
    #: Seconds of a bin.
    step: float
    #: (K, B), events that begin in the bin.
    events: npt.NDArray[np.int64]
    #: (K, B), seconds of the bin in which the class is active, summed over recordings.
    active: Seconds
    #: (B,), seconds of sound recorded in the bin, summed over recordings.
    recorded: Seconds


def read(folder: str | Path, audio: str | Path | None = None) -> Timeline:
    """Put the recordings of an output folder of ``detect`` on one clock.

    Recordings whose names have no time follow one after the other, in the order of the table, after
    those that have one.

    Args:
        folder: The folder.
        audio: Where recordings are looked for by name that have gone from where they were.

    Raises:
        JssError: There is no such folder, it is damaged or holds no recording.
    """
    detected = detections.read(folder, audio)
    if not detected.recordings:
        raise JssError(f"{folder} holds no analysed recording: run jss detect again.")
    names = list(detected.recordings)
    durations = np.array([recording.duration for recording in detected.recordings.values()])
    origin, starts, notes = _starts(names, durations)
    recordings = pd.DataFrame(
        {
            "filename": names,
            "path": [recording.path for recording in detected.recordings.values()],
            "start": starts,
            "duration": durations,
            "sources": [recording.sources for recording in detected.recordings.values()],
        }
    )
    events = pd.DataFrame(
        [(d.filename, d.onset, d.offset, d.label) for d in detected.detections],
        columns=["filename", "onset", "offset", "event_label"],
    )
    begin = events["filename"].map(dict(zip(names, starts, strict=True))).astype(float)
    events = events.assign(start=begin + events["onset"], end=begin + events["offset"])
    return Timeline(
        origin,
        recordings.sort_values("start", kind="stable", ignore_index=True),
        events.sort_values("start", kind="stable", ignore_index=True),
        detected.labels,
        (*notes, *detected.notes),
    )


def _starts(
    names: Sequence[str], durations: Seconds
) -> tuple[datetime | None, Seconds, tuple[str, ...]]:
    """The origin, the start of each recording in seconds from it, and a sentence where needed."""
    times = [start_of(name) for name in names]
    known = [time for time in times if time is not None]
    origin = None
    starts = np.zeros(len(names))
    end = 0.0
    if known:
        origin = min(known).replace(hour=0, minute=0, second=0)
        for n, time in enumerate(times):
            if time is not None:
                starts[n] = (time - origin).total_seconds()
                end = max(end, starts[n] + durations[n])
    for n, time in enumerate(times):
        if time is None:
            starts[n] = end
            end += durations[n]
    without = [name for name, time in zip(names, times, strict=True) if time is None]
    if not without:
        return origin, starts, ()
    if origin is None:
        if len(names) == 1:
            return None, starts, ("The recording's name has no time: times count from its start.",)
        why = (
            f"The names of the recordings, such as {without[0]}, have no time: they stand one after the "
            "other, and times count from the start of the first."
        )
    else:
        why = (
            f"{len(without)} of {len(names)} recordings have no time in their names, such as "
            f"{without[0]}: they stand one after the other, after all that have one."
        )
    return origin, starts, (why,)


def grid(timeline: Timeline, step: float, start: float, end: float) -> Grid:
    """Count by class and bin.

    Args:
        timeline: Recordings and events.
        step: Seconds of a bin.
        start: Of the first bin, in seconds from the origin.
        end: Of the last bin; a bin that it divides is counted whole.

    Raises:
        JssError: There are too many bins.
    """
    count = max(1, int(np.ceil(round((end - start) / step, 9))))
    if count > _MOST:
        raise JssError(f"{count} bins are too many: choose longer ones.")
    rows = len(timeline.labels)
    classes = pd.Index(timeline.labels).get_indexer(timeline.events["event_label"])
    begins = timeline.events["start"].to_numpy(float)
    ends = timeline.events["end"].to_numpy(float)
    first = np.floor((begins - start) / step).astype(int)
    events = np.zeros((rows, count), np.int64)
    inside = (first >= 0) & (first < count)
    np.add.at(events, (classes[inside], first[inside]), 1)
    active = np.zeros((rows, count))
    _add(active, classes, begins - start, ends - start, step)
    recorded = np.zeros((1, count))
    froms = timeline.recordings["start"].to_numpy(float) - start
    untils = froms + timeline.recordings["duration"].to_numpy(float)
    _add(recorded, np.zeros(len(froms), int), froms, untils, step)
    return Grid(
        start + step * np.arange(count, dtype=np.float64), step, events, active, recorded[0]
    )


def _add(
    target: Seconds, rows: npt.NDArray[np.int64], begins: Seconds, ends: Seconds, step: float
) -> None:
    """Add to each bin the seconds that spans have in it.

    Args:
        target: (rows, bins), seconds.
        rows: (n,), the row of each span.
        begins: (n,), seconds from the first bin's start.
        ends: (n,).
        step: Seconds of a bin.
    """
    limit = target.shape[1] * step
    begins, ends = np.clip(begins, 0.0, limit), np.clip(ends, 0.0, limit)
    some = ends > begins
    rows, begins, ends = rows[some], begins[some], ends[some]
    first = np.floor(begins / step).astype(int)
    spread = np.maximum(1, np.ceil(ends / step).astype(int) - first)  # bins that a span touches
    owner = np.repeat(np.arange(len(rows)), spread)
    bins = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(spread) - spread, spread)
    part = np.minimum(ends[owner], (bins + 1) * step) - np.maximum(begins[owner], bins * step)
    keep = bins < target.shape[1]
    np.add.at(target, (rows[owner][keep], bins[keep]), np.maximum(0.0, part[keep]))


def summary(timeline: Timeline, by: str) -> pd.DataFrame:
    """Counts as a table: a row for each class and each bin in which something was recorded.

    Args:
        timeline: Recordings and events.
        by: Key of ``BINS``.

    Returns:
        start (date and time, or time since the start), event_label, events (that begin in the bin),
        active_s (seconds) and recorded_s (seconds of sound in the bin).

    Raises:
        JssError: There are too many bins.
    """
    step = float(BINS[by])
    start, end = timeline.span
    counts = grid(timeline, step, step * np.floor(start / step), end)
    kept = np.flatnonzero(counts.recorded > 0)
    size = len(timeline.labels)
    return pd.DataFrame(
        {
            "start": np.repeat([timeline.clock(counts.starts[n]) for n in kept], size),
            "event_label": np.tile(np.array(timeline.labels, object), len(kept)),
            "events": counts.events[:, kept].T.ravel(),
            "active_s": counts.active[:, kept].T.ravel().round(3),
            "recorded_s": np.repeat(counts.recorded[kept].round(3), size),
        },
        columns=list(COLUMNS),
    )


def per_class(table: pd.DataFrame, display: Sequence[str]) -> pd.DataFrame:
    """A summary with a row a bin and a column a class, of its events, for reading.

    Args:
        table: Of :func:`summary`.
        display: How the reader calls each class, in the order of the labels.
    """
    size = len(display)
    wide = pd.DataFrame(
        {
            "Start": table["start"].to_numpy()[::size],
            "Recorded (min)": (table["recorded_s"].to_numpy(float)[::size] / 60).round(1),
        }
    )
    for k, name in enumerate(display):
        wide[name] = table["events"].to_numpy()[k::size]
    return wide


@dataclass(frozen=True)
class Excerpt:
    """A few seconds of a recording."""

    #: Name of the recording.
    filename: str
    #: The file; None where it has gone.
    path: Path | None
    #: Files of its separated sources.
    sources: tuple[Path, ...]
    #: Seconds in the recording.
    start: float
    end: float


def excerpt(timeline: Timeline, filename: str, onset: float, offset: float) -> Excerpt:
    """The seconds to hear of an event, with half a second around it, at most ``LONGEST_S``.

    Args:
        timeline: Recordings and events.
        filename: Name of the recording.
        onset: Seconds in it.
        offset: Seconds in it.
    """
    table = timeline.recordings
    row = table[table["filename"] == filename].iloc[0]
    start = max(0.0, onset - 0.5)
    end = min(float(row["duration"]), offset + 0.5, start + LONGEST_S)
    return Excerpt(filename, row["path"], row["sources"], start, end)


def inside(timeline: Timeline, label: str, start: float, end: float) -> pd.DataFrame:
    """The events of a class that overlap a span of time in seconds from the origin, longest first."""
    table = timeline.events
    chosen = table[
        (table["event_label"] == label) & (table["start"] < end) & (table["end"] > start)
    ]
    length = chosen["end"] - chosen["start"]
    return chosen.loc[length.sort_values(ascending=False, kind="stable").index]


def recording_at(timeline: Timeline, start: float, end: float) -> tuple[str, float] | None:
    """The first recording that has sound in a span of time.

    Args:
        timeline: Recordings and events.
        start: Seconds from the origin.
        end: Seconds from the origin.

    Returns:
        Its name, and where its sound begins in the span, in seconds from its own start; None where
        there is none.
    """
    table = timeline.recordings
    here = table[(table["start"] < end) & (table["start"] + table["duration"] > start)]
    if here.empty:
        return None
    first = here.iloc[0]
    return str(first["filename"]), max(0.0, start - float(first["start"]))
