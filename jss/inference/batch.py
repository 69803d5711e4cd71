"""Many recordings through a system, each one's files written as it is finished, so that a kill
costs one at most.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jss import audio
from jss.errors import DiskError, JssError, report
from jss.inference.clip_files import RecordingFiles, Wanted, needed, write
from jss.inference.output_cache import Item, fingerprint
from jss.inference.system import System
from jss.inference.windows import Stretch, pieces
from jss.io import cells
from jss.io.atomic import atomic_write, remove_partial_files
from jss.io.journal import Journal
from jss.io.prefetch import prefetch
from jss.io.progress import Progress, silent

log = logging.getLogger(__name__)

#: In the output folder: which recordings are finished, with their events.
JOURNAL = "jss-detect.jsonl"
EVENTS = "events.tsv"
_FORMAT = 2  # changes with what is written


@dataclass
class BatchSummary:
    """events in so many recordings, of which ``before`` were finished by an earlier run; failed:
    could not be read.
    """

    events: int = 0
    recordings: int = 0
    before: int = 0
    failed: int = 0


@dataclass(frozen=True)
class _Known:
    """A line of the journal: a recording's files below the output folder, its events (onset s,
    offset s, label).
    """

    files: list[str]
    events: list[tuple[float, float, str]]


Outcome = tuple[RecordingFiles, dict[str, Any] | JssError]
#: Analyses recordings: (system, tasks, out, wanted, progress) -> each with its line of the journal, or
#: why it failed.
Engine = Callable[
    [System, Sequence[RecordingFiles], Path, Wanted, Progress], Generator[Outcome, None, None]
]


def one_process(
    system: System, tasks: Sequence[RecordingFiles], out: Path, wanted: Wanted, progress: Progress
) -> Generator[Outcome, None, None]:
    """An Engine: a thread reads and decodes what comes next, one analyses, and this one writes.
    Raises DiskError.
    """
    with closing(prefetch(_analysed(system, tasks), blocks=1)) as recordings:
        for task, found in zip(tasks, recordings, strict=True):
            outcome: dict[str, Any] | JssError
            try:
                outcome = write(system, task, found, out, wanted, progress)
            except DiskError:
                raise
            except JssError as error:
                outcome = error
            yield task, outcome


def _analysed(system: System, tasks: Sequence[RecordingFiles]) -> Iterator[Iterator[Stretch]]:
    """The stretches of each recording, analysed when they are asked for."""
    with closing(prefetch(audio.stream(task.path) for task in tasks)) as streams:
        for blocks in streams:
            yield pieces(blocks, system.analyse)


def detect(
    system: System,
    clips: Mapping[str, Path],
    stems: Mapping[str, str],
    out: Path,
    wanted: Wanted,
    *,
    engine: Engine = one_process,
    begin: Callable[[list[Path]], None] = lambda todo: None,
    progress: Progress = silent,
) -> BatchSummary:
    """Write scores/, and as wanted sources/ and results/, for every recording, then events.tsv for
    all of them.

    clips: name -> file; stems: name -> what its own files are called; engine: where they are
    analysed; begin: called once with the files that are still to be analysed; progress: in seconds
    of sound. What an earlier run with the same settings finished is not done again; a recording
    that cannot be read is logged, and the rest goes on. Raises JssError where ``out`` holds what was found with other settings, or cannot be
    written; DiskError at once where the disk is full, since nothing that follows would be kept.
    """
    settings = {
        "version": _FORMAT,
        "system": system.name,
        "selection": system.selection,
        "precision": system.precision,
        "checkpoint": fingerprint(system),
        "threshold": wanted.threshold,
    }
    tally = BatchSummary()
    with Journal(out / JOURNAL, settings) as journal:
        remove_partial_files(out)
        keys = _keys(clips)
        todo = [
            RecordingFiles(name, clips[name], stems[name], key)
            for name, key in keys.items()
            if not _finished(journal, key, out, stems[name], wanted)
        ]
        tally.before, tally.failed = len(keys) - len(todo), len(clips) - len(keys)
        begin([task.path for task in todo])
        try:
            with closing(engine(system, todo, out, wanted, progress)) as outcomes:
                for task, outcome in outcomes:
                    try:
                        if isinstance(outcome, JssError):
                            raise outcome
                        journal.add(task.key, outcome)
                    except DiskError:
                        raise
                    except JssError as error:
                        tally.failed += 1
                        report(log, error)
        finally:
            _write_events(journal, keys, out, tally)
    return tally


def _keys(clips: Mapping[str, Path]) -> dict[str, str]:
    """Name -> a key that changes with the file, of those that are there."""
    keys = {}
    for name, path in clips.items():
        try:
            keys[name] = Item(name, (path,)).key()
        except JssError as error:
            report(log, error)
    return keys


def _finished(journal: Journal, key: str, out: Path, stem: str, wanted: Wanted) -> bool:
    """Whether the journal has it, and all that is wanted is there under the names that it has now."""
    known = _known(journal, key)
    if known is None:
        return False
    return needed(stem, wanted) <= {*known.files} and all(
        (out / file).is_file() for file in known.files
    )


def _known(journal: Journal, key: str) -> _Known | None:
    """What the journal says of a recording; None where it says nothing, or nothing that makes
    sense.
    """
    if key not in journal:
        return None
    line = journal[key]
    files, events = line.get("files"), line.get("events")
    if not (isinstance(files, list) and isinstance(events, list)):
        return None
    if not (all(isinstance(file, str) for file in files) and all(map(_is_event, events))):
        return None
    return _Known(files, [(float(onset), float(offset), label) for onset, offset, label in events])


def _is_event(value: object) -> bool:
    """Whether it is an event as a line of the journal has it: onset, offset and label."""
    if not (isinstance(value, list) and len(value) == 3):
        return False
    *times, label = value
    return all(isinstance(time, int | float) for time in times) and isinstance(label, str)


def _write_events(
    journal: Journal, keys: Mapping[str, str], out: Path, tally: BatchSummary
) -> None:
    """The events of all that is finished, in the order of the recordings, and how many there are."""
    if not any(key in journal for key in keys.values()):
        return
    with (
        atomic_write(out / EVENTS) as part,
        part.open("w", encoding="utf-8", errors=cells.ERRORS, newline="") as file,
    ):
        file.write(cells.row(("filename", "onset", "offset", "event_label")))
        for name, key in keys.items():
            known = _known(journal, key)
            if known is not None:
                for onset, offset, label in known.events:
                    file.write(cells.row((name, f"{onset:.6f}", f"{offset:.6f}", label)))
                tally.events += len(known.events)
                tally.recordings += 1
