"""Rendering of the shipped examples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from jss import audio
from jss.data.recordings import Recording
from jss.data.soundbank.bank import Audio
from jss.data.soundbank.synthbank import SynthBank
from jss.data.soundscapes import RECIPES, draw, render
from jss.io.atomic import atomic_write

LISTING = Path(__file__).parent / "examples.json"
#: Peak of a shipped clip: clips at DESED's reference level are too quiet to listen to.
PEAK = 0.7
SEED = 2024
#: Sentences of the Speech recordings, which espeak-ng speaks.
SENTENCES = (
    "Could you pass me the salt, please?",
    "I think the water is boiling now.",
    "Where did you put the scissors?",
    "Dinner will be ready in ten minutes.",
    "Don't forget to call your sister tonight.",
    "Mind the step over there.",
    "That smells really good, what is it?",
    "The dog wants to go outside again.",
    "Turn it down a little, will you?",
    "I'll be right back, just wait for me.",
    "We need milk, eggs, and a bit of bread.",
    "What time does the train leave?",
)


@dataclass(frozen=True)
class Example:
    """One shipped clip."""

    #: Name of the clip's file.
    filename: str
    #: Random seed that the soundscape is drawn with.
    number: int
    #: Title in the list of clips.
    title: str
    #: Note above the figure.
    note: str = ""


class SpokenBank(SynthBank):
    """The synthesiser's bank, whose Speech is sentences by espeak-ng where it is installed."""

    def _synthesise(self, recording: Recording) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
        if recording.label != "Speech":
            return super()._synthesise(recording)
        from jss.data.soundbank.bank import as_int16
        from jss.synthesis import espeak

        number = int(recording.path.rpartition("/")[2])
        return as_int16(espeak(SENTENCES[number % len(SENTENCES)], number))


def listing() -> list[Example]:
    """List the shipped clips, in order."""
    return [Example(**item) for item in json.loads(LISTING.read_text(encoding="utf-8"))]


def render_examples(folder: Path) -> int:
    """Render every example as 16-bit FLAC, with ground_truth.tsv; return their number."""
    bank = SpokenBank(60, seed=SEED)
    rows = []
    for example in listing():
        rendered = render(draw(RECIPES["desed"], bank, "test", (SEED, example.number)), bank)
        wave: Audio = (rendered.mixture * (PEAK / np.abs(rendered.mixture).max())).astype(
            np.float32
        )
        audio.save(folder / example.filename, wave)
        rows += [
            (example.filename, round(e.onset, 3), round(e.offset, 3), e.label)
            for e in rendered.events
        ]
    with atomic_write(folder / "ground_truth.tsv") as part:
        table = pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])
        table.to_csv(part, sep="\t", index=False)
    return len(listing())
