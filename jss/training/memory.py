"""How much memory a training step needs: the peak of one that is tried on short clips, in proportion
to the batch.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

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

#: Seconds of the clips that are tried.
SECONDS = 1.0


def gigabytes(count: float) -> str:
    """1234567890 -> "1.2 GB"; 12345678 -> "12 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"


class _Live(TorchDispatchMode):
    """Adds up the memory of tensors while they live; ``most`` is the peak in bytes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.sizes: dict[int, int] = {}
        self.now = self.most = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # torch's hook: every operation
        result = func(*args, **(kwargs or {}))
        tree_map_only(Tensor, self._note, result)
        return result

    def _note(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self._free, key)
        return tensor

    def _free(self, key: int) -> None:
        self.now -= self.sizes.pop(key)


def peak_bytes(loss: Callable[[], Tensor], parameters: Iterable[Tensor]) -> int:
    """The most memory that ``loss()`` and its backward pass need beside weights and gradients.

    parameters: of the networks that learn; their gradients are there before.
    """
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter) if parameter.requires_grad else None
    live = _Live()
    with live:
        loss().backward()
    return live.most


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


def _step(task: nn.Module, precision: str, loss: Callable[[], Tensor]) -> int:
    """The peak of one step, in the precision that training will have."""
    task.train()
    half = precision == "bf16" and bf16_units()
    with (
        torch.random.fork_rng(),
        torch.autocast(_device(), torch.bfloat16) if half else nullcontext(),
    ):
        return peak_bytes(loss, task.parameters())


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _size(block: nn.Module) -> int:
    """Numbers in a block."""
    return sum(parameter.numel() for parameter in block.parameters())
