"""Speed-up of each part of ``jss.models.fast``: a pass with all of them, and one without it.

A part stays if it takes a third off the pass that it is for: a ratio of 1.5.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from jss.bench.precisions import precisions
from jss.bench.table import Row
from jss.config import load_preset
from jss.errors import JssError
from jss.models.critic import Critic
from jss.models.crnn import CRNN, ConvBlock
from jss.models.fast import accelerate
from jss.models.precision import Precision, products
from jss.models.separator import ConvTasNet
from jss.models.stft import BINS

HELP = "speed-up by each acceleration of the networks on a CPU, against the same pass without it"
SMALL = ("--preset", "smoke", "--seconds", "1", "--repeat", "1")
GOAL = 1.5
#: Largest difference from the pass without the part, relative to its largest value.
APART: dict[Precision, float] = {"fp32": 1e-4, "bf16": 0.05}
#: Clips of a batch; frames a second of log-mels and of the STFT.
CLIPS, MEL_RATE, STFT_RATE = 4, 62.5, 125.0


@dataclass(frozen=True)
class Part:
    """A part of ``jss.models.fast`` and a pass that it is for."""

    #: In the table.
    name: str
    #: The class whose modules are plain in the other pass.
    plain: type[nn.Module]
    #: Accelerated.
    network: nn.Module
    #: The pass; returns a tensor.
    compute: Callable[[Any], Tensor]
    #: Smallest ratio; None: no goal.
    goal: float | None = GOAL
    #: Whether the pass draws random numbers, so that results differ.
    draws: bool = False


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
    return [
        row
        for part in parts(args.preset, args.seconds)
        for precision in precisions()
        for row in compare(part, precision, args.repeat)
    ]


def parts(preset: str, seconds: float) -> list[Part]:
    """The parts with the networks of a preset, on clips of noise."""
    config = load_preset(preset)
    torch.manual_seed(0)
    separator, detector, critic = (
        accelerate(network)
        for network in (
            ConvTasNet(config.separator).eval(),
            CRNN(config.detector),
            Critic(config.critic),
        )
    )
    waveform = 0.1 * torch.randn(1, round(16000 * seconds))
    mels = torch.rand(CLIPS, config.detector.n_mels, round(MEL_RATE * seconds))
    magnitudes = torch.rand(CLIPS, BINS, round(STFT_RATE * seconds))
    step = f"student and teacher on {CLIPS} clips"
    return [
        Part(
            "tiles: separation of a clip",
            ConvTasNet,
            separator,
            lambda network: _without_gradients(network, waveform),
        ),
        Part(
            f"GRU kernel: {step}",
            nn.GRU,
            detector,
            lambda network: _step(network, mels),
            draws=config.detector.dropout > 0,
        ),
        Part(
            f"GRU kernel: detection in {CLIPS} clips",
            nn.GRU,
            copy.deepcopy(detector).eval(),
            lambda network: _without_gradients(network, mels),
            goal=None,
        ),
        Part(
            f"blocks of convolution: detection in {CLIPS} clips",
            ConvBlock,
            copy.deepcopy(detector).eval(),
            lambda network: _without_gradients(network, mels),
        ),
        Part(
            f"dropout of bytes: {step}",
            nn.Dropout,
            detector,
            lambda network: _step(network, mels),
            draws=True,
        ),
        Part(
            f"channels last: critic on {CLIPS} clips",
            nn.Conv2d,
            critic,
            lambda network: _with_gradients(network, magnitudes),
        ),
    ]


def compare(part: Part, precision: Precision, repeat: int) -> list[Row]:
    """Rows of wall and CPU seconds: medians of interleaved passes.

    The first pass of each is not counted.

    Args:
        part: The part and its pass.
        precision: Of products.
        repeat: Number of timed passes.
    """
    networks = part.network, without(copy.deepcopy(part.network), part.plain)
    times: list[list[tuple[float, float]]] = [[], []]
    with products("cpu", precision):
        results = [part.compute(network).detach().float() for network in networks]
        for _ in range(repeat):
            for side, network in enumerate(networks):
                wall, processor = time.perf_counter(), time.process_time()
                part.compute(network)
                times[side].append((time.perf_counter() - wall, time.process_time() - processor))
    difference = float((results[0] - results[1]).abs().max() / results[1].abs().max())
    note = "draws differ" if part.draws else f"differ by {difference:.0e}"
    agrees = part.draws or difference <= APART[precision]
    rows = []
    for column, clock in enumerate(("wall", "CPU")):
        ours, peer = (statistics.median(elapsed[column] for elapsed in pairs) for pairs in times)
        what = f"{part.name}, {precision}, {clock}"
        rows.append(Row(what, "without it", peer, ours, part.goal, note, agrees=agrees))
    return rows


def without(network: nn.Module, plain: type[nn.Module]) -> nn.Module:
    """Make the modules of one class of an accelerated network plain again.

    Args:
        network: Changed in place, and returned.
        plain: The class.
    """
    for module in network.modules():
        if isinstance(module, plain):
            module.__class__ = plain
            if isinstance(module, nn.Conv2d):
                weight = module.weight.data
                module.weight.data = torch.empty(weight.shape).copy_(weight)
    return network


@torch.no_grad()
def _without_gradients(network: nn.Module, x: Tensor) -> Tensor:
    """A forward pass: sources, or strong scores."""
    output = network(x)
    result: Tensor = output if isinstance(output, Tensor) else output.strong
    return result


def _with_gradients(network: nn.Module, x: Tensor) -> Tensor:
    """A forward and a backward pass: log-odds, or strong scores."""
    output = network(x)
    result: Tensor = output if isinstance(output, Tensor) else output.strong
    network.zero_grad()
    result.square().mean().backward()
    return result


def _step(network: nn.Module, x: Tensor) -> Tensor:
    """A teacher's pass, then a student's, forward and backward: the student's strong scores."""
    _without_gradients(network, x)
    return _with_gradients(network, x)
