"""Statistics of a data set: events, minutes, event lengths, polyphony, co-occurrence and levels."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, field

import numpy as np
import numpy.typing as npt
from pydantic.dataclasses import dataclass

from jss import audio
from jss.data.clip import Clip, Event
from jss.errors import JssError
from jss.io.atomic import write_json_lines
from jss.io.schema import SCHEMA, read_json, validate
from jss.labels import CLASS_SETS

#: Lower edges of the bins of event lengths in seconds; the last bin has no upper edge.
LENGTH_BINS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
#: Level of a silent clip in dB re full scale.
SILENCE_DB = -120.0

#: Shares of time with 0, 1, 2, and 3 or more events at once; their sum is 1.
Shares = tuple[float, float, float, float]
#: Minimum, the three quartiles, maximum.
Quartiles = tuple[float, float, float, float, float]


@dataclass(frozen=True, config=SCHEMA)
class ClipStatistics:
    """Statistics of one clip; None where it is not annotated or not measured."""

    filename: str
    #: Whether the audio exists and, where levels are measured, can be read.
    audio: bool
    #: Length.
    seconds: float
    #: Classes that occur, sorted.
    labels: tuple[str, ...] | None
    #: Number of events.
    events: int | None
    #: Largest number of events at once.
    most: int | None
    #: Share of the time with two or more events, in [0, 1].
    overlapped: float | None
    #: RMS level in dB re full scale.
    level_db: float | None


@dataclass(frozen=True, config=SCHEMA)
class ClassStatistics:
    """Statistics of one class."""

    #: Number of clips in which it occurs.
    clips: int
    #: Number of events.
    events: int
    #: Time during which it is active; overlapping events of the class count once.
    minutes: float
    #: Lengths of its events in seconds; None where it has none.
    lengths: Quartiles | None
    #: Number of events in each of LENGTH_BINS.
    histogram: tuple[int, ...]
    #: Shares of its active time with 0, 1, 2, and 3 or more *other* events; None without events.
    others: Shares | None


@dataclass(frozen=True, config=SCHEMA)
class Statistics:
    """Statistics of a data set, or of one of its subsets."""

    dataset: str
    subset: str
    #: Number of clips whose audio exists and, where levels are measured, can be read.
    n_files: int
    #: Number of clips.
    n_files_expected: int
    #: Number of clips with annotated events.
    strong: int
    #: Number of clips with annotated classes.
    weak: int
    #: Length of all clips together.
    minutes: float
    #: Number of events of all classes.
    events: int
    #: By label, in the order of labels.yaml, or of the class set where the labels are of one.
    classes: Mapping[str, ClassStatistics]
    #: Shares of the annotated time by number of events at once; None where nothing is annotated.
    polyphony: Shares | None
    #: Number of clips in which the classes of row and column both occur, in the order of classes.
    co_occurrence: tuple[tuple[int, ...], ...]
    #: Levels of the clips in dB re full scale.
    level_db: Quartiles | None
    #: One sentence for each file that cannot be read.
    damaged: tuple[str, ...] = ()
    #: Statistics of each clip.
    clips: tuple[ClipStatistics, ...] = field(default=(), repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the statistics as JSON, a line a key, atomically."""
        write_json_lines(path, asdict(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Statistics:
        """Read a file that :meth:`save` wrote.

        Raises:
            JssError: The file is missing or not such a file.
        """
        stored = read_json(
            path,
            f"There are no statistics at {path}.",
            f"{path} is not a statistics file of jss, or it is damaged: measure again.",
        )
        return validate(cls, stored, str(path))


def measure(
    clips: Sequence[Clip],
    dataset: str = "",
    subset: str = "",
    levels: bool = True,
    known: Sequence[str] | None = None,
) -> Statistics:
    """Measure the statistics of clips.

    Classes come from weak labels, else from events. A file that cannot be read is listed as
    damaged.

    Args:
        clips: The clips of a data set or a subset.
        dataset: Name of the data set.
        subset: Name of the subset.
        levels: Whether to read every file for its level, on all cores.
        known: The classes of the data set, all of which are listed if it has all that occur; else, and
            with None, those of the class set that has all that occur, or those that occur.

    Returns:
        The statistics.
    """
    levels_by_name = _levels(clips) if levels else {}
    damaged = tuple(level for level in levels_by_name.values() if isinstance(level, str))
    rows = tuple(_row(clip, levels_by_name.get(clip.filename)) for clip in clips)
    occurring = {label for row in rows for label in row.labels or ()}
    has_all = bool(occurring) and occurring <= set(known or ())
    labels = list(known) if known and has_all else ordered(occurring)
    time_by_polyphony, class_time = np.zeros(4), {label: np.zeros(4) for label in labels}
    lengths: dict[str, list[float]] = {label: [] for label in labels}
    for clip in clips:
        for event in clip.events or ():
            lengths[event.label].append(event.offset - event.onset)
        if clip.events is not None:
            seconds, active = _sweep(clip.events, clip.duration)
            at_once = active.sum(axis=1)
            time_by_polyphony += _spent(at_once, seconds)
            for label in {event.label for event in clip.events}:
                sounding = active[:, [event.label == label for event in clip.events]].any(axis=1)
                class_time[label] += _spent(at_once[sounding] - 1, seconds[sounding])
    occurs = np.array([[label in (row.labels or ()) for label in labels] for row in rows], int)
    co_occurrence = occurs.reshape(len(rows), len(labels)).T @ occurs.reshape(
        len(rows), len(labels)
    )
    return Statistics(
        dataset,
        subset,
        n_files=sum(row.audio for row in rows),
        n_files_expected=len(rows),
        strong=sum(row.events is not None for row in rows),
        weak=sum(row.labels is not None for row in rows),
        minutes=sum(row.seconds for row in rows) / 60,
        events=sum(row.events or 0 for row in rows),
        classes={
            label: _class(int(co_occurrence[k, k]), lengths[label], class_time[label])
            for k, label in enumerate(labels)
        },
        polyphony=_shares(time_by_polyphony),
        co_occurrence=tuple(tuple(row) for row in co_occurrence.tolist()),
        level_db=_quartiles([row.level_db for row in rows if row.level_db is not None]),
        damaged=damaged,
        clips=rows,
    )


def ordered(labels: set[str]) -> list[str]:
    """Order labels by the class set that has them all, whole; else sort them."""
    for classes in CLASS_SETS.values():
        known = [c.label for c in classes]
        if labels and labels <= set(known):
            return known
    return sorted(labels)


def _levels(clips: Sequence[Clip]) -> dict[str, float | str]:
    """Map each file name to its level in dB, or to the sentence that says why there is none."""
    from tqdm import tqdm

    present = [clip for clip in clips if clip.path is not None]

    def measure_level(clip: Clip) -> float | str:
        assert clip.path is not None
        energy, count = 0.0, 0
        try:
            for block in audio.stream(clip.path):
                energy += float(np.square(block, dtype=np.float64).sum())
                count += len(block)
        except JssError as error:
            return str(error)
        return max(SILENCE_DB, 10.0 * float(np.log10(max(energy, 1e-300) / count)))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        levels = tqdm(
            pool.map(measure_level, present), total=len(present), unit="file", disable=None
        )
        return {clip.filename: level for clip, level in zip(present, levels, strict=True)}


def _row(clip: Clip, level: float | str | None) -> ClipStatistics:
    labels = clip.tags
    if labels is None and clip.events is not None:
        labels = tuple({event.label for event in clip.events})
    most = overlapped = None
    if clip.events is not None:
        seconds, active = _sweep(clip.events, clip.duration)
        at_once = active.sum(axis=1)
        most, overlapped = (
            int(at_once.max(initial=0)),
            float(seconds[at_once > 1].sum() / max(clip.duration, 1e-9)),
        )
    return ClipStatistics(
        clip.filename,
        clip.path is not None and not isinstance(level, str),
        clip.duration,
        None if labels is None else tuple(sorted(labels)),
        None if clip.events is None else len(clip.events),
        most,
        overlapped,
        None if isinstance(level, str) else level,
    )


def _class(clips: int, lengths: Sequence[float], time: npt.NDArray[np.float64]) -> ClassStatistics:
    rounded = np.round(lengths, 6)  # 2.05 - 1.8 < 0.25 in floating point
    bins, _ = np.histogram(rounded, (*LENGTH_BINS, np.inf))
    return ClassStatistics(
        clips,
        len(rounded),
        float(time.sum()) / 60,
        _quartiles(rounded.tolist()),
        tuple(bins.tolist()),
        _shares(time),
    )


def _sweep(
    events: Sequence[Event], duration: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Divide a clip at the ends of its events.

    Args:
        events: Events of the clip.
        duration: Length of the clip in seconds.

    Returns:
        Seconds (n,) of each interval, and which events are active in it (n, events).
    """
    onset = np.array([event.onset for event in events])
    offset = np.array([event.offset for event in events])
    edges = np.unique(np.clip(np.concatenate(([0.0, duration], onset, offset)), 0.0, duration))
    middle = ((edges[1:] + edges[:-1]) / 2)[:, None]
    return np.diff(edges), (onset <= middle) & (middle < offset)


def _spent(
    at_once: npt.NDArray[np.int_], seconds: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Sum the seconds with 0, 1, 2, and 3 or more events at once.

    Args:
        at_once: (n,) number of events in each interval.
        seconds: (n,) length of each interval.

    Returns:
        (4,).
    """
    return np.bincount(np.minimum(at_once, 3), seconds, minlength=4).astype(np.float64)


def _shares(time: npt.NDArray[np.float64]) -> Shares | None:
    total = time.sum()
    a, b, c, d = (time / total).tolist() if total > 0 else (0.0,) * 4
    return (a, b, c, d) if total > 0 else None


def _quartiles(values: Sequence[float]) -> Quartiles | None:
    if not values:
        return None
    a, b, c, d, e = np.quantile(values, (0.0, 0.25, 0.5, 0.75, 1.0)).tolist()
    return a, b, c, d, e
