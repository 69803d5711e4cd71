"""BatchNorm statistics are plain averages over training clips; frozen ones stay as they are."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_task import CONFIG, task
from torch import nn

from jss.models.branches import freeze_norms
from jss.training.loop import fit
from jss.training.norms import averaging


def norms(block: nn.Module) -> list[nn.BatchNorm2d]:
    return [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)]


def test_all_batches_weigh_alike():
    block = nn.Sequential(nn.BatchNorm2d(2, momentum=0.99), nn.Dropout(0.5)).eval()
    batches = torch.randn(5, 4, 2, 3, 3) + torch.arange(5.0).view(5, 1, 1, 1, 1)
    with averaging([block]):
        for batch in batches:
            assert torch.count_nonzero(block(batch) == 0) == 0  # no dropout
    torch.testing.assert_close(block[0].running_mean, batches.mean((0, 1, 3, 4)))
    variances = torch.stack([batch.var((0, 2, 3)) for batch in batches])
    torch.testing.assert_close(block[0].running_var, variances.mean(0))
    assert block[0].momentum == 0.99
    assert not any(m.training for m in block.modules())


def test_frozen_norms_stay_bit_for_bit():
    block = nn.Sequential(nn.BatchNorm2d(2), nn.BatchNorm2d(2))
    freeze_norms(block[:1])
    before = copy.deepcopy(block[0].state_dict())
    with averaging([block.eval()]):
        block(torch.randn(4, 2, 3, 3))
    assert all(torch.equal(before[key], value) for key, value in block[0].state_dict().items())
    assert block[1].running_mean.abs().max() > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trains", "separator"),
    [(("detector",), False), (("detector",), True), (("separator", "detector"), True)],
)
def test_student_and_teacher_are_averaged_before_validation(tmp_path, trains, separator):
    job = task(tmp_path, trains, separator, norm_clips=12)
    clips = []
    job.average_norms = lambda inner=job.average_norms: (
        clips.extend(audio for audio, _ in job.recent),
        inner(),
    )
    fit(job, CONFIG, 1)
    assert sum(map(len, clips)) == 12
    assert not job.recent
    for model in (job.student, job.teacher):
        copied = copy.deepcopy(model).eval()
        with torch.no_grad(), averaging([copied.detector]):
            for audio in clips:
                copied(audio)
        for ours, theirs in zip(norms(model.detector), norms(copied.detector), strict=True):
            torch.testing.assert_close(ours.running_mean, theirs.running_mean, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(ours.running_var, theirs.running_var, rtol=1e-4, atol=1e-5)
            assert ours.num_batches_tracked == len(clips)


@pytest.mark.slow
def test_a_frozen_detector_and_a_task_without_the_setting_are_left_alone(tmp_path):
    frozen = task(tmp_path / "a", ("separator",), norm_clips=12)
    before = copy.deepcopy(frozen.student.detector.state_dict())
    fit(frozen, CONFIG, 1)
    assert all(
        torch.equal(before[key], value)
        for key, value in frozen.student.detector.state_dict().items()
    )
    off = task(tmp_path / "b", ("detector",), norm_clips=0)
    fit(off, CONFIG, 1)
    assert not off.recent
    assert all(norm.momentum == 0.99 for norm in norms(off.student.detector))


@pytest.mark.parametrize(("trains", "clips"), [("separator", 0), ("detector", 12)])
def test_no_clips_are_kept_and_analysed_where_no_trained_block_has_norms(tmp_path, trains, clips):
    assert task(tmp_path, (trains,), norm_clips=12, batch=(1, 0, 0)).recent.maxlen == clips
