"""What pages show, read or computed once and shared by all sessions.

Only this file and ``weak_loaders`` use ``st.cache_*``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import streamlit as st

from jss import audio, checkpoints, decoding
from jss.decoding import Decoder, OperatingPoints, Threshold, decode
from jss.errors import JssError
from jss.inference.windows import padded
from jss.io.stamps import Stamp, stamp
from jss.labels import Theme
from jss.metrics.diversity import clip_similarity
from jss.reports import EvalReport
from jss.results import ClipResult
from jss.viewer.payload import Payload, pack
from jss.viz.agreement import Agreement, Event, agreement, tally
from pages.ui.cache import disk, jobs, model_folders, runs_on
from pages.ui.cache.fingerprint import system_fingerprint
from pages.ui.cache.gc import freeze_loaded
from pages.ui.cache.jobs import Report
from pages.ui.cache.memory import MemoryCache, Sized
from pages.ui.cache.model_folders import Place
from pages.ui.cache.visits import Visits
from pages.ui.clip import recordings, synthscapes
from pages.ui.clip.recordings import ClipSet, Recording

if TYPE_CHECKING:
    from jss.data.clip import Clip
    from jss.data.statistics import Statistics
    from jss.evaluation.saved_scores import SavedScores
    from jss.examples.gallery import Sample
    from jss.inference.system import System
    from jss.review.sampling import ReviewPlan
    from jss.review.timeline import Timeline

A = TypeVar("A", bound=Sized)
#: When a page last ran, in seconds of the monotonic clock.
_last_used = [0.0]
#: Longest clip that the app analyses, in seconds.
LONGEST = 600.0
#: Bytes of the memory cache of analyses, and how many of the newest always stay: those of the five
#: systems of Compare, and of two whose order of sources they take over, a teacher and a student.
MEMORY, AT_ONCE = 256 << 20, 7
#: Seconds for which a list of the systems holds.
_FRESH_S = 0.1


@dataclass(frozen=True, eq=False)
class Analysis:
    """A clip's result, as data and as the viewer shows it.

    order: (M,), which output of the separator, from 0, each source is.
    """

    result: ClipResult
    payload: Payload
    order: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of memory, without small objects."""
        r = self.result
        arrays = (r.mixture, r.sources, r.mel, r.source_mels, r.source_scores)
        return sum(a.nbytes for a in arrays) + self.payload.nbytes


@dataclass(frozen=True)
class Measure:
    """A system on a clip: agreement with the ground truth, and the similarity of its sources."""

    tally: Agreement
    similarity: float | None


@st.cache_resource(show_spinner=False)
def clip_sets() -> dict[str, ClipSet]:
    """Return sets by name: the user's folder, the shipped examples, ``synthscapes``."""
    folder = recordings.user_folder()
    ours = (recordings.SHIPPED, recordings.UPLOADED, synthscapes.NAME)
    sets = [
        *(recordings.folder_sets(folder, ours) if folder else ()),
        recordings.examples(),
        *synthscapes.clip_sets(),
    ]
    return {item.name: item for item in sets}


def examples() -> tuple[Recording, ...]:
    """Return the shipped clips, empty where none are installed."""
    return clip_sets()[recordings.SHIPPED].clips


@st.cache_resource(show_spinner=False, ttl=30)  # not copied for each caller, as data would be
def shipped_systems() -> tuple[checkpoints.Manifest, ...]:
    """Return every shipped system, SED first."""
    return tuple(checkpoints.systems())


#: When the systems were listed, of what, and which they were.
_listed: tuple[float, object, tuple[checkpoints.Manifest, ...]] = (0.0, None, ())


def systems() -> tuple[checkpoints.Manifest, ...]:
    """Return every system by its name in the app: shipped ones, then the user's.

    As they were at most a tenth of a second ago: a page asks a hundred times as it is drawn.
    """
    global _listed
    folders = model_folders.folders()
    when, of, known = _listed
    asked = (folders, os.environ.get("JSS_CHECKPOINTS"), checkpoints.systems)
    if of == asked and time.monotonic() - when < _FRESH_S:
        return known
    users = [system for folder in folders for system in folder.systems.values()]
    users.sort(key=lambda item: model_folders.position(item.name))
    known = (*shipped_systems(), *users)
    _listed = time.monotonic(), asked, known
    return known


def manifest(name: str) -> checkpoints.Manifest:
    """Return a system by its name in the app; raises JssError where it is not there any more."""
    for item in systems():
        if item.name == name:
            return item
    raise JssError(f"{name} is no longer installed: choose another system.")


