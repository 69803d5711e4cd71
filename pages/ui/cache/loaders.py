"""What the pages are made of, read or computed once and shared by all sessions: the only
``st.cache_*`` of the app.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from jss import audio, checkpoints
from jss.decoding import decode
from jss.errors import JssError
from jss.inference.windows import padded
from jss.labels import Theme
from jss.metrics.diversity import clip_similarity
from jss.reports import EvalReport
from jss.results import ClipResult
from jss.viz.agreement import Agreement, Event, agreement, tally
from pages.ui.cache import disk, jobs
from pages.ui.cache.fingerprint import made_of
from pages.ui.cache.gc import settle
from pages.ui.cache.memory import Shelf
from pages.ui.clip import recordings, synthscapes
from pages.ui.clip.recordings import ClipSet, Recording
from pages.ui.viewer.payload import Payload, pack

if TYPE_CHECKING:
    from jss.data.statistics import Statistics
    from jss.evaluation.saved_scores import KeptScores
    from jss.examples.gallery import Sample
    from jss.inference.system import System

Tell = Callable[[float, str], None]
#: Seconds of sound that a visitor may have analysed.
LONGEST = 600.0


@dataclass(frozen=True, eq=False)
class Analysis:
    """A result, the same as the viewer wants it, and which output of the separator each source is
    (from 0).
    """

    result: ClipResult
    payload: Payload
    order: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of memory, but for small things."""
        r = self.result
        arrays = (r.mixture, r.sources, r.mel, r.source_mels, r.source_scores)
        return sum(a.nbytes for a in arrays) + sum(
            len(data) for data, _ in self.payload.files.values()
        )


@dataclass(frozen=True)
class Measure:
    """How a system did on a clip: against its ground truth, and Eq. 30 where there are sources."""

    tally: Agreement
    similarity: float | None


@st.cache_resource(show_spinner=False)
def clip_sets() -> dict[str, ClipSet]:
    """By name: what is in the folder named at the start, the shipped examples, ``synthscapes``.
    Raises JssError.
    """
    folder = recordings.own_folder()
    found = [
        *(recordings.folder_sets(folder) if folder else ()),
        recordings.examples(),
        *synthscapes.clip_sets(),
    ]
    return {item.name: item for item in found}


def examples() -> tuple[Recording, ...]:
    """The shipped clips; empty where none are installed. Raises JssError."""
    return clip_sets()[recordings.SHIPPED].clips


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


@st.cache_data(show_spinner=False, ttl=30)
def card(block: str) -> checkpoints.Card | None:
    """The card of a block, None where it is not installed. Raises JssError where it is damaged."""
    there = (checkpoints.root() / "blocks" / f"{block}.json").is_file()
    return checkpoints.load_card(block) if there else None


@st.cache_resource(show_spinner=False, max_entries=12)
def _system(name: str, selection: str, made_of: str) -> System:
    """Loaded once for each state of its weights, and shared."""
    from jss.inference.system import load_system

    system = load_system(name, selection=selection)
    settle()
    return system


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf[Analysis]:
    return Shelf(256 << 20)


@st.cache_resource(show_spinner=False)
def queue() -> jobs.Queue[Any]:
    return jobs.Queue()


def model_of_order(system: str, selection: str) -> str | None:
    """The system whose sources give those of ``system`` their order: the first with a separator of
    its own.

    None where the order is the same anyway, there are no sources, or there are eight (the SSep+SED
    baseline).
    """
    chosen = {
        item.name: item.selections[selection] for item in systems() if selection in item.selections
    }
    separators = {name: blocks.separator for name, blocks in chosen.items() if not blocks.mixture}
    first = next((name for name, block in separators.items() if block), None)
    return first if first and separators.get(system) not in (None, separators[first]) else None


def _key(recording: Recording, system: str, selection: str) -> str:
    return f"{recording.digest}|{recording.padded_to}|{system}|{selection}|{made_of(system, selection)}"


def _place(recording: Recording, system: str, selection: str, like: str | None) -> str:
    key = _key(recording, system, selection)
    return f"{key}|{recording.clip}|{recording.truth}|{like and made_of(like, selection)}"


def analyse(
    recording: Recording,
    system: str,
    selection: str,
    like: str | None = None,
    tell: Tell = lambda share, what: None,
) -> Analysis:
    """A clip through a system: from memory, else from disk, else computed, one clip at a time for
    all visitors.

    like: a system whose order of sources is taken over, since the order of a separator's outputs is
    arbitrary. tell: called often with the share done, from 0 to 1, and what is being done; it may
    raise to give up. Raises JssError.
    """
    place = _place(recording, system, selection, like)
    found = _shelf().get(place)
    if found is None:
        result = disk.get(_key(recording, system, selection)) or listen(
            recording, system, selection, tell
        )
        result = replace(result, filename=recording.filename)
        order = tuple(range(result.n_sources))
        if like is not None:
            result, order = _in_order(result, analyse(recording, like, selection, tell=tell).result)
        found = Analysis(result, pack(result, recording.truth, clip=recording.clip), order)
        _shelf().put(place, found)
    return found


def listen(recording: Recording, system: str, selection: str, tell: Tell) -> ClipResult:
    """A clip through a system, computed now, or when it is this visitor's turn. Raises JssError."""
    key = _key(recording, system, selection)
    return queue().do(key, lambda report: _compute(recording, system, selection, report), tell)


def in_memory(
    recording: Recording, system: str, selection: str, like: str | None = None
) -> Analysis | None:
    """What :func:`analyse` would give at once, or None."""
    return _shelf().get(_place(recording, system, selection, like))


def on_disk(recording: Recording, system: str, selection: str) -> bool:
    """Whether :func:`analyse` would read rather than compute."""
    return disk.has(_key(recording, system, selection))


