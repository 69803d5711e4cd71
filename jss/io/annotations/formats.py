"""Annotation formats in a table, and the functions that read and write any of them.

A new one is a module beside this one, with ``recognise``, ``read`` and ``write``, and a line of
``FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jss.errors import JssError
from jss.io import cells
from jss.io.annotations import audacity, dcase, label_studio, raven, textgrid
from jss.io.annotations.events import Durations, groups, joined, recording
from jss.io.atomic import atomic_write
from jss.io.inputs import is_hidden, output_names
from jss.io.notes import warn
from jss.io.tsv import advice, read_text


@dataclass(frozen=True)
class Format:
    """An annotation format."""

    #: For people.
    title: str
    #: Of the files that are written.
    suffix: str
    #: Text -> whether it begins like a file of this format.
    recognise: Callable[[str], bool]
    #: (file, name of the recording where the file does not say it) -> the plain table of events.
    read: Callable[[Path, str], pd.DataFrame]
    #: (plain table, lengths of recordings) -> text of a file.
    write: Callable[[pd.DataFrame, Durations], str]
    #: Whether one file can hold several recordings.
    several: bool = False
    #: Whether several recordings are written as a file each.
    each: bool = True


#: By the name for --format, --from and --to.
FORMATS: Mapping[str, Format] = {
    "tsv": Format(
        "DCASE TSV", ".tsv", dcase.recognise, dcase.read, dcase.write_tsv, several=True, each=False
    ),
    "csv": Format(
        "CSV", ".csv", dcase.recognise, dcase.read, dcase.write_csv, several=True, each=False
    ),
    "audacity": Format(
        "Audacity labels", ".txt", audacity.recognise, audacity.read, audacity.write
    ),
    "raven": Format(
        "Raven selection table",
        ".selections.txt",
        raven.recognise,
        raven.read,
        raven.write,
        several=True,
    ),
    "textgrid": Format(
        "Praat TextGrid", ".TextGrid", textgrid.recognise, textgrid.read, textgrid.write
    ),
    "labelstudio": Format(
        "Label Studio JSON",
        ".json",
        label_studio.recognise,
        label_studio.read,
        label_studio.write,
        several=True,
        each=False,
    ),
}
#: Suffixes of files that may hold annotations, in lower case.
SUFFIXES = (".tsv", ".csv", ".txt", ".json", ".textgrid")


def named(name: str) -> Format:
    """The format of a name.

    Raises:
        JssError: There is none.
    """
    if name not in FORMATS:
        raise JssError(f"There is no format '{name}'{advice(name, list(FORMATS))}")
    return FORMATS[name]


def read(
    path: Path, format: str | None = None, labels: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read the events of a file of any format, or of a folder of such files.

    Files of a folder are of the recordings of the same names in its subfolders; what begins like none
    of the formats is left out, with a sentence.

    Args:
        path: The file or folder.
        format: Key of ``FORMATS``; None: what the file begins like.
        labels: Class labels that are allowed; None allows any.

    Returns:
        One row an event: filename, onset, offset (seconds), event_label, and confidence where it is
        given; a recording without events has a row with NaN. Recordings of a file that does not name
        them are called after it, without audio suffix.

    Raises:
        JssError: A file is missing, damaged or of another format, or a class is unknown.
    """
    if format is not None:
        named(format)
    if path.is_dir():
        return _read_folder(path, format, labels)
    return _read_file(path, path.name, format, labels)


def _read_file(
    path: Path, name: str, format: str | None, labels: Sequence[str] | None
) -> pd.DataFrame:
    text = read_text(path, utf16=True, empty=True) if not _is_binary(path) else "ooBinaryFile"
    looks_like = _recognised(text, path)
    key = format or looks_like
    if key is None:
        raise JssError(
            f"{path}, line 1: this is none of {', '.join(f.title for f in FORMATS.values())}: it begins with "
            f"'{text.strip()[:40]}'."
        )
    chosen = FORMATS[key]
    if text.strip() and looks_like not in (None, key) and not chosen.recognise(text):
        other = FORMATS[looks_like or ""].title
        raise JssError(f"{path} is not {chosen.title}: it looks like {other}.")
    events = chosen.read(path, recording(name))
    if labels is not None:
        unknown = events["event_label"].notna() & ~events["event_label"].isin(list(labels))
        for line, label in events["event_label"][unknown].items():
            unit = "task" if key == "labelstudio" else "line"
            raise JssError(f"{path}, {unit} {line}: unknown class '{label}'{advice(label, labels)}")
    return events


