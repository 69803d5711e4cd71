"""A full disk gives a sentence and leaves no partial file."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time

import numpy as np
import pytest

from jss import audio
from jss.errors import JssError, printable
from jss.io.atomic import atomic_write, remove_partial_files


def _save(path, answer):
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    try:
        audio.save(path, np.random.default_rng(0).uniform(-0.5, 0.5, 800_000))
        answer.put("saved")
    except JssError as error:
        answer.put(str(error))


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_full_disk(tmp_path, kind, capfd):
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    process = context.Process(target=_save, args=(tmp_path / f"a.{kind}", answer))
    process.start()
    assert "cannot be written" in answer.get(timeout=60)
    process.join(60)
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in capfd.readouterr().err


def test_the_content_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """A power loss after the rename left an empty file."""
    path, synced, fsync = tmp_path / "a.txt", [], os.fsync

    def sync(file):
        status = os.fstat(file)
        synced.append((status.st_ino, status.st_size, path.exists()))
        fsync(file)

    monkeypatch.setattr(os, "fsync", sync)
    with atomic_write(path) as part:
        part.write_text("whole")
    assert synced == [(path.stat().st_ino, 5, False)]


def _hold(path, signals):
    with atomic_write(path) as part:
        part.write_bytes(b"half")
        signals.put(part.name)
        time.sleep(600)


def test_remove_partial_files(tmp_path):
    """Those of a process that died, not of one that lives, nor a user's files."""
    others = {"b.part", ".hidden", ".movie.mkv.part", ".0123.part", f".{'A' * 16}.part"}
    for name in others:
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / name).touch()
    (tmp_path / f".{'0' * 16}.part").mkdir()
    context = multiprocessing.get_context("fork")
    signals = context.Queue()
    writers = [
        context.Process(target=_hold, args=(tmp_path / "a" / f"{n}.txt", signals), daemon=True)
        for n in range(2)
    ]
    parts = []
    for process in writers:
        process.start()
        parts.append(signals.get(timeout=60))
    with atomic_write(tmp_path / "a" / "c.txt") as part:
        part.write_text("whole")
        writers[0].kill()
        writers[0].join(60)
        remove_partial_files(tmp_path)
        assert {path.name for path in (tmp_path / "a").iterdir()} == {*others, parts[1], part.name}
    assert (tmp_path / "a" / "c.txt").read_text() == "whole"
    writers[1].kill()
    writers[1].join(60)
    remove_partial_files(tmp_path)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {*others, "c.txt"}


def test_error_messages_are_printable():
    assert str(JssError("a\x1b[31m\nb\u202e")) == "a\\x1b[31m\\nb\\u202e"
    assert printable("é 🦊") == "é 🦊"
    assert len(printable("x" * 10**6)) < 1100
    assert len(printable("\0" * 900)) < 1100
