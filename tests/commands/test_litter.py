"""Litter of other systems is never sound and never a class, whichever verb meets it."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from jss import audio
from jss.cli import main
from jss.data.recordings import scan
from pages.ui.clip.recordings import folder_sets

LITTER = ("._a.wav", ".DS_Store", "__MACOSX/Dog/._a.wav", "Dog/._a.wav", "Dog/.DS_Store", "Dog/Thumbs.db",
          "Dog/.ipynb_checkpoints/a-checkpoint.wav", ".ipynb_checkpoints/b.wav")  # fmt: skip


@pytest.fixture
def bank(tmp_path):
    rng = np.random.default_rng(0)
    for label in ("Dog", "Speech", "background"):
        for number in range(12):
            path = tmp_path / "bank" / label / f"{number}.wav"
            audio.save(path, rng.uniform(-0.3, 0.3, 16000))
    for name in LITTER:
        path = tmp_path / "bank" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0\5\x16\7 not sound")
    return tmp_path / "bank"


def test_a_soundbank_has_the_classes_that_it_has(bank):
    assert {recording.label for recording in scan(bank)} == {"Dog", "Speech", "background"}
    assert len(scan(bank)) == 36


def test_the_app_lists_recordings_alone(bank):
    (clips,) = folder_sets(bank)
    assert len(clips.clips) == 36
    assert clips.note == "44 names in all: 36 to open, 8 hidden or system files."


@pytest.mark.usefixtures("tiny_installed")
def test_the_last_line_of_every_verb_adds_up(bank, tmp_path, capsys, caplog):
    caplog.set_level(logging.INFO)
    given, out = str(bank), str(tmp_path / "out")
    for command, expected in (
        (["detect", given, "--system", "SED", "--out", out, "--device", "cpu"], "36 analysed"),
        (["tag", "--system", "SED", "--soundbank", given, "--device", "cpu"], "36 recordings of its classes"),
        (["prepare", "folder", given, "--manifest", str(tmp_path / "m.json")], "36 recordings"),
        (["render", "universal", str(tmp_path / "r"), "--soundbank", given, "--clips", "0", "eval=1",
          "--workers", "1"], "36 recordings of its classes"),
    ):  # fmt: skip
        main(command)
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith("44 names in all: " + expected), command
        assert "8 hidden or system files" in last
