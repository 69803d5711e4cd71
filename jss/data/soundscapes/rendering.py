"""Rendering of a soundscape: every source, and their sum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jss.audio import SAMPLE_RATE
from jss.data.clip import Event
from jss.data.soundbank.bank import Audio, Bank
from jss.data.soundscapes.activity import k_weighted, level_db
from jss.data.soundscapes.pieces import sound_of
from jss.data.soundscapes.soundscape import Layer, Soundscape
from jss.errors import JssError

#: Largest absolute sample; a clip that would exceed it is attenuated as a whole.
CEILING = 0.98


@dataclass(frozen=True)
class Rendered:
    """The signals of a soundscape."""

    #: (S,) at 16 kHz, the sum of the sources.
    mixture: Audio
    #: (n, S), the background first.
    sources: npt.NDArray[np.float32]
    #: n labels, the first "background".
    source_labels: tuple[str, ...]
    #: Strong labels.
    events: tuple[Event, ...]


def render(soundscape: Soundscape, bank: Bank) -> Rendered:
    """Render a soundscape.

    Args:
        soundscape: The soundscape.
        bank: The soundbank it was drawn from.

    Returns:
        Its signals.

    Raises:
        JssError: The bank lacks a recording, or a recording is silent.
    """
    layers = (soundscape.background, *soundscape.foregrounds)
    sources = np.zeros((len(layers), round(soundscape.duration * SAMPLE_RATE)), np.float32)
    for source, layer in zip(sources, layers, strict=True):
        _render_layer(source, layer, soundscape, bank)
    mixture = sources.sum(axis=0)
    peak = float(max(mixture.max(), -mixture.min(), sources.max(), -sources.min()))
    if peak > CEILING:
        sources *= np.float32(CEILING / peak)
        mixture = sources.sum(axis=0)
    labels = ("background", *(layer.label for layer in soundscape.foregrounds))
    return Rendered(mixture, sources, labels, soundscape.events)


def _render_layer(out: Audio, layer: Layer, soundscape: Soundscape, bank: Bank) -> None:
    """Add one source to the zeros in ``out`` (S,), with its loudness over its audible spans."""
    for piece in layer.pieces:
        sound = sound_of(piece, bank, layer.recordings[piece.file], soundscape.room, layer.position)
        onset = round(piece.onset * SAMPLE_RATE)
        sound = sound[: len(out) - onset]
        out[onset : onset + len(sound)] += sound
    first = int(np.argmax(out != 0))
    spans = [
        (max(0, round(a * SAMPLE_RATE) - first), round(b * SAMPLE_RATE) - first)
        for a, b in layer.spans
    ]
    level = level_db(k_weighted(out[first : first + spans[-1][1]]), spans)
    if level == -math.inf:
        raise JssError(
            f"The recording {layer.recordings[0].path!r} is silent: remove it from the soundbank."
        )
    out *= np.float32(10.0 ** ((layer.level_db + soundscape.gain_db - level) / 20.0))