def cards(system: str) -> dict[str, checkpoints.Card]:
    """Return the cards of a system's blocks by name."""
    selections = manifest(system).selections.values()
    names = dict.fromkeys(name for selection in selections for name in selection.blocks)
    place = model_folders.place(system)
    return _cards(repr((place, *names)), place, tuple(names))


@st.cache_resource(show_spinner=False, ttl=30)
def _cards(key: str, _place: Place, _names: tuple[str, ...]) -> dict[str, checkpoints.Card]:
    return {name: checkpoints.load_card(name, _place.folder) for name in _names}


@st.cache_resource(show_spinner=False, ttl=30)
def card(block: str, folder: Path | None = None) -> checkpoints.Card | None:
    """Return the card of a block, None where it is not installed."""
    path = checkpoints.root(folder) / "blocks" / f"{block}.json"
    return checkpoints.load_card(block, folder) if path.is_file() else None


@st.cache_resource(show_spinner=False, max_entries=12)
def _system(name: str, selection: str, state: str) -> System:
    """Load a system, once for each state of its weights and each device."""
    from jss.inference.system import load_system

    place, device = model_folders.place(name), runs_on.chosen()
    system = load_system(
        place.name,
        selection=selection,
        device=device.name,
        folder=place.folder,
        precision=device.precision,
    )
    freeze_loaded()
    return system


@st.cache_resource(show_spinner=False)
def memory() -> MemoryCache[Any]:
    """Return the memory cache of analyses."""
    return MemoryCache(MEMORY, AT_ONCE)


def from_memory(key: str, make: Callable[[], A]) -> A:
    """Return the analysis of a key from the memory cache; else make and store it."""
    analysis: A | None = memory().get(key)
    if analysis is None:
        analysis = make()
        memory().put(key, analysis)
    return analysis


def mark_used() -> None:
    """Note that a page runs: work for idle times waits."""
    _last_used[0] = time.monotonic()


def last_used() -> float:
    """Return when a page last ran, in seconds of the monotonic clock."""
    return _last_used[0]


@st.cache_resource(show_spinner=False)
def visits() -> Visits:
    """Return what the visitors of this server have uploaded."""
    return Visits()


@st.cache_resource(show_spinner=False)
def queue() -> jobs.Queue[Any]:
    """Return the queue of all analyses of this server."""
    return jobs.Queue()


def order_reference(system: str, selection: str) -> str | None:
    """Return the system that gives the sources of another their order: the first that separates.

    None where the order is the same anyway, there are no sources, or there are eight (the SSep+SED
    baseline).
    """
    return order_references(selection).get(system)


def order_references(selection: str) -> dict[str, str]:
    """Return :func:`order_reference` of each system that has one."""
    chosen = {
        item.name: item.selections[selection] for item in systems() if selection in item.selections
    }
    separators = {
        name: (model_folders.place(name).folder, blocks.separator)
        for name, blocks in chosen.items()
        if blocks.separator and not blocks.mixture
    }
    first = next(iter(separators), "")
    return {name: first for name, own in separators.items() if own != separators[first]}


def _key(recording: Recording, system: str, selection: str) -> str:
    fingerprint = system_fingerprint(system, selection)
    return (
        f"{recording.digest}|{recording.padded_to}|{system}|{selection}|{fingerprint}"
        f"{runs_on.suffix()}"
    )


def _memory_key(recording: Recording, system: str, selection: str, reference: str | None) -> str:
    key, order = _key(recording, system, selection), ""
    if reference is not None:
        order = system_fingerprint(reference, selection)
    return f"{key}|{recording.clip}|{recording.truth}|{order}|{operating_points(system, selection)}"


def operating_points(system: str, selection: str) -> OperatingPoints | None:
    """Return what a system's scores become events by, from its manifest as it is now.

    It is no part of what is stored of a clip, so that nothing is computed again where it changes.
    """
    chosen = manifest(system)
    if selection not in chosen.selections or chosen.selections[selection].operating is None:
        return None
    every = cards(system)
    used = [every[block] for block in chosen.selections[selection].blocks]
    return checkpoints.operating_points(chosen, selection, used)


def decoder(system: str, selection: str, threshold: Threshold) -> Decoder:
    """Return what a system's scores become events by at a threshold of the address."""
    points = operating_points(system, selection)
    return decoding.decoder(points, manifest(system).labels, threshold)


