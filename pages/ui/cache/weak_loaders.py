"""What the page Weak labels shows, read or computed once and shared by all sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast

import streamlit as st

from jss import audio, checkpoints
from jss.arrays import Float32
from jss.errors import JssError
from jss.labels import URBAN_LABELS
from jss.results import ClipResult
from jss.viewer.payload import Payload, pack
from jss.viz.agreement import Event
from jss.weak_labels.report import WeakReport
from jss.weak_labels.results import DEFAULT_CRITIC, WeakResult
from pages.ui.cache import loaders, model_folders
from pages.ui.cache.jobs import Report
from pages.ui.clip import recordings
from pages.ui.clip.recordings import Recording

if TYPE_CHECKING:
    from jss.data.scenes.scenes import SceneSet
    from jss.data.training.example import Example
    from jss.weak_labels.inference import WeakSystem

#: Shown among the separators where the true sources are known.
TRUE = "true sources"
#: Origins of scenes in the address: the built-in synthesiser, the folder that the app was started with.
SYNTHESISED, BANK = "synthscapes", "bank"
#: Longest upload, in seconds: masks of five classes take more memory than the sound does.
LONGEST = 60.0
_SCENE = re.compile(rf"({SYNTHESISED}|{BANK})/(train|validation|test)/(\d{{1,6}})/(\d{{1,6}})")


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture to separate.

    name: in the address; title: for the user; wave: (samples,) at 16 kHz; sources: (K, samples) and
    events: the truth, or None where it is unknown.
    """

    name: str
    title: str
    wave: Float32
    sources: Float32 | None = None
    events: tuple[Event, ...] | None = None


@dataclass(frozen=True, eq=False)
class WeakAnalysis:
    """A mixture's result, the same as a clip's, and as the viewer shows it."""

    result: WeakResult
    clip: ClipResult
    payload: Payload

    @property
    def nbytes(self) -> int:
        """Bytes of memory, without small objects."""
        r, c = self.result, self.clip
        arrays = (
            r.mixture,
            r.sources,
            r.magnitude,
            r.masks,
            r.source_probabilities,
            c.mel,
            c.source_mels,
        )
        return sum(a.nbytes for a in arrays) + self.payload.nbytes


def separators() -> tuple[str, ...]:
    """Return the separators of the five classes in the order of the paper, the user's last."""
    return tuple(in_order([*_shipped()[0], *_users(critics=False)]))


def in_order(names: Sequence[str]) -> list[str]:
    """Sort separators: strong, frame, clip as in the paper; those of the bridge; others.

    The user's follow, folder by folder.
    """
    from jss.training.weak_stages import WEAK_STAGES

    parts = [model_folders.split(name) for name in names]
    known = [*WEAK_STAGES, *(name for name, _ in parts)]
    of = dict(zip(names, parts, strict=True))
    return sorted(names, key=lambda name: (of[name][1], known.index(of[name][0])))


def critics() -> tuple[str, ...]:
    """Return the critics of the five classes, the critic of frames first, the user's last."""
    return (*_shipped()[1], *_users(critics=True))


@st.cache_data(show_spinner=False, ttl=30)
def _shipped() -> tuple[list[str], list[str]]:
    """Return the shipped separators and critics of the five classes."""
    from jss.weak_labels import inference

    def of_classes(names: Sequence[str]) -> list[str]:
        cards = [checkpoints.load_card(name) for name in names]
        return [card.name for card in cards if _five(card)]

    critics = of_classes(inference.critics())
    return of_classes(inference.separators()), _frames_first(critics)


def _users(*, critics: bool) -> list[str]:
    """Return the user's separators or critics of the five classes."""
    cards = {
        name: card for folder in model_folders.folders() for name, card in folder.blocks.items()
    }
    names = [n for n, card in cards.items() if _five(card) and (card.kind == "critic") == critics]
    return _frames_first(names)


def _frames_first(critics: Sequence[str]) -> list[str]:
    return sorted(critics, key=lambda name: model_folders.split(name)[0] != DEFAULT_CRITIC)


def _five(card: checkpoints.Card) -> bool:
    return tuple(card.settings.get("classes", ())) == URBAN_LABELS


def reports() -> tuple[WeakReport, ...]:
    """Return the reports of shipped separators, then those beside the user's."""
    return (*_shipped_reports(), *model_folders.reports(WeakReport)[0])


@st.cache_resource(show_spinner=False, ttl=30)
def _shipped_reports() -> tuple[WeakReport, ...]:
    return WeakReport.load_all(checkpoints.root() / "weak_labels")


