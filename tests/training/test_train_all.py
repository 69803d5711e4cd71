"""``train all`` with the smoke preset: the whole tree, its table, and that a kill changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from jss import checkpoints
from jss.cli import main
from jss.training.stages import TREE

ROOT = Path(__file__).parents[2]
SETTINGS = (
    "detection.epochs=1",
    "separation.epochs=1",
    "detection.batch=[1, 1, 1]",
    "separation.batch=1",
    "data.synthetic=2",
    "data.weak=2",
    "data.unlabelled=2",
    "data.validation_synthetic=1",
    "data.validation_weak=2",
    "data.seconds=1",
    "data.sounds=2",
)


WHO = ("student", "teacher")
#: What is trained twice; PIT comes first, then SED, then S1.
PART = ("--only", "PIT-S1")


def command(out: Path) -> list[str]:
    return [
        "train",
        "all",
        "--preset",
        "smoke",
        *SETTINGS,
        "--out",
        str(out),
        "--checkpoints",
        str(out / "kept"),
        "--clips",
        "2",
    ]


def kill_after(out: Path, there: Path) -> None:
    line = [sys.executable, "-m", "jss", *command(out), *PART]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not there.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"


def test_the_whole_tree_its_table_and_a_kill_that_changes_nothing(tmp_path, capsys):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    kill_after(killed, killed / "PIT" / "last.ckpt")
    assert not (killed / "kept" / "systems").exists()
    assert main(command(whole)) == 0
    told = capsys.readouterr().out.splitlines()
    rows = [line for line in told if line.startswith("| ")]
    assert {row.split(" | ")[0].removeprefix("| ") for row in rows[1 : 1 + 2 * len(TREE)]} == set(
        TREE
    )
    assert (
        len(rows) == 1 + 2 * len(TREE) + 2 * 7
    )  # a title, student and teacher, seven fusions of either pre-training
    assert len(list((whole / "reports").glob("*.json"))) == len(rows) - 1
    assert main([*command(killed), *PART]) == 0
    names = {path.stem for path in (killed / "kept" / "blocks").glob("*.json")}
    assert names == {
        "pit-separator",
        *(f"{of}-detector-{who}" for of in ("sed", "pit-s1") for who in WHO),
    }
    for name in names:
        ours, theirs = (
            checkpoints.load_block(name, folder / "kept")[1] for folder in (killed, whole)
        )
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs), name
    capsys.readouterr()
    assert main(command(whole)) == 0
    assert capsys.readouterr().err.count(": finished before") >= len(TREE)


def test_another_preset_than_all_takes_no_base(capsys):
    assert main(["train", "smoke", "--preset", "desk"]) == 2
    assert "--preset goes with all" in capsys.readouterr().err
