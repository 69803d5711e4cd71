"""A detection task of tiny networks on noise, for tests of a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from jss.config import load_preset
from jss.data.training.batching import DetectionBatch
from jss.data.training.datasets import SeparationPool, TrainingData
from jss.data.training.example import Example
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.separator import ConvTasNet
from jss.training.detection import DetectionTask
from jss.training.stages import Stage

LABELS = ("a", "b", "c")
CONFIG = load_preset("smoke", ("data.seconds=1", "detection.batch=[2, 2, 2]", "detection.epochs=1"))


class Noise:
    def __init__(self, seed: int, size: int = 4) -> None:
        self.seed, self.size = seed, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        x = np.random.default_rng((self.seed, index)).standard_normal(16000).astype(np.float32)
        return Example(x, x[None], ((0.1, 0.6, "a"),), ("a",))


_SETS = [Noise(seed) for seed in range(7)]
#: Mixtures and sources to learn from, and those to be selected by.
POOL = SeparationPool(
    "sources",
    "noise",
    "noise",
    "MIT",
    {"noise": _SETS[0], "more": _SETS[2]},
    _SETS[4],
    _SETS[5],
    _SETS[6],
    True,
)
DATA = TrainingData(*_SETS[:5], "noise", "MIT", True, "noise", {"sources": POOL})


def task(folder, trains, separator=True, *, retention=None, **settings) -> DetectionTask:
    """Random blocks by a fixed seed; settings: of DetectionConfig."""
    torch.manual_seed(0)
    sep = ConvTasNet(CONFIG.separator) if separator else None
    detector = CRNN(CRNNConfig(n_classes=3, channels=(4,) * 7, cells=4))
    c = replace(CONFIG.detection, **settings)
    stage = Stage(None, None, tuple(trains), 1e-3, retention=retention)
    blocks = {"separator": sep, "detector": detector} if separator else {"detector": detector}
    return DetectionTask(folder, CONFIG, c, DATA, LABELS, stage, blocks)


def batch(share: float = 1.0) -> DetectionBatch:
    torch.manual_seed(1)
    order = torch.tensor([1, 0, 3, 2, 4, 5])
    shares = torch.tensor([share] * 4 + [1.0] * 2)
    return DetectionBatch(
        torch.randn(6, 16000), torch.rand(2, 3, 15).round(), torch.rand(2, 3).round(), order, shares
    )
