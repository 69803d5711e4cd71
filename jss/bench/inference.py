"""A clip through a joint system, against Asteroid's ConvTasNet and an eager CRNN composed plainly.

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

HELP = "a clip through a joint system against Asteroid's ConvTasNet and an eager CRNN"
SMALL = ("--clips", "2")
#: Smallest ratio wanted.
GOALS: dict[Precision, float] = {"fp32": 3.5, "bf16": 6.0}
#: Largest difference of scores from the peer's, which computes in float32.
APART: dict[Precision, float] = {"fp32": 1e-4, "bf16": 0.01}
#: Seconds that the first clip of a fresh process may take.
FIRST_S = 4.0


def add_system_argument(parser: argparse.ArgumentParser) -> None:
    """The system of a bench that separates."""
    parser.add_argument(
        "--system", default="MixIT-S1", help="a system with a separator (default: MixIT-S1)"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    add_system_argument(parser)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument(
        "--clips", type=int, default=8, metavar="N", help="of the shipped examples (default: 8)"
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure; rows of wall and CPU seconds per clip, also in bf16 where the CPU has units for it.

    Raises:
        JssError: An argument is out of range, or the system does not separate.
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
    """Seconds to the first clip of a fresh process: imports, weights, compiled kernels, the clip.

    Until its result is there; the end of the process is not counted. Best of three, since files may
    have to come from the disk.

    Args:
        system: Name of the system.
        device: cpu or cuda.
    """
    clip = Path(jss.__file__).parent / "examples" / "cat-dog.flac"
    code = (
        "import sys, time, jss; jss.load_system(sys.argv[1], device=sys.argv[2])(sys.argv[3]); "
        "print(time.time() - float(sys.argv[4]))"
    )
    seconds = min(
        float(
            alone([sys.executable, "-c", code, system, device, str(clip), str(time.time())]).output
        )
        for _ in range(3)
    )
    return Row(
        f"{system}, the first clip in a fresh process, {device}",
        "budget",
        FIRST_S,
        seconds,
        1.0,
        "best of 3",
    )


def compare(system: Any, clips: list[Float32]) -> list[Row]:
    """Rows of wall and CPU seconds, medians over all clips but the first.

    Args:
        system: The system.
        clips: Each (samples,) at 16 kHz.
    """
    from jss.features import SCORE_HOP_S

    plain = peer(system)
    spent: list[list[tuple[float, float]]] = [[], []]
    largest, changed, precision = 0.0, [], system.precision
    for clip in clips:
        scores_of_both = []
        for side, run_one in enumerate((lambda x: system(x).scores, plain)):
            wall, processor = time.perf_counter(), time.process_time()
            scores_of_both.append(run_one(clip))
            spent[side].append((time.perf_counter() - wall, time.process_time() - processor))
        largest = max(largest, float(np.abs(scores_of_both[0] - scores_of_both[1]).max()))
        our_events, their_events = (
            {
                *decode(
                    scores, system.labels, hop=SCORE_HOP_S, duration=len(clip) / audio.SAMPLE_RATE
                )
            }
            for scores in scores_of_both
        )
        changed += [
            f"{label} {onset:.2f} to {offset:.2f} s ({who})"
            for who, events in (
                ("ours", our_events - their_events),
                ("the peer's", their_events - our_events),
            )
            for onset, offset, label in sorted(events)
        ]
    note = (
        f"{len(clips)} clips, scores differ by {largest:.0e} ({APART[precision]:.0e} allowed), "
        f"{', '.join(changed) or 'no event'} decoded differently"
    )
    rows = []
    for column, what in enumerate(("wall", "CPU")):
        ours, theirs = (
            statistics.median(times[column] for times in of_side[1:]) for of_side in spent
        )
        rows.append(
            Row(
                f"{system.name}, a 10 s clip, {precision}, {what}, {_where(system.device)}",
                "Asteroid + eager CRNN",
                theirs,
                ours,
                GOALS[precision],
                note,
                agrees=largest <= APART[precision] and not (changed and precision == "fp32"),
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
    """The plain composition as a function from (samples,) to pooled scores (K, T).

    Its pooling is the maximum (Eq. 28).

    Raises:
        JssError: The system has other parts than the peer.
    """
    from jss.features import scale, to_db
    from jss.models.joint import JointModel
    from jss.models.pooling import max_pool
    from jss.models.separator import ConvTasNet

    model = system.model
    if (
        type(model) is not JointModel
        or not isinstance(model.separator, ConvTasNet)
        or (model.pool, model.scaling, model.consistent) != (max_pool, "clip", False)
    ):
        raise JssError(
            f"{system.name} is not a Conv-TasNet and a CRNN whose scores are pooled by the maximum, as "
            "the peer is: name a system such as MixIT-S1."
        )
    separator, detector, mel = (
        asteroid_separator(model.separator).eval().to(system.device),
        plain_crnn(model.detector).eval().to(system.device),
        model.mel,
    )

    @torch.inference_mode()
    def run_one(clip: Float32) -> Float32:
        sources = separator(torch.from_numpy(clip).to(system.device)[None])[0]
        strong = [eager_crnn(detector, scale(to_db(mel(source[None]))))[0][0] for source in sources]
        return np.asarray(torch.stack(strong).amax(0).cpu().numpy(), np.float32)

    return run_one
