"""Clips that can be opened, in sets: the shipped examples, and the folder that the app started with.

A clip is looked up by its name in these lists. Nothing from the address ever becomes a path.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import math
import os
import tempfile
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

import pandas as pd

import jss
from jss.data.datasets.folder import LABELS, STRONG
from jss.errors import JssError
from jss.io.annotations import formats
from jss.io.annotations.events import recording
from jss.io.inputs import SOURCES, walk
from jss.viz.agreement import Event, events_of
from pages.ui import folders

EXAMPLES = Path(jss.__file__).parent / "examples"
#: The variable that names the user's folder, set by ``python -m pages --data FOLDER``.
VARIABLE = "JSS_DATA"
#: The variable that names output folders of ``detect``, set by ``python -m pages --review OUT``.
DETECTED = "JSS_REVIEW"
#: Names of the set of shipped clips, and of that of uploads and recordings.
SHIPPED, UPLOADED = "examples", "uploaded"


@dataclass(frozen=True)
class Recording:
    """A clip that can be opened.

    clip: its name in the address; title, note: for the user; audio: a path, the bytes of a file, or
    None where it is missing; truth: (onset s, offset s, label) events, or None where nobody
    annotated it; tags: its labels, or None; padded_to: the clip length of its data set, as in
    ``jss.data.clip.Clip``; None: it is analysed as it is.
    """

    clip: str
    title: str
    audio: Path | bytes | None
    note: str = ""
    truth: tuple[Event, ...] | None = None
    tags: tuple[str, ...] | None = None
    padded_to: float | None = None

    @property
    def filename(self) -> str:
        """Return its name as a file."""
        return self.title if isinstance(self.audio, bytes) else self.clip.rpartition("/")[2]

    def open(self) -> io.BytesIO:
        """Open its bytes as a file of its name; raises JssError where the audio is missing."""
        if self.audio is None:
            raise JssError(
                f"The audio of {self.filename} is not on this disk: choose another clip."
            )
        try:
            file = io.BytesIO(
                self.audio.read_bytes() if isinstance(self.audio, Path) else self.audio
            )
        except OSError as error:
            raise JssError(f"{self.filename} cannot be read: {error.strerror}.") from error
        file.name = self.filename
        return file

    @property
    def digest(self) -> str:
        """Return a hash of its audio; raises JssError where that cannot be read."""
        if not isinstance(self.audio, Path):
            return hashlib.sha256(self.open().getbuffer()).hexdigest()
        try:
            stat = self.audio.stat()
        except OSError as error:
            raise JssError(f"{self.filename} cannot be read: {error.strerror}.") from error
        return _digest(self.audio, stat.st_mtime_ns, stat.st_size)

    @cached_property
    def classes(self) -> tuple[str, ...] | None:
        """Return the labels of its events or tags, or None where it has neither."""
        return (
            self.tags
            if self.truth is None
            else tuple(sorted({label for _, _, label in self.truth}))
        )

    @cached_property
    def overlap(self) -> float | None:
        """Return seconds in which two classes or more sound at once, None without annotation."""
        if self.truth is None:
            return None
        edges = sorted({edge for onset, offset, _ in self.truth for edge in (onset, offset)})
        return sum(
            b - a
            for a, b in itertools.pairwise(edges)
            if len({label for onset, offset, label in self.truth if onset <= a and b <= offset}) > 1
        )


@cache  # the list of a large set asks for all of them, again and again
def _digest(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class ClipSet:
    """Clips that belong together.

    name: in the address; title: for the user; note: which names of a folder, and which rows of its
    ground truth, are left out, and why; labels: of its labels.yaml, or None.
    """

    name: str
    title: str
    clips: tuple[Recording, ...]
    note: str = ""
    labels: tuple[str, ...] | None = None

    @cached_property
    def by_name(self) -> dict[str, Recording]:
        """Return its clips by their names in the address."""
        return {item.clip: item for item in self.clips}


def examples() -> ClipSet:
    """Return the shipped clips, in the order of examples.json; empty where none are installed."""
    listing = EXAMPLES / "examples.json"
    clips: list[Recording] = []
    try:
        items = json.loads(listing.read_text(encoding="utf-8")) if listing.exists() else []
        truth = pd.read_csv(EXAMPLES / "ground_truth.tsv", sep="\t") if items else None
        for item in items:
            name = item["filename"]
            rows = truth[truth["filename"] == name]  # type: ignore[index]
            clips.append(
                Recording(
                    name,
                    item["title"],
                    EXAMPLES / name,
                    item.get("note", ""),
                    tuple(events_of(rows)),
                )
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JssError(
            f"The shipped examples in {EXAMPLES} cannot be read: restore them (git checkout)."
        ) from error
    present = [item for item in clips if isinstance(item.audio, Path) and item.audio.exists()]
    return ClipSet(SHIPPED, "Shipped examples", tuple(present))


def user_folder() -> Path | None:
    """Return the folder that the app was started with, or None."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser().resolve() if named else None


def detected_folders() -> list[Path]:
    """Return the output folders of ``detect`` that the app was started with."""
    return folders.read(DETECTED)


