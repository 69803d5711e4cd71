"""``detect --engine ray`` on a cluster of two workers: what one process gives, though a worker is
killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest
import tiny

from jss import audio
from jss.cli import main
from jss.inference import ray_cluster
from jss.inference.clip_files import RecordingFiles, Wanted
from jss.inference.system import load_system
from jss.io.journal import DETECTED

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("tiny_installed")


def detect(folder, out, *more):
    return main(
        [
            "detect",
            str(folder),
            "--system",
            "MixIT-S1",
            "--out",
            str(out),
            "--device",
            "cpu",
            "--threshold",
            "0.45",
            "--save-sources",
            "--save-results",
            *more,
        ]
    )


def contents(folder):
    """The journal's lines come in the order in which recordings were finished."""
    files = tiny.contents(folder)
    return files | {DETECTED: sorted(files[DETECTED].splitlines())}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(12):
        audio.save(
            tmp_path / "in" / f"{number}.wav", rng.uniform(-0.3, 0.3, 16000 * (number % 3 + 1))
        )
    (tmp_path / "in" / "broken.wav").write_text("no sound")
    return tmp_path / "in"


@pytest.fixture(scope="module")
def workers():
    """A cluster of this machine with two workers."""
    pytest.importorskip("ray.data", reason="Ray is not installed: pip install .[ray]")
    ray = ray_cluster._import()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=200_000_000,
        runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
    )
    yield ray
    ray.shutdown()


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_worker_that_is_killed_costs_time_alone(workers, folder, tmp_path, capsys):
    assert detect(folder, tmp_path / "one") == 1
    first = capsys.readouterr()
    out, killed = tmp_path / "many", []

    def kill():
        deadline = time.monotonic() + 120
        while not killed and time.monotonic() < deadline:
            if list(out.rglob("scores/*.tsv")):
                files = [path for path in Path("/proc").glob("[0-9]*") if named(path)]
                for path in files[:1]:
                    os.kill(int(path.name), signal.SIGKILL)
                    killed.append(path)
            time.sleep(0.002)

    thread = threading.Thread(target=kill)
    thread.start()
    assert detect(folder, out, "--engine", "ray") == 1
    thread.join()
    assert killed
    assert contents(out) == contents(tmp_path / "one")
    second = capsys.readouterr()
    assert [
        line for line in second.err.splitlines() if line.startswith("jss:")
    ] == first.err.splitlines()
    assert (
        second.out.splitlines()[-1].replace("many", "one") == first.out.strip()
    )  # Ray tells of the kill before it
    assert detect(folder, out, "--engine", "ray") == 1  # nothing is done again
    assert "12 recordings, 12 of them before" in capsys.readouterr().out


def named(process):
    """Whether it is an actor of a cluster that this process started."""
    try:
        if b"Analyst" not in (process / "cmdline").read_bytes():
            return False
        while process.name not in ("0", "1", str(os.getpid())):
            process = process.parent / (process / "stat").read_text().rpartition(")")[2].split()[1]
    except (OSError, IndexError):
        return False
    return process.name == str(os.getpid())


def test_a_full_disk_ends_it(workers, folder, small_disk, capsys):
    assert detect(folder, small_disk / "out", "--engine", "ray") == 1
    sentences = [line for line in capsys.readouterr().err.splitlines() if line.startswith("jss:")]
    assert "No space left on device" in sentences[-1]
    assert not list(small_disk.rglob("*.part"))


def test_workers_of_another_folder_see_the_recordings(tmp_path, monkeypatch):
    ray = MagicMock()
    ray.cluster_resources.return_value = {"CPU": 1}
    monkeypatch.setattr(ray_cluster, "_import", lambda: ray)
    monkeypatch.chdir(tmp_path)
    task = RecordingFiles("a.wav", Path("in/a.wav"), "a", "a.wav")
    list(ray_cluster.Ray("cpu")._rows(load_system("SED"), [task], Path("out"), Wanted()))
    ((item,),) = ray.data.from_items.call_args.args
    assert item["path"] == str(tmp_path / "in/a.wav")


def test_without_ray_it_is_one_sentence(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert detect(folder, tmp_path / "out", "--engine", "ray") == 2
    text = capsys.readouterr().err
    assert "The package ray is not installed: run pip install" in text
    assert text.count("\n") == 1
    assert not (tmp_path / "out").exists()