def _recognised(text: str, path: Path) -> str | None:
    """Key of the format that a text begins like; by the suffix where it is empty or damaged."""
    for key, format in FORMATS.items():
        if text.strip() and format.recognise(text):
            return key
    suffix = path.suffix.lower()
    by_suffix = {".tsv": "tsv", ".csv": "csv", ".json": "labelstudio", ".textgrid": "textgrid"}
    return by_suffix.get(suffix) or (None if text.strip() or suffix != ".txt" else "audacity")


def _is_binary(path: Path) -> bool:
    """Whether a file is a binary one of Praat."""
    try:
        with path.open("rb") as file:
            return file.read(12) == b"ooBinaryFile"
    except OSError:
        return False  # the reader says why


def _read_folder(folder: Path, format: str | None, labels: Sequence[str] | None) -> pd.DataFrame:
    tables: list[pd.DataFrame] = []
    origin: dict[str, str] = {}
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        text = read_text(path, utf16=True, empty=True) if not _is_binary(path) else "ooBinaryFile"
        if format is None and _recognised(text, path) is None:
            warn(f"{path} is in none of the annotation formats, and is left out.")
            continue
        events = _read_file(path, name, format, labels)
        for recorded in dict.fromkeys(events["filename"]):
            if origin.setdefault(recorded, name) != name:
                raise JssError(
                    f"{folder}: {recorded} has events in {origin[recorded]} and in {name}: keep one of them."
                )
        tables.append(events)
    if not tables:
        raise JssError(
            f"{folder} holds no annotations: name a file, or a folder with {', '.join(SUFFIXES)}."
        )
    return joined(tables)


def files(folder: Path) -> list[Path]:
    """Files below a folder that may hold annotations, sorted."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(map(is_hidden, path.relative_to(folder).parts))
    )


def find(folder: Path, stem: str, report: Callable[[str], None] = warn) -> Path | None:
    """The annotations of a folder of recordings: a file ``STEM.*`` of any format, or a folder STEM.

    Where both are there, the file is read, and a sentence names the folder.

    Args:
        folder: Folder of recordings.
        stem: Such as ``ground_truth`` or ``strong``.
        report: Called with that sentence.

    Returns:
        The file or folder; None where there is none.

    Raises:
        JssError: There are several.
    """
    suffixes = [f.suffix for f in FORMATS.values() if f.several] + [".txt"]
    present = [path for suffix in suffixes if (path := folder / f"{stem}{suffix}").is_file()]
    if len(present) > 1:
        raise JssError(f"{folder} has {present[0].name} and {present[1].name}: keep one of them.")
    inside = folder / stem
    has_folder = inside.is_dir() and any(path.suffix.lower() != ".json" for path in files(inside))
    if not present:
        return inside if has_folder else None
    if has_folder:
        report(f"{present[0]} is read, and the annotations in the folder {inside} are not.")
    return present[0]


def write(events: pd.DataFrame, chosen: Format, out: Path, durations: Durations) -> int:
    """Write events into a file, or into a folder as a file for each recording.

    Args:
        events: The plain table.
        chosen: The format.
        out: A file where it has a suffix of annotations, else a folder. A format whose files hold one
            recording, and ``raven``, write a file for each recording into a folder, named after it;
            the others write ``events`` and their suffix.
        durations: Seconds by recording, as far as they are known.

    Returns:
        Number of files.

    Raises:
        JssError: The format cannot hold these events, or a file cannot be written.
    """
    names = list(dict.fromkeys(events["filename"]))
    if out.suffix.lower() in SUFFIXES and not out.is_dir():
        if not chosen.several and len(names) > 1:
            raise JssError(
                f"A file of {chosen.title} is of one recording, and these events are of {len(names)}: name a "
                "folder in place of a file."
            )
        _write_text(out, chosen.write(events, durations))
        return 1
    if not chosen.each:
        _write_text(out / f"events{chosen.suffix}", chosen.write(events, durations))
        return 1
    tables = groups(events)
    for name, stem in output_names(names).items():
        _write_text(out / f"{stem}{chosen.suffix}", chosen.write(tables[name], durations))
    return len(names)


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8", errors=cells.ERRORS, newline="")