@st.cache_resource(show_spinner=False, max_entries=8)
def _scenes(root: str, split: str, seed: int) -> SceneSet:
    from jss.weak_labels.evaluate import held_out

    return held_out(root, URBAN_LABELS, split, 1, seed)


@st.cache_resource(show_spinner=False, max_entries=64)
def _rendered(root: str, split: str, seed: int, number: int) -> Example:
    return _scenes(root, split, seed)[number]


def is_scene(name: str) -> bool:
    """Return whether a text of the address names a scene."""
    return _SCENE.fullmatch(name) is not None


def scene(name: str) -> Mixture:
    """Render a scene by its name, ``synthscapes/test/0/17``: origin, split, seed, number.

    Raises:
        JssError: Where its recordings are not on this disk.
    """
    origin, split, seed, number = name.split("/")
    folder = recordings.user_folder()
    if origin == BANK and folder is None:
        raise JssError(
            "This scene is mixed from recordings that are not on this disk: start the app with "
            "their folder (make app DATA=BANK)."
        )
    root = SYNTHESISED if origin == SYNTHESISED else str(folder)
    clip = _rendered(root, split, int(seed), int(number))
    return Mixture(
        name, f"{split}-{int(number):05d}", clip.mixture, clip.sources, tuple(clip.events or ())
    )


def uploaded(recording: Recording) -> Mixture:
    """Read a recording that the user uploaded.

    Raises:
        JssError: Where it cannot be read, or is too long.
    """
    seconds = audio.duration(recording.open())
    if seconds > LONGEST:
        raise JssError(
            f"{recording.title} is {seconds:.0f} s long, and this page takes {LONGEST:.0f} s at most: "
            "cut it."
        )
    return Mixture(recording.clip, recording.title, audio.load(recording.open()))


@st.cache_resource(show_spinner=False, max_entries=12)
def _system(name: str, fingerprint: str) -> WeakSystem:
    """Load a separator or a critic, once for each state of its weights."""
    from jss.weak_labels.inference import load_critic, load_weak

    load, place = load_critic if name in critics() else load_weak, model_folders.place(name)
    return replace(load(place.name, place.folder), name=name)


def _fingerprint(name: str) -> str:
    """Return a text that changes with the weights of a system."""
    place = model_folders.place(name)
    card = checkpoints.load_card(place.name, place.folder)
    critic = str(card.settings.get("critic") or DEFAULT_CRITIC)
    if name in critics():
        critic = place.name
    return f"{card.sha256}+{checkpoints.load_card(critic, place.folder).sha256}"


def in_memory(mixture: Mixture, system: str) -> WeakAnalysis | None:
    """Return what :func:`analyse` would give at once, or None."""
    return cast("WeakAnalysis | None", loaders.memory().get(_key(mixture, system)))


def _block(system: str) -> str:
    """Return the block to load: for the true sources the critic that judges them."""
    return critics()[0] if system == TRUE else system


def _key(mixture: Mixture, system: str) -> str:
    fingerprint = _fingerprint(_block(system))
    return f"weak|{mixture.name}|{recordings.user_folder()}|{system}|{fingerprint}"


def analyse(
    mixture: Mixture, system: str, report: Report = lambda share, what: None
) -> WeakAnalysis:
    """Return a mixture's analysis, from memory, else computed in the queue of all analyses.

    Args:
        mixture: The mixture.
        system: A separator, which its critic judges; a critic alone; or ``TRUE``, for the true
            sources.
        report: As of ``loaders.analyse``.

    Raises:
        JssError: Where the system is not installed or is damaged.
    """
    key = _key(mixture, system)

    def make() -> WeakAnalysis:
        job = partial(_compute, mixture, system, _block(system))
        return cast("WeakAnalysis", loaders.queue().do(key, job, report))

    return loaders.from_memory(key, make)


def _compute(mixture: Mixture, system: str, block: str, report: Report) -> WeakAnalysis:
    from jss.weak_labels.inference import with_true_sources
    from jss.weak_labels.view import clip_result, mel_masks

    report(0.0, f"Loading {block}")
    model = _system(block, _fingerprint(block))
    if system == TRUE:
        assert mixture.sources is not None
        model = with_true_sources(model, TRUE, mixture.sources)
    report(0.1, f"{system}: analysing {len(mixture.wave) / audio.SAMPLE_RATE:.0f} s of sound")
    result = model.analyse(mixture.wave, mixture.title, mixture.sources)
    clip = clip_result(result)
    masks = mel_masks(result) if len(result.masks) else None
    return WeakAnalysis(result, clip, pack(clip, mixture.events, clip=mixture.name, masks=masks))
