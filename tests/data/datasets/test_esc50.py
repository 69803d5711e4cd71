from __future__ import annotations

from pathlib import Path

import pytest
import true_layouts as layouts

from jss.data.datasets import esc50
from jss.data.soundbank.bank import SoundBank
from jss.data.soundscapes.recipes import RECIPES, STEADY
from jss.errors import JssError


def test_folds_make_the_splits(tmp_path: Path) -> None:
    subsets = esc50.prepare(layouts.esc50(tmp_path))
    assert {split: len(clips) for split, clips in subsets.items()} == {
        "train": 3,
        "validation": 1,
        "test": 1,
    }
    assert subsets["train"][0].tags == ("Dog",)
    assert subsets["test"][0].path == tmp_path / "ESC-50-master/audio/5-103415-A-2.wav"


def test_soundbank(tmp_path: Path) -> None:
    bank = SoundBank(layouts.esc50(tmp_path))
    assert bank.labels("train") == ("Dog", "other_laugh")
    assert bank.labels("validation") == ("background",)
    dogs = bank.recordings("Dog", "train")
    assert {r.recording for r in dogs} == {"freesound:100032"}  # two takes of one recording
    assert len(bank.load(dogs[0])) == 80000


def test_labels_are_those_of_recipes() -> None:
    desed = RECIPES["desed"]
    known = {
        *desed.classes,
        *desed.distractors,
        *desed.voiced_distractors,
        *STEADY,
        "background",
        "siren",
    }
    assert set(esc50.LABELS.values()) <= known
    assert esc50.label("rooster") == "other_rooster"


def test_sentences_of_errors(tmp_path: Path) -> None:
    with pytest.raises(JssError, match=r"not in ESC-50's layout: it needs meta/esc50\.csv"):
        esc50.prepare(tmp_path)
    table = layouts.esc50(tmp_path) / "ESC-50-master" / esc50.TABLE
    table.write_text(table.read_text().replace("A-10.wav,4", "A-10.wav,6"))
    with pytest.raises(JssError, match="line 5: the fold is 1 to 5"):
        esc50.prepare(tmp_path)


def test_of_files_that_differ_in_suffix_a_row_means_the_one_it_names(tmp_path: Path) -> None:
    audio = layouts.esc50(tmp_path) / "ESC-50-master" / "audio"
    named = audio / "5-103415-A-2.wav"
    for suffix in (".flac", ".ogg"):
        named.with_suffix(suffix).write_bytes(b"")
    assert esc50.prepare(tmp_path)["test"][0].path == named
    named.unlink()
    with pytest.raises(JssError, match=r"line 6: 5-103415-A-2\.wav may be any of 2 files"):
        esc50.prepare(tmp_path)
    named.with_suffix(".ogg").unlink()
    assert esc50.prepare(tmp_path)["test"][0].path == named.with_suffix(".flac")