@st.cache_resource(show_spinner=False, max_entries=20_000)
def _measured(
    key: str, threshold: float, _truth: tuple[Event, ...], _labels: tuple[str, ...]
) -> Measure | None:
    output = disk.scores(key)
    if output is None:
        return None
    seconds = output.scores.shape[1] * output.hop
    events = decode(output.scores, _labels, hop=output.hop, duration=seconds, threshold=threshold)
    alike = clip_similarity(output.source_scores) if len(output.source_scores) > 1 else None
    return Measure(tally(agreement(events, _truth)), alike)


def measure(recording: Recording, system: str, selection: str, threshold: float) -> Measure | None:
    """How a clip that was analysed before agrees with its ground truth; None where it was not, or
    has none.
    """
    if recording.audio is None or recording.truth is None:
        return None
    key = _key(recording, system, selection)
    if not disk.has(key, "scores"):
        return None
    labels = next(item.labels for item in systems() if item.name == system)
    return _measured(key, threshold, recording.truth, labels)


def _in_order(result: ClipResult, of: ClipResult) -> tuple[ClipResult, tuple[int, ...]]:
    """The sources that leave the least squared difference to those of another result side by side
    (Hungarian).
    """
    from jss.inference.windows import match

    if result.sources.shape != of.sources.shape:
        return result, tuple(range(result.n_sources))
    order = match(of.sources, result.sources)
    matched = replace(
        result,
        sources=result.sources[order],
        source_mels=result.source_mels[order],
        source_scores=result.source_scores[order],
        source_weak=result.source_weak[order],
    )
    return matched, tuple(int(m) for m in order)


def _compute(recording: Recording, system: str, selection: str, report: jobs.Report) -> ClipResult:
    """The work of a job of the queue, which keeps its result on disk."""
    seconds = audio.duration(recording.open())
    if seconds > LONGEST:
        raise JssError(
            f"{recording.title} is {seconds / 60:.0f} minutes long, and the app shows at most "
            f"{LONGEST / 60:.0f}: cut it, or use python -m jss detect."
        )
    report(0.0, f"Loading {system}")
    network = _system(system, selection, made_of(system, selection))
    what = f"{system} listens to {seconds:.0f} s of sound"
    pieces, done = [], 0
    report(0.0, what)
    samples = (
        None if recording.padded_to is None else audio.load(recording.open())
    )  # padded as for evaluation
    for piece in network.pieces(
        recording.open() if samples is None else padded(samples, recording.padded_to)
    ):
        pieces.append(piece)
        done += len(piece.mixture)
        report(min(1.0, done / audio.SAMPLE_RATE / max(seconds, 1e-3)), what)
    result = network.join(pieces, recording.filename)
    result = result if samples is None else result.trimmed(len(samples))
    disk.put(_key(recording, system, selection), result)
    return result


@st.cache_data(show_spinner=False, ttl=30)
def reports() -> tuple[EvalReport, ...]:
    """What the installed systems scored, from checkpoints/reports. Raises JssError where a report
    is damaged.
    """
    return EvalReport.load_all(checkpoints.root() / "reports")


@st.cache_resource(show_spinner=False, ttl=30)
def kept_scores() -> dict[tuple[str, str, str], dict[str, KeptScores]]:
    """Scores kept beside reports: (data set, subset, network) -> system -> its scores. Raises
    JssError.
    """
    from jss.evaluation.saved_scores import SUFFIX, KeptScores

    found: dict[tuple[str, str, str], dict[str, KeptScores]] = {}
    for path in sorted((checkpoints.root() / "reports").rglob(f"*{SUFFIX}")):
        kept = KeptScores.load(path)
        found.setdefault((kept.dataset, kept.subset, kept.outputs.selection), {})[
            kept.outputs.system
        ] = kept
    return found


@st.cache_data(show_spinner=False, ttl=600, max_entries=200)
def fused(place: tuple[str, str, str], systems: tuple[str, ...], made_of: str) -> EvalReport:
    """The mean scores of some systems (Eq. 25) on a set, measured. made_of: changes with them.
    Raises JssError.
    """
    from jss.evaluation import saved_scores as kept

    return kept.report([kept_scores()[place][name] for name in systems])


@st.cache_data(show_spinner=False, ttl=30)
def history(block: str) -> list[dict[str, float]]:
    """The epochs of the run that trained a block, empty where they were not kept. Raises JssError."""
    return checkpoints.load_history(block)


def runs_folder() -> Path:
    """Where training runs are looked for: JSS_RUNS, else ``runs`` beside the app."""
    return Path(os.environ.get("JSS_RUNS") or Path(__file__).parents[2] / "runs")


@st.cache_resource(show_spinner=False)
def gallery() -> dict[str, Sample]:
    """One synthesised sound of each class, with its mel."""
    from jss.examples.gallery import gallery as made

    return made()


@st.cache_data(show_spinner=False)
def gallery_picture(theme: Theme) -> bytes:
    """Fig. 2 as a PNG for the screen."""
    from jss.viz.gallery import class_gallery
    from jss.viz.printed import save

    samples = gallery()
    return save(
        class_gallery(
            {label: s.mel for label, s in samples.items()}, next(iter(samples.values())).hop, theme
        ),
        "png",
        220,
    )


@st.cache_data(show_spinner=False, max_entries=20)
def statistics(name: str, clips: int) -> Statistics:
    """What a known set is made of; levels where all its audio is at hand. clips: how many, so that
    a set may grow.
    """
    from jss.data.statistics import measure
    from pages.ui.clip import known_sets

    found = known_sets.sets()[name].clips
    dataset, _, subset = name.partition("/")
    return measure(found, dataset, subset, levels=clips <= 200 and all(clip.path for clip in found))
