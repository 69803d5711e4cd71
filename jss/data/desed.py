"""DESED's folder layout (2021): reading it with its quirks, and writing its TSVs.

``audio/<folder>/<file>`` is mirrored by ``metadata/<folder>.tsv``. Isolated sources lie beside a clip in
``<stem>_events/background0_<label>`` and ``foreground<n>_<label>``, as Scaper writes them.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from jss import audio
from jss.data.clip import Clip, Event
from jss.data.recordings import reading
from jss.errors import JssError
from jss.files import aside

#: Subset -> its folder under ``audio`` and ``metadata``.
FOLDERS: Mapping[str, str] = {
    "weak": "train/weak",
    "unlabel_in_domain": "train/unlabel_in_domain",
    "synthetic21_train": "train/synthetic21_train/soundscapes",
    "synthetic21_validation": "validation/synthetic21_validation/soundscapes",
    "validation": "validation/validation",
    "public": "eval/public",
}
#: The clips of ``weak`` that select a model; where no TSV names them, a tenth as the DCASE baseline draws it.
WEAK_VALIDATION = "weak_validation"
_SOURCE = re.compile(r"(background|foreground)(\d+)(?:_(.*))?$")


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """The subsets of a data set in DESED's layout; those that are not there are left out.

    root: the folder with ``audio`` and ``metadata``, or the one above it with ``dataset``. Clips keep the order of
    their TSV. A clip whose audio is missing has the path None; a row without an event is a clip without events;
    offsets are clamped to the clip; weak labels named twice count once. ``weak_validation`` is cut from ``weak``.
    Raises JssError where there is no subset, or a TSV is damaged.
    """
    base = Path(root)
    if not (base / "metadata").is_dir() and (base / "dataset" / "metadata").is_dir():
        base = base / "dataset"
    subsets = {name: _read(base, folder) for name, folder in FOLDERS.items()}
    found = {name: clips for name, clips in subsets.items() if clips}
    if not found:
        raise JssError(f"{root} is not in DESED's layout: it needs metadata/train/weak.tsv and the like, and audio.")
    if "weak" in found:
        found["weak"], found[WEAK_VALIDATION] = _divide_weak(base, found["weak"])
    return found


def missing(subsets: Mapping[str, Sequence[Clip]]) -> dict[str, int]:
    """How many clips of each subset have no audio; every score must say on how many files it stands."""
    return {name: sum(clip.path is None for clip in clips) for name, clips in subsets.items()}


def write_strong(path: Path, clips: Iterable[Clip]) -> None:
    """``filename onset offset event_label``, seconds with three decimals; an empty row for a clip without events."""
    rows: list[Sequence[str]] = []
    for clip in clips:
        rows += [(clip.filename, f"{e.onset:.3f}", f"{e.offset:.3f}", e.label) for e in clip.events or ()]
        if not clip.events:
            rows.append((clip.filename, "", "", ""))
    write_tsv(path, ("filename", "onset", "offset", "event_label"), rows)


def write_weak(path: Path, clips: Iterable[Clip]) -> None:
    """``filename event_labels``, the labels joined by commas."""
    write_tsv(path, ("filename", "event_labels"), [(clip.filename, ",".join(clip.tags or ())) for clip in clips])


def write_names(path: Path, clips: Iterable[Clip]) -> None:
    """``filename`` alone: nothing is known about the clips."""
    write_tsv(path, ("filename",), [(clip.filename,) for clip in clips])


def write_durations(path: Path, clips: Iterable[Clip]) -> None:
    """``filename duration``, in seconds."""
    write_tsv(path, ("filename", "duration"), [(clip.filename, f"{clip.duration:.3f}") for clip in clips])


def write_tsv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table with tabs and a header."""
    write_lines(path, (header, *rows))


