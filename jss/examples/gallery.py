"""One synthesised sound of each class with its mel spectrogram, as in Fig. 2 of the JSS paper."""

from __future__ import annotations

from dataclasses import dataclass

from jss.arrays import Float32
from jss.features import MEL_HOP_S, MelSpectrogram, to_db
from jss.labels import DESED_LABELS
from jss.synthesis import synthesise


@dataclass(frozen=True, eq=False)
class Sample:
    """A sound and its mel spectrogram."""

    #: (samples,) at 16 kHz.
    wave: Float32
    #: (128, frames) in dB.
    mel: Float32
    #: Seconds between two mel frames.
    hop: float = MEL_HOP_S


def gallery(seconds: float = 5.0) -> dict[str, Sample]:
    """Synthesise a sound of each class of DESED.

    Args:
        seconds: Length to which the sounds are cut or padded.

    Returns:
        A sample for each label.
    """
    import torch

    samples = {}
    for label in DESED_LABELS:
        wave = synthesise(label, 1, seconds)
        with torch.no_grad():
            samples[label] = Sample(wave, to_db(MelSpectrogram()(torch.from_numpy(wave))).numpy())
    return samples
