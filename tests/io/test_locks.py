"""Locks of folders."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from jss.errors import JssError
from jss.io.locks import locked_folder


def test_one_at_a_time(tmp_path: Path):
    with (
        locked_folder(tmp_path / "set"),
        pytest.raises(JssError, match="set is being written by another process"),
        locked_folder(tmp_path / "set"),
    ):
        pass
    with locked_folder(tmp_path / "set"):
        pass


def test_a_worker_that_outlives_the_block_holds_no_lock(tmp_path: Path):
    with locked_folder(tmp_path):
        child = os.fork()
        if not child:
            signal.pause()
    try:
        with locked_folder(tmp_path):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
