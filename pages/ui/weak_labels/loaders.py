"""What the page Weak labels is made of: scenes, critics, separators and reports, read or computed
once for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from jss import audio, checkpoints
from jss.arrays import Float32
from jss.errors import JssError
from jss.labels import URBAN_LABELS
from jss.results import ClipResult
from jss.viz.agreement import Event
from jss.weak_labels.report import WeakReport
from jss.weak_labels.results import WeakResult
from pages.ui.cache import loaders
from pages.ui.cache.memory import Shelf
from pages.ui.clip import recordings
from pages.ui.clip.recordings import Recording
from pages.ui.viewer.payload import Payload, pack

if TYPE_CHECKING:
    from jss.data.scenes.scenes import SceneSet
    from jss.data.training.example import Example
    from jss.weak_labels.inference import WeakSystem

Tell = Callable[[float, str], None]
#: What stands among the separators where the sources are known.
TRUE = "true sources"
#: Where scenes come from, in the address: the built-in synthesiser, or the folder that the app was
#: started with.
MADE, BANK = "synthscapes", "bank"
#: Seconds of sound of a visitor's own: masks of five classes take more memory than the sound does.
LONGEST = 60.0
_SCENE = re.compile(rf"({MADE}|{BANK})/(train|validation|test)/(\d{{1,6}})/(\d{{1,6}})")


@dataclass(frozen=True, eq=False)
class Mixture:
    """What is heard. name: in the address; title: for a person; wave: (samples,) at 16 kHz;
    sources: (K, samples) and events: the truth, or None where nobody knows it.
    """

    name: str
    title: str
    wave: Float32
    sources: Float32 | None = None
    events: tuple[Event, ...] | None = None


@dataclass(frozen=True, eq=False)
class WeakAnalysis:
    """A result, the same as a clip, and as the viewer wants it."""

    result: WeakResult
    clip: ClipResult
    payload: Payload

    @property
    def nbytes(self) -> int:
        """Bytes of memory, but for small things."""
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
        return sum(a.nbytes for a in arrays) + sum(
            len(data) for data, _ in self.payload.files.values()
        )


@st.cache_data(show_spinner=False, ttl=30)
def separators() -> tuple[str, ...]:
    """The installed separators of the five classes, in the order of the paper. Raises JssError."""
    from jss.weak_labels import inference

    return tuple(
        in_order([name for name in inference.separators() if _classes(name) == URBAN_LABELS])
    )


def in_order(names: Sequence[str]) -> list[str]:
    """Separators as the paper has them: strong, frame, clip; then those of the bridge, then others."""
    from jss.training.weak_stages import WEAK_STAGES

    return sorted(names, key=[*WEAK_STAGES, *names].index)


@st.cache_data(show_spinner=False, ttl=30)
def critics() -> tuple[str, ...]:
    """The installed critics of the five classes, that of frames first. Raises JssError."""
    from jss.weak_labels import inference

    there = [name for name in inference.critics() if _classes(name) == URBAN_LABELS]
    return tuple(sorted(there, key=lambda name: name != inference.DEFAULT_CRITIC))


def _classes(block: str) -> tuple[str, ...]:
    return tuple(checkpoints.load_card(block).settings.get("classes", ()))


@st.cache_data(show_spinner=False, ttl=30)
def reports() -> tuple[WeakReport, ...]:
    """What separators scored, from checkpoints/weak_labels. Raises JssError where a report is
    damaged.
    """
    return WeakReport.load_all(checkpoints.root() / "weak_labels")


@st.cache_resource(show_spinner=False, max_entries=8)
def _scenes(root: str, split: str, seed: int) -> SceneSet:
    from jss.weak_labels.evaluate import held_out

    return held_out(root, URBAN_LABELS, split, 1, seed)


@st.cache_resource(show_spinner=False, max_entries=64)
def _rendered(root: str, split: str, seed: int, number: int) -> Example:
    return _scenes(root, split, seed)[number]


def is_scene(name: str) -> bool:
    """Whether something of an address names a scene."""
    return _SCENE.fullmatch(name) is not None


def scene(name: str) -> Mixture:
    """A scene by its name, ``synthscapes/test/0/17``: place, split, seed, number. Raises JssError
    where its recordings are not at hand.
    """
    place, split, seed, number = name.split("/")
    folder = recordings.own_folder()
    if place == BANK and folder is None:
        raise JssError(
            "This scene is mixed from recordings that are not at hand: start the app with their folder "
            "(make app DATA=BANK) to hear it."
        )
    made = _rendered(MADE if place == MADE else str(folder), split, int(seed), int(number))
    return Mixture(
        name, f"{split}-{int(number):05d}", made.mixture, made.sources, tuple(made.events or ())
    )


def own(recording: Recording) -> Mixture:
    """A recording of the visitor's own. Raises JssError where it cannot be read, or is too long."""
    seconds = audio.duration(recording.open())
    if seconds > LONGEST:
        raise JssError(
            f"{recording.title} is {seconds:.0f} s long, and this page takes {LONGEST:.0f} s at most: "
            "cut it."
        )
    return Mixture(recording.clip, recording.title, audio.load(recording.open()))


@st.cache_resource(show_spinner=False, max_entries=12)
def _system(name: str, made_of: str) -> WeakSystem:
    """Loaded once for each state of its weights, and shared."""
    from jss.weak_labels.inference import load_critic, load_weak

    return load_critic(name) if name in critics() else load_weak(name)


def _made_of(name: str) -> str:
    """What changes when a system does: the weights of its blocks."""
    from jss.weak_labels.inference import DEFAULT_CRITIC

    card = checkpoints.load_card(name)
    critic = name if name in critics() else str(card.settings.get("critic") or DEFAULT_CRITIC)
    return f"{card.sha256}+{checkpoints.load_card(critic).sha256}"


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf[WeakAnalysis]:
    return Shelf(256 << 20)


def analyse(mixture: Mixture, system: str, tell: Tell) -> WeakAnalysis:
    """A mixture through a separator and its critic, a critic alone, or, for ``TRUE``, with its true
    sources.

    From memory, else computed in the queue of all analyses. tell: as of ``loaders.analyse``. Raises
    JssError.
    """
    block = critics()[0] if system == TRUE else system
    key = f"{mixture.name}|{recordings.own_folder()}|{system}|{_made_of(block)}"
    found = _shelf().get(key)
    if found is None:
        found = loaders.queue().do(
            key, lambda report: _compute(mixture, system, block, report), tell
        )
        _shelf().put(key, found)
    return found


def _compute(mixture: Mixture, system: str, block: str, report: Tell) -> WeakAnalysis:
    from jss.weak_labels.inference import with_true_sources
    from jss.weak_labels.view import clip_result, mel_masks

    report(0.0, f"Loading {block}")
    network = _system(block, _made_of(block))
    if system == TRUE:
        assert mixture.sources is not None
        network = with_true_sources(network, TRUE, mixture.sources)
    report(0.1, f"{system} listens to {len(mixture.wave) / audio.SAMPLE_RATE:.0f} s of sound")
    result = network.analyse(mixture.wave, mixture.title, mixture.sources)
    clip = clip_result(result)
    masks = mel_masks(result) if len(result.masks) else None
    return WeakAnalysis(result, clip, pack(clip, mixture.events, clip=mixture.name, masks=masks))
