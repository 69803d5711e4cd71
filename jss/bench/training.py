"""A training step, against the same step with Asteroid's ConvTasNet, an eager CRNN and a loop.

Both start from the same weights and take the same batch. Dropout is off and BatchNorm uses its
running statistics, because a loop over sources would otherwise normalise each source separately and
the losses could not be compared.
"""

from __future__ import annotations

import argparse
import copy
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from jss.bench.alone import alone, gigabytes
from jss.bench.plain import asteroid_separator, eager_crnn
from jss.bench.precisions import precisions
from jss.bench.table import Row
from jss.config import Config, load_preset
from jss.errors import JssError
from jss.labels import DESED_LABELS
from jss.models.precision import Precision, products
from jss.training.allocator import reusing_memory

if TYPE_CHECKING:
    from jss.data.training.batching import DetectionBatch
    from jss.data.training.datasets import TrainingData
    from jss.training.detection import DetectionTask

HELP = "a training step against the same one on Asteroid's ConvTasNet and an eager CRNN"
SMALL = ("--preset", "smoke", "--repeat", "1")
#: Smallest ratio wanted of each stage's step in bf16; fp32 has no goal.
GOALS = {"SED": 2.0, "JT": 4.0}
#: The peer of each stage.
PEERS = {
    "SED": "eager CRNN",
    "S1": "Asteroid + eager CRNN",
    "JT": "Asteroid + eager CRNN",
    "MixIT": "Asteroid",
}
#: Smallest ratio wanted of an S1 step on saved sources.
SAVED_GOAL = 2.0
#: Largest difference of the two losses.
APART = 1e-3
#: Memory allowed for a batch, of the host or of a GPU, in GB.
HOST_GB, GPU_GB = 24.0, 80.0

#: Of every preset here: no processes, and few sounds to render from.
SETTINGS = ("data.workers=0", "data.sounds=4")

