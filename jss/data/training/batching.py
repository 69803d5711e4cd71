"""Batches as functions of (seed, epoch, step), so that a resumed run gets the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from jss.arrays import Float32
from jss.config import Config, DetectionConfig, SeparationConfig
from jss.data.training.datasets import SeparationPool, TrainingData
from jss.data.training.example import Example, Examples, fit
from jss.errors import JssError
from jss.features import SAMPLE_RATE

#: Subsets of a detector's training data, in the order of a batch.
SUBSETS = ("synthetic", "weak", "unlabelled")


class DetectionBatch(NamedTuple):
    """A batch of B clips: synthetic ones first, then weak, then unlabelled."""

    #: (B, samples); (B, 0) where ``mels`` take their place.
    audio: Tensor
    #: (n_synthetic, K, T).
    strong: Tensor
    #: (n_weak, K).
    weak: Tensor
    #: (B,) index of each clip's partner in mixup.
    order: Tensor
    #: (B,) weight of the clip itself in mixup; one where there is no mixup.
    share: Tensor
    #: (B, rows, mels, frames) in half precision: mel magnitudes of sources that were separated
    #: before (jss.training.separated).
    mels: Tensor | None = None

    def to(self, device: torch.device | str) -> DetectionBatch:
        """The batch on a device."""
        return DetectionBatch(
            self.audio.to(device),
            self.strong.to(device),
            self.weak.to(device),
            self.order.to(device),
            self.share.to(device),
            None if self.mels is None else self.mels.to(device),
        )


class SeparationBatch(NamedTuple):
    """A batch of B separation targets, whose sums are the inputs."""

    #: (B, n, samples): the two mixtures (MixIT) or the sources padded to M (PIT).
    targets: Tensor


class DetectionSteps(Dataset[DetectionBatch]):
    """The detection batches of one epoch, which ends with the shortest subset.

    Each batch is divided into as many micro-batches (``parts``) as all processes accumulate
    together.

    Args:
        data: The training data.
        config: The configuration.
        c: Its detection stage.
        labels: The K class labels.
        epoch: Number of the epoch.

    Raises:
        JssError: The batch cannot be divided, or a subset is empty or too small.
    """

    def __init__(
        self,
        data: TrainingData,
        config: Config,
        c: DetectionConfig,
        labels: Sequence[str],
        epoch: int,
    ):
        self.data, self.c, self.labels = data, c, labels
        self.seed, self.epoch = config.seed, epoch
        self.parts = c.accumulate * config.processes
        self.sizes = tuple(n // self.parts for n in c.batch)
        if any(n % self.parts for n in c.batch) or not any(self.sizes[:2]):
            raise JssError(
                f"A batch of {c.batch} cannot be cut into {self.parts} equal micro-batches: "
                "make accumulate divide every number, on several devices accumulate times these."
            )
        self.subsets = (data.synthetic, data.weak, data.unlabelled)
        empty = [
            s
            for s, examples, n in zip(SUBSETS, self.subsets, c.batch, strict=True)
            if n and not len(examples)
        ]
        if empty:
            if empty == ["synthetic"] and len(data.weak):
                raise JssError(
                    f"There are no strong labels in {data.description}: add strong.tsv, or learn from the "
                    f"weak ones alone with detection.batch=[0, {c.batch[0] + c.batch[1]}, {c.batch[2]}]."
                )
            raise JssError(
                f"There are no {empty[0]} clips, which a detector learns from, in {data.description}: add "
                "--data with a soundbank or DESED, or train the separator alone with --only PIT or MixIT."
            )
        self.steps = min(len(s) // n for s, n in zip(self.subsets, c.batch, strict=True) if n)
        if not self.steps:
            lower = [
                n if n <= len(s) else len(s) // self.parts * self.parts
                for s, n in zip(self.subsets, c.batch, strict=True)
            ]
            short = SUBSETS[next(i for i, n in enumerate(lower) if n < c.batch[i])]
            raise JssError(
                f"The {short} clips are too few for a batch of {list(c.batch)} synthetic, weak and "
                f"unlabelled clips: set the stage's batch, or detection.batch, to {lower} or less."
            )
        self.steps = min(self.steps, c.steps) if c.steps else self.steps

    def __len__(self) -> int:
        return self.steps * self.parts

    def __getitem__(self, step: int) -> DetectionBatch:
        if step >= len(self):
            raise IndexError(step)
        strong, weak, rest = (self._examples(which, step) for which in range(3))
        rng = np.random.default_rng((self.seed, self.epoch, step))
        order, share = mixup_plan(rng, self.sizes, self.c)
        every = (*strong, *weak, *rest)
        return DetectionBatch(
            torch.from_numpy(np.stack([e.mixture for e in every])),
            torch.from_numpy(
                _stacked([e.strong(self.labels) for e in strong], len(self.labels), 0)
            ),
            torch.from_numpy(_stacked([e.weak(self.labels) for e in weak], len(self.labels))),
            torch.from_numpy(order),
            torch.from_numpy(share),
            stacked_mels(every),
        )

    def _examples(self, which: int, step: int) -> list[Example]:
        subset, size = self.subsets[which], self.sizes[which]
        if self.data.fresh:
            first = self.epoch * len(subset) + step * size
            return [subset[first + i] for i in range(size)]
        first = self.epoch * len(subset)  # other places of long recordings in every epoch
        numbers = self.order(which)[step * size : (step + 1) * size]
        return [subset[first + i] for i in numbers]

    def order(self, which: int) -> list[int]:
        """The random order of all clips in this epoch, where the data is not fresh.

        Args:
            which: Number of the subset in SUBSETS.
        """
        rng = np.random.default_rng((self.seed, self.epoch, which))
        return [int(i) for i in rng.permutation(len(self.subsets[which]))]


def stacked_mels(examples: Sequence[Example]) -> Tensor | None:
    """Saved mels of clips, (B, rows, mels, frames); None where they have samples."""
    mels = [example.mels for example in examples if example.mels is not None]
    return torch.from_numpy(np.stack(mels)) if mels else None


def _stacked(items: list[Float32], *shape: int) -> Float32:
    """Stack items along a new first axis; (0, *shape) where there is none."""
    return np.stack(items) if items else np.zeros((0, *shape), np.float32)


def mixup_plan(
    rng: np.random.Generator, sizes: tuple[int, ...], c: DetectionConfig
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Float32]:
    """Draw partners and weights of mixup.

    With probability ``mixup``, synthetic and weak clips each mix within their part of the batch,
    with one weight from Beta(alpha, alpha); unlabelled clips never do.

    Args:
        rng: Random generator.
        sizes: Number of clips of each part.
        c: The detection stage.

    Returns:
        order (B,) and share (B,) of :class:`DetectionBatch`.
    """
    total = sum(sizes)
    order, share = np.arange(total), np.ones(total, np.float32)
    if rng.random() < c.mixup:
        begin = 0
        for size in sizes[:2]:
            part = slice(begin, begin + size)
            order[part] = begin + rng.permutation(size)
            share[part] = rng.beta(c.mixup_alpha, c.mixup_alpha)
            begin += size
    return order, share


def mix(x: Tensor, order: Tensor, share: Tensor) -> Tensor:
    """Apply mixup: share * x + (1 - share) * x[order].

    Args:
        x: (B, ...).
        order: (B,).
        share: (B,).

    Returns:
        (B, ...).
    """
    weight = share.reshape(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return weight * x + (1 - weight) * x[order]


class SeparationSteps(Dataset[SeparationBatch]):
    """The separation batches of one epoch: pairs of two clips for MixIT (two places of the only
    one, where it is long), isolated sources for PIT.

    Args:
        pool: The mixtures.
        config: The configuration.
        c: Its separation stage.
        loss: "pit" or "mixit".
        epoch: Number of the epoch.

    Raises:
        JssError: There are no mixtures, or the batch cannot be divided among the processes.
    """

    def __init__(
        self, pool: SeparationPool, config: Config, c: SeparationConfig, loss: str, epoch: int
    ) -> None:
        self.fresh, self.c, self.loss = pool.fresh, c, loss
        self.seed, self.epoch, self.n_src = config.seed, epoch, config.separator.n_src
        self.samples = round(c.seconds * SAMPLE_RATE)
        self.parts, self.size = config.processes, per_process(c.batch, config)
        self.subsets = (pool.sources or (),) if loss == "pit" else tuple(pool.mixtures.values())
        self.clips = sum(map(len, self.subsets))
        if not self.clips:
            raise JssError(
                f"There are no mixtures to train a separator on in {pool.description}: give other --data."
            )

    def __len__(self) -> int:
        return self.c.steps * self.parts

    def __getitem__(self, step: int) -> SeparationBatch:
        if step >= len(self):
            raise IndexError(step)
        rng = np.random.default_rng((self.seed, self.epoch, step, 1))
        items = [self._item(rng, step) for _ in range(self.size)]
        return SeparationBatch(torch.from_numpy(np.stack(items)))

    def _item(self, rng: np.random.Generator, step: int) -> Float32:
        first = int(rng.integers(self.clips))
        if self.loss == "pit":
            return pad_sources(self._crop(self._clip(first, step).sources, rng), self.n_src)
        other = (first + int(rng.integers(1, max(2, self.clips)))) % self.clips
        pair = (self._clip(first, step), self._clip(other, step, half=1))
        return np.concatenate([self._crop(clip.mixture[None], rng) for clip in pair])

    def _clip(self, index: int, step: int, half: int = 0) -> Example:
        # Sets on disk: other places of long recordings in every step and half of a pair.
        turn = self.epoch if self.fresh else 2 * (self.epoch * len(self) + step) + half
        for subset in self.subsets:
            if index < len(subset):
                return subset[index + turn * len(subset)]
            index -= len(subset)
        raise AssertionError

    def _crop(self, x: Float32, rng: np.random.Generator) -> Float32:
        begin = int(rng.integers(max(1, x.shape[-1] - self.samples + 1)))
        return np.stack([fit(row[begin:], self.samples) for row in x])


def per_process(batch: int, config: Config) -> int:
    """Number of clips of a batch for each process.

    Args:
        batch: Number of clips of the batch.
        config: The configuration.

    Raises:
        JssError: The processes cannot take equal parts.
    """
    if batch % config.processes:
        raise JssError(
            f"A batch of {batch} cannot be shared by {config.processes} processes: make devices times nodes "
            "divide it."
        )
    return batch // config.processes


def pad_sources(sources: Float32, n_src: int) -> Float32:
    """Add silent sources up to M.

    Args:
        sources: (n, samples).
        n_src: M.

    Returns:
        (M, samples).

    Raises:
        JssError: There are more than M sources.
    """
    if len(sources) > n_src:
        raise JssError(
            f"A mixture has {len(sources)} sources and the separator {n_src}: raise separator.n_src."
        )
    return np.concatenate(
        [sources, np.zeros((n_src - len(sources), sources.shape[-1]), np.float32)]
    )


class SeparationValidation(Dataset[SeparationBatch]):
    """The fixed batches that select a separator; the last one may be smaller.

    PIT: the validation mixtures in their order. MixIT: pairs by a fixed seed, in which no clip
    occurs a second time before all have occurred once. Clips are read anew each time.

    Args:
        pool: The mixtures.
        config: The configuration.
        c: Its separation stage; ``c.validation`` is the number of items, 0 for every clip once.
        loss: "pit" or "mixit".

    Raises:
        JssError: There are no mixtures.
    """

    def __init__(
        self, pool: SeparationPool, config: Config, c: SeparationConfig, loss: str
    ) -> None:
        self.batch, self.n_src = c.batch, config.separator.n_src
        self.samples = round(c.seconds * SAMPLE_RATE)
        self.clips: Examples = (pool.sources_validation or ()) if loss == "pit" else pool.validation
        size = len(self.clips)
        if not size:
            raise JssError(
                f"There are no mixtures to select a separator by in {pool.description}: give other --data."
            )
        self.items: list[tuple[int, ...]] = []
        if loss == "pit":
            self.items = [(i % size,) for i in range(c.validation or size)]
        else:
            rng = np.random.default_rng((config.seed, 2))
            count = c.validation or -(-size // 2)
            while len(self.items) < count:
                order = [int(i) for i in rng.permutation(size)]
                order += order[:1] if size % 2 else []
                self.items += zip(order[::2], order[1::2], strict=True)
            self.items = self.items[:count]

    def __len__(self) -> int:
        return -(-len(self.items) // self.batch)

    def __getitem__(self, step: int) -> SeparationBatch:
        if step >= len(self):
            raise IndexError(step)
        items = self.items[step * self.batch : (step + 1) * self.batch]
        return SeparationBatch(torch.from_numpy(np.stack([self._targets(item) for item in items])))

    def _targets(self, item: tuple[int, ...]) -> Float32:
        """Sources padded to M (PIT), or the two mixtures of a pair (MixIT): (n, samples)."""
        if len(item) == 1:
            return pad_sources(
                np.stack([fit(s, self.samples) for s in self.clips[item[0]].sources]), self.n_src
            )
        return np.stack([fit(self.clips[number].mixture, self.samples) for number in item])


def loader(steps: Dataset[Any], workers: int) -> DataLoader[Any]:
    """Load batches in order.

    Args:
        steps: The batches of an epoch.
        workers: Number of processes that make them.

    Returns:
        The loader.
    """
    return DataLoader(
        steps,
        batch_size=None,
        shuffle=False,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        pin_memory=torch.cuda.is_available(),
    )
