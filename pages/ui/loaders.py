"""What the pages are made of, read or computed once and shared by all sessions: the only ``st.cache_*`` of the app."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

import jss
from jss import audio, checkpoints
from jss.errors import JssError
from jss.reports import EvalReport
from jss.results import ClipResult
from jss.viz.agreement import Event, events_of
from pages.ui import store
from pages.ui.viewer.payload import Payload, pack

if TYPE_CHECKING:
    from jss.inference import System

EXAMPLES = Path(jss.__file__).parent / "examples"
Tell = Callable[[float, str], None]
#: Seconds of sound that a visitor may have analysed.
LONGEST = 600.0
_QUEUE = threading.Lock()  # one inference at a time, however many visitors there are


@dataclass(frozen=True)
class Recording:
    """A clip that can be opened.

    clip: its name in the address; title, note: for a person; audio: a path or the bytes of a file;
    truth: (onset s, offset s, label) events, or None where nobody annotated it.
    """

    clip: str
    title: str
    audio: Path | bytes
    note: str = ""
    truth: tuple[Event, ...] | None = None

    @property
    def filename(self) -> str:
        return self.clip.rpartition("/")[2] if isinstance(self.audio, Path) else self.title

    def open(self) -> io.BytesIO:
        """Its bytes, as an open file of its name."""
        file = io.BytesIO(self.audio.read_bytes() if isinstance(self.audio, Path) else self.audio)
        file.name = self.filename
        return file

    @cached_property
    def digest(self) -> str:
        """What tells this sound from any other."""
        return hashlib.sha256(self.open().getbuffer()).hexdigest()


@dataclass(frozen=True, eq=False)
class Analysis:
    """A result, the same as the viewer wants it, and which output of the separator each source is (from 0)."""

    result: ClipResult
    payload: Payload
    order: tuple[int, ...]


class Shelf:
    """The last used of many things, for all sessions."""

    def __init__(self, size: int) -> None:
        self._size, self._items, self._lock = size, OrderedDict[str, Analysis](), threading.Lock()

    def get(self, key: str) -> Analysis | None:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: str, item: Analysis) -> None:
        with self._lock:
            self._items[key] = item
            while len(self._items) > self._size:
                self._items.popitem(last=False)


def added(name: str, data: bytes) -> Recording:
    """A recording of the visitor's own."""
    return Recording(f"own/{hashlib.sha256(data).hexdigest()[:12]}", name, data)


@st.cache_data(show_spinner=False)
def examples() -> tuple[Recording, ...]:
    """The shipped clips, in the order of examples.json; empty where none are installed. Raises JssError."""
    listing = EXAMPLES / "examples.json"
    if not listing.exists():
        return ()
    try:
        items = json.loads(listing.read_text(encoding="utf-8"))
        truth = pd.read_csv(EXAMPLES / "ground_truth.tsv", sep="\t")
        found = []
        for item in items:
            name = item["filename"]
            rows = truth[truth["filename"] == name]
            found.append(Recording(name, item["title"], EXAMPLES / name, item.get("note", ""), tuple(events_of(rows))))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JssError(f"The shipped examples in {EXAMPLES} cannot be read: restore them (git checkout).") from error
    return tuple(item for item in found if isinstance(item.audio, Path) and item.audio.exists())


@st.cache_data(show_spinner=False, ttl=30)
def systems() -> tuple[checkpoints.Manifest, ...]:
    """Every installed system, SED first. Raises JssError where a manifest is damaged."""
    return tuple(checkpoints.systems())


@st.cache_data(show_spinner=False, ttl=30)
def cards(system: str) -> dict[str, checkpoints.Card]:
    """The cards of a system's blocks by name. Raises JssError where one is missing."""
    chosen = checkpoints.manifest(system).selections.values()
    names = [name for selection in chosen for name in selection.blocks]
    return {name: checkpoints.load_card(name) for name in dict.fromkeys(names)}


@st.cache_resource(show_spinner=False, max_entries=12)
def _system(name: str, selection: str, made_of: str) -> System:
    """Loaded once for each state of its weights, and shared."""
    from jss.inference import load_system

    return load_system(name, selection=selection)


