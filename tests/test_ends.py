"""Ctrl-C at any moment, twice too, and a full disk: one sentence, the exit code, and it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tiny import contents

from jss import audio
from jss.cli import main

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("tiny_installed", "one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in")
    rng = np.random.default_rng(0)
    for number in range(36):  # so many that none of the tests finds them all done
        audio.save(folder / f"{number:02}.wav", rng.uniform(-0.3, 0.3, 10 * 16000))
    return folder


def arguments(folder, out):
    return ["detect", str(folder), "--system", "MixIT-S1", "--out", str(out), "--device", "cpu",
            "--threshold", "0.45", "--save-sources"]  # fmt: skip


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "jss", *command], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def interrupted(process: subprocess.Popen[str], times: int, code: int = 130) -> None:
    """Press Ctrl-C as a terminal does: every process of the group gets it."""
    for _ in range(times):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.05)
    _, error = process.communicate(timeout=120)
    lines = [line for line in error.splitlines() if line]
    assert process.returncode == code, error
    assert lines == ["jss: Stopped."]


def wait_for(process: subprocess.Popen[str], done) -> None:
    deadline = time.monotonic() + 120
    while not done() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.slow
def test_ctrl_c_in_detect(tmp_path, folder):
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"

    def finished() -> int:
        return len(list((stopped / "scores").glob("*.tsv")))

    for more, times in ((1, 1), (1, 2), (4, 2)):
        wanted = finished() + more
        process = start(*arguments(folder, stopped))
        wait_for(process, lambda: finished() >= wanted)  # noqa: B023
        interrupted(process, times)
    assert main(arguments(folder, stopped)) == 0
    assert main(arguments(folder, whole)) == 0
    assert contents(stopped) == contents(whole)


def test_ctrl_c_is_not_lost_where_c_calls_back(tmp_path):
    """What is raised in a callback of libsndfile's is dropped: it is raised a moment later."""
    code = """
import os, signal, sys
import numpy as np
from jss import audio, cli

def verb(arguments):
    import soundfile
    class File:
        pressed = False
        def write(self, data):
            if not self.pressed:
                self.pressed = True
                os.kill(os.getpid(), signal.SIGINT)
            return len(data)
        def seek(self, *a): return 0
        def tell(self): return 0
        def read(self, n): return b""
    soundfile.write(File(), np.zeros(16000), 16000, format="FLAC")
    while True:
        pass

cli._run = verb
cli.program()
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                           check=False, timeout=60)  # fmt: skip
    assert (result.returncode, result.stderr) == (130, "\njss: Stopped.\n")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("library", ["numpy", "libtorch"])
def test_ctrl_c_while_it_starts(tmp_path, folder, library):
    process = start(*arguments(folder, tmp_path / "out"))
    maps = Path(f"/proc/{process.pid}/maps")
    wait_for(process, lambda: library in maps.read_text())
    interrupted(process, 1)


@pytest.mark.slow
def test_ctrl_c_twice_in_an_epoch(tmp_path):
    """Once is enough to stop and go on: tests/training/test_train_all.py."""
    command = ["train", "smoke", "--only", "SED", "--out", str(tmp_path), "detection.epochs=50"]
    process = start(*command)
    wait_for(process, lambda: any(tmp_path.rglob("last.ckpt")))
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.05)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert error.count("jss: Stopped.") + error.count("--resume") >= 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_standard_output_on_a_full_disk():
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "jss", "list", "systems"], cwd=ROOT, stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == "jss: The output cannot be written: No space left on device.\n"


@pytest.mark.slow
def test_a_full_disk_ends_without_an_abort(small_disk, folder):
    process = start(*arguments(folder, small_disk / "out"))
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1, error
    assert [line for line in error.splitlines() if "No space left" not in line] == []
