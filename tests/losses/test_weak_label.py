"""Eqs 2-9 of the weak-label paper, against sums written out."""

from __future__ import annotations

import math

import pytest
import torch

from jss.losses import weak_label as losses


def entropy(label: float, logit: float) -> float:
    p = 1 / (1 + math.exp(-logit))
    return -label * math.log(p) - (1 - label) * math.log(1 - p)


@pytest.fixture
def case():
    g = torch.Generator().manual_seed(0)
    active = (torch.rand(2, 3, 4, generator=g) > 0.5).float()
    return {
        "critic": torch.randn(2, 3, 4, generator=g),
        "judged": torch.randn(2, 3, 3, 4, generator=g),
        "active": active,
        "weights": losses.class_weights(active, torch.tensor([0.2, 0.5, 0.25])),
    }


def test_weights_balance_rare_and_common_classes():
    active = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    weights = losses.class_weights(active, torch.tensor([0.2, 0.5]))
    torch.testing.assert_close(weights, torch.tensor([[[5.0, 1.25], [2.0, 2.0]]]))


def test_eq_3(case):
    want = sum(
        case["weights"][b, i, t].item()
        * entropy(case["active"][b, i, t].item(), case["critic"][b, i, t].item())
        for b in range(2)
        for i in range(3)
        for t in range(4)
    )
    parts = case["critic"], case["active"], case["weights"]
    assert losses.critic_frame_loss(*parts, "sum").item() == pytest.approx(want / 2)
    assert losses.critic_frame_loss(*parts, "mean").item() == pytest.approx(want / 24)


def test_eq_5_takes_the_largest_frame(case):
    present = case["active"].amax(-1)
    want = sum(
        entropy(present[b, i].item(), case["critic"][b, i].max().item())
        for b in range(2)
        for i in range(3)
    )
    assert losses.critic_clip_loss(case["critic"], present, "sum").item() == pytest.approx(want / 2)


def test_eq_6_wants_its_own_class_and_no_other(case):
    want = 0.0
    for b in range(2):
        for i in range(3):
            for j in range(3):
                for t in range(4):
                    label = case["active"][b, i, t].item() if i == j else 0.0
                    want += case["weights"][b, j, t].item() * entropy(
                        label, case["judged"][b, i, j, t].item()
                    )
    result = losses.source_frame_loss(case["judged"], case["active"], case["weights"], "sum")
    assert result.item() == pytest.approx(want / 2)


def test_eq_7(case):
    present = case["active"].amax(-1)
    want = sum(
        entropy(present[b, i].item() if i == j else 0.0, case["judged"][b, i, j].max().item())
        for b in range(2)
        for i in range(3)
        for j in range(3)
    )
    assert losses.source_clip_loss(case["judged"], present, "sum").item() == pytest.approx(want / 2)


def test_eq_2_plain_and_refined():
    mixture = torch.tensor([[[3.0, 4.0, 5.0]]])  # one clip, one bin, three frames
    sources = torch.tensor([[[[1.0, 1.0, 9.0]], [[0.5, 2.0, 9.0]]]])
    assert losses.mixture_loss(mixture, sources, reduction="sum").item() == pytest.approx(
        1.5 + 1.0 + 13.0
    )
    active = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]])
    # first frame: |3 - 1| and the silent source's 0.5; second: |4 - 3|; third: nobody is active, it
    # does not count
    assert losses.mixture_loss(mixture, sources, active, "sum").item() == pytest.approx(2.5 + 1.0)
    assert losses.mixture_loss(mixture, sources, active, "mean").item() == pytest.approx(3.5 / 2)


def test_perfect_masks_cost_nothing_and_a_clip_without_events_is_no_error():
    sources = torch.rand(2, 3, 5, 4)
    assert losses.mixture_loss(sources.sum(1), sources).item() == pytest.approx(0, abs=1e-6)
    assert losses.mixture_loss(sources.sum(1), sources, torch.zeros(2, 3, 4)).item() == 0.0


def test_eqs_8_and_9():
    assert losses.total_loss(torch.tensor(0.5), torch.tensor(0.25), 100.0).item() == 25.5


def test_labels_are_pooled_by_their_maximum_to_125_frames():
    active = torch.zeros(1, 1, 501)
    active[0, 0, 7] = 1
    pooled = losses.pooled_labels(active, 4)
    assert pooled.shape == (1, 1, 125)
    assert pooled[0, 0].nonzero().flatten().tolist() == [1]


def test_the_loss_of_signals_is_eqs_13_and_14_without_permutation():
    g = torch.Generator().manual_seed(1)
    estimates, targets = torch.randn(2, 2, 3, 50, generator=g)
    targets[0, 1] = 0.0
    mixture = targets.sum(1)

    def decibels(values: torch.Tensor) -> float:
        return 10 * math.log10(values.square().sum().item())

    want = 0.0
    for b in range(2):
        for i in range(3):
            estimate, target = estimates[b, i], targets[b, i]
            if target.any():
                parts = torch.cat([target - estimate, math.sqrt(1e-3) * target])
            else:
                parts = torch.cat([estimate, math.sqrt(0.1) * mixture[b]])
            want += decibels(parts) / 6
    assert losses.source_snr_loss(estimates, targets, mixture).item() == pytest.approx(want)
