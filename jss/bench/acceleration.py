"""What each part of ``jss.models.fast`` pays: a pass with all of them, beside the same without one.

A part stays if it takes a third off the pass that it is for: a ratio of 1.5.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from jss.bench.precisions import precisions
from jss.bench.table import Row
from jss.config import load_preset
from jss.errors import JssError
from jss.models.crnn import CRNN
from jss.models.fast import accelerate
from jss.models.precision import Precision, products
from jss.models.separator import ConvTasNet

HELP = "what each acceleration of the networks pays on the CPU, beside the same pass without it"
SMALL = ("--preset", "smoke", "--seconds", "1", "--repeat", "1")
GOAL = 1.5
#: How far a pass may be from the one without the part, relative to its largest value.
APART: dict[Precision, float] = {"fp32": 1e-4, "bf16": 0.05}
SOURCES, BATCH, MELS_A_SECOND = 4, 10, 62.5

Pass = Callable[[], Tensor]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    parser.add_argument(
        "--preset", default="desk", metavar="NAME", help="sizes of the networks (default: desk)"
    )
    parser.add_argument(
        "--seconds", type=float, default=10.0, metavar="S", help="of a clip (default: 10)"
    )
    parser.add_argument(
        "--repeat", type=int, default=5, metavar="N", help="timed passes of each (default: 5)"
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure.

    Returns:
        Rows of wall and CPU seconds, one pair a part and precision.

    Raises:
        JssError: where an argument is out of its range.
    """
    if not 1 <= args.seconds <= 60 or args.repeat < 1:
        raise JssError("--seconds is from 1 to 60, --repeat 1 or more.")
    config = load_preset(args.preset)
    torch.manual_seed(0)
    separator = accelerate(ConvTasNet(config.separator)).eval()
    detector = accelerate(CRNN(config.detector))
    waveform = 0.1 * torch.randn(1, round(16000 * args.seconds))
    mels = torch.rand(SOURCES, config.detector.n_mels, round(MELS_A_SECOND * args.seconds))
    batch = torch.rand(BATCH, config.detector.n_mels, round(MELS_A_SECOND * args.seconds))
    parts: list[tuple[str, str, nn.Module, type[nn.Module], Callable[[Any], Tensor]]] = [
        ("tiles", "separation of a clip", separator, ConvTasNet, lambda m: _given(m, waveform)),
        (
            "compiled GRU",
            f"detection in {SOURCES} sources",
            copy.deepcopy(detector).eval(),
            nn.GRU,
            lambda m: _given(m, mels),
        ),
        (
            "compiled GRU",
            f"a student's and a teacher's pass over {BATCH} clips",
            detector,
            nn.GRU,
            lambda m: _learn(m, batch),
        ),
        (
            "dropout of bytes",
            f"a student's and a teacher's pass over {BATCH} clips",
            detector,
            nn.Dropout,
            lambda m: _learn(m, batch),
        ),
        (
            "channels last",
            f"a student's and a teacher's pass over {BATCH} clips",
            detector,
            nn.Conv2d,
            lambda m: _learn(m, batch),
        ),
    ]
    rows = []
    for part, what, network, plain, work in parts:
        for precision in precisions():
            rows += compare(part, what, network, plain, work, precision, args.repeat)
    return rows


def compare(
    part: str,
    what: str,
    network: nn.Module,
    plain: type[nn.Module],
    work: Callable[[Any], Tensor],
    precision: Precision,
    repeat: int,
) -> list[Row]:
    """Rows of wall and CPU seconds of a pass, medians of interleaved ones after a first of each.

    Args:
        part, what: names of the part, and of the pass that it is for.
        network: accelerated.
        plain: the class whose modules are plain in the pass beside it.
        work: the pass of a network.
        precision: of the products.
        repeat: timed passes of each.
    """
    networks = network, without(copy.deepcopy(network), plain)
    spent: list[list[tuple[float, float]]] = [[], []]
    results = []
    with products("cpu", precision):
        for one in networks:
            torch.manual_seed(0)
            results.append(work(one).detach().float())
        for _ in range(repeat):
            for which, one in enumerate(networks):
                wall, processor = time.perf_counter(), time.process_time()
                work(one)
                spent[which].append((time.perf_counter() - wall, time.process_time() - processor))
    apart = float((results[0] - results[1]).abs().max() / results[1].abs().max())
    agrees = apart <= APART[precision] or plain is nn.Dropout  # which draws other numbers
    rows = []
    for column, clock in enumerate(("wall", "CPU")):
        own, peer = (statistics.median(found[column] for found in one) for one in spent)
        name = f"{part}: {what}, {precision}, {clock}"
        rows.append(Row(name, "without", peer, own, GOAL, f"{apart:.0e} apart", agrees=agrees))
    return rows


def without(network: nn.Module, plain: type[nn.Module]) -> nn.Module:
    """An accelerated network whose modules of a class are plain again. -> the network."""
    for module in network.modules():
        if isinstance(module, plain):
            module.__class__ = plain
            if isinstance(module, nn.Conv2d):
                module.weight.data = module.weight.data.contiguous()
    return network


@torch.no_grad()
def _given(network: nn.Module, x: Tensor) -> Tensor:
    """Sources, or strong scores."""
    found = network(x)
    return found if isinstance(found, Tensor) else found.strong  # type: ignore[no-any-return]


def _learn(detector: nn.Module, batch: Tensor) -> Tensor:
    """A teacher's pass, and a student's with gradients. -> what the student gives."""
    with torch.no_grad():
        target = detector(batch).strong
    found: Tensor = detector(batch).strong
    detector.zero_grad()
    (found - target - 1).square().mean().backward()
    return found
