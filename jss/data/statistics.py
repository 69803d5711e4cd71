"""What a set is made of: events and minutes of each class, lengths, polyphony, co-occurrence,
levels. Numpy only.
"""

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

#: Lower ends (s) of the bins of event lengths; the last bin has no upper end.
LENGTH_BINS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
#: The level (dB re full scale) of a clip that is silent.
SILENCE_DB = -120.0

#: Shares of some time, in [0, 1], in which 0, 1, 2, and 3 or more events sound; they add up to 1.
Shares = tuple[float, float, float, float]
#: Least value, quartiles, greatest value.
Quartiles = tuple[float, float, float, float, float]


@dataclass(frozen=True, config=SCHEMA)
class ClipStatistics:
    """One clip. audio: whether it is there and can be read; labels: its classes, sorted; events:
    how many; most: of them at once; overlapped: share of its time with two or more at once, in [0,
    1]; level_db: RMS re full scale. None is what nobody annotated or measured.
    """

    filename: str
    audio: bool
    seconds: float
    labels: tuple[str, ...] | None
    events: int | None
    most: int | None
    overlapped: float | None
    level_db: float | None


@dataclass(frozen=True, config=SCHEMA)
class ClassStatistics:
    """One class. clips: in which it occurs; events; minutes: in which it sounds (events of its own
    that overlap count once); lengths: of its events, in seconds; histogram: events in each of
    LENGTH_BINS; others: shares of its time in which 0, 1, 2, and 3 or more *other* events sound.
    lengths and others are None where it has no event.
    """

    clips: int
    events: int
    minutes: float
    lengths: Quartiles | None
    histogram: tuple[int, ...]
    others: Shares | None


@dataclass(frozen=True, config=SCHEMA)
class Statistics:
    """A set, or one subset of it.

    n_files of n_files_expected: clips whose audio is there (and can be read, where levels were
    measured); strong, weak: clips with annotated events, and with classes at all; minutes: of all
    clips; events: of all classes; classes: by label, in the order of the class set where it is one;
    polyphony: shares of the annotated time with 0, 1, 2, and 3 or more events, None where nothing
    is annotated; co_occurrence: clips in which the classes of row and column both occur, in the
    order of ``classes``; level_db: of the clips; damaged: a sentence for each file that cannot be
    read; clips: one by one.
    """

    dataset: str
    subset: str
    n_files: int
    n_files_expected: int
    strong: int
    weak: int
    minutes: float
    events: int
    classes: Mapping[str, ClassStatistics]
    polyphony: Shares | None
    co_occurrence: tuple[tuple[int, ...], ...]
    level_db: Quartiles | None
    damaged: tuple[str, ...] = ()
    clips: tuple[ClipStatistics, ...] = field(default=(), repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, a line for each key, aside first and then renamed."""
        write_json_lines(path, asdict(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Statistics:
        """Read what :meth:`save` wrote. Raises JssError where the file is missing or holds
        something else.
        """
        stored = read_json(
            path,
            f"There are no statistics at {path}.",
            f"{path} holds no statistics of jss, or it is damaged: measure again.",
        )
        return validate(cls, stored, str(path))


def measure(
    clips: Sequence[Clip], dataset: str = "", subset: str = "", levels: bool = True
) -> Statistics:
    """The statistics of clips. levels: whether every file is read for its level, on all cores.

    Classes come from weak labels, or from events where there are none. A file that cannot be read
    is told, and the rest goes on.
    """
    heard = _levels(clips) if levels else {}
    damaged = tuple(found for found in heard.values() if isinstance(found, str))
    rows = tuple(_row(clip, heard.get(clip.filename)) for clip in clips)
    labels = ordered({label for row in rows for label in row.labels or ()})
    time, own = np.zeros(4), {label: np.zeros(4) for label in labels}
    lengths: dict[str, list[float]] = {label: [] for label in labels}
    for clip in clips:
        for event in clip.events or ():
            lengths[event.label].append(event.offset - event.onset)
        if clip.events is not None:
            seconds, active = _sweep(clip.events, clip.duration)
            at_once = active.sum(axis=1)
            time += _spent(at_once, seconds)
            for label in {event.label for event in clip.events}:
                sounding = active[:, [event.label == label for event in clip.events]].any(axis=1)
                own[label] += _spent(at_once[sounding] - 1, seconds[sounding])
    occurs = np.array([[label in (row.labels or ()) for label in labels] for row in rows], int)
    together = occurs.reshape(len(rows), len(labels)).T @ occurs.reshape(len(rows), len(labels))
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
            label: _class(int(together[k, k]), lengths[label], own[label])
            for k, label in enumerate(labels)
        },
        polyphony=_shares(time),
        co_occurrence=tuple(tuple(row) for row in together.tolist()),
        level_db=_quartiles([row.level_db for row in rows if row.level_db is not None]),
        damaged=damaged,
        clips=rows,
    )


def ordered(labels: set[str]) -> list[str]:
    """The whole class set that has all these labels, in its order; else the labels themselves,
    sorted.
    """
    for classes in CLASS_SETS.values():
        known = [c.label for c in classes]
        if labels and labels <= set(known):
            return known
    return sorted(labels)


def _levels(clips: Sequence[Clip]) -> dict[str, float | str]:
    """Level by file name, or the sentence that says why there is none."""
    from tqdm import tqdm

    there = [clip for clip in clips if clip.path is not None]

    def level(clip: Clip) -> float | str:
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
        found = tqdm(pool.map(level, there), total=len(there), unit="file", disable=None)
        return {clip.filename: heard for clip, heard in zip(there, found, strict=True)}


def _row(clip: Clip, heard: float | str | None) -> ClipStatistics:
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
        clip.path is not None and not isinstance(heard, str),
        clip.duration,
        None if labels is None else tuple(sorted(labels)),
        None if clip.events is None else len(clip.events),
        most,
        overlapped,
        None if isinstance(heard, str) else heard,
    )


def _class(clips: int, lengths: Sequence[float], time: npt.NDArray[np.float64]) -> ClassStatistics:
    rounded = np.round(lengths, 6)  # 2.05 - 1.8 is less than a quarter of a second
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
    """The stretches between the ends of events: their seconds (n,), and which events sound in each
    (n, events).
    """
    onset = np.array([event.onset for event in events])
    offset = np.array([event.offset for event in events])
    edges = np.unique(np.clip(np.concatenate(([0.0, duration], onset, offset)), 0.0, duration))
    middle = ((edges[1:] + edges[:-1]) / 2)[:, None]
    return np.diff(edges), (onset <= middle) & (middle < offset)


def _spent(
    at_once: npt.NDArray[np.int_], seconds: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Seconds with 0, 1, 2, and 3 or more at once (4,)."""
    return np.bincount(np.minimum(at_once, 3), seconds, minlength=4).astype(np.float64)


def _shares(time: npt.NDArray[np.float64]) -> Shares | None:
    whole = time.sum()
    a, b, c, d = (time / whole).tolist() if whole > 0 else (0.0,) * 4
    return (a, b, c, d) if whole > 0 else None


def _quartiles(values: Sequence[float]) -> Quartiles | None:
    if not values:
        return None
    a, b, c, d, e = np.quantile(values, (0.0, 0.25, 0.5, 0.75, 1.0)).tolist()
    return a, b, c, d, e
