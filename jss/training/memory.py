"""How much memory a training step needs, estimated from one short clip: what autograd keeps grows
with the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from jss.config import Config, DetectionConfig, SeparationConfig
from jss.data.training.batching import DetectionBatch
from jss.data.training.datasets import SeparationPool, TrainingData
from jss.features import SAMPLE_RATE, score_frames
from jss.models.branches import Balance
from jss.models.precision import bf16_units
from jss.training.blocks import new_block
from jss.training.detection import DetectionTask
from jss.training.separation import SeparationTask
from jss.training.stages import Stage

#: Seconds of the clip that is tried.
SECONDS = 2.0


def gigabytes(count: float) -> str:
    """1234567890 -> "1.2 GB"; 12345678 -> "12 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"


def saved_bytes(run: Callable[[], Tensor], parameters: Iterable[Tensor] = ()) -> int:
    """Bytes that autograd holds until the backward pass of ``run()``, each piece of memory counted
    once: saved tensors, and what a Function holds as an attribute of its context.

    Args:
        run: Computes a loss.
        parameters: Tensors that are there anyway, which are not counted.
    """
    permanent = {tensor.untyped_storage().data_ptr() for tensor in parameters}
    saved: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in permanent:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = run()
    for node in _nodes(loss):
        for tensor in _tensors(list(getattr(node, "__dict__", {}).values())):
            count(tensor)
    del loss, node  # only now may memory be used again, under the same address
    return sum(saved.values())


def _nodes(loss: Tensor) -> Iterator[Any]:
    """The nodes of the graph that computed a loss."""
    waiting, visited = [loss.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in visited:
            visited.add(node)
            waiting += [parent for parent, _ in node.next_functions]
            yield node


def _tensors(value: object) -> Iterator[Tensor]:
    """The tensors in lists, tuples and dataclasses, nested as they may be."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _tensors(getattr(value, field.name))


def separation_memory(
    config: Config, stage: Stage, c: SeparationConfig, pool: SeparationPool
) -> float:
    """Bytes of weights, gradients, Adam's two moments and one step of a separator's stage."""
    config = replace(config, compile=False)
    start = "new TDCN++" if stage.separator == "new TDCN++" else "new"
    separator = new_block(config, start, "separator", 1)
    task = SeparationTask(Path(), config, c, pool, separator, stage.loss, stage.learning_rate).to(
        _device()
    )
    seconds = min(SECONDS, c.seconds)
    rows = config.separator.n_src if stage.loss == "pit" else 2
    targets = torch.randn(1, rows, round(seconds * SAMPLE_RATE), device=task.device)
    one = _step(task, config.precision, lambda: task.separation_loss(targets))
    clips: float = c.batch / config.processes * c.seconds / seconds
    return 16 * _size(separator) + one * clips


def detection_memory(
    config: Config, stage: Stage, c: DetectionConfig, data: TrainingData, labels: Sequence[str]
) -> float:
    """Bytes of weights, gradients, Adam's two moments, the teacher and one micro-batch of a
    detector's stage.
    """
    config = replace(config, compile=False)
    blocks: dict[str, nn.Module] = {}
    for block in ("separator", "detector", "mixture"):
        start = getattr(stage, block)
        if start is not None:
            kind = "new TDCN++" if start == "TDCN" else "new"
            blocks[block] = new_block(config, kind, block, len(labels))
    if "mixture" in blocks:
        blocks["balance"] = Balance(0.5)
    task = DetectionTask(Path(), config, c, data, labels, stage, blocks).to(_device())
    seconds = min(SECONDS, config.data.seconds)
    samples, classes = round(seconds * SAMPLE_RATE), len(labels)
    batch = DetectionBatch(
        torch.randn(2, samples),
        torch.zeros(1, classes, score_frames(samples)),
        torch.zeros(1, classes),
        torch.arange(2),
        torch.ones(2),
    )
    batch = DetectionBatch(*(part.to(task.device) for part in batch))
    one = (
        _step(task, config.precision, lambda: torch.stack([*task.losses(batch).values()]).sum()) / 2
    )
    learning = sum(_size(blocks[name]) for name in stage.trains)
    fixed = sum(_size(block) for name, block in blocks.items() if name not in stage.trains)
    clips: float = sum(c.batch) / (c.accumulate * config.processes) * config.data.seconds / seconds
    return 20 * learning + 4 * fixed + one * clips


def _step(task: nn.Module, precision: str, run: Callable[[], Tensor]) -> int:
    """What autograd keeps of one step, in the precision that training will have."""
    task.train()
    half = precision == "bf16" and bf16_units()
    with (
        torch.random.fork_rng(),
        torch.autocast(_device(), torch.bfloat16) if half else nullcontext(),
    ):
        return saved_bytes(run, [*task.parameters(), *task.buffers()])


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _size(block: nn.Module) -> int:
    """Numbers in a block."""
    return sum(parameter.numel() for parameter in block.parameters())
