from __future__ import annotations

from pathlib import Path

import pytest
import true_layouts as layouts

from jss.data.datasets import folder
from jss.data.recordings import hashed_split
from jss.errors import JssError


def test_audio_in_nested_folders(tmp_path: Path) -> None:
    subsets = folder.prepare(layouts.nested(tmp_path))
    names = [clip.filename for clips in subsets.values() for clip in clips]
    assert len(set(names)) == len(names) == 12
    assert "000/000/0000000000.wav" in names
    assert not any("hidden" in name or name.endswith(".txt") for name in names)
    assert all(
        clip.path is not None and clip.tags is None for clips in subsets.values() for clip in clips
    )


def test_new_files_do_not_move_others_between_subsets(tmp_path: Path) -> None:
    for number in range(200):
        layouts.text(tmp_path / f"{number}.wav", "")
    before = {clip.filename for clip in folder.prepare(tmp_path)["validation"]}
    assert 8 <= len(before) <= 35
    layouts.text(tmp_path / "sub/one.wav", "")
    assert before == {clip.filename for clip in folder.prepare(tmp_path)["validation"]} - {
        "sub/one.wav"
    }


@pytest.mark.parametrize(("files", "held_out"), [(1, 0), (2, 1), (3, 1), (4, 2), (9, 2)])
def test_a_few_files_have_a_pair_for_validation(tmp_path: Path, files: int, held_out: int) -> None:
    for number in range(files):
        layouts.text(tmp_path / f"{number}.wav", "")
    subsets = folder.prepare(tmp_path)
    sizes = {name: len(clips) for name, clips in subsets.items()}
    assert sizes == {"train": files - held_out, "validation": held_out}


@pytest.mark.parametrize("names", [("2",), ("15", "2"), ("15", "2", "32")])
def test_a_few_files_that_hash_to_validation_are_not_all_held_out(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        assert hashed_split(name) == "validation"
        layouts.text(tmp_path / f"{name}.wav", "")
    subsets = folder.prepare(tmp_path)
    assert len(subsets["validation"]) == len(names) // 2
    assert len(subsets["train"]) == len(names) - len(names) // 2


def test_files_of_one_stem_stay_together(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac", "b.wav", "c.wav", "c.flac", "d.wav", "d.flac"):
        layouts.text(tmp_path / name, "")
    splits = {
        name: {Path(clip.filename).stem for clip in clips}
        for name, clips in folder.prepare(tmp_path).items()
    }
    assert len(splits["validation"]) == 2
    assert splits["train"] | splits["validation"] == {*"abcd"}
    assert not splits["train"] & splits["validation"]


def test_two_files_and_circular_links(tmp_path: Path) -> None:
    for name in ("a", "b"):
        layouts.text(tmp_path / f"in/{name}.wav", "")
    (tmp_path / "in/back").symlink_to(tmp_path)
    subsets = folder.prepare(tmp_path)
    assert sorted(len(clips) for clips in subsets.values()) == [1, 1]


def test_sentences_of_errors(tmp_path: Path) -> None:
    with pytest.raises(JssError, match="holds no audio"):
        folder.prepare(tmp_path)