def write_lines(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Rows of cells with tabs between them, written aside and renamed."""
    with aside(path) as part:
        part.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def read_tsv(path: Path, *columns: str) -> list[dict[str, str]]:
    """Rows of a table with tabs, blanks stripped, missing cells "". Raises JssError where a column is missing."""
    with reading(path) as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        lacking = [column for column in columns if column not in (reader.fieldnames or ())]
        if lacking:
            raise JssError(f"{path} lacks the column {lacking[0]!r}: it needs {', '.join(columns)}.")
        return [{column: (row[column] or "").strip() for column in columns} for row in reader]


def _read(base: Path, folder: str) -> list[Clip]:
    """The clips of one subset: from its TSV, or, where there is none, from its audio alone."""
    tsv = (base / "metadata" / folder).with_suffix(".tsv")
    files, sources = _audio(base / "audio" / folder)
    if not tsv.is_file():
        return [Clip(path.name, path, _duration(path), sources=sources.get(stem, ()))
                for stem, path in sorted(files.items())]
    with reading(tsv) as file:
        header = file.readline().rstrip("\r\n").split("\t")
    strong, weak = "onset" in header, "event_labels" in header
    columns = ("filename", "onset", "offset", "event_label") if strong else (
        ("filename", "event_labels") if weak else ("filename",))
    rows: dict[str, list[dict[str, str]]] = {}
    for row in read_tsv(tsv, *columns):
        if row["filename"]:
            rows.setdefault(row["filename"], []).append(row)
    durations = _durations(tsv)
    clips: list[Clip] = []
    for name, lines in rows.items():
        stem = _find(Path(name).stem, files)
        path = files.get(stem)
        seconds = durations.get(name) or (_duration(path) if path else 10.0)
        events = _events(lines, seconds, tsv) if strong else None
        tags = tuple(sorted({e.label for e in events})) if events is not None else None
        if weak:
            named = {tag.strip() for row in lines for tag in row["event_labels"].split(",")}
            tags = tuple(sorted(named - {""}))
        clips.append(Clip(name, path, seconds, events, tags, sources.get(stem, ())))
    return clips


def _events(rows: Iterable[Mapping[str, str]], seconds: float, tsv: Path) -> tuple[Event, ...]:
    """Events of one clip, sorted, within it."""
    events: list[Event] = []
    for row in rows:
        if not row["event_label"]:
            continue
        try:
            onset, offset = float(row["onset"]), min(float(row["offset"]), seconds)
        except ValueError as error:
            raise JssError(f"{tsv}: the event of {row['filename']} has no onset and offset in seconds.") from error
        if not math.isfinite(onset + offset):
            raise JssError(f"{tsv}: the event of {row['filename']} has no onset and offset in seconds.")
        if max(onset, 0.0) < offset:
            events.append(Event(max(onset, 0.0), offset, row["event_label"]))
    return tuple(sorted(events))


def _divide_weak(base: Path, clips: list[Clip]) -> tuple[list[Clip], list[Clip]]:
    """Training and selection clips: after metadata/train/weak_validation.tsv, or 90/10 as the DCASE baseline."""
    tsv = base / "metadata" / "train" / f"{WEAK_VALIDATION}.tsv"
    if tsv.is_file():
        names = {row["filename"] for row in read_tsv(tsv, "filename")}
    else:
        import pandas as pd

        every = pd.Series([clip.filename for clip in clips])
        names = set(every) - set(every.sample(frac=0.9, random_state=42))
    return [c for c in clips if c.filename not in names], [c for c in clips if c.filename in names]


def _audio(folder: Path) -> tuple[dict[str, Path], dict[str, tuple[tuple[str, Path], ...]]]:
    """Stem -> audio file, and stem -> isolated sources, the background first."""
    files: dict[str, Path] = {}
    sources: dict[str, tuple[tuple[str, Path], ...]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() in audio.SUFFIXES:
            files[path.stem] = path
        elif path.name.endswith("_events") and path.is_dir():
            sources[path.name.removesuffix("_events")] = _sources(path)
    return files, sources


def _sources(folder: Path) -> tuple[tuple[str, Path], ...]:
    found: list[tuple[str, int, str, Path]] = []
    for path in folder.iterdir():
        match = _SOURCE.match(path.stem)
        if match and path.suffix.lower() in audio.SUFFIXES:
            kind, number, label = match[1], int(match[2]), match[3]
            found.append((kind, number, "background" if kind == "background" else label or "unknown", path))
    return tuple((label, path) for _, _, label, path in sorted(found))


def _find(stem: str, files: Mapping[str, Path]) -> str:
    """The stem of the audio: YouTube names come with and without the leading Y."""
    candidates = (stem, f"Y{stem}", stem.removeprefix("Y"))
    return next((candidate for candidate in candidates if candidate in files), stem)


def _durations(tsv: Path) -> dict[str, float]:
    """Seconds by file name, from ``<subset>_durations.tsv`` or ``durations.tsv`` beside the labels."""
    for path in (tsv.with_name(f"{tsv.stem}_durations.tsv"), tsv.with_name("durations.tsv")):
        if path.is_file():
            try:
                return {row["filename"]: float(row["duration"]) for row in read_tsv(path, "filename", "duration")}
            except ValueError as error:
                raise JssError(f"{path}: a duration is not a number of seconds.") from error
    return {}


def _duration(path: Path) -> float:
    """Seconds of a file, or 10 where it is damaged: loading it will say so."""
    try:
        return audio.duration(path)
    except JssError:
        return 10.0
