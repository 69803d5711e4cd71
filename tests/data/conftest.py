"""A small soundbank: every class of the desed recipe in every split, as noise and tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.data.soundbank.bank import SoundBank
from jss.data.soundscapes.recipes import STEADY
from jss.labels import DESED_LABELS

LABELS = (*DESED_LABELS, "background", "background_babble", "other_cough", "other_laugh")
#: Where the bursts of a sound that is not steady lie, in seconds.
BURSTS = ((0.30, 0.65), (1.00, 1.20))


def burst_sound(rng: np.random.Generator) -> np.ndarray:
    """1.6 s: two bursts of noise in silence."""
    sound = np.zeros(25600, np.float32)
    for onset, offset in BURSTS:
        first, stop = round(onset * 16000), round(offset * 16000)
        sound[first:stop] = 0.2 * rng.standard_normal(stop - first)
    return sound


@pytest.fixture(scope="session")
def bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("soundbank")
    rng = np.random.default_rng(5)
    rows = [
        (
            "file",
            "class",
            "recording",
            "split",
            "duration_s",
            "rms_db",
            "dataset",
            "licence",
            "origin",
        )
    ]
    for label in LABELS:
        steady = label in STEADY or label.startswith("background")
        for split, count in (("train", 3), ("validation", 2), ("test", 2)):
            for number in range(count):
                if label == "Electric_shaver_toothbrush" and split == "validation":
                    continue
                name = f"{label}/{split}{number}.flac"
                sound = (
                    0.1 * rng.standard_normal(48000).astype(np.float32)
                    if steady
                    else burst_sound(rng)
                )
                audio.save(root / name, sound)
                rows.append(
                    (
                        name,
                        label,
                        f"rec:{label}:{split}{number}",
                        split,
                        str(len(sound) / 16000),
                        "-20",
                        "test",
                        "CC0",
                        "made up",
                    )
                )
    (root / "catalog.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    return root


@pytest.fixture(scope="session")
def bank(bank_folder: Path) -> SoundBank:
    return SoundBank(bank_folder).preload()
