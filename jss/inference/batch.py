"""Inference on many recordings; the files of each are written as it is finished.

If the process is killed, only recordings that were under way are lost.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from jss import audio
from jss.arrays import Float32
from jss.decoding import MEDIAN_FRAMES, Decoder
from jss.errors import DiskError, JssError, report
from jss.inference.clip_files import RecordingFiles, Wanted, needed, write
from jss.inference.devices import workers_for
from jss.inference.output_cache import Item, fingerprint
from jss.inference.system import System
from jss.inference.together import analysed
from jss.inference.windows import WHOLE, Stretch
from jss.io import cells
from jss.io.annotations.dcase import CONFIDENCE
from jss.io.atomic import atomic_write, remove_partial_files
from jss.io.journal import DETECTED, DURATIONS, EVENTS, Journal
from jss.io.prefetch import in_order, prefetch
from jss.io.progress import Progress, silent
from jss.io.tsv import DURATION_COLUMNS, EVENT_COLUMNS

log = logging.getLogger(__name__)

#: Changes with the format of the output.
_FORMAT = 3


@dataclass
class BatchSummary:
    """Counts of a run."""

    #: In the finished recordings.
    events: int = 0
    #: Finished, by this run and by earlier ones.
    recordings: int = 0
    #: Finished by an earlier run.
    before: int = 0
    #: Could not be read.
    failed: int = 0
    #: The highest score within each event, in the order of events.tsv; NaN where it was not saved.
    peaks: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """A line of the journal."""

    #: Seconds.
    duration: float
    #: Of the recording, below the output folder.
    files: list[str]
    #: Files that were wanted, but cannot be made of this recording.
    left_out: list[str]
    #: (onset s, offset s, label).
    events: list[tuple[float, float, str]]
    #: The highest score within each; NaN where it was not saved.
    peaks: list[float]


Outcome = tuple[RecordingFiles, dict[str, Any] | JssError]
#: Analyses recordings: (system, tasks, out, wanted, progress) -> each with its line of the journal,
#: or the error.
Engine = Callable[
    [System, Sequence[RecordingFiles], Path, Wanted, Progress], Generator[Outcome, None, None]
]


def one_process(
    system: System,
    tasks: Sequence[RecordingFiles],
    out: Path,
    wanted: Wanted,
    progress: Progress,
    *,
    size: int = 1,
) -> Generator[Outcome, None, None]:
    """An Engine of one process: threads read ahead, one analyses, and results are written behind.

    Where several windows are analysed at once, several threads read, and several write the
    recordings of one window.

    Args:
        system: The system.
        tasks: The recordings.
        out: The output folder.
        wanted: What is written.
        progress: In seconds of sound.
        size: Windows of 10 s that are analysed at once (``jss.inference.together``).

    Raises:
        DiskError: The disk is full.
    """
    workers = workers_for(size)
    sources = size == 1 or wanted.sources or wanted.results or wanted.page is not None

    def outcome(task: RecordingFiles, stretches: Iterable[Stretch]) -> Outcome:
        try:
            return task, write(system, task, stretches, out, wanted, progress)
        except DiskError:
            raise
        except JssError as error:
            return task, error

    def unchanged(done: Outcome) -> Outcome:
        return done

    def jobs(recordings: Iterator[Iterator[Stretch]]) -> Iterator[Callable[[], Outcome]]:
        for task, stretches in zip(tasks, recordings, strict=True):
            if workers == 1:
                yield partial(outcome, task, stretches)
                continue
            try:
                first = list(islice(stretches, 2))
            except JssError as error:
                yield partial(outcome, task, _failing(error))
                continue
            if len(first) == 1:
                yield partial(outcome, task, first)
            else:  # too long to be held: written here, as it comes
                yield partial(unchanged, outcome(task, chain(first, stretches)))

    ahead = prefetch(
        _analysed(system, tasks, workers, size, sources), blocks=1 if size == 1 else 3 * size
    )
    with closing(ahead) as recordings, closing(in_order(jobs(recordings), workers)) as outcomes:
        yield from outcomes


def _analysed(
    system: System, tasks: Sequence[RecordingFiles], workers: int, size: int, sources: bool
) -> Iterator[Iterator[Stretch]]:
    """The stretches of each recording, analysed when they are asked for."""
    # One thread reads when it is asked; several read what one window may take at once.
    begin = audio.stream if workers == 1 else begin_reading
    begun = in_order((partial(begin, task.path) for task in tasks), workers)
    with closing(prefetch(begun)) as streams:
        yield from analysed(system, streams, size, sources)


def begin_reading(path: Path) -> Iterator[Float32]:
    """The blocks of a recording, of which as many as one window may take are read at once.

    An error is raised in its place.
    """
    blocks = audio.stream(path)
    held: list[Float32] = []
    try:
        for block in blocks:
            held.append(block)
            if sum(map(len, held)) > WHOLE:
                break
    except JssError as error:
        return chain(held, _failing(error))
    return chain(held, blocks)


def _failing(error: JssError) -> Iterator[Any]:
    """What raises an error where it is read."""
    raise error
    yield  # makes this a generator


def detect(
    system: System,
    clips: Mapping[str, Path],
    stems: Mapping[str, str],
    out: Path,
    wanted: Wanted,
    *,
    confidence: bool = False,
    engine: Engine = one_process,
    begin: Callable[[list[Path]], None] = lambda todo: None,
    progress: Progress = silent,
) -> BatchSummary:
    """Write the outputs of every recording, then events.tsv and durations.tsv for all of them.

    Recordings that an earlier run with the same settings finished are skipped; one that cannot be
    read is logged, and the rest goes on.

    Args:
        system: The system.
        clips: Name -> file.
        stems: Name -> name of its output files.
        out: The output folder: scores/, and as wanted sources/, results/ and html/.
        wanted: What is written.
        confidence: Whether events.tsv has a fifth column, the highest score within each event.
        engine: Analyses the recordings.
        begin: Called once with the files that are still to be analysed.
        progress: In seconds of sound.

    Raises:
        JssError: ``out`` holds the output of other settings, or cannot be written.
        DiskError: The disk is full; raised at once, since no later result could be saved.
    """
    settings = {
        "version": _FORMAT,
        "system": system.name,
        "selection": system.selection,
        "precision": system.precision,
        "checkpoint": fingerprint(system),
        **_settings(wanted.decoder),
        "labels": list(system.labels),
    }
    tally = BatchSummary()
    with Journal(out / DETECTED, settings) as journal:
        remove_partial_files(out)
        keys = _keys(clips)
        todo = [
            RecordingFiles(name, clips[name], stems[name], key)
            for name, key in keys.items()
            if not _finished(journal, key, out, stems[name], wanted)
        ]
        _claim_files(journal, todo, wanted)
        tally.before, tally.failed = len(keys) - len(todo), len(clips) - len(keys)
        begin([task.path for task in todo])
        try:
            with closing(engine(system, todo, out, wanted, progress)) as outcomes:
                for task, outcome in outcomes:
                    try:
                        if isinstance(outcome, JssError):
                            raise outcome
                        files = [*outcome["files"], *_earlier(journal, task, out, outcome["files"])]
                        journal.add(task.key, {**outcome, "files": files})
                    except DiskError:
                        raise
                    except JssError as error:
                        tally.failed += 1
                        report(log, error)
        finally:
            _write_tables(journal, keys, out, tally, confidence)
    return tally


def _settings(decoder: Decoder) -> dict[str, Any]:
    """A decoder as the journal holds it; that of one threshold as journals have always held it."""
    rest = {"median": decoder.median, "boxes": decoder.boxes}
    used = rest if (decoder.median, decoder.boxes) != (MEDIAN_FRAMES, None) else {}
    plain: dict[str, Any] = json.loads(json.dumps({"threshold": decoder.threshold, **used}))
    return plain


def _keys(clips: Mapping[str, Path]) -> dict[str, str]:
    """Name -> a key that changes with the file, of the files that exist."""
    keys = {}
    for name, path in clips.items():
        try:
            keys[name] = Item(name, (path,)).key()
        except JssError as error:
            report(log, error)
    return keys


def _finished(journal: Journal, key: str, out: Path, stem: str, wanted: Wanted) -> bool:
    """Whether the journal has a recording, and its wanted files exist under their present names.

    Files that a later recording of the same name has written over are not its own, and no file of
    ``detect`` is empty.
    """
    known = _known(journal, key)
    if known is None:
        return False
    return needed(stem, wanted) <= {*known.files, *known.left_out} and all(
        _is_own(journal, key, out / file, file) for file in known.files
    )


def _is_own(journal: Journal, key: str, path: Path, file: str) -> bool:
    """Whether a file of a recording is there, and is not that of a later one."""
    return journal.owner(file) == key and path.is_file() and path.stat().st_size > 0


def _earlier(journal: Journal, task: RecordingFiles, out: Path, written: list[str]) -> list[str]:
    """Files that an earlier run wrote of a recording under its present name, and this one did not."""
    known = _known(journal, task.key)
    if known is None or not needed(task.stem, Wanted()) <= {*known.files}:
        return []
    rest = [file for file in known.files if file not in written]
    return [file for file in rest if _is_own(journal, task.key, out / file, file)]


def _claim_files(journal: Journal, todo: Iterable[RecordingFiles], wanted: Wanted) -> None:
    """Note in the journal which files of other recordings are about to be written over.

    After a kill or a power loss in between, those recordings are known to be without their files.

    Raises:
        JssError: The disk refuses.
    """
    for task in todo:
        files = sorted(needed(task.stem, wanted))
        if {journal.owner(file) for file in files} - {None, task.key}:
            journal.add(task.key, {"files": files})
    journal.sync()


def _known(journal: Journal, key: str) -> _Known | None:
    """The line of the journal of a recording; None where there is none, or it is not finished."""
    if key not in journal:
        return None
    line = journal[key]
    files, left_out, events = line.get("files"), line.get("left_out", []), line.get("events")
    if not (isinstance(files, list) and isinstance(left_out, list) and isinstance(events, list)):
        return None
    if not (
        all(isinstance(file, str) for file in (*files, *left_out)) and all(map(_is_event, events))
    ):
        return None
    duration = line.get("duration")
    if not (isinstance(duration, int | float) and 0 < duration < math.inf):
        return None
    peaks = line.get("peaks")
    if not (
        isinstance(peaks, list)
        and len(peaks) == len(events)
        and all(isinstance(peak, int | float) for peak in peaks)
    ):
        return None
    return _Known(
        float(duration),
        files,
        left_out,
        [(float(onset), float(offset), label) for onset, offset, label in events],
        [float(peak) for peak in peaks],
    )


def _is_event(value: object) -> bool:
    """Whether a value of the journal is an event: onset, offset and label."""
    if not (isinstance(value, list) and len(value) == 3):
        return False
    *times, label = value
    return all(isinstance(time, int | float) for time in times) and isinstance(label, str)


def _write_tables(
    journal: Journal, keys: Mapping[str, str], out: Path, tally: BatchSummary, confidence: bool
) -> None:
    """Write the events and the lengths of all finished recordings, in their order, and count them."""
    if all(_known(journal, key) is None for key in keys.values()):
        return
    with _table(out / EVENTS) as file, _table(out / DURATIONS) as durations:
        file.write(cells.row((*EVENT_COLUMNS, *([CONFIDENCE] * confidence))))
        durations.write(cells.row(DURATION_COLUMNS))
        for name, key in keys.items():
            known = _known(journal, key)
            if known is not None:
                durations.write(cells.row((name, f"{known.duration:.6f}")))
                for (onset, offset, label), peak in zip(known.events, known.peaks, strict=True):
                    score = [f"{peak:.6f}"] * confidence
                    file.write(cells.row((name, f"{onset:.6f}", f"{offset:.6f}", label, *score)))
                tally.peaks += known.peaks
                tally.events += len(known.events)
                tally.recordings += 1


@contextmanager
def _table(path: Path) -> Iterator[TextIO]:
    """A text file to write a table into, which appears whole or not at all."""
    with (
        atomic_write(path) as part,
        part.open("w", encoding="utf-8", errors=cells.ERRORS, newline="") as file,
    ):
        yield file