def analyse(
    recording: Recording,
    system: str,
    selection: str,
    reference: str | None = None,
    report: Report = lambda share, what: None,
) -> Analysis:
    """Return a clip's analysis: from memory, else from disk, else computed in the queue.

    Args:
        recording: The clip.
        system: A system by name.
        selection: "teacher" or "student".
        reference: A system whose order of sources is taken over, since the outputs of a separator
            have no fixed order.
        report: Called often with the share done, from 0 to 1, and what is being done; it may raise
            to cancel.

    Raises:
        JssError: Where the clip cannot be read or is too long, or the system is damaged.
    """

    def make() -> Analysis:
        result = disk.get(_key(recording, system, selection)) or compute(
            recording, system, selection, report
        )
        result = replace(
            result,
            filename=recording.filename,
            system=system,
            operating=operating_points(system, selection),
        )
        order = tuple(range(result.n_sources))
        if reference is not None:
            other = analyse(recording, reference, selection, report=report).result
            result, order = _in_order(result, other)
        return Analysis(result, pack(result, recording.truth, clip=recording.clip), order)

    return from_memory(_memory_key(recording, system, selection, reference), make)


def compute(recording: Recording, system: str, selection: str, report: Report) -> ClipResult:
    """Analyse a clip in the queue, and store the result on disk; as of :func:`analyse`."""
    key = _key(recording, system, selection)
    result = queue().do(key, lambda step: _compute(recording, system, selection, step), report)
    return cast("ClipResult", result)


def compute_when_idle(recording: Recording, system: str, selection: str) -> None:
    """Store the result of a clip on disk, computed while nobody waits for another."""
    key = _key(recording, system, selection)
    queue().do_when_idle(key, lambda step: _compute(recording, system, selection, step))


def in_memory(
    recording: Recording, system: str, selection: str, reference: str | None = None
) -> Analysis | None:
    """Return what :func:`analyse` would give at once, or None."""
    analysis = memory().get(_memory_key(recording, system, selection, reference))
    return cast("Analysis | None", analysis)


def on_disk(recording: Recording, system: str, selection: str) -> bool:
    """Return whether :func:`analyse` would read rather than compute."""
    return disk.has(_key(recording, system, selection))


@st.cache_resource(show_spinner=False, max_entries=20_000)
def _measured(
    key: str,
    decoder: Decoder,
    of_truth: int,  # its hash, which takes a third of the time that Streamlit takes for it
    _truth: tuple[Event, ...],
    _labels: tuple[str, ...],
) -> Measure | None:
    output = disk.scores(key)
    if output is None:
        return None
    seconds = output.scores.shape[1] * output.hop
    events = decode(output.scores, _labels, hop=output.hop, duration=seconds, **vars(decoder))
    similarity = clip_similarity(output.source_scores) if len(output.source_scores) > 1 else None
    return Measure(tally(agreement(events, _truth)), similarity)


def measure(
    recording: Recording, system: str, selection: str, threshold: Threshold
) -> Measure | None:
    """Return how a clip agrees with its truth; None without truth, or where it is not analysed."""
    if recording.audio is None or recording.truth is None:
        return None
    key = _key(recording, system, selection)
    if not disk.has(key, "scores"):
        return None
    chosen = decoder(system, selection, threshold)
    truth = recording.truth
    return _measured(key, chosen, hash(truth), truth, manifest(system).labels)


def _in_order(result: ClipResult, of: ClipResult) -> tuple[ClipResult, tuple[int, ...]]:
    """Order the sources for the least squared difference to those of another result (Hungarian)."""
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


def length(recording: Recording) -> float:
    """Return a clip's length in seconds.

    Raises:
        JssError: Where it cannot be read, or is longer than what the app shows.
    """
    seconds = audio.estimate(recording.open())
    if seconds <= 2 * LONGEST:  # what is far too long is not decoded
        seconds = audio.duration(recording.open())
    if seconds > LONGEST:
        raise JssError(
            f"{recording.title} is {seconds / 60:.0f} minutes long, and the app shows at most "
            f"{LONGEST / 60:.0f}: cut it, or use jss detect."
        )
    return seconds


