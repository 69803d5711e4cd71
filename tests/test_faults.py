"""Full or read-only disks, dead workers, a full GPU, files that go: one sentence, nothing half, and
it goes on.
"""

from __future__ import annotations

import errno
import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch
from dying import first_child_dies
from tiny import contents

from jss import audio
from jss.cli import main
from jss.data.soundscapes.homescapes import SUBSETS
from jss.data.soundscapes.render_set import Order, render_set
from jss.errors import JssError
from jss.inference import system as inference
from jss.inference.system import load_system

pytestmark = pytest.mark.usefixtures("tiny_installed")


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(8):
        audio.save(tmp_path / "in" / f"{number}.wav", rng.uniform(-0.3, 0.3, 32000))
    return tmp_path / "in"


def detect(folder, out, *more):
    return main(
        ["detect", str(folder), "--system", "MixIT-S1", "--out", str(out), "--device", "cpu", *more]
    )


def one_sentence(capsys):
    text = capsys.readouterr().err
    assert text.startswith("jss: ")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_detect_stops_where_the_disk_is_full_and_goes_on_where_there_is_room(
    folder, tmp_path, small_disk, capsys
):
    out = small_disk / "out"
    assert detect(folder, out, "--save-sources") == 1
    assert "No space left on device" in one_sentence(capsys)
    assert not list(out.rglob("*.part"))
    done = {path: path.stat().st_mtime_ns for path in (out / "scores").rglob("*.tsv")}
    assert 0 < len(done) < 8
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert detect(folder, out, "--save-sources") == 0
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert f"8 recordings, {len(done)} of them before" in capsys.readouterr().out
    assert detect(folder, tmp_path / "whole", "--save-sources") == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_render_stops_where_the_disk_is_full_and_goes_on_where_there_is_room(
    tmp_path, small_disk, capsys, workers
):
    def render(out):
        return main(
            [
                "render",
                "synthscapes",
                str(out),
                "--clips",
                "0",
                "validation=3",
                "--workers",
                workers,
            ]
        )

    out = small_disk / "out"
    assert render(out) == 1
    assert "No space left on device" in one_sentence(capsys)
    assert not list(out.rglob("*.part"))
    written = {path: path.stat().st_mtime_ns for path in out.rglob("*.flac")}
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert render(out) == 0
    mixtures = [path for path in written if not path.parent.name.endswith("_events")]
    assert {path: path.stat().st_mtime_ns for path in mixtures} == {
        path: written[path] for path in mixtures
    }
    assert render(tmp_path / "whole") == 0
    assert contents(out) == contents(tmp_path / "whole")


def test_render_on_a_read_only_disk(small_disk, capsys):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert (
        main(["render", "synthscapes", str(small_disk / "out"), "--clips", "0", "validation=1"])
        == 1
    )
    assert "Read-only file system" in one_sentence(capsys)


def test_detect_on_a_read_only_disk(folder, small_disk, capsys):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert detect(folder, small_disk / "out") == 1
    assert "Read-only file system" in one_sentence(capsys)


def test_a_disk_that_becomes_read_only(folder, tmp_path, capsys, monkeypatch):
    replaced, launch, analysed, written = os.replace, inference.System.launch, [], []

    def refuse(part, path):
        if len(written) == 2:
            raise OSError(errno.EROFS, "Read-only file system")
        written.append(path)
        replaced(part, path)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(
        inference.System, "launch", lambda *given: analysed.append(1) or launch(*given)
    )
    assert detect(folder, tmp_path / "out") == 1
    assert "Read-only file system" in one_sentence(capsys)
    assert 3 <= len(analysed) <= 3 + 2, (
        "it went on for nothing, but for one that waits and one that was under way"
    )
    assert not list((tmp_path / "out").rglob("*.part"))


def test_recordings_that_are_removed_under_the_reader(folder, tmp_path, monkeypatch, capsys):
    """Those that are being read are open; those that are still to come fail, each in a sentence."""
    launch, gone = inference.System.launch, []

    def remove(self, *given):
        if not gone:
            gone.extend(path for path in folder.iterdir() if path.name != "7.wav")
            for path in gone:
                path.unlink()
        return launch(self, *given)

    monkeypatch.setattr(inference.System, "launch", remove)
    monkeypatch.setattr("jss.io.prefetch.READY_BLOCKS", 1)
    assert detect(folder, tmp_path / "out") in (0, 1)
    output = capsys.readouterr()
    assert all("There is no file at" in line for line in output.err.strip().splitlines())
    result = {path.stem for path in (tmp_path / "out" / "scores").iterdir()}
    assert {"0", "7"} <= result
    assert len(result) + len(output.err.strip().splitlines()) == 8


def test_a_gpu_that_is_full_is_one_sentence(monkeypatch):
    system = load_system("MixIT-S1", device="cpu")

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    said = pytest.raises(JssError, match=r"ran out of memory: .* --device cpu")
    with monkeypatch.context() as patch, said:
        patch.setattr(system.model, "forward", full)
        system(np.ones(16000, np.float32))
    for owner, place in ((system.model, "to"), (torch, "zeros")):
        with monkeypatch.context() as patch, said:
            patch.setattr(owner, place, full)
            system.to("cpu")
    assert system.to("cpu")(np.ones(16000, np.float32)).scores.any()


@pytest.mark.slow
def test_a_worker_that_dies_while_rendering(tmp_path):
    counts = {**dict.fromkeys(SUBSETS, 0), "validation": 6}
    order = Order("synthscapes", tmp_path / "a", None, 0, True, counts)
    began, said = (
        lambda: any((tmp_path / "a").rglob("*.flac")),
        pytest.raises(JssError, match="fewer --workers"),
    )
    with first_child_dies(began), said:
        render_set(order, workers=2)
    assert not list((tmp_path / "a").rglob("soundscapes.jsonl"))
    render_set(order, workers=2)
    render_set(replace(order, root=tmp_path / "b"))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
