import copy

import pytest
import torch
from tiny_task import CONFIG, batch, task

from jss.training.loop import fit


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trains", "frozen"), [(("detector",), "separator"), (("separator",), "detector")]
)
def test_a_frozen_block_is_bit_identical_after_a_stage(tmp_path, trains, frozen):
    job = task(tmp_path, trains)
    before = copy.deepcopy(getattr(job.student, frozen).state_dict())
    moving = copy.deepcopy(getattr(job.student, trains[0]).state_dict())
    fit(job, CONFIG, 1)
    after = getattr(job.student, frozen).state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert getattr(job.student, frozen) is getattr(job.teacher, frozen)
    assert not all(
        torch.equal(moving[k], v) for k, v in getattr(job.student, trains[0]).state_dict().items()
    )


def test_only_the_trained_blocks_reach_the_optimizer(tmp_path):
    job = task(tmp_path, ("separator",))
    ids = {id(p) for group in _optimizer(job).param_groups for p in group["params"]}
    assert ids == {id(p) for p in job.student.separator.parameters() if p.requires_grad}


def _optimizer(job):
    job._warmup_steps = lambda: 1.0
    return job.configure_optimizers()["optimizer"]


@pytest.mark.parametrize("separator", [False, True])
def test_the_losses_by_hand(tmp_path, separator):
    job = task(tmp_path, ("detector",), separator).eval()
    one = batch()
    losses = job.losses(one)
    student, teacher = job.student(one.audio), job.teacher(one.audio)
    bce = torch.nn.functional.binary_cross_entropy
    torch.testing.assert_close(losses["bce_strong"], bce(student.strong[:2], one.strong))
    torch.testing.assert_close(losses["bce_weak"], bce(student.weak[2:4], one.weak))
    torch.testing.assert_close(
        losses["mse_strong"], (student.strong - teacher.strong).square().mean()
    )
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
