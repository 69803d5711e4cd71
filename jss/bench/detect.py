"""``detect`` on many clips against a plain loop over them, and its memory on a long recording.

The plain loop loads a clip with librosa, runs Asteroid's ConvTasNet and an eager CRNN, and writes
its tables. Both read the same files and have the same weights; kernels and imports are warm. Memory
is the peak of a separate process.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd

import jss
from jss import audio
from jss.bench.alone import alone
from jss.bench.inference import GOALS, add_system_argument, peer
from jss.bench.table import Row
from jss.errors import JssError
from jss.inference.batch import detect, one_process
from jss.inference.clip_files import Wanted
from jss.inference.together import fitting

HELP = "many clips against a plain loop over them, and the memory of a long recording"
SMALL = ("--clips", "2", "--minutes", "1", "--beside", "0.5")
#: Memory allowed for a recording of any length, and least ratio of short to long.
MEMORY_GB, FLAT = 2.0, 0.9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    add_system_argument(parser)
    parser.add_argument(
        "--clips",
        type=int,
        default=16,
        metavar="N",
        help="of 10 s, the shipped ones repeated (default: 16); the peer gets a quarter of them",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=10.0,
        metavar="M",
        help="of the long recording (default: 10)",
    )
    parser.add_argument(
        "--beside", type=float, default=2.0, metavar="M", help="of the short one (default: 2)"
    )
    parser.add_argument("--device", help="cpu, cuda, ... (default: the GPU where there is one)")


def run(args: argparse.Namespace) -> list[Row]:
    """Measure; rows of clips per second and of memory.

    Raises:
        JssError: An argument is out of range, or the system does not separate.
    """
    from jss.inference.system import load_system

    if args.clips < 2 or not 0 < args.beside < args.minutes:
        raise JssError("--clips is 2 or more, --beside more than 0 and less than --minutes.")
    system = load_system(args.system, device=args.device)
    if not system.separates:
        raise JssError(f"{args.system} has no separation stage: name one that has.")
    with tempfile.TemporaryDirectory() as folder:
        return [
            *many(system, args.clips, Path(folder)),
            *long(args.system, system.device.type, args.minutes, args.beside, Path(folder)),
        ]


def many(system: Any, count: int, folder: Path) -> list[Row]:
    """Clips per second of the wall clock, from files to tables.

    Args:
        system: The system.
        count: Number of clips.
        folder: For inputs and outputs.
    """
    plain_system = peer(system)
    clips = copies(folder / "in", count)
    subset = dict(list(clips.items())[: max(2, count // 4)])
    ours(system, subset, folder / "first")
    _plainly(system, plain_system, dict(list(subset.items())[:1]), folder / "first plain")
    our_seconds, their_seconds = (
        ours(system, clips, folder / "ours"),
        _plainly(system, plain_system, subset, folder / "plain"),
    )
    device = system.device.type
    return [
        Row(
            f"{count} clips of 10 s from files to tables, {device}",
            "a loop over Asteroid + eager CRNN",
            len(subset) / their_seconds,
            count / our_seconds,
            GOALS[system.precision],
            f"peer: {len(subset)} clips",
            "clips/s",
            True,
        )
    ]


def copies(folder: Path, count: int) -> dict[str, Path]:
    """The shipped clips in a new folder, repeated up to a number, by name."""
    clips = {f"{number:05d}.flac": folder / f"{number:05d}.flac" for number in range(count)}
    folder.mkdir()
    for source, path in zip(cycle(_examples()), clips.values(), strict=False):
        shutil.copyfile(source, path)
    return clips


def long(system: str, device: str, minutes: float, beside: float, folder: Path) -> list[Row]:
    """Peak memory of ``detect`` with sources on a long recording, against a short one.

    Args:
        system: Name of the system.
        device: cpu or cuda.
        minutes: Of the long recording.
        beside: Of the short one, in minutes.
        folder: For inputs and outputs.
    """
    short_gb, _ = _peak(system, device, beside, folder)
    long_gb, seconds = _peak(system, device, minutes, folder)
    what = f"detect on {minutes:g} min, peak memory"
    note = f"in {seconds:.0f} s, {60 * minutes / seconds:.0f} times real time"
    return [
        Row(what, f"that on {beside:g} min", short_gb, long_gb, FLAT, note, "GB"),
        Row(what, f"{MEMORY_GB:g} GB", MEMORY_GB, long_gb, 1.0, note, "GB"),
    ]


def ours(
    system: Any,
    clips: dict[str, Path],
    out: Path,
    wanted: Wanted | None = None,
    size: int | None = None,
) -> float:
    """Seconds from files to tables.

    Args:
        system: The system.
        clips: By name.
        out: For the outputs.
        wanted: What is written; None: tables.
        size: Of a batch; None: what suits the device.
    """
    start = time.perf_counter()
    engine = partial(one_process, size=size or fitting(system))
    done = detect(
        system, clips, {name: name for name in clips}, out, wanted or Wanted(), engine=engine
    )
    elapsed = time.perf_counter() - start
    if done.failed:
        raise JssError(f"{done.failed} of {len(clips)} clips could not be analysed.")
    return elapsed


def _plainly(system: Any, plain: Any, clips: dict[str, Path], out: Path) -> float:
    import librosa

    from jss.features import SCORE_HOP_S
    from jss.results import event_table, score_table

    start, tables = time.perf_counter(), []
    out.mkdir()
    for name, path in clips.items():
        clip, _ = librosa.load(path, sr=audio.SAMPLE_RATE)
        scores = plain(clip)
        facts: dict[str, Any] = {"hop": SCORE_HOP_S, "duration": len(clip) / audio.SAMPLE_RATE}
        score_table(scores, system.labels, **facts).to_csv(
            out / f"{name}.tsv", sep="\t", index=False
        )
        tables.append(event_table(name, scores, system.labels, **facts))
    pd.concat(tables).to_csv(out / "events.tsv", sep="\t", index=False)
    return time.perf_counter() - start


def _peak(system: str, device: str, minutes: float, folder: Path) -> tuple[float, float]:
    """Gigabytes and seconds of a process that analyses a recording.

    Args:
        system: Name of the system.
        device: cpu or cuda.
        minutes: Of the recording.
        folder: For input and output.
    """
    recording, samples = folder / f"{minutes:g} min.flac", round(minutes * 60 * audio.SAMPLE_RATE)
    with audio.writer(recording) as put:
        for clip in cycle([audio.load(path) for path in _examples()]):
            put(clip[:samples])
            samples -= len(clip)
            if samples <= 0:
                break
    command = [
        sys.executable,
        "-m",
        "jss",
        "detect",
        str(recording),
        "--system",
        system,
        "--device",
        device,
        "--save-sources",
        "--out",
        str(folder / recording.stem),
    ]
    done = alone(command)
    return done.gb, done.seconds


def _examples() -> list[Path]:
    return sorted((Path(jss.__file__).parent / "examples").glob("*.flac"))
