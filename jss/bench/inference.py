"""A clip through a joint system, beside Asteroid's ConvTasNet and an eager CRNN composed plainly.

The peer takes one clip at a time and loops over its sources, in float32. Both have the same weights
and clips, and are measured in turn; the first clip of each is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import jss
from jss import audio
from jss.arrays import Float32
from jss.bench.alone import alone
from jss.bench.plain import asteroid_separator, eager_crnn, plain_crnn
from jss.bench.precisions import precisions
from jss.bench.table import Row
from jss.decoding import decode
from jss.errors import JssError
from jss.models.precision import Precision

HELP = "a clip through a joint system beside Asteroid's ConvTasNet and an eager CRNN"
SMALL = ("--clips", "2")
#: Least ratio wanted, and how far scores may be apart from the peer's, which computes in float32.
GOALS: dict[Precision, float] = {"fp32": 3.5, "bf16": 6.0}
APART: dict[Precision, float] = {"fp32": 1e-4, "bf16": 0.01}
#: Seconds that the first clip of a fresh process may take.
FIRST_S = 4.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    parser.add_argument(
        "--system", default="MixIT-S1", help="a system with a separator (default: MixIT-S1)"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument(
        "--clips", type=int, default=8, metavar="N", help="of the shipped examples (default: 8)"
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure. -> rows of wall and CPU seconds a clip, in bf16 too where there are units for it.
    Raises JssError.
    """
    from jss.inference.system import load_system

    if args.clips < 2:
        raise JssError("--clips is 2 or more: the first one warms up.")
    systems = [
        load_system(args.system, device=args.device, precision=precision)
        for precision in precisions()
    ]
    if not systems[0].separates:
        raise JssError(f"{args.system} has no separation stage: name one that has.")
    clips = [
        audio.load(path)
        for path in sorted((Path(jss.__file__).parent / "examples").glob("*.flac"))[: args.clips]
    ]
    rows = [row for system in systems for row in compare(system, clips)]
    return [*rows, first(args.system, systems[0].device.type)]


def first(system: str, device: str) -> Row:
    """What somebody waits for the first clip: a fresh process, imports, weights, kernels (compiled
    before) and a clip.

    Until its result is there: what the process does to end is not counted. Best of three, since
    files may have to come from the disk.
    """
    clip = Path(jss.__file__).parent / "examples" / "cat-dog.flac"
    code = (
        "import sys, time, jss; jss.load_system(sys.argv[1], device=sys.argv[2])(sys.argv[3]); "
        "print(time.time() - float(sys.argv[4]))"
    )
    spent = min(
        float(
            alone([sys.executable, "-c", code, system, device, str(clip), str(time.time())]).output
        )
        for _ in range(3)
    )
    return Row(
        f"{system}, the first clip in a fresh process, {device}",
        "budget",
        FIRST_S,
        spent,
        1.0,
        "best of 3",
    )


def compare(system: Any, clips: list[Float32]) -> list[Row]:
    """Rows of wall and CPU seconds, medians over all clips but the first. clips: each (samples,)."""
    from jss.features import SCORE_HOP_S

    plain = peer(system)
    spent: list[list[tuple[float, float]]] = [[], []]
    furthest, changed, precision = 0.0, [], system.precision
    for clip in clips:
        found = []
        for which, run_one in enumerate((lambda x: system(x).scores, plain)):
            wall, processor = time.perf_counter(), time.process_time()
            found.append(run_one(clip))
            spent[which].append((time.perf_counter() - wall, time.process_time() - processor))
        furthest = max(furthest, float(np.abs(found[0] - found[1]).max()))
        own, other = (
            {
                *decode(
                    scores, system.labels, hop=SCORE_HOP_S, duration=len(clip) / audio.SAMPLE_RATE
                )
            }
            for scores in found
        )
        changed += [
            f"{label} {onset:.2f} to {offset:.2f} s ({who})"
            for who, events in (("ours", own - other), ("the peer's", other - own))
            for onset, offset, label in sorted(events)
        ]
    note = (
        f"{len(clips)} clips, scores {furthest:.0e} apart ({APART[precision]:.0e} allowed), "
        f"{', '.join(changed) or 'no event'} decoded otherwise"
    )
    rows = []
    for column, what in enumerate(("wall", "CPU")):
        ours, theirs = (statistics.median(found[column] for found in one[1:]) for one in spent)
        rows.append(
            Row(
                f"{system.name}, a 10 s clip, {precision}, {what}, {_where(system.device)}",
                "Asteroid + eager CRNN",
                theirs,
                ours,
                GOALS[precision],
                note,
                agrees=furthest <= APART[precision] and not (changed and precision == "fp32"),
            )
        )
    return rows


def _where(device: torch.device) -> str:
    return (
        f"{torch.get_num_threads()} threads"
        if device.type == "cpu"
        else torch.cuda.get_device_name(device)
    )


def peer(system: Any) -> Callable[[Float32], Float32]:
    """The plain composition: (samples,) -> pooled scores (K, T). Its pooling is the maximum (Eq.
    28).
    """
    from jss.features import scale, to_db

    separator, detector, mel = (
        asteroid_separator(system.model.separator).eval().to(system.device),
        plain_crnn(system.model.detector).eval().to(system.device),
        system.model.mel,
    )

    @torch.inference_mode()
    def run_one(clip: Float32) -> Float32:
        sources = separator(torch.from_numpy(clip).to(system.device)[None])[0]
        strong = [eager_crnn(detector, scale(to_db(mel(source[None]))))[0][0] for source in sources]
        return np.asarray(torch.stack(strong).amax(0).cpu().numpy(), np.float32)

    return run_one
