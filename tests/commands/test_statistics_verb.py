"""What a set is made of, printed and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import true_layouts

from jss import audio
from jss.cli import main
from jss.data.statistics import Statistics


@pytest.fixture
def root(tmp_path: Path) -> Path:
    metadata = tmp_path / "set" / "metadata"
    (metadata / "validation").mkdir(parents=True)
    (metadata / "validation" / "validation.tsv").write_text(
        "filename\tonset\toffset\tevent_label\na.wav\t0\t1.5\tDog\na.wav\t1\t2\tSpeech\nb.wav\t\t\t\n"
    )
    (metadata / "train").mkdir()
    (metadata / "train" / "weak.tsv").write_text("filename\tevent_labels\nc.wav\tDog,Cat\n")
    audio.save(
        tmp_path / "set" / "audio" / "validation" / "validation" / "a.wav",
        np.full(160000, 0.1, np.float32),
    )
    return tmp_path / "set"


def test_every_subset(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statistics", str(root), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "set validation: audio of 1 of 2 files, 0.3 min" in printed
    assert "2 clips with events (2)" in printed
    assert "no event 90.0 %, one 7.5 %, two 2.5 %, three or more 0.0 % of the time" in printed
    assert "level: -20.0 dB" in printed
    dog = next(
        line for line in printed.split("set validation")[1].splitlines() if line.startswith("  Dog")
    )
    assert dog.split() == ["Dog", "1", "1", "0.0", "1.50", "1.50", "to", "1.50", "67", "%"]
    assert Statistics.load(tmp_path / "out" / "validation.json").clips[0].most == 2
    assert Statistics.load(tmp_path / "out" / "weak.json").classes["Cat"].clips == 1


def test_one_subset_and_a_wrong_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statistics", str(root), "--subset", "weak", "--no-levels"]) == 0
    assert "validation" not in capsys.readouterr().out
    assert main(["statistics", str(root), "--subset", "tests"]) == 2
    assert "has no subset tests: choose from weak, validation" in capsys.readouterr().err


def test_a_broken_file_is_told_and_the_rest_goes_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "audio" / "validation" / "validation" / "b.wav").write_bytes(b"RIFF")
    assert main(["statistics", str(root), "--subset", "validation"]) == 1
    printed = capsys.readouterr().out
    assert "audio of 1 of 2 files" in printed
    assert "not read: " in printed
    assert "b.wav" in printed


@pytest.mark.parametrize(
    ("made", "subset", "files"),
    [("fuss", "validation", "1 of 1"), ("urbansound", "test", "2 of"), ("nested", "train", "")],
)
def test_every_set_has_statistics(
    made: str, subset: str, files: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    getattr(true_layouts, made)(tmp_path)
    assert main(["statistics", str(tmp_path), "--subset", subset, "--no-levels"]) == 0
    assert f"{subset}: audio of {files}" in capsys.readouterr().out


def test_recordings_without_labels_have_their_lengths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of a labelled folder too."""
    for name, seconds in (("a", 4.0), ("b", 4.0), ("c", 60.0)):
        true_layouts.sound(tmp_path / f"{name}.wav", seconds)
    (tmp_path / "labels.yaml").write_text("[Dog]\n")
    (tmp_path / "weak.tsv").write_text("filename\tevent_labels\na.wav\tDog\nb.wav\tDog\n")
    (tmp_path / "splits.tsv").write_text("filename\tsplit\nb.wav\tvalidation\n")
    assert main(["statistics", str(tmp_path), "--no-levels"]) == 0
    printed = capsys.readouterr().out
    assert "unlabelled: audio of 1 of 1 file, 1.0 min" in printed
    assert "weak: audio of 1 of 1 file, 0.1 min" in printed


def test_a_labelled_folder_has_the_classes_of_its_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them, in their order, and no other class of DESED."""
    for name in ("a", "b"):
        true_layouts.sound(tmp_path / "own" / f"{name}.wav", 4.0)
    (tmp_path / "own" / "labels.yaml").write_text("[Speech, Dog, Dishes, Cat]\n")
    (tmp_path / "own" / "weak.tsv").write_text("filename\tevent_labels\na.wav\tDog\nb.wav\tCat\n")
    options = ["--no-levels", "--out", str(tmp_path / "out")]
    assert main(["statistics", str(tmp_path / "own"), *options]) == 0
    assert "Vacuum cleaner" not in capsys.readouterr().out
    for path in (tmp_path / "out").iterdir():
        stored = Statistics.load(path)
        assert list(stored.classes) == ["Speech", "Dog", "Dishes", "Cat"]


@pytest.mark.parametrize("options", [[], ["--no-levels"]])
def test_a_folder_of_recordings_is_one_set(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has not labelled recordings knows of no splits."""
    folder, out = tmp_path / "recordings", tmp_path / "out"
    for name in ("a", "b", "mon/c"):
        audio.save(folder / f"{name}.wav", np.full(30 * 16000, 0.1, np.float32))
    assert main(["statistics", str(folder), "--out", str(out), *options]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("recordings: audio of 3 of 3 files, 1.5 min\n")
    assert "validation" not in printed
    stored = Statistics.load(out / "all.json")
    assert [clip.filename for clip in stored.clips] == ["a.wav", "b.wav", "mon/c.wav"]
    assert [path.name for path in out.iterdir()] == ["all.json"]
    assert main(["statistics", str(folder), "--subset", "validation", *options]) == 0
    assert capsys.readouterr().out.startswith(
        "recordings validation: audio of 1 of 1 file, 0.5 min"
    )
