"""Every name in a folder counts once: as a recording, refused, not audio or left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jss.errors import JssError
from jss.io import inputs
from jss.io.inputs import DUPLICATE, HIDDEN, walk


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def test_suffixes_and_summary(tmp_path):
    touch(tmp_path, "a.wav", "B.WAV", "c/d.M4A", "c/e.webm", "f.txt", "g", "h.tar.gz", "c/f.TXT")
    listing = walk(tmp_path)
    assert list(listing.files) == ["B.WAV", "a.wav", "c/d.M4A", "c/e.webm"]
    assert listing.other == {".txt": 2, "without suffix": 1, ".gz": 1}
    assert not listing.refused
    assert not listing.left_out
    assert listing.names == 8
    assert listing.summary({"analysed": 3, "failed": 1}) == (
        "8 names in all: 3 analysed, 1 failed, 4 not audio (2 .txt, 1 without suffix, 1 .gz)."
    )
    (tmp_path / "empty").mkdir()
    assert walk(tmp_path / "empty").summary({}) == "0 names in all."


def test_hidden_and_system_files(tmp_path):
    names = ("._x.wav", ".DS_Store", "__MACOSX/dog/._x.wav", "d/.ipynb_checkpoints/x-checkpoint.wav",
             "Thumbs.db", "@eaDir/x.wav/y.mp3", "d/desktop.ini", "$RECYCLE.BIN/x.wav")  # fmt: skip
    touch(tmp_path, "x.wav", *names)
    listing = walk(tmp_path)
    assert list(listing.files) == ["x.wav"]
    assert listing.left_out == {HIDDEN: len(names)}


def test_links(tmp_path):
    touch(tmp_path / "in", "a/x.wav", "b/y.wav", "n.txt")
    touch(tmp_path / "elsewhere", "z.wav", "deeper/w.wav")
    root = tmp_path / "in"
    os.symlink(tmp_path / "elsewhere", root / "0linked")  # followed
    os.symlink(tmp_path / "elsewhere", root / "b" / "linked again")  # once
    os.symlink(root, root / "a" / "loop")
    os.symlink(root / "a" / "x.wav", root / "0x.wav")  # a second name of one file
    os.link(root / "b" / "y.wav", root / "b" / "z.wav")
    os.symlink(root / "nowhere.wav", root / "dangling.wav")
    os.symlink(root / "nowhere.txt", root / "dangling.txt")
    listing = walk(root)
    assert list(listing.files) == ["0linked/deeper/w.wav", "0linked/z.wav", "a/x.wav", "b/y.wav"]
    assert listing.left_out == {DUPLICATE: 4}
    assert list(listing.refused) == ["dangling.wav"]
    assert "link to" in listing.refused["dangling.wav"]
    assert listing.other == {".txt": 2}


@pytest.mark.parametrize("name", ["pipe.wav", "pipe.txt"])
def test_pipes_are_not_files(tmp_path, name):
    os.mkfifo(tmp_path / name)
    listing = walk(tmp_path)
    assert listing.names == 1
    assert bool(listing.refused) == (name == "pipe.wav")


def test_folder_without_permission(tmp_path, monkeypatch):
    touch(tmp_path, "a/x.wav", "b/y.wav")
    scan = os.scandir

    def refuse(path):
        if Path(path).name in refused:
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(inputs.os, "scandir", refuse)
    refused = {"b"}
    listing = walk(tmp_path)
    assert list(listing.files) == ["a/x.wav"]
    assert "permission denied" in listing.refused["b"]
    refused = {tmp_path.name}
    with pytest.raises(JssError, match="permission denied"):
        walk(tmp_path)


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("a.wav", "a"), ("a.b.WAV", "a.b"), ("Y_100.000_110.000", "Y_100.000_110.000"),
        ("Y_100.000_110.000.flac", "Y_100.000_110.000"), ("a.wave.wav", "a.wave"), ("wav", "wav"),
    ],
)  # fmt: skip
def test_without_suffix(name, without):
    assert inputs.without_suffix(name) == without


def test_deep_folders(tmp_path):
    deep = tmp_path.joinpath(*["d"] * 300)
    touch(deep, "x.wav")
    assert len(walk(tmp_path).files) == 1
    assert inputs.has_audio(tmp_path)
