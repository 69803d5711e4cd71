"""A full disk gives a sentence and leaves no partial file."""

from __future__ import annotations

import multiprocessing
import resource

import numpy as np
import pytest

from jss import audio
from jss.errors import JssError, printable
from jss.io.atomic import remove_partial_files


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


def test_remove_partial_files(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/.0123.part", ".4567.part", "a/b.part", "a/.hidden"):
        (tmp_path / name).touch()
    remove_partial_files(tmp_path)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b.part", ".hidden"}


def test_error_messages_are_printable():
    assert str(JssError("a\x1b[31m\nb\u202e")) == "a\\x1b[31m\\nb\\u202e"
    assert printable("é 🦊") == "é 🦊"
    assert len(printable("x" * 10**6)) < 1100
    assert len(printable("\0" * 900)) < 1100
