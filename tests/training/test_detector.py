import copy

import numpy as np
import pytest
import torch

from jss.config import load_preset
from jss.data.batching import DetectionBatch
from jss.data.datasets import TrainingData
from jss.data.example import Example
from jss.models.crnn import CRNN, CRNNConfig
from jss.models.separator import ConvTasNet
from jss.training.detector import DetectionTask
from jss.training.loop import fit

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


DATA = TrainingData(*(Noise(seed) for seed in range(7)), "noise", "MIT", True)


def task(tmp_path, trains, separator=True) -> DetectionTask:
    torch.manual_seed(0)
    sep = ConvTasNet(CONFIG.separator) if separator else None
    detector = CRNN(CRNNConfig(n_classes=3, channels=(4,) * 7, cells=4))
    return DetectionTask(tmp_path, CONFIG, CONFIG.detection, DATA, LABELS, sep, detector, trains, 1e-3)


@pytest.mark.parametrize(("trains", "frozen"), [(("detector",), "separator"), (("separator",), "detector")])
def test_a_frozen_block_is_bit_identical_after_a_stage(tmp_path, trains, frozen):
    job = task(tmp_path, trains)
    before = copy.deepcopy(getattr(job.student, frozen).state_dict())
    moving = copy.deepcopy(getattr(job.student, trains[0]).state_dict())
    fit(job, CONFIG, 1)
    after = getattr(job.student, frozen).state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert getattr(job.student, frozen) is getattr(job.teacher, frozen)
    assert not all(torch.equal(moving[k], v) for k, v in getattr(job.student, trains[0]).state_dict().items())


def test_only_the_trained_blocks_reach_the_optimizer(tmp_path):
    job = task(tmp_path, ("separator",))
    ids = {id(p) for group in _optimizer(job).param_groups for p in group["params"]}
    assert ids == {id(p) for p in job.student.separator.parameters()}


def _optimizer(job):
    job._warmup_steps = lambda: 1.0
    return job.configure_optimizers()["optimizer"]


def batch(share: float = 1.0) -> DetectionBatch:
    torch.manual_seed(1)
    order = torch.tensor([1, 0, 3, 2, 4, 5])
    shares = torch.tensor([share] * 4 + [1.0] * 2)
    return DetectionBatch(torch.randn(6, 16000), torch.rand(2, 3, 15).round(), torch.rand(2, 3).round(), order, shares)


@pytest.mark.parametrize("separator", [False, True])
def test_the_losses_by_hand(tmp_path, separator):
    job = task(tmp_path, ("detector",), separator).eval()
    one = batch()
    losses = job.losses(one)
    student, teacher = job.student(one.audio), job.teacher(one.audio)
    bce = torch.nn.functional.binary_cross_entropy
    torch.testing.assert_close(losses["bce_strong"], bce(student.strong[:2], one.strong))
    torch.testing.assert_close(losses["bce_weak"], bce(student.weak[2:4], one.weak))
    torch.testing.assert_close(losses["mse_strong"], (student.strong - teacher.strong).square().mean())
    torch.testing.assert_close(losses["mse_weak"], (student.weak - teacher.weak).square().mean())


def test_mixup_mixes_labels_as_it_mixes_sound(tmp_path):
    job = task(tmp_path, ("detector",)).eval()
    one = batch(0.7)
    strong = 0.7 * one.strong + 0.3 * one.strong[[1, 0]]
    audio = one.audio.clone()
    audio[:4] = 0.7 * one.audio[:4] + 0.3 * one.audio[[1, 0, 3, 2]]
    expected = torch.nn.functional.binary_cross_entropy(job.student(audio).strong[:2], strong)
    torch.testing.assert_close(job.losses(one)["bce_strong"], expected)


def test_no_gradient_reaches_the_teacher(tmp_path):
    job = task(tmp_path, ("separator", "detector"))
    sum(job.losses(batch()).values()).backward()
    assert all(p.grad is None for p in job.teacher.parameters())
    assert all(p.grad is not None for p in job.student.detector.parameters())
    assert any(p.grad is not None for p in job.student.separator.parameters())
