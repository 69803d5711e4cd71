from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import true_layouts as layouts

from jss.data.datasets import urbansound
from jss.data.recordings import SPLITS
from jss.data.soundbank.bank import SoundBank
from jss.errors import JssError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return layouts.urbansound(tmp_path / "UrbanSound8K")


def test_splits_share_no_recording(root: Path) -> None:
    subsets = urbansound.prepare(root)
    names = {split: [clip.filename for clip in clips] for split, clips in subsets.items()}
    assert names["validation"] == ["103074-7-0-0.wav"]
    assert names["test"] == ["100648-1-0-0.wav", "100648-1-1-0.wav"]
    assert "100648-1-2-0.wav" not in names["train"]  # its recording is a test recording
    assert len(names["train"]) == 5
    ids = {split: {name.split("-")[0] for name in result} for split, result in names.items()}
    assert not ids["train"] & ids["test"]


def test_clips_have_their_class_and_length(root: Path) -> None:
    dog = urbansound.prepare(root)["train"][0]
    assert (dog.filename, dog.tags, dog.events) == ("100032-3-0-0.wav", ("dog_bark",), None)
    assert dog.duration == pytest.approx(0.317551)
    assert dog.path == root / "audio/fold5/100032-3-0-0.wav"


def test_soundbank_of_slices(root: Path) -> None:
    bank = SoundBank(root.parent)  # the folder above is fine
    assert bank.labels("train") == ("dog_bark", "gun_shot", "other_children_playing", "siren")
    assert bank.labels("test") == ("car_horn",)
    playing = bank.recordings("other_children_playing", "train")
    assert {r.recording for r in playing} == {"freesound:100263"}
    assert len(playing) == 2
    shared = {
        r.recording for label in bank.labels("train") for r in bank.recordings(label, "train")
    }
    for split in SPLITS[1:]:
        assert not shared & {
            r.recording for label in bank.labels(split) for r in bank.recordings(label, split)
        }
    horn = bank.recordings("car_horn", "test")[0]
    loaded = bank.load(horn)
    assert loaded.dtype == np.float32
    assert len(loaded) == pytest.approx(0.648525 * 16000, abs=2)


def test_selection_by_salience(root: Path) -> None:
    loud = SoundBank(root, urbansound.recordings(root, urbansound.FOREGROUND))
    assert loud.labels("test") == ()
    assert {item.salience for item in urbansound.read_slices(root)} == {
        urbansound.FOREGROUND,
        urbansound.BACKGROUND,
    }


def test_missing_audio(tmp_path: Path) -> None:
    root = layouts.urbansound(tmp_path, lacking=("102853-8-0-0.wav",))
    assert [c.filename for c in urbansound.prepare(root)["train"] if c.path is None] == [
        "102853-8-0-0.wav"
    ]
    assert "siren" not in SoundBank(root).labels("train")


def test_sentences_of_errors(root: Path, tmp_path: Path) -> None:
    with pytest.raises(JssError, match=r"not UrbanSound8K: it needs metadata/UrbanSound8K\.csv"):
        urbansound.prepare(root / "audio")
    table = root / urbansound.TABLE
    whole = table.read_text()
    table.write_text(whole.replace(",1,5,3,", ",1,11,3,"))
    with pytest.raises(JssError, match=r"line 2: the fold is 1 to 10"):
        urbansound.prepare(root)
    table.write_text(whole.replace(",1,5,3,", ",1.5,5,3,"))
    with pytest.raises(JssError, match=r"and the salience 1 or 2, not 5 and 1\.5"):
        urbansound.prepare(root)
    for damaged in (whole.replace("0.317551", "soon"), whole.replace(",1,5,3,", ",1,1_0,3,")):
        table.write_text(damaged)
        with pytest.raises(JssError, match=r"line 2: start, end, salience and fold must be number"):
            urbansound.prepare(root)
    table.write_text(whole.replace("fsID", "id"))
    with pytest.raises(JssError, match="line 1: the column 'fsID' is missing"):
        urbansound.prepare(root)


def test_of_files_that_differ_in_suffix_a_row_means_the_one_it_names(root: Path) -> None:
    named = root / "audio/fold5/100032-3-0-0.wav"
    for suffix in (".flac", ".ogg", ".flac.wav"):  # the last as in a copy of jss prepare --convert
        named.with_suffix(suffix).write_bytes(b"")
    assert urbansound.prepare(root)["train"][0].path == named
    named.unlink()
    with pytest.raises(JssError, match=r"line 2: 100032-3-0-0\.wav may be any of 2 files"):
        urbansound.prepare(root)
    table = root / urbansound.TABLE
    named.with_suffix(".flac").unlink()
    table.write_text(table.read_text().replace(named.name, "100032-3-0-0.flac"))
    assert urbansound.prepare(root)["train"][0].path == named.with_suffix(".flac.wav")