def _compute(recording: Recording, system: str, selection: str, report: Report) -> ClipResult:
    """Load the system, analyse the clip and store the result: a job of the queue."""
    seconds = length(recording)
    report(0.0, f"Loading {system}")
    runs_on.find()
    state = f"{system_fingerprint(system, selection)}|{runs_on.chosen().name}{runs_on.suffix()}"
    model = _system(system, selection, state)
    what = f"{system}: analysing {seconds:.0f} s of sound"
    pieces, done = [], 0
    report(0.0, what)
    samples = (
        None if recording.padded_to is None else audio.load(recording.open())
    )  # padded as for evaluation
    for piece in model.pieces(
        recording.open() if samples is None else padded(samples, recording.padded_to)
    ):
        pieces.append(piece)
        done += len(piece.mixture)
        report(min(1.0, done / audio.SAMPLE_RATE / max(seconds, 1e-3)), what)
    result = model.join(pieces, recording.filename)
    result = result if samples is None else result.trimmed(len(samples))
    disk.put(_key(recording, system, selection), result)
    return result


def reports() -> tuple[EvalReport, ...]:
    """Return the reports of shipped systems, then those beside the user's."""
    return (*_shipped_reports(_shipped_state()), *model_folders.reports(EvalReport)[0])


def _shipped_files() -> list[Path]:
    """List the shipped reports, and the scores beside them."""
    return sorted((checkpoints.root() / "reports").rglob("*.*"))


@st.cache_data(show_spinner=False, ttl=2)
def _shipped_state() -> str:
    """Return a text that changes where one of them is written."""
    return repr([(str(path), path.stat().st_mtime_ns) for path in _shipped_files()])


def damaged_reports() -> list[str]:
    """Return a sentence for each of the user's folders with reports that cannot be read.

    So it is for scores beside reports.
    """
    scores = [
        f"{where}: {fault}"
        for path, where, written in model_folders.saved_scores()
        if isinstance(fault := _users_scores(path, written), str)
    ]
    return [*model_folders.reports(EvalReport)[1], *scores]


@st.cache_resource(show_spinner=False, max_entries=2)
def _shipped_reports(state: str) -> tuple[EvalReport, ...]:
    return tuple(EvalReport.load(path) for path in _shipped_files() if path.suffix == ".json")


def shipped_digest() -> str:
    """Return a text that changes with the shipped reports and the scores beside them."""
    return _shipped_digest(_shipped_state())


@st.cache_resource(show_spinner=False, max_entries=2)
def _shipped_digest(state: str) -> str:
    digest = blake2b()
    for path in _shipped_files():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def saved_scores() -> dict[tuple[str, str, str], dict[str, SavedScores]]:
    """Return the scores beside reports: (data set, subset, selection) -> system -> its scores."""
    places = {place: dict(scores) for place, scores in _shipped_scores(_shipped_state()).items()}
    for path, where, written in model_folders.saved_scores():
        scores = _users_scores(path, written)
        if not isinstance(scores, str):
            place = scores.dataset, scores.subset, scores.outputs.selection
            name = model_folders.named(scores.outputs.system, where)
            scores = replace(scores, outputs=replace(scores.outputs, system=name))
            places.setdefault(place, {})[name] = scores
    return places


@st.cache_resource(show_spinner=False, max_entries=2)
def _shipped_scores(state: str) -> dict[tuple[str, str, str], dict[str, SavedScores]]:
    from jss.evaluation.saved_scores import SUFFIX, SavedScores

    places: dict[tuple[str, str, str], dict[str, SavedScores]] = {}
    for path in (path for path in _shipped_files() if path.name.endswith(SUFFIX)):
        scores = SavedScores.load(path)
        place = scores.dataset, scores.subset, scores.outputs.selection
        places.setdefault(place, {})[scores.outputs.system] = scores
    return places


@st.cache_resource(show_spinner=False, max_entries=100)
def _users_scores(path: Path, written: Stamp) -> SavedScores | str:
    """Return the scores in a file, read once for each state of it; a sentence if it is damaged."""
    from jss.evaluation.saved_scores import SavedScores

    try:
        return SavedScores.load(path)
    except JssError as error:  # its report can still be shown
        return str(error)


def scores_version(parts: Sequence[SavedScores]) -> str:
    """Return a text that changes with saved scores."""
    return repr([(p.digest, sorted(p.outputs.weights.items()), len(p.clips)) for p in parts])


def fused(place: tuple[str, str, str], systems: tuple[str, ...]) -> EvalReport:
    """Measure the mean scores (Eq. 25) of some systems.

    Args:
        place: Data set, subset and selection, as in :func:`saved_scores`.
        systems: Two or more, or one alone.

    Raises:
        JssError: Where their classes differ.
    """
    parts = [saved_scores()[place][name] for name in systems]
    return _fused(place, systems, scores_version(parts), parts)


