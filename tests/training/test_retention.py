import copy
from dataclasses import replace

import pytest
import torch
from tiny_task import CONFIG, batch, task

from jss.losses.mixit import mixit_loss
from jss.models.separator import ConvTasNet
from jss.training.loop import fit
from jss.training.retention import Retention, pair
from jss.training.stages import STAGES

KINDS = ("mixit", "distillation")
BOTH = ("separator", "detector")


def test_the_rows_differ_from_their_stages_by_the_term_alone():
    for name in ("S2", "JT"):
        assert replace(STAGES[f"{name}+"], retention=None) == STAGES[name]
        assert STAGES[f"{name}+"].retention in KINDS


def test_pairs_take_each_clip_once():
    audio = torch.arange(5.0)[:, None].expand(5, 3)
    assert pair(audio)[..., 0].tolist() == [[0, 2], [1, 3]]


def test_mixit_on_pairs_by_hand():
    separator = ConvTasNet(CONFIG.separator)
    audio = batch().audio
    mixtures = torch.stack([audio[:3], audio[3:]], 1)
    expected, _ = mixit_loss(separator(audio[:3] + audio[3:]), mixtures)
    result = Retention("mixit", separator, CONFIG.separation)(audio, separator(audio), separator)
    torch.testing.assert_close(result, expected.mean() / 2)


def test_distillation_is_least_where_the_separator_is_as_it_was():
    separator = ConvTasNet(CONFIG.separator)
    audio = batch().audio
    term = Retention("distillation", separator, CONFIG.separation)
    floor = float(term(audio, separator(audio), separator).detach())
    assert floor == pytest.approx(-30, abs=0.01)  # 10 log10 of tau = 1e-3
    targets = separator(audio).detach()
    off = targets + 0.1 * targets.square().mean(-1, keepdim=True).sqrt() * torch.randn_like(targets)
    assert float(term(audio, off, separator)) == pytest.approx(-20, abs=0.5)  # an error of 10 %


@pytest.mark.parametrize("kind", KINDS)
def test_its_gradient_reaches_the_students_separator_and_nothing_else(tmp_path, kind):
    job = task(tmp_path, BOTH, retention=kind)
    with torch.no_grad():
        for p in job.student.separator.parameters():
            p.add_(0.01 * torch.randn_like(p))
    job.losses(batch())["retention"].backward()
    assert any(
        p.grad is not None and p.grad.abs().max() > 0 for p in job.student.separator.parameters()
    )
    others = (job.student.detector, job.teacher.separator, job.teacher.detector)
    assert all(p.grad is None for block in others for p in block.parameters())
    assert all(p.grad is None for p in job.retention.parameters())


@pytest.mark.slow
def test_the_reference_stays_bit_for_bit_what_the_stage_found(tmp_path):
    job = task(tmp_path, BOTH, retention="distillation", retention_weight=1.0)
    before = copy.deepcopy(job.student.separator.state_dict())
    fit(job, CONFIG, 1)
    after, moved = job.retention.reference.state_dict(), job.student.separator.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert not all(torch.equal(before[key], moved[key]) for key in before)
    assert job.history[0]["retention"] < 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_zero_is_plain_joint_training(tmp_path, kind):
    plain = task(tmp_path / "a", BOTH)
    weighted = task(tmp_path / "b", BOTH, retention=kind, retention_weight=0.0)
    for job in (plain, weighted):
        fit(job, CONFIG, 1)
    ours = {key: block.state_dict() for key, block in weighted.networks().items()}
    for name, block in plain.networks().items():
        assert all(torch.equal(value, ours[name][key]) for key, value in block.state_dict().items())
