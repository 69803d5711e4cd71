"""One sound of each class, as Fig. 2 shows them: synthesised, with its mel spectrogram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jss.arrays import Float32
from jss.features import MEL_HOP_S, MelSpectrogram, to_db
from jss.labels import DESED_LABELS
from jss.synthesis import synthesise

#: Seeds whose sounds are typical of their class; 1 for the others.
SEEDS: Mapping[str, int] = {}


@dataclass(frozen=True, eq=False)
class Sample:
    """wave: (samples,) at 16 kHz; mel: (128, frames) in dB, a column every ``hop`` seconds."""

    wave: Float32
    mel: Float32
    hop: float = MEL_HOP_S


def gallery(seconds: float = 5.0) -> dict[str, Sample]:
    """A sample of each class of DESED, cut or padded to a length."""
    import torch

    found = {}
    for label in DESED_LABELS:
        wave = synthesise(label, SEEDS.get(label, 1), seconds)
        with torch.no_grad():
            found[label] = Sample(wave, to_db(MelSpectrogram()(torch.from_numpy(wave))).numpy())
    return found