def _made_of(name: str, selection: str) -> str:
    """What changes when a system does: its weights, pooling and front end."""
    manifest = checkpoints.manifest(name)
    if selection not in manifest.selections:
        raise JssError(f"{name} has no {selection}: choose {' or '.join(manifest.selections)}.")
    chosen = manifest.selections[selection]
    weights = [checkpoints.load_card(block).sha256 for block in chosen.blocks]
    return "+".join([*weights, str(chosen.q), manifest.pooling, manifest.features, str(manifest.consistent)])


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf:
    return Shelf(32)


def model_of_order(system: str, selection: str) -> str | None:
    """The system whose sources give those of ``system`` their order: the first with a separator of its own.

    None where the order is the same anyway, there are no sources, or there are eight (the SSep+SED baseline).
    """
    chosen = {item.name: item.selections[selection] for item in systems() if selection in item.selections}
    separators = {name: blocks.separator for name, blocks in chosen.items() if not blocks.mixture}
    first = next((name for name, block in separators.items() if block), None)
    return first if first and separators.get(system) not in (None, separators[first]) else None


def analyse(
    recording: Recording, system: str, selection: str, tell: Tell = lambda share, what: None, like: str | None = None
) -> Analysis:
    """A clip through a system: from memory, else from disk, else computed, one clip at a time.

    tell: called often with the share done, from 0 to 1, and what is being done; it may raise to give up.
    like: a system whose order of sources is taken over, since the order of a separator's outputs is arbitrary.
    Raises JssError.
    """
    key = f"{recording.digest}|{system}|{selection}|{_made_of(system, selection)}"
    place = f"{key}|{recording.clip}|{recording.truth}|{like and _made_of(like, selection)}"
    found = _shelf().get(place)
    if found is None:
        result = store.get(key)
        if result is None:
            result = _compute(recording, system, selection, _made_of(system, selection), tell)
            store.put(key, result)
        result = replace(result, filename=recording.filename)
        order = tuple(range(result.n_sources))
        if like is not None:
            result, order = _in_order(result, analyse(recording, like, selection, tell).result)
        found = Analysis(result, pack(result, recording.truth, clip=recording.clip), order)
        _shelf().put(place, found)
    return found


def _in_order(result: ClipResult, of: ClipResult) -> tuple[ClipResult, tuple[int, ...]]:
    """The sources that leave the least squared difference to those of another result side by side (Hungarian)."""
    from jss.windows import match

    if result.sources.shape != of.sources.shape:
        return result, tuple(range(result.n_sources))
    order = match(of.sources, result.sources)
    matched = replace(result, sources=result.sources[order], source_mels=result.source_mels[order],
                      source_scores=result.source_scores[order], source_weak=result.source_weak[order])
    return matched, tuple(int(m) for m in order)


def _compute(recording: Recording, system: str, selection: str, made_of: str, tell: Tell) -> ClipResult:
    while not _QUEUE.acquire(timeout=0.3):
        tell(0.0, "Waiting for another analysis to end")
    try:
        seconds = audio.duration(recording.open())
        if seconds > LONGEST:
            raise JssError(f"{recording.title} is {seconds / 60:.0f} minutes long, and the app shows at most "
                           f"{LONGEST / 60:.0f}: cut it, or use python -m jss detect.")
        tell(0.0, f"Loading {system}")
        network = _system(system, selection, made_of)
        what = f"{system} listens to {seconds:.0f} s of sound"
        pieces, done = [], 0
        tell(0.0, what)
        for piece in network.pieces(recording.open()):
            pieces.append(piece)
            done += len(piece.mixture)
            tell(min(1.0, done / audio.SAMPLE_RATE / max(seconds, 1e-3)), what)
        return network.join(pieces, recording.filename)
    finally:
        _QUEUE.release()


@st.cache_data(show_spinner=False, ttl=30)
def reports() -> tuple[EvalReport, ...]:
    """What the installed systems scored, from checkpoints/reports. Raises JssError where a report is damaged."""
    return tuple(EvalReport.load(path) for path in sorted((checkpoints.root() / "reports").rglob("*.json")))
