"""Batches of scenes as functions of (seed, epoch, step), with labels at the frames of the STFT."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from jss.arrays import Float32
from jss.data.scenes.scenes import SceneSet
from jss.data.training.example import Example
from jss.decoding import encode
from jss.models.stft import HOP, HOP_S


class SceneBatch(NamedTuple):
    """A batch of B scenes with K classes."""

    #: (B, samples).
    mixture: Tensor
    #: (B, K, samples), a row for each class.
    sources: Tensor
    #: (B, K, frames) of 0 and 1.
    active: Tensor

    @property
    def present(self) -> Tensor:
        """Clip labels (B, K) of 0 and 1."""
        return self.active.amax(-1)


class SceneSteps(Dataset[SceneBatch]):
    """The batches of one epoch; the last one may be smaller.

    Args:
        scenes: The scenes.
        batch: Number of scenes in a batch.
        epoch: Number of the epoch.
        fresh: Whether every epoch has new scenes.
        order: Whether the scenes are in random order.
        seconds: Length of a random crop of each scene; 0 for whole scenes.
    """

    def __init__(
        self,
        scenes: SceneSet,
        batch: int,
        epoch: int = 0,
        *,
        fresh: bool = False,
        order: bool = True,
        seconds: float = 0.0,
    ) -> None:
        self.scenes, self.batch, self.epoch, size = scenes, batch, epoch, len(scenes)
        self.frames = round(seconds / HOP_S)
        rng = np.random.default_rng((scenes.seed, epoch, 3))
        self.numbers = (
            rng.permutation(size) if order and not fresh else np.arange(size) + fresh * epoch * size
        )

    def __len__(self) -> int:
        return -(-len(self.numbers) // self.batch)

    def __getitem__(self, step: int) -> SceneBatch:
        if step >= len(self):
            raise IndexError(step)
        numbers = self.numbers[step * self.batch : (step + 1) * self.batch]
        examples = [self.scenes[int(i)] for i in numbers]
        labels = self.scenes.recipe.labels
        batch = SceneBatch(
            torch.from_numpy(np.stack([e.mixture for e in examples])),
            torch.from_numpy(np.stack([e.sources for e in examples])),
            torch.from_numpy(np.stack([activity(e, labels) for e in examples])),
        )
        return self._crop(batch, step) if self.frames else batch

    def _crop(self, batch: SceneBatch, step: int) -> SceneBatch:
        """Cut the same interval from all scenes of a batch."""
        rng = np.random.default_rng((self.scenes.seed, self.epoch, step, 4))
        first = int(rng.integers(max(1, batch.active.shape[-1] - self.frames)))
        samples = slice(first * HOP, (first + self.frames) * HOP)
        active = batch.active[..., first : first + self.frames + 1]
        return SceneBatch(batch.mixture[..., samples], batch.sources[..., samples], active)


def activity(example: Example, labels: tuple[str, ...]) -> Float32:
    """Frame labels of a clip.

    Args:
        example: The clip.
        labels: The K class labels.

    Returns:
        (K, 1 + samples // 128) of 0 and 1.
    """
    return encode(example.events or (), labels, frames=1 + len(example.mixture) // HOP, hop=HOP_S)


def active_share(scenes: SceneSet) -> Float32:
    """Share of the frames in which each class is active, over all scenes: gamma of Eq. 4.

    It needs the labels only; the scenes are not rendered.

    Returns:
        (K,) in [0, 1].
    """
    labels, duration = scenes.recipe.labels, scenes.recipe.duration
    frames = 1 + round(duration / HOP_S)
    total = np.zeros(len(labels))
    for i in range(len(scenes)):
        total += encode(scenes.scene(i).events, labels, frames=frames, hop=HOP_S).mean(1)
    return np.asarray(total / len(scenes), np.float32)
