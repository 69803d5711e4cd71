"""What a GPU pays: many clips through a system, training steps, and the hours of the paper's chain.

Without a GPU everything runs on the CPU at small sizes, which shows only that it runs: the rows say
so, and have no goals.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from jss.arrays import Float32
from jss.bench import training
from jss.bench.detect import copies, ours
from jss.bench.inference import add_system_argument
from jss.bench.table import Row
from jss.config import load_preset
from jss.errors import JssError
from jss.inference.batch import begin_reading
from jss.inference.clip_files import RecordingFiles, Wanted, write
from jss.inference.devices import workers_for
from jss.inference.together import analysed, fitting
from jss.io.prefetch import in_order
from jss.io.progress import silent
from jss.models.precision import Precision, bf16_units

HELP = (
    "inference and training on a GPU, in less than five minutes; small sizes on a CPU without one"
)
SMALL = ("--clips", "2", "--repeat", "1")
#: Clips of DESED's validation set, and the seconds that they may take on a GPU like the H100.
CLIPS, BUDGET_S = 1168, 5.0
#: Clips of a training step that the plain recipe can hold, and of the paper's step.
STEP, PAPER_STEP = 12, 48
#: Steps of an epoch on DESED: 1,420 weakly labelled clips, 12 a step.
EPOCH = 118


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    add_system_argument(parser)
    parser.add_argument(
        "--clips",
        type=int,
        metavar="N",
        help=f"of 10 s, the shipped ones repeated (default: {CLIPS}; 4 without a GPU)",
    )
    parser.add_argument(
        "--repeat", type=int, default=2, metavar="N", help="timed training steps (default: 2)"
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="also time the separator compiled by torch, which takes half a minute longer",
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure.

    Returns:
        Rows of inference, of training steps, of memory and of hours.

    Raises:
        JssError: An argument is out of range, or the system does not separate.
    """
    from jss.inference.system import load_system

    gpu = torch.cuda.is_available()
    clips = (CLIPS if gpu else 4) if args.clips is None else args.clips
    if clips < 2 or args.repeat < 1:
        raise JssError("--clips is 2 or more, --repeat 1 or more.")
    if not gpu:
        print("There is no GPU here: small sizes on the CPU, which only show that everything runs.")
    rows: list[Row] = []
    start = time.perf_counter()

    def report(what: str) -> None:
        print(f"jss: {time.perf_counter() - start:.0f} s: {what}", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        files = copies(Path(folder) / "in", clips)
        each: tuple[Precision, ...] = ("fp32", "bf16") if gpu else ("fp32",)
        for precision in each:
            report(f"{clips} clips through {args.system}, {precision}")
            system = load_system(args.system, precision=precision)
            if not system.separates:
                raise JssError(f"{args.system} has no separation stage: name one that has.")
            rows += inference(system, files, Path(folder) / precision)
            if args.compile:
                rows.append(compiled(system, files))
    precision = "bf16" if bf16_units() else "fp32"  # of training
    preset, step, paper_step = ("paper", STEP, PAPER_STEP) if gpu else ("smoke", 4, 8)
    steps = {}
    for stage in training.PEERS:
        report(f"training steps of {stage}")
        wall, _ = training.compare(
            stage, preset, 4 if stage == "MixIT" else step, precision, args.repeat
        )
        rows.append(wall)
        steps[stage] = wall
    report("memory of a JT step")
    rows.append(memory(preset, paper_step, precision))
    rows.append(hours(steps, paper_step / step))
    if not gpu:
        rows = [replace(row, what=f"small, on a CPU: {row.what}", goal=None) for row in rows]
    return rows


def inference(system: Any, files: dict[str, Path], out: Path) -> list[Row]:
    """Seconds from files to tables, without and with sources, and those of each part alone.

    Args:
        system: The system.
        files: The clips by name.
        out: For the outputs.
    """
    size = fitting(system)
    ours(system, dict(islice(files.items(), 2 * size)), out / "first", size=size)
    rows = []
    for sources in (False, True):
        wanted = Wanted(sources=sources)
        seconds = ours(system, files, out / f"sources {sources}", wanted, size)
        alone = parts(system, files, out / f"parts {sources}", wanted, size)
        profile = ", ".join(f"{part} {spent:.2f} s" for part, spent in alone.items())
        rows.append(
            Row(
                f"{len(files)} clips of 10 s from files to tables{' and sources' * sources}, "
                f"{system.name}, {system.precision}, {_name(system.device)}",
                "budget",
                BUDGET_S * len(files) / CLIPS,
                seconds,
                1.0,
                f"{len(files) / seconds:.3g} clips/s in batches of {size}; alone: {profile}",
            )
        )
    return rows


def parts(
    system: Any, files: dict[str, Path], out: Path, wanted: Wanted, size: int
) -> dict[str, float]:
    """Seconds that each part of the work takes alone: what bounds the whole is the longest.

    Args:
        system: The system.
        files: The clips by name.
        out: For the outputs.
        wanted: What is written.
        size: Of a batch.
    """
    workers = workers_for(size)
    clips: list[Float32] = []
    results: list[Any] = []

    def decode() -> None:
        for blocks in in_order((partial(begin_reading, path) for path in files.values()), workers):
            clips.extend(blocks)

    def copy() -> None:
        for batch in _batches(clips, size):
            system.on_device(batch)
        _wait(system)

    def compute() -> None:
        for stretches in analysed(system, ([clip] for clip in clips), size, wanted.sources):
            results.extend(stretches)
            del results[:-1]  # on a disk, not in memory

    def put() -> None:
        tasks = (RecordingFiles(name, path, name, name) for name, path in files.items())
        jobs = (partial(write, system, task, results, out, wanted, silent) for task in tasks)
        for _ in in_order(jobs, workers):
            pass

    return {
        name: _seconds(part)
        for name, part in (
            ("decoding", decode),
            ("copying", copy),
            ("computing", compute),
            ("writing", put),
        )
    }


def compiled(system: Any, files: dict[str, Path]) -> Row:
    """Seconds of the computation alone with the separator compiled, beside without.

    Args:
        system: The system; its separator is plain again afterwards.
        files: The clips by name.
    """
    size = fitting(system)
    clips = [block for path in islice(files.values(), size) for block in begin_reading(path)]

    def compute(count: int = 4) -> None:
        for stretches in analysed(system, ([clip] for clip in clips * count), size, False):
            list(stretches)

    eager = _seconds(compute)
    separator = system.model.separator
    plain = separator.forward
    separator.forward = torch.compile(plain, dynamic=False)
    try:
        compiling = _seconds(partial(compute, 1))
        fast = _seconds(compute)
    finally:
        del separator.forward
    return Row(
        f"{4 * len(clips)} clips of 10 s computed, separator compiled, {system.precision}",
        "not compiled",
        eager,
        fast,
        None,
        f"the first batch took {compiling:.0f} s",
    )


def memory(preset: str, clips: int, precision: Precision) -> Row:
    """Peak memory of a JT step of so many clips, or of the largest part of them that fits.

    Args:
        preset: Sizes of the networks.
        clips: Of the step.
        precision: Of products.

    Raises:
        JssError: Not even four clips fit.
    """
    while clips > 4:
        try:
            return training.memory(preset, clips, precision)
        except JssError as error:
            if "out of memory" not in str(error):
                raise
        clips //= 2
    return training.memory(preset, clips, precision)


def hours(steps: dict[str, Row], accumulated: float) -> Row:
    """Hours of the paper's chain by the measured steps, ours beside the plain recipe.

    Args:
        steps: Stage -> seconds of its step, ours and the peer's.
        accumulated: Measured steps in a step of a detector.
    """
    c = load_preset("paper")
    detector = c.detection.epochs * EPOCH * accumulated / 3600
    counts = {
        "MixIT": c.separation.epochs * c.separation.steps / 3600,
        "SED": detector,
        "S1": detector,
        "JT": 2 * detector,
    }
    own = sum(n * steps[stage].ours for stage, n in counts.items())
    plain = sum(n * steps[stage].peer_cost for stage, n in counts.items())
    own_hours = ", ".join(f"{stage} {n * steps[stage].ours:.1f}" for stage, n in counts.items())
    note = (
        f"hours: {own_hours}; {c.separation.epochs} epochs of {c.separation.steps} steps of MixIT, which "
        f"may stop earlier, {c.detection.epochs} of {EPOCH} of the others; JT with S2, counted as one more "
        "JT; without waiting for data"
    )
    what = "the chain of paper: MixIT, SED, S1, S2, JT for one selection"
    return Row(what, "the plain recipe", plain, own, None, note, "h")


def _batches(clips: Sequence[Float32], size: int) -> Iterator[list[Float32]]:
    """Batches of clips of one length."""
    same = [clip for clip in clips if len(clip) == len(clips[0])]
    for start in range(0, len(same), size):
        yield same[start : start + size]


def _seconds(part: Callable[[], None]) -> float:
    start = time.perf_counter()
    part()
    return time.perf_counter() - start


def _wait(system: Any) -> None:
    """Wait until the device has done all."""
    if system.device.type == "cuda":
        torch.cuda.synchronize(system.device)


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
