"""``train all`` with the smoke preset: the whole tree, its table, and that a kill changes nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from jss import checkpoints
from jss.cli import main
from jss.inference.fusion import FUSIONS, named
from jss.training.stages import TREE

pytestmark = pytest.mark.slow

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
#: Subset of the evaluation -> its clips, of two that are rendered; each is in three pairs.
SUBSETS = {"validation": 2, "public_overlap": 6}
#: What is trained twice; PIT comes first, then SED, then S1.
PART = ("--only", "PIT-S1")
#: Where the tables are not looked at, one is enough.
BRIEF = "evaluation=[validation]"


def command(out: Path) -> list[str]:
    return [
        "train",
        "all",
        "--preset",
        "smoke",
        *SETTINGS,
        "--out",
        str(out),
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
    assert not (killed / "checkpoints" / "systems").exists()
    assert main([*command(whole), f"evaluation=[{','.join(SUBSETS)}]"]) == 0
    output = capsys.readouterr().out
    systems = {path.stem for path in (whole / "checkpoints" / "systems").glob("*.yaml")}
    assert systems == {*TREE}  # trained anew: what is installed does not count
    rows = [line for line in output.splitlines() if line.startswith("| ")]
    # a title, student and teacher, seven fusions of either pre-training
    count = 1 + 2 * len(TREE) + 2 * 7
    assert len(rows) == len(SUBSETS) * count
    for number, (subset, clips) in enumerate(SUBSETS.items()):
        table = rows[number * count : (number + 1) * count]
        names = [row.split(" | ")[0].removeprefix("| ") for row in table[1:]]
        assert {*names[: 2 * len(TREE)]} == {*TREE} > {"SSep-SED"}
        assert {*names[2 * len(TREE) :]} == {
            named(f, of) for of in ("PIT", "MixIT") for f in FUSIONS
        }
        assert f"synthscapes {subset}, {clips} of {clips} files:" in output
        assert len(list((whole / "reports" / subset).glob("*.json"))) == count - 1
    assert main([*command(killed), *PART, BRIEF]) == 0
    names = {path.stem for path in (killed / "checkpoints" / "blocks").glob("*.json")}
    assert names == {
        "pit-separator",
        *(f"{of}-detector-{who}" for of in ("sed", "pit-s1") for who in WHO),
    }
    for name in names:
        ours, theirs = (
            checkpoints.load_block(name, folder / "checkpoints")[1] for folder in (killed, whole)
        )
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs), name
    capsys.readouterr()
    assert main([*command(whole), BRIEF]) == 0
    assert capsys.readouterr().err.count(": finished before") >= len(TREE)


def test_all_ends_with_an_evaluation_on_three_subsets(tmp_path, capsys):
    assert main([*command(tmp_path), *PART, "--plan"]) == 0
    subsets = re.findall(r"^evaluation: (\w+) of 2 clips", capsys.readouterr().out, re.MULTILINE)
    assert subsets == ["validation", "public", "public_overlap"]


def test_another_preset_than_all_takes_no_base(capsys):
    assert main(["train", "smoke", "--preset", "desk"]) == 2
    assert "--preset goes with all" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on_and_resume_does(tmp_path):
    line = [sys.executable, "-m", "jss", "train", "smoke", *SETTINGS, "detection.epochs=500"]
    line += ["--only", "SED", "--out", str(tmp_path)]
    process = subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 300
    while not (tmp_path / "SED" / "last.ckpt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=300)[1]
    assert process.returncode == 130, output
    assert "jss: Training stopped: the same command with --resume goes on after" in output
    assert "Traceback" not in output
    done = pd.read_csv(tmp_path / "SED" / "history.csv")
    assert 1 <= len(done) < 500
    words = [*line[3:], f"detection.epochs={len(done) + 1}"]
    assert main([*words, "--resume"]) == 0
    assert pd.read_csv(tmp_path / "SED" / "history.csv")[: len(done)].equals(done)