@st.cache_resource(show_spinner=False, ttl=600, max_entries=200)
def _fused(
    place: tuple[str, str, str],
    systems: tuple[str, ...],
    version: str,
    _parts: Sequence[SavedScores],
) -> EvalReport:
    from jss.evaluation import saved_scores as scores

    if not all(part.digest for part in _parts):
        return scores.report(_parts)
    key = f"fused {[part.digest for part in _parts]}"
    return EvalReport.from_dict(disk.plain_data(key, lambda: scores.report(_parts).as_dict()))


def review_plan(folders: Sequence[Path], audio: Path | None, by_disagreement: bool) -> ReviewPlan:
    """Return what is reviewed in an output folder of ``detect``, read again where it has changed.

    Args:
        folders: The folder, and where there is one that of another system.
        audio: Where recordings are looked for that have gone from where they were.
        by_disagreement: Whether what the two systems disagree about comes first.

    Raises:
        JssError: One is not such a folder, or damaged.
    """
    from jss.io.journal import DETECTED

    paths = [folder / DETECTED for folder in folders]
    stamps = tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)
    return _review_plan(tuple(folders), audio, by_disagreement, stamps)


@st.cache_resource(show_spinner="Reading the detections", max_entries=4)
def _review_plan(
    folders: tuple[Path, ...], audio: Path | None, by_disagreement: bool, stamps: tuple[int, ...]
) -> ReviewPlan:
    from jss.review import detections, sampling

    read = [detections.read(folder, audio) for folder in folders]
    other = read[1] if len(read) > 1 else None
    return sampling.plan(read[0], other, by_disagreement)


def timeline(folder: Path, audio: Path | None) -> Timeline:
    """Return what was detected on one clock, read again where the journal's content has changed.

    Args:
        folder: An output folder of ``detect``.
        audio: Where recordings are looked for that have gone from where they were.

    Raises:
        JssError: It is no such folder, or damaged.
    """
    from jss.io.journal import DETECTED

    path = folder / DETECTED
    content = path.read_bytes() if path.is_file() else b""
    return _timeline(folder, audio, blake2b(content).hexdigest())


@st.cache_resource(show_spinner="Reading the detections", max_entries=4)
def _timeline(folder: Path, audio: Path | None, content: str) -> Timeline:
    from jss.review import timeline as timelines

    return timelines.read(folder, audio)


def excerpt(path: Path, start: float, end: float) -> bytes:
    """Return a part of a recording, in seconds, as a WAV, read again where the file has changed.

    Raises:
        JssError: The recording is unreadable.
    """
    return _excerpt(path, start, end, stamp(path))


@st.cache_data(show_spinner=False, max_entries=50)
def _excerpt(path: Path, start: float, end: float, written: Stamp) -> bytes:
    return audio.wav(audio.excerpt(path, start, end - start))


@st.cache_data(show_spinner=False, ttl=30)
def history(block: str) -> list[dict[str, float]]:
    """Return the epochs of the run that trained a block, empty where they were not saved."""
    return checkpoints.load_history(block)


@st.cache_resource(show_spinner=False)
def gallery() -> dict[str, Sample]:
    """Return one synthesised sound of each class, with its mel spectrogram."""
    from jss.examples import gallery as sounds

    return sounds.gallery()


@st.cache_data(show_spinner=False)
def gallery_picture(theme: Theme) -> bytes:
    """Return Fig. 2 as a PNG for the screen."""
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


def statistics(
    name: str, clips: Sequence[Clip], labels: tuple[str, ...] | None = None
) -> Statistics:
    """Measure a set of clips, with levels where there are at most 200 and all have audio.

    It is measured again where a clip is added or its file changes.

    Args:
        name: Of the set, "dataset/subset".
        clips: The clips.
        labels: The classes of the set, where it lists them.
    """
    stamps = tuple(stamp(clip.path) for clip in clips if clip.path)
    return _statistics(name, hash((tuple(clips), stamps)), clips, labels)


@st.cache_data(show_spinner=False, max_entries=20)
def _statistics(
    name: str, content: int, _clips: Sequence[Clip], labels: tuple[str, ...] | None
) -> Statistics:
    from jss.data.statistics import measure

    dataset, _, subset = name.partition("/")
    levels = len(_clips) <= 200 and all(clip.path for clip in _clips)
    return measure(_clips, dataset, subset, levels=levels, known=labels)
