"""What a training of the weak-label paper will do, before its first step."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import torch
from torch import nn

from jss import checkpoints
from jss.config import Config, WeakLabelConfig
from jss.data.scenes.batches import SceneSteps
from jss.data.scenes.scenes import SceneData
from jss.data.training.batching import per_process
from jss.errors import JssError, number_of
from jss.features import SAMPLE_RATE
from jss.models.critic import Critic
from jss.models.joint import freeze
from jss.models.separator import ConvTasNet
from jss.models.stft import HOP_S, stft
from jss.models.tf_masker import TFMasker, magnitudes, signals
from jss.training.blocks import checked_sizes
from jss.training.memory import gigabytes, peak_bytes
from jss.training.plan import Planned
from jss.training.runs import has_block
from jss.training.weak_stages import WEAK_STAGES, WeakStage

#: Seconds; a critic that pools much over time needs longer crops, which fill a frame of it.
SHORTEST_CROP = 0.1


def plan_weak(
    training: str,
    config: Config,
    scenes: SceneData,
    stage: WeakStage,
    c: WeakLabelConfig,
    memory: bool,
    folder: Path,
) -> Planned:
    """The data, steps, batch, memory and start of a training.

    Args:
        training: Its name.
        config: The preset.
        scenes: What it learns from.
        stage: Its row.
        c: Its settings.
        memory: Whether to estimate memory too.
        folder: That of blocks and systems.

    Raises:
        JssError: There are no scenes, a class has no recording, crops are too short, or no network
            has the preset's sizes.
    """
    shortest = max(SHORTEST_CROP, math.prod(config.critic.time_pools) * HOP_S)
    if 0 < c.crop < shortest:
        raise JssError(
            f"{training}: crops of {c.crop:g} s are too short: raise weak.crop to {shortest:g} s or "
            "more, or set it to 0 for whole scenes."
        )
    train, validation = scenes.train, scenes.validation
    for subset, setting in ((train, "synthetic"), (validation, "validation_synthetic")):
        if not len(subset):
            raise JssError(f"{training}: there are no {subset.split} scenes: raise data.{setting}.")
        missing = sorted({*subset.recipe.labels} - {*subset.bank.labels(subset.split)})
        if missing:
            raise JssError(
                f"{scenes.description} have no recording of {missing[0]} for {subset.split}: add "
                "some, or use another soundbank."
            )
    classes = len(train.recipe.labels)
    network = new_network(config, stage, classes)
    steps = SceneSteps(train, per_process(c.batch, config), fresh=c.fresh)
    start = f"starts from {c.start or f'a new {stage.network}'}"
    parts = [
        f"data={scenes.description} (train {len(train)}, validation {len(validation)} scenes)",
        f"{number_of(c.epochs, 'epochs')} of {number_of(len(steps), 'steps')} at most",
        f"batch {c.batch}",
        *(
            [f"memory about {gigabytes(_memory(network, config, stage, c, classes, folder))}"]
            if memory
            else []
        ),
        start + (f", taught by {stage.critic}" if stage.critic else ""),
    ]
    return Planned(training, "; ".join(parts))


def new_network(config: Config, stage: WeakStage, classes: int) -> nn.Module:
    """The network that a stage trains, of the preset's sizes.

    Args:
        config: The preset.
        stage: The row of the stage.
        classes: How many.

    Raises:
        JssError: No network has these sizes.
    """
    key = {"critic": "critic", "tf_masker": "masker"}.get(stage.network, "separator")
    with checked_sizes(key):
        if stage.network == "critic":
            return Critic(dataclasses.replace(config.critic, n_classes=classes))
        if stage.network == "tf_masker":
            return TFMasker(dataclasses.replace(config.masker, n_src=classes))
        return ConvTasNet(dataclasses.replace(config.separator, n_src=classes)).fix_fourier_basis()


def _memory(
    network: nn.Module,
    config: Config,
    stage: WeakStage,
    c: WeakLabelConfig,
    classes: int,
    folder: Path,
) -> float:
    """Memory in bytes: weights, their running mean, gradients, Adam's moments, and a step estimated
    on one mixture."""
    critic = None
    if stage.critic:
        critic = freeze(_critic(config, stage.critic, classes, folder))
    mixture = torch.randn(1, round((c.crop or config.data.seconds) * SAMPLE_RATE))
    network.train()

    def loss() -> torch.Tensor:
        if isinstance(network, Critic):
            logits: torch.Tensor = network(stft(mixture).abs())
            return logits.sum()
        if stage.labels == "strong" and c.strong == "snr":
            return signals(network, mixture).sum()
        sources = magnitudes(network, mixture)[1]
        return (sources if critic is None else critic(sources.flatten(0, 1))).sum()

    per_mixture = peak_bytes(loss, network.parameters())
    trained = sum(parameter.numel() for parameter in network.parameters())
    return (20 if c.ema else 16) * trained + per_mixture * c.batch / config.processes


def _critic(config: Config, name: str, classes: int, folder: Path) -> nn.Module:
    """The critic that teaches, with random weights: of the sizes of its block where that is finished,
    else of the preset's."""
    if not has_block(name, folder):
        return new_network(config, WEAK_STAGES[name], classes)
    card = checkpoints.load_card(name, folder)
    return checkpoints.build(card.kind, card.config)
