from __future__ import annotations

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from jss.models.critic import Critic, CriticConfig
from jss.models.joint import freeze


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return Critic(CriticConfig(channels=(4, 4, 8), cells=8, bands=32))


def test_the_papers_critic_gives_125_frames_of_4_seconds():
    critic = Critic().eval()
    assert (critic.pool, critic.hop) == (4, 0.032)
    with torch.no_grad():
        assert critic(torch.rand(1, 257, 501)).shape == (1, 5, 125)
    convolutions = 25 * (32 + 32 * 64 + 64 * 128) + 3 * (32 + 64 + 128)
    lstm = 2 * 4 * 100 * (32 * 128 + 100 + 2)
    assert parameters_to_vector(critic.parameters()).numel() == convolutions + lstm + 5 * 201


def test_probabilities_are_those_of_the_log_odds(small):
    small.eval()
    x = torch.rand(2, 257, 101)
    p = small.probabilities(x)
    assert p.shape == (2, 5, 25)
    torch.testing.assert_close(p, torch.sigmoid(small(x)))


def test_a_frozen_critic_lets_gradients_through_and_does_not_move(small):
    critic = freeze(small)
    before = {key: value.clone() for key, value in critic.state_dict().items()}
    critic.train()
    x = torch.rand(2, 257, 101, requires_grad=True)
    critic(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None for p in critic.parameters())
    assert all(torch.equal(before[key], value) for key, value in critic.state_dict().items())


def test_a_kernel_of_even_size_keeps_the_frames():
    critic = Critic(CriticConfig(kernel=4, channels=(4, 4, 4), cells=4))
    assert critic(torch.rand(1, 257, 41)).shape == (1, 5, 10)
