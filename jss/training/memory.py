"""How much memory training needs: the peak of one step on short clips, scaled up to the batch."""

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

from jss.checkpoints import Folder
from jss.config import Config, DetectionConfig, SeparationConfig
from jss.data.training.batching import DetectionBatch
from jss.data.training.datasets import SeparationPool, TrainingData
from jss.features import SAMPLE_RATE, score_frames
from jss.models.branches import Balance
from jss.models.precision import bf16_units
from jss.training.blocks import start_network
from jss.training.detection import DetectionTask
from jss.training.separation import SeparationTask
from jss.training.stages import Stage

#: Seconds of the short clips.
SECONDS = 1.0


def gigabytes(count: float) -> str:
    """1234567890 -> "1.2 GB"; 12345678 -> "12 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"


class _AllocationTracker(TorchDispatchMode):
    """Adds up the memory of live tensors; ``peak`` is the most, in bytes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.sizes: dict[int, int] = {}
        self.current = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Torch's hook, called for every operation."""
        result = func(*args, **(kwargs or {}))
        tree_map_only(Tensor, self._track, result)
        return result

    def _track(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.current += storage.nbytes()
            self.peak = max(self.peak, self.current)
            weakref.finalize(storage, self._free, key)
        return tensor

    def _free(self, key: int) -> None:
        self.current -= self.sizes.pop(key)


def peak_bytes(loss: Callable[[], Tensor], parameters: Iterable[Tensor]) -> int:
    """The most memory that a loss and its backward pass need beside weights and gradients.

    Args:
        loss: Computes it.
        parameters: Of the trained networks. Their gradients are allocated first, so that they are
            not counted.
    """
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter) if parameter.requires_grad else None
    tracker = _AllocationTracker()
    with tracker:
        loss().backward()
    return tracker.peak


def separation_memory(
    config: Config, stage: Stage, c: SeparationConfig, pool: SeparationPool, folder: Folder = None
) -> float:
    """Memory of a separator's stage in bytes: weights, gradients, Adam's moments and one step.

    Args:
        config: The preset.
        stage: The row of the stage, with the blocks that are finished (``blocks.with_blocks``).
        c: Its settings.
        pool: What it learns from.
        folder: That of blocks and systems.

    Raises:
        JssError: There is no block that the row names.
    """
    config = replace(config, compile=False)
    assert stage.separator is not None
    separator = start_network(config, stage.separator, "separator", 1, folder)
    task = SeparationTask(Path(), config, c, pool, separator, stage.loss, stage.learning_rate).to(
        _device()
    )
    seconds = min(SECONDS, c.seconds)
    rows = config.separator.n_src if stage.loss == "pit" else 2
    targets = torch.randn(1, rows, round(seconds * SAMPLE_RATE), device=task.device)
    per_clip = _step(task, config.precision, lambda: task.separation_loss(targets))
    clips: float = c.batch / config.processes * c.seconds / seconds
    return 16 * _size(separator) + per_clip * clips


def detection_memory(
    config: Config,
    stage: Stage,
    c: DetectionConfig,
    data: TrainingData,
    labels: Sequence[str],
    folder: Folder = None,
) -> float:
    """Memory of a detector's stage in bytes, with that of the teacher and of one micro-batch.

    Args:
        config: The preset.
        stage: The row of the stage, with the blocks that are finished (``blocks.with_blocks``).
        c: Its settings.
        data: What it learns from.
        labels: The K classes.
        folder: That of blocks and systems.

    Raises:
        JssError: There is no block that the row names.
    """
    config = replace(config, compile=False)
    blocks: dict[str, nn.Module] = {
        block: start_network(config, start, block, len(labels), folder)
        for block, start in stage.starts.items()
    }
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
    batch = batch.to(task.device)
    both_clips = _step(
        task, config.precision, lambda: torch.stack([*task.losses(batch).values()]).sum()
    )
    trained = sum(_size(blocks[name]) for name in stage.trains)
    frozen = sum(_size(block) for name, block in blocks.items() if name not in stage.trains)
    clips: float = sum(c.batch) / (c.accumulate * config.processes) * config.data.seconds / seconds
    return 20 * trained + 4 * frozen + both_clips / 2 * clips


def _step(task: nn.Module, precision: str, loss: Callable[[], Tensor]) -> int:
    """The peak of one step in bytes, in the precision of the training."""
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
    """The number of a block's parameters."""
    return sum(parameter.numel() for parameter in block.parameters())