def folder_sets(root: Path, taken: Container[str] = ()) -> list[ClipSet]:
    """Return the sets of a folder: subsets of DESED's layout, or one set of all audio below it.

    A plain folder may have a ``ground_truth.tsv`` (filename, onset, offset, event_label) beside its
    files, or another file, or folder, of annotations of this name; else the ``strong.*`` of a folder
    to train on. That and its ``labels.yaml`` may be of another program: what cannot be read is left
    out, and the note says so.

    Args:
        root: The folder.
        taken: Names of other sets: a plain folder of such a name is called user-NAME.

    Raises:
        JssError: Where there is nothing to open.
    """
    if not root.is_dir():
        raise JssError(f"There is no folder {root}: start the app with one that is there.")
    from jss.data.datasets import desed, labelled
    from jss.io.notes import warn

    # a table of DESED: other data sets have folders such as audio/train and metadata too
    if desed.has_tables(root):
        return [
            ClipSet(
                name,
                f"{root.name}: {name}",
                tuple(
                    Recording(
                        f"{name}/{c.filename}",
                        c.filename,
                        c.path,
                        truth=None
                        if c.events is None
                        else tuple((e.onset, e.offset, e.label) for e in c.events),
                        tags=c.tags,
                        padded_to=c.padded_to,
                    )
                    for c in clips
                ),
            )
            for name, clips in desed.prepare(root).items()
        ]
    listing = walk(root, _isolated)
    truth: dict[str, tuple[Event, ...]] = {}
    labels: tuple[str, ...] | None = None
    notes: list[str] = []
    ground_truth = formats.find(root, "ground_truth", notes.append)
    try:
        place = ground_truth or formats.find(root, Path(STRONG).stem, notes.append)
        if place is not None:
            truth, unused = _by_file(formats.read(place), listing.files, place)
            notes += unused
    except JssError as error:
        if ground_truth is not None:
            raise
        notes.append(f"Strong labels are left out: {error}")
    try:
        labels = labelled.labels(root) if (root / LABELS).is_file() else None
    except JssError as error:
        notes.append(f"The classes are left out: {error}")
    for sentence in notes:
        warn(sentence)
    set_name = f"user-{root.name}" if root.name in taken else root.name
    clips = tuple(
        Recording(f"{set_name}/{name}", name, path, truth=truth.get(name))
        for name, path in listing.files.items()
    )
    if not clips:
        raise JssError(
            f"{root} holds no audio: name another folder. {listing.summary({'to open': 0})}"
        )
    note = " ".join([listing.summary({"to open": len(clips)}), *listing.refused.values(), *notes])
    return [ClipSet(set_name, root.name, clips, note, labels)]


def _isolated(name: str, path: Path) -> str | None:
    """Folders of isolated sources are left out."""
    return SOURCES if name.endswith(("_events", "_sources")) else None


def _by_file(
    table: pd.DataFrame, files: Iterable[str], place: Path
) -> tuple[dict[str, tuple[Event, ...]], list[str]]:
    """Events of each file that a table names, and a sentence for each kind of row that is not used.

    Args:
        table: By ``jss.io.annotations.formats.read``.
        files: Names of the files.
        place: Where the table is from, for messages.
    """
    from jss.io.notes import warn
    from jss.io.truth import within
    from jss.io.tsv import ClipNames

    names = table["filename"]
    try:
        table["filename"] = ClipNames(files).map(names.tolist())
    except JssError as error:
        raise JssError(f"{place}: {error}") from error
    unmatched = table["filename"].isna()
    notes = []
    if unmatched.any():
        notes.append(
            f"{place}: {unmatched.sum()} of {len(table)} rows name none of the recordings (the first, in "
            f"line {table.index[unmatched][0]}, names {names[unmatched].iloc[0]})."
        )
    table = table[~unmatched]
    events = within(table, [math.nan] * len(table), str(place))
    notes += events.notes
    for note in notes:
        warn(note)
    by_name: dict[str, list[Event]] = {name: [] for name in table["filename"]}
    rows = events.table[["filename", "onset", "offset", "event_label"]].itertuples(index=False)
    for name, onset, offset, label in rows:
        by_name[name].append((onset, offset, label))
    return {name: tuple(sorted(found)) for name, found in by_name.items()}, notes


def uploaded(name: str, data: bytes) -> Recording:
    """Return a recording of an uploaded file."""
    return Recording(f"{UPLOADED}/{hashlib.sha256(data).hexdigest()[:12]}", name, data)


def with_truth(
    recordings: Sequence[Recording], name: str, data: bytes
) -> tuple[list[Recording], list[str]]:
    """Give uploads their ground truth.

    Args:
        recordings: The uploads.
        name: Of a file of annotations, in any format.
        data: Its content.

    Returns:
        The recordings that it names (the only one there is, where the file names none), and a
        sentence for each kind of row that is not used.

    Raises:
        JssError: The file is damaged, or of none of the recordings.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePosixPath(name.replace("\\", "/")).name
        path.write_bytes(data)
        try:
            table = formats.read(path)
        except JssError as error:
            raise JssError(str(error).replace(f"{folder}/", "")) from error
    titles = {item.title: item for item in recordings}
    if len(titles) == 1 and set(table["filename"]) == {recording(path.name)}:
        table["filename"] = next(iter(titles))
    truth, unused = _by_file(table, titles, Path(name))
    if not truth:
        raise JssError(
            f"{name} matches none of the recordings: name it as its recording, or upload that too."
        )
    return [replace(titles[title], truth=events) for title, events in truth.items()], unused


def matching(clips: Sequence[Recording], text: str) -> list[Recording]:
    """Return the clips whose title, note or classes hold every word of a text, in any case."""
    words = text.lower().split()
    return [
        c
        for c in clips
        if all(word in f"{c.title} {c.note} {' '.join(c.classes or ())}".lower() for word in words)
    ]
