"""Work that is killed with -9 or stopped with Ctrl-C, once or twice, at random moments, called again
until it ends, and compared with work that was not; and a disk that is full until it is made larger.
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

import media
import numpy as np

from jss import audio

ROOT = Path(__file__).parents[2]
MOST_KILLS = 6  # of one run, before it may end
FILES = 200  # that detect and prepare work on, of all kinds
#: Suffixes of the files; those that libsndfile writes by their format.
_SUFFIXES = ("flac", "wav", "ogg", "mp3", "m4a", "webm", "mp4", "wma")
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
    for number in range(FILES):
        suffix = _SUFFIXES[number % len(_SUFFIXES)]
        path = home / "set" / f"{number % 5}" / f"{number:03d}.{suffix}"
        samples = rng.uniform(-0.3, 0.3, 24000)
        if suffix in media.KINDS:
            media.encode(path, samples)
        else:
            audio.save(path, samples, 48000 if suffix != "wav" else 22050)
        if suffix == "wav" and number % 3:  # as a recorder leaves it that crashed
            data = path.read_bytes()
            at = data.index(b"data") + 4
            path.write_bytes(data[:at] + bytes(4) + data[at + 4 :])
    (home / "set" / "._0.wav").write_bytes(b"litter")
    (home / "set" / "notes.txt").write_text("not audio")
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


def interrupt(process: subprocess.Popen[str], twice: bool) -> list[str]:
    """Press Ctrl-C, as a terminal does. -> what was wrong with how it ended."""
    pressed = process.poll() is None
    for _ in range(1 + twice):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.1)
    try:
        _, output = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return ["did not end within two minutes of Ctrl-C"]
    if not pressed or (process.returncode == 130 and "Traceback" not in output):
        return []
    return [f"Ctrl-C{' twice' * twice}: exit {process.returncode}: {output.strip()[-300:]}"]


def full_disk(verb: Verb, home: Path, environment: dict[str, str]) -> str:
    """Run it on a disk that is full halfway and then made larger. -> how it went; what was wrong is
    added to the verb's.
    """
    disk = home / "disk"
    disk.mkdir()
    size = sum(map(len, verb.whole.values()))
    options = ["-t", "tmpfs", "-o", f"size={max(size // 2048, 64)}k", "tmpfs", str(disk)]
    mount = shutil.which("mount")
    if not mount or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        return "no right to mount a small disk"
    try:
        out = disk / "out"
        process = start(verb, out, environment)
        _, output = process.communicate()
        sentences = [line for line in output.splitlines() if "No space left" in line]
        if process.returncode != 1 or "Traceback" in output or not sentences:
            verb.wrong.append(f"full disk: exit {process.returncode}: {output.strip()[-300:]}")
        larger = f"remount,size={4 * size // 1024 + 65536}k"
        subprocess.run([mount, "-o", larger, str(disk)], check=True)
        process = start(verb, out, environment)
        _, output = process.communicate()
        if process.returncode or contents(verb, out) != verb.whole:
            verb.wrong.append(f"after a full disk: exit {process.returncode}, or other files")
        return "full halfway, then made larger"
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def measure(verb: Verb, home: Path, environment: dict[str, str]) -> None:
    """Run it once to its end: what comes out, and how long it takes."""
    out, began = home / "whole" / verb.name, time.monotonic()
    process = start(verb, out, environment)
    _, output = process.communicate()
    verb.seconds = time.monotonic() - began
    verb.whole = contents(verb, out)
    shutil.rmtree(out, ignore_errors=True)
    if process.returncode or not verb.whole:
        verb.wrong.append(f"did not run uninterrupted: {output.strip()[-300:]}")


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
            _, output = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            group = chance.random() < 0.5  # its workers too, or it alone
            end = chance.choice((signal.SIGKILL, signal.SIGINT))
            if end == signal.SIGKILL:
                (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
                process.communicate()
            else:
                verb.wrong += interrupt(process, twice=group)
            kills += 1
            if time.monotonic() < deadline:
                continue
            break
        verb.kills, verb.runs = verb.kills + kills, verb.runs + 1
        if process.returncode or "Traceback" in output:
            verb.wrong.append(
                f"after {kills} kills: exit {process.returncode}: {output.strip()[-300:]}"
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
