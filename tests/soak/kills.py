"""Work that is killed with -9 at random moments, called again until it ends, and compared with work
that was not.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jss import audio

ROOT = Path(__file__).parents[2]
MOST_KILLS = 6  # of one run, before it may end
WANTED = 20  # of each verb in a soak of half an hour
_TRAINING = (
    "detection.epochs=3",
    "detection.batch=[1, 1, 1]",
    "data.synthetic=3",
    "data.weak=3",
    "data.unlabelled=3",
    "data.validation_synthetic=1",
    "data.validation_weak=2",
    "data.seconds=1",
    "data.sounds=2",
)


@dataclass
class Verb:
    """What is killed. command: of an output folder -> arguments; kept: the files that must come out
    the same.
    """

    name: str
    command: Callable[[Path], list[str]]
    kept: Callable[[Path], bool] = lambda path: True
    seconds: float = 0.0
    whole: dict[str, bytes] = field(default_factory=dict)
    kills: int = 0
    runs: int = 0
    wrong: list[str] = field(default_factory=list)


def verbs(home: Path, tiny: Path) -> list[Verb]:
    """The four of them, with what they work on."""
    rng = np.random.default_rng(0)
    for number in range(40):
        audio.save(
            home / "set" / f"{number % 5}" / f"{number:02d}.flac",
            rng.uniform(-0.3, 0.3, 32000),
            22050,
        )
    given = str(home / "set")
    return [
        Verb(
            "detect",
            lambda out: [
                "detect",
                given,
                "--system",
                "MixIT-S1",
                "--out",
                str(out),
                "--device",
                "cpu",
                "--save-sources",
                "--save-results",
            ],
        ),
        Verb(
            "prepare",
            lambda out: ["prepare", "folder", given, "--workers", "2", "--convert", str(out)],
            lambda path: path.suffix == ".wav",
        ),
        Verb(
            "render",
            lambda out: [
                "render",
                "synthscapes",
                str(out),
                "--clips",
                "0",
                "validation=6",
                "--workers",
                "2",
            ],
        ),
        Verb(
            "train",
            lambda out: [
                "train",
                "smoke",
                "--only",
                "SED",
                *_TRAINING,
                "--out",
                str(out / "runs"),
                "--checkpoints",
                str(out / "kept"),
                "--resume",
            ],
            lambda path: path.suffix in (".safetensors", ".csv"),
        ),
    ]


def contents(verb: Verb, out: Path) -> dict[str, bytes]:
    """What must come out the same, by path."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and verb.kept(path)
    }


def start(verb: Verb, out: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """The verb as a process with a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "jss", *verb.command(out)],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def measure(verb: Verb, home: Path, environment: dict[str, str]) -> None:
    """Run it once to its end: what comes out, and how long it takes."""
    out, began = home / "whole" / verb.name, time.monotonic()
    process = start(verb, out, environment)
    _, told = process.communicate()
    verb.seconds = time.monotonic() - began
    verb.whole = contents(verb, out)
    shutil.rmtree(out, ignore_errors=True)
    if process.returncode or not verb.whole:
        verb.wrong.append(f"did not run uninterrupted: {told.strip()[-300:]}")


def round_of(
    verb: Verb, home: Path, environment: dict[str, str], chance: random.Random, deadline: float
) -> None:
    """One run, killed up to MOST_KILLS times, then ended and compared. Nothing is counted past the
    deadline.
    """
    out = home / "killed" / verb.name
    wanted = chance.randint(1, MOST_KILLS)
    kills = 0
    while True:
        process = start(verb, out, environment)
        try:
            patience = max(60.0, deadline - time.monotonic())
            if kills < wanted:
                patience = chance.uniform(0.2, 1.0) * verb.seconds
            _, told = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            group = chance.random() < 0.5  # its workers too, or it alone
            (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            if time.monotonic() < deadline:
                continue
            break
        verb.kills, verb.runs = verb.kills + kills, verb.runs + 1
        if process.returncode or "Traceback" in told:
            verb.wrong.append(
                f"after {kills} kills: exit {process.returncode}: {told.strip()[-300:]}"
            )
        else:
            there = contents(verb, out)
            differ = sorted(
                name for name in {*there, *verb.whole} if there.get(name) != verb.whole.get(name)
            )
            if differ:
                verb.wrong.append(
                    f"after {kills} kills {len(differ)} files differ, such as {differ[0]}"
                )
        break
    time.sleep(1.0)  # orphaned workers see that their parent is gone
    shutil.rmtree(out, ignore_errors=True)
