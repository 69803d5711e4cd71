"""How the shipped examples are made."""

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
#: Loudest sample of a shipped clip: DESED's reference level is too quiet to listen to.
PEAK = 0.7
SEED = 2024
#: What people say around a kitchen; espeak-ng speaks one of these for every Speech recording.
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
    """One shipped clip. number: what it is drawn from; title and note: for the list and above the
    figure.
    """

    filename: str
    number: int
    title: str
    note: str = ""


class SpokenBank(SynthBank):
    """The synthesiser's bank with sentences by espeak-ng for Speech, where it is installed."""

    def _make(self, recording: Recording) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
        if recording.label != "Speech":
            return super()._make(recording)
        from jss.data.soundbank.bank import as_int16
        from jss.synthesis import espeak

        number = int(recording.path.rpartition("/")[2])
        return as_int16(espeak(SENTENCES[number % len(SENTENCES)], number))


def listing() -> list[Example]:
    """The shipped clips, in order."""
    return [Example(**item) for item in json.loads(LISTING.read_text(encoding="utf-8"))]


def make(folder: Path) -> int:
    """Render every example to ``folder`` as 16-bit FLAC, with ground_truth.tsv. -> how many."""
    bank = SpokenBank(60, seed=SEED)
    rows = []
    for example in listing():
        made = render(draw(RECIPES["desed"], bank, "test", (SEED, example.number)), bank)
        loud: Audio = (made.mixture * (PEAK / np.abs(made.mixture).max())).astype(np.float32)
        audio.save(folder / example.filename, loud)
        rows += [
            (example.filename, round(e.onset, 3), round(e.offset, 3), e.label) for e in made.events
        ]
    with atomic_write(folder / "ground_truth.tsv") as part:
        table = pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])
        table.to_csv(part, sep="\t", index=False)
    return len(listing())
