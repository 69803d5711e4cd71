from __future__ import annotations

from pathlib import Path

import pytest
import true_layouts as layouts

from jss import audio
from jss.data.datasets import fuss
from jss.data.soundscapes.render_set import Order, render_set
from jss.errors import JssError


def test_reverberant_and_dry_versions(tmp_path: Path) -> None:
    subsets = fuss.prepare(layouts.fuss(tmp_path))
    assert {name: len(clips) for name, clips in subsets.items()} == {
        "train": 2,
        "validation": 1,
        "eval": 1,
        "train_dry": 2,
        "validation_dry": 1,
        "eval_dry": 1,
    }
    alone, four = subsets["train"]
    assert [label for label, _ in alone.sources] == ["background"]
    assert [label for label, _ in four.sources] == [
        "background",
        "foreground0",
        "foreground1",
        "foreground2",
    ]
    assert four.path == tmp_path / "ssdata_reverb/train/example00001.wav"
    assert (four.duration, four.events, four.tags) == (10.0, None, None)
    assert subsets["train_dry"][1].sources[3][1] == (
        tmp_path / "ssdata/train/example00001_sources/foreground2_sound.wav"
    )


@pytest.mark.parametrize("inner", ["", "ssdata_reverb"])
def test_one_version_from_folders_above_and_inside(tmp_path: Path, inner: str) -> None:
    layouts.fuss(tmp_path, ("ssdata_reverb",))
    assert list(fuss.prepare(tmp_path / inner)) == ["train", "validation", "eval"]


def test_without_lists(tmp_path: Path) -> None:
    layouts.fuss(tmp_path, ("ssdata",))
    listed = fuss.prepare(tmp_path)
    for table in (tmp_path / "ssdata").glob("*.txt"):
        table.unlink()
    assert fuss.prepare(tmp_path) == listed


def test_clips_without_a_source_are_missing(tmp_path: Path) -> None:
    layouts.fuss(tmp_path, ("ssdata_reverb",))
    (tmp_path / "ssdata_reverb/train/example00001_sources/foreground1_sound.wav").unlink()
    first, second = fuss.prepare(tmp_path)["train"]
    assert first.path is not None
    assert (second.path, second.sources) == (None, ())


def test_rendered_universal_set(tmp_path: Path, bank_folder: Path) -> None:
    counts = {"train": 2, "validation": 0, "eval": 0}
    render_set(Order("universal", tmp_path, bank_folder, 0, True, counts))
    clips = fuss.prepare(tmp_path)["train_dry"]
    assert len(clips) == 2
    assert all(2 <= len(clip.sources) <= 4 for clip in clips)
    audio.save(
        tmp_path / "ssdata/train/example00000.wav",
        audio.load(tmp_path / "ssdata/train/example00000.flac"),
    )
    (tmp_path / "ssdata/train/example00000.flac").unlink()  # as in a converted copy
    assert [len(clip.sources) for clip in fuss.prepare(tmp_path)["train_dry"]] == [
        len(c.sources) for c in clips
    ]


def test_sentences_of_errors(tmp_path: Path) -> None:
    with pytest.raises(JssError, match="not FUSS: it needs ssdata_reverb"):
        fuss.prepare(tmp_path)
    (tmp_path / "ssdata").mkdir()
    with pytest.raises(JssError, match="no example in them"):
        fuss.prepare(tmp_path)
    layouts.text(
        tmp_path / "ssdata/train_example_list.txt",
        "train/example00000.wav train/background0_sound.wav\n",
    )
    with pytest.raises(JssError, match="must be followed by its background"):
        fuss.prepare(tmp_path)