Step = Callable[[], float]
#: A step, and how memory is used while it runs.
Side = tuple[Step, Callable[[], AbstractContextManager[None]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    parser.add_argument(
        "--preset", default="paper", metavar="NAME", help="networks and batch (default: paper)"
    )
    parser.add_argument(
        "--clips", type=int, default=4, metavar="N", help="of a micro-batch, 1 : 1 : 2 (default: 4)"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="timed steps of each (default: 3)"
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure; rows of wall and CPU seconds by stage and precision, and one of memory.

    Raises:
        JssError: An argument is out of range.
    """
    if args.clips < 4 or args.clips % 4 or args.repeat < 1:
        raise JssError(
            "--clips is a multiple of 4 (synthetic, weak and unlabelled clips are 1 : 1 : 2), --repeat 1 "
            "or more."
        )
    rows, both = [], precisions()
    for stage in GOALS:
        for precision in both:
            rows += compare(stage, args.preset, args.clips, precision, args.repeat)
    rows += [saved_sources(args.preset, args.clips, each, args.repeat) for each in both]
    return [*rows, memory(args.preset, args.clips)]


def compare(stage: str, preset: str, clips: int, precision: Precision, repeat: int) -> list[Row]:
    """Rows of wall and CPU seconds of an optimizer step: ours, which keep freed memory between steps
    as training does, and the plain one.

    Args:
        stage: A key of ``PEERS``.
        preset: Sizes of the networks.
        clips: In the batch; pairs of them for MixIT.
        precision: Of products.
        repeat: Number of timed steps.
    """
    ours, plain = steps(stage, preset, clips, precision)
    losses = ours(), plain()
    spent = _timed((ours, reusing_memory), (plain, nullcontext), repeat)
    difference = abs(losses[0] - losses[1])
    note = f"loss {losses[0]:.6f}, peer's {losses[1]:.6f}, differ by {difference:.0e}"
    rows = []
    for clock, (our_seconds, their_seconds) in spent.items():
        goal = GOALS.get(stage) if precision == "bf16" else None
        rows.append(
            Row(
                f"{stage} step of {clips} {'pairs' if stage == 'MixIT' else 'clips'}, {precision}, {clock}",
                PEERS[stage],
                their_seconds,
                our_seconds,
                goal,
                note,
                agrees=difference <= APART,
            )
        )
    return rows


def _timed(ours: Side, theirs: Side, repeat: int) -> dict[str, tuple[float, float]]:
    """Median seconds of a step of each side, by the clock: wall and CPU.

    The sides take turns of two steps, of which the first is not counted: it brings back what the
    other side displaced.
    """
    clocks = {"wall": time.perf_counter, "CPU": time.process_time}
    spent: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in clocks}
    for _ in range(repeat):
        for side, (step, memory_use) in enumerate((ours, theirs)):
            with memory_use():
                step()
                begin = {name: clock() for name, clock in clocks.items()}
                step()
                for name, clock in clocks.items():
                    spent[name][side].append(clock() - begin[name])
    return {
        name: (statistics.median(first), statistics.median(second))
        for name, (first, second) in spent.items()
    }


def steps(stage: str, preset: str, clips: int, precision: Precision = "fp32") -> tuple[Step, Step]:
    """Our step and the plain one, from the same weights and batch.

    Args:
        stage: A key of ``PEERS``.
        preset: Sizes of the networks.
        clips: In the batch.
        precision: Of products.

    Returns:
        Two functions, each of which returns its loss before the update.
    """
    if stage == "MixIT":
        return _separation_steps(preset, clips, precision)
    task, batch = _task(stage, preset, clips, precision)
    student = task.student
    peer = Plain(student.detector, student.separator, "separator" in task.trained).to(task.device)
    _freeze_randomness(peer)
    learned = [parameter for parameter in peer.student.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=task.rate)
    count = 0

    def plain() -> float:
        nonlocal count
        loss = _learn(task, optimizer, lambda: peer.losses(batch))
        count += 1
        peer.follow(count, task.c.ema)
        return loss

    return _step(task, batch), plain


def _separation_steps(preset: str, pairs: int, precision: Precision) -> tuple[Step, Step]:
    """Steps of MixIT (Eq. 17): ours, and Asteroid's separator with the same loss.

    Args:
        preset: Sizes of the networks.
        pairs: Of mixtures, in the batch.
        precision: Of products.
    """
    from jss.data.training.batching import SeparationSteps, loader
    from jss.losses.mixit import mixit_loss
    from jss.models.separator import ConvTasNet
    from jss.training.separation import SeparationTask

    config = _config(preset, 4, precision)
    c = replace(config.separation, batch=pairs, validation=1)
    pool = _data(preset).pool("detection", "mixit")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        separator = ConvTasNet(config.separator)
    peer = asteroid_separator(separator)
    task = SeparationTask(Path(), config, c, pool, separator, "mixit", 1e-3)
    batch = next(iter(loader(SeparationSteps(pool, config, c, "mixit", 0), 0)))
    task, peer = task.to(_device()).train(), peer.to(_device()).train()
    targets = batch.targets.to(_device())

    def plain() -> Tensor:
        losses, _ = mixit_loss(peer(targets.sum(1)), targets)
        loss: Tensor = losses.mean() / targets.shape[1]
        return loss

    def step(loss_of: Callable[[], Tensor], network: nn.Module) -> Step:
        learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(learned, lr=task.rate)

        def learn() -> float:
            with products(_device(), precision):
                loss = loss_of()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()

        return learn

    return step(lambda: task.separation_loss(targets), task.separator), step(plain, peer)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _task(
    stage: str, preset: str, clips: int, precision: Precision
) -> tuple[DetectionTask, DetectionBatch]:
    """A stage of new networks, and a batch for it, on the device."""
    from jss.data.training.batching import DetectionSteps, loader
    from jss.models.crnn import CRNN
    from jss.models.separator import ConvTasNet
    from jss.training.detection import DetectionTask
    from jss.training.stages import STAGES

    config = _config(preset, clips, precision)
    data = _data(preset)
    steps = DetectionSteps(data, config, config.detection, DESED_LABELS, 0)
    batch = next(iter(loader(steps, 0))).to(_device())
    row = STAGES[stage]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        blocks: dict[str, nn.Module] = {"detector": CRNN(config.detector)}
        if row.separator is not None:
            blocks["separator"] = ConvTasNet(config.separator)
    task = DetectionTask(Path(), config, config.detection, data, DESED_LABELS, row, blocks)
    task.to(_device()).train()
    _freeze_randomness(task)
    return task, batch


def _learn(
    task: DetectionTask, optimizer: torch.optim.Optimizer, losses: Callable[[], dict[str, Tensor]]
) -> float:
    """One update of the optimizer; the loss before it."""
    with products(task.device, task.config.precision):
        terms = losses()
    loss = (
        terms["bce_strong"]
        + terms["bce_weak"]
        + task.c.consistency * (terms["mse_strong"] + terms["mse_weak"])
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _step(task: DetectionTask, batch: DetectionBatch) -> Step:
    """Our step."""
    from jss.training.mean_teacher import update_teacher

    optimizer = torch.optim.Adam(task.student.parameters(), lr=task.rate)
    count = 0

    def step() -> float:
        nonlocal count
        loss = _learn(task, optimizer, lambda: task.losses(batch))
        count += 1
        for name in task.trained:
            update_teacher(
                getattr(task.teacher, name), getattr(task.student, name), count, task.c.ema
            )
        return loss

    return step


def saved_sources(preset: str, clips: int, precision: Precision, repeat: int) -> Row:
    """A row of seconds of an S1 step on saved mels of the sources, beside the step that separates.

    Args:
        preset: Sizes of the networks.
        clips: In the batch.
        precision: Of products.
        repeat: Number of timed steps.
    """
    from jss.training.separated import mels_of

    task, batch = _task("S1", preset, clips, precision)
    with torch.no_grad(), products(task.device, precision):
        mels = mels_of(task.student, batch.audio).half()
    other, _ = _task("S1", preset, clips, precision)
    saved, separating = _step(task, batch._replace(mels=mels)), _step(other, batch)
    losses = saved(), separating()
    sides = (saved, reusing_memory), (separating, reusing_memory)
    ours, separated = _timed(*sides, repeat)["wall"]
    difference = abs(losses[0] - losses[1])
    return Row(
        f"S1 step of {clips} clips, {precision}, sources saved",
        "the same step with separation",
        separated,
        ours,
        SAVED_GOAL if precision == "bf16" else None,
        f"{ours / clips:.2f} s a clip; losses differ by {difference:.0e}",
        agrees=difference <= APART,
    )


class Plain(nn.Module):
    """Student and teacher, plainly written.

    Args:
        detector: Its weights are copied.
        separator: Its weights are copied; None: no separation.
        separator_learns: Whether it is trained; a frozen one runs once for both, without gradients.
    """

    def __init__(
        self, detector: nn.Module, separator: nn.Module | None, separator_learns: bool = True
    ) -> None:
        from jss.features import MelSpectrogram

        super().__init__()
        self.student = nn.ModuleDict({"detector": copy.deepcopy(detector)})
        if separator is not None:
            self.student["separator"] = asteroid_separator(separator).requires_grad_(
                separator_learns
            )
        self.shared = separator is not None and not separator_learns
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.mel = MelSpectrogram()

    def detect(
        self,
        network: nn.ModuleDict,
        audio: Tensor,
        mel: Tensor | None = None,
        sources: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Strong and weak scores, pooled over sources.

        Args:
            network: Student or teacher.
            audio: (batch, samples) at 16 kHz.
            mel: Of the audio, where there is no separator.
            sources: Of the audio, (batch, M, samples), where they are separated already.
        """
        from jss.features import scale, to_db

        if "separator" not in network:
            return eager_crnn(
                network["detector"], scale(to_db(self.mel(audio) if mel is None else mel))
            )
        if sources is None:
            sources = network["separator"](audio)
        scores = [
            eager_crnn(network["detector"], scale(to_db(self.mel(source))))
            for source in sources.unbind(1)
        ]
        return torch.stack([strong for strong, _ in scores]).amax(0), torch.stack(
            [weak for _, weak in scores]
        ).amax(0)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        """The four terms of Eq. 6.

        As in the DCASE recipe, the mixture's mels are computed once, their logarithm twice.
        """
        mel = None if "separator" in self.student else self.mel(batch.audio)
        with torch.no_grad():
            sources = self.student["separator"](batch.audio) if self.shared else None
            teacher_strong, teacher_weak = self.detect(self.teacher, batch.audio, mel, sources)
        strong, weak = self.detect(self.student, batch.audio, mel, sources)
        n, m = len(batch.strong), len(batch.weak)
        bce, mse = nn.BCELoss(), nn.MSELoss()
        return {
            "bce_strong": bce(strong[:n], batch.strong[..., : strong.shape[-1]]),
            "bce_weak": bce(weak[n : n + m], batch.weak),
            "mse_strong": mse(strong, teacher_strong),
            "mse_weak": mse(weak, teacher_weak),
        }

    def follow(self, step: int, ema: float) -> None:
        """Eq. 3, as the recipe writes it."""
        alpha = min(1.0 - 1.0 / (step + 1), ema)
        for average, parameter in zip(
            self.teacher.parameters(), self.student.parameters(), strict=True
        ):
            average.data.mul_(alpha).add_(parameter.data, alpha=1.0 - alpha)


def memory(preset: str, clips: int, precision: Precision = "fp32") -> Row:
    """Peak memory of a JT step in a process of its own, and the accumulation that a batch needs.

    Args:
        preset: Sizes of the networks.
        clips: In the micro-batch.
        precision: Of products.

    Raises:
        JssError: It does not fit.
    """
    command = f"from jss.bench.training import peak; peak({preset!r}, {clips}, {precision!r})"
    before, after = map(float, alone([sys.executable, "-c", command]).output.split()[-2:])
    device, limit = ("GPU", GPU_GB) if torch.cuda.is_available() else ("host", HOST_GB)
    batch = load_preset(preset).detection.batch
    most, total = math.gcd(*batch), sum(batch)
    fits = [
        n
        for n in range(1, most + 1)
        if most % n == 0 and before + (after - before) / clips * total / n <= limit
    ]
    need = f"accumulate={fits[0]}" if fits else "more than accumulation"
    note = (
        f"{before:.1f} GB before the step; a batch of {total} in {limit:g} GB needs {need}, "
        "scaled by clips; BatchNorm sees a micro-batch"
    )
    return Row(
        f"JT micro-batch of {clips} clips, {precision}, peak memory of the {device}",
        f"{limit:g} GB",
        limit,
        after,
        1.0,
        note,
        "GB",
    )


def peak(preset: str, clips: int, precision: Precision) -> None:
    """Print the process's peak memory in GB before and after one JT step of ours."""
    ours, _ = steps("JT", preset, clips, precision)
    before = _peak_so_far()
    with reusing_memory():
        ours()
    print(before, _peak_so_far())


def _peak_so_far() -> float:
    """Largest memory so far in GB, of the GPU where there is one, otherwise resident."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    return gigabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


@cache
def _data(preset: str) -> TrainingData:
    """Synthetic training data of a preset's sizes."""
    from jss.data.soundbank.synthbank import SYNTHSCAPES
    from jss.data.training.training_data import training_data

    return training_data(SYNTHSCAPES, load_preset(preset, SETTINGS))


def _config(preset: str, clips: int, precision: Precision) -> Config:
    """The preset with one micro-batch as its batch, of this precision, and no mixup."""
    config = load_preset(preset, SETTINGS)
    quarter = clips // 4
    c = replace(config.detection, batch=(quarter, quarter, 2 * quarter), accumulate=1, mixup=0.0)
    return replace(config, detection=c, precision=precision)


def _freeze_randomness(model: nn.Module) -> None:
    """Switch dropout off and BatchNorm to its running statistics.

    The GRU stays in training mode, for its gradients.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout | nn.BatchNorm2d):
            module.eval()
        elif isinstance(module, nn.GRU):
            module.dropout = 0.0
