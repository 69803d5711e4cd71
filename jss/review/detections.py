"""What ``detect`` wrote about a folder of recordings, as a reviewer needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, TypeVar

from pydantic import Field
from pydantic.dataclasses import dataclass as schema

from jss.decoding import MEDIAN_FRAMES
from jss.errors import JssError, number_of
from jss.io import cells
from jss.io.journal import DETECTED
from jss.io.schema import SCHEMA, validate

T = TypeVar("T")
V = TypeVar("V", int, float)
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
#: How the line of a recording begins, which may be cut off.
_KEY = re.compile(r'\{"key": "([^"\\]+)"')


@dataclass(frozen=True)
class Detection:
    """One detected event."""

    #: Name of the recording.
    filename: str
    #: Seconds from the start of the recording.
    onset: float
    offset: float
    #: Class label.
    label: str
    #: The highest score of the class within the event.
    score: float
    #: The system that detected it.
    system: str

    @cached_property
    def key(self) -> str:
        """What names it among the judgements; another threshold gives other times, and so keys."""
        return f"{self.filename}|{self.label}|{self.onset:.3f}|{self.offset:.3f}"

    def overlaps(self, start: float, end: float) -> bool:
        """Whether any of it lies in a stretch of its recording, in seconds."""
        return self.onset < end and self.offset > start


@dataclass(frozen=True)
class Analysed:
    """A recording that ``detect`` has analysed."""

    #: The file; None where it has gone.
    path: Path | None
    #: Seconds.
    duration: float
    #: Files of its separated sources, in order; empty where none were saved.
    sources: tuple[Path, ...] = ()


@dataclass(frozen=True)
class DetectedFolder:
    """An output folder of ``detect``."""

    folder: Path
    system: str
    #: "teacher" or "student".
    selection: str
    #: That the events were decoded with; by label where each class has its own.
    threshold: float | Mapping[str, float]
    #: The K classes.
    labels: tuple[str, ...]
    #: By name.
    recordings: Mapping[str, Analysed]
    #: In the order of the recordings and of time.
    detections: tuple[Detection, ...]
    #: Frames of the median filter; by label where each class has its own; None: bounding boxes.
    median: int | Mapping[str, int] | None = MEDIAN_FRAMES
    #: Fingerprint of the system, and "fp32" or "bf16".
    checkpoint: str = ""
    precision: Literal["fp32", "bf16"] = "fp32"
    #: Sentences about what cannot be heard or reviewed.
    notes: tuple[str, ...] = ()


@schema(frozen=True, config=SCHEMA)
class _Settings:
    """What a review needs of the first line of the journal."""

    system: str
    selection: str
    threshold: float | list[float]
    labels: list[str]
    median: int | list[int] = MEDIAN_FRAMES
    boxes: list[tuple[int, float]] | None = None
    checkpoint: str = ""
    precision: Literal["fp32", "bf16"] = "fp32"


@schema(frozen=True, config=SCHEMA)
class _Line:
    """What a review needs of the line of a recording."""

    filename: str
    audio: str
    duration: Seconds
    files: list[str]
    events: list[tuple[Seconds, Seconds, str]]
    peaks: list[float]


def read(folder: str | Path, audio: str | Path | None = None) -> DetectedFolder:
    """Read an output folder of ``detect``.

    Args:
        folder: The folder.
        audio: Where recordings are looked for by name that are no longer where they were analysed.

    Returns:
        Its detections, also of recordings whose files are gone, which a note counts.

    Raises:
        JssError: There is no such folder, or it is damaged or of an earlier version.
    """
    path = Path(folder) / DETECTED
    try:
        first, *lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        is_folder = Path(folder).is_dir()
        raise JssError(
            (
                f"{folder} is not an output folder of detect"
                if is_folder
                else f"There is no folder {folder}"
            )
            + ": make one with jss detect RECORDINGS --system NAME --out FOLDER."
        ) from error
    except (OSError, ValueError) as error:
        raise JssError(f"{path} cannot be read: {error}.") from error
    settings = _validated(_Settings, _parsed(first), path)
    if settings is None or not all(
        len(values) == len(settings.labels)
        for values in (settings.threshold, settings.median)
        if isinstance(values, list)
    ):
        raise JssError(
            f"{path} is damaged or of an earlier version: analyse the recordings again with jss detect, "
            "into another folder."
        )
    analysed = [(text, _line(text, path)) for text in lines]
    by_name = _by_name(line for _, line in analysed if line is not None)
    unsafe = [name for name in by_name if not _is_plain(name)]
    safe = {name: line for name, line in by_name.items() if name not in unsafe}
    recordings = {
        name: Analysed(_found(line, audio), line.duration, _sources(Path(folder), line))
        for name, line in safe.items()
    }
    lost = [name for name, recording in recordings.items() if recording.path is None]
    notes = []
    finished = {_key(text) for text, line in analysed if line is not None}
    damaged = sum(
        line is None and not _is_claim(text) and _key(text) not in finished
        for text, line in analysed[:-1]  # after the last line break, a line is not finished
    )
    if damaged:
        notes.append(
            f"{number_of(damaged, 'lines')} of {path} cannot be read, and recordings may be missing: run the "
            "same jss detect command again, into this folder."
        )
    if lost:
        notes.append(
            f"{len(lost)} of {len(recordings)} recordings are no longer where they were analysed, such as "
            f"{lost[0]}: to play them, start the app with --data and their folder."
        )
    if unsafe:
        notes.append(f"{len(unsafe)} recordings have names that cannot be written: rename them.")
    detections = tuple(
        Detection(name, onset, offset, label, peak, settings.system)
        for name, line in safe.items()
        for (onset, offset, label), peak in zip(line.events, line.peaks, strict=True)
    )
    return DetectedFolder(
        Path(folder),
        settings.system,
        settings.selection,
        _by_label(settings.labels, settings.threshold),
        tuple(settings.labels),
        recordings,
        detections,
        None if settings.boxes is not None else _by_label(settings.labels, settings.median),
        settings.checkpoint,
        settings.precision,
        tuple(notes),
    )


def _by_name(lines: Iterable[_Line]) -> dict[str, _Line]:
    """The last line of each recording, by its name.

    A recording that has changed was analysed again. One that two runs name differently, as below
    another folder, keeps its first name, by which it may have been reviewed, unless another
    recording has that name too.
    """
    last: dict[str, _Line] = {}
    first: dict[str, str] = {}
    bearers: dict[str, set[str]] = {}
    for line in lines:
        last[line.audio] = line
        first.setdefault(line.audio, line.filename)
        bearers.setdefault(line.filename, set()).add(line.audio)
    return {
        first[audio] if len(bearers[first[audio]]) == 1 else line.filename: line
        for audio, line in last.items()
    }


def _by_label(labels: Sequence[str], values: V | list[V]) -> V | dict[str, V]:
    """One value for all classes, or that of each."""
    return dict(zip(labels, values, strict=True)) if isinstance(values, list) else values


def disagreeing(
    ours: Sequence[Detection], others: Sequence[Detection]
) -> tuple[list[Detection], list[Detection]]:
    """The detections of each of two systems that overlap none of the same class of the other."""

    def alone(these: Sequence[Detection], those: Sequence[Detection]) -> list[Detection]:
        spans: dict[tuple[str, str], list[Detection]] = {}
        for other in those:
            spans.setdefault((other.filename, other.label), []).append(other)
        return [
            detection
            for detection in these
            if not any(
                other.overlaps(detection.onset, detection.offset)
                for other in spans.get((detection.filename, detection.label), ())
            )
        ]

    return alone(ours, others), alone(others, ours)


def _line(text: str, path: Path) -> _Line | None:
    """The line of a recording; None where it is damaged, or has another number of peaks than events."""
    line = _validated(_Line, _parsed(text), path)
    return line if line is not None and len(line.peaks) == len(line.events) else None


def _key(text: str) -> str:
    """The key of a recording's line, also of one that is cut off; the text where it shows none."""
    match = _KEY.match(text)
    return match[1] if match else text


def _is_claim(text: str) -> bool:
    """Whether a line says only which files ``detect`` was about to write over."""
    data = _parsed(text)
    return isinstance(data, dict) and data.keys() == {"key", "files"}


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _validated(cls: type[T], data: object, path: Path) -> T | None:
    """The fields of ``cls`` in a line; None where it is damaged or lacks one."""
    if not isinstance(data, dict):
        return None
    try:
        return validate(cls, {k: v for k, v in data.items() if k in cls.__annotations__}, str(path))
    except JssError:
        return None


def _is_plain(name: str) -> bool:
    """Whether a name can be that of a file below another folder, and be stored as text."""
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or cells.undecodable(name))


def _found(line: _Line, audio: str | Path | None) -> Path | None:
    places = [Path(line.audio), *([Path(audio) / line.filename] if audio else [])]
    return next((place for place in places if place.is_file()), None)


def _sources(folder: Path, line: _Line) -> tuple[Path, ...]:
    """The files of a recording's sources; a name that leads out of the folder is none."""
    return tuple(
        folder / file
        for file in line.files
        if file.startswith("sources/") and _is_plain(file) and (folder / file).is_file()
    )
