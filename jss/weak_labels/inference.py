"""A mixture through a separator of the weak-label paper and its critic, as a ``WeakResult``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from jss import audio, checkpoints
from jss.arrays import Float32
from jss.audio import SAMPLE_RATE
from jss.checkpoints import Card, Folder
from jss.errors import JssError
from jss.inference.windows import STEP, join, windows
from jss.models.critic import Critic
from jss.models.fast import accelerate
from jss.models.stft import HOP, HOP_S, stft
from jss.models.tf_masker import separate
from jss.weak_labels.results import DEFAULT_CRITIC, WeakResult

#: Shorter recordings are padded with silence to this many samples: the STFT reflects their ends.
SHORTEST = 4 * HOP * 2


@dataclass(frozen=True, eq=False)
class WeakSystem:
    """A separator and its critic, in eval mode.

    Attributes:
        name: The name of the separator's block.
        labels: The K classes.
        separator: (batch, samples) -> (batch, K, samples); None for a critic alone.
        critic: Magnitudes -> class probabilities.
        critic_name: The name of the critic's block.
        card: The separator's card; the critic's where there is no separator.
    """

    name: str
    labels: tuple[str, ...]
    separator: nn.Module | None
    critic: Critic
    critic_name: str
    card: Card

    def analyse(
        self, mixture: Float32 | str | Path, filename: str = "", truth: Float32 | None = None
    ) -> WeakResult:
        """Separate and classify one recording of any length.

        Up to 30 s go in one pass; longer ones in windows of 10 s which overlap by 2 s and are
        cross-faded.

        Args:
            mixture: (samples,) at 16 kHz, or an audio file.
            filename: What to call it, by default the name of the file.
            truth: The true sources, (K, samples), where they are known.

        Raises:
            JssError: The file cannot be read.
        """
        if isinstance(mixture, str | Path):
            filename = filename or Path(mixture).name
            mixture = audio.load(mixture)
        padded = np.pad(mixture, (0, max(0, SHORTEST - len(mixture))))
        parts = [self._analyse_window(window) for window, _ in windows([padded])]
        frame_step = STEP // HOP
        critic_step = frame_step // self.critic.pool
        steps = (STEP, frame_step, critic_step, critic_step)
        sources, masks, probabilities, source_probabilities = (
            join(outputs, step)
            for outputs, step in zip(zip(*parts, strict=True), steps, strict=True)
        )
        return WeakResult(
            filename=filename,
            mixture=mixture,
            sources=sources[:, : len(mixture)],
            magnitude=stft(torch.from_numpy(padded)).abs().numpy(),
            masks=masks,
            probabilities=probabilities,
            source_probabilities=source_probabilities,
            labels=self.labels,
            sample_rate=SAMPLE_RATE,
            hop=HOP_S,
            score_hop=self.critic.hop,
            system=self.name,
            critic=self.critic_name,
            truth=truth,
        )

    def _analyse_window(self, window: Float32) -> tuple[Float32, Float32, Float32, Float32]:
        """One window in one pass.

        Args:
            window: (n,).

        Returns:
            Sources (K, n), masks (K, 257, frames), and the critic's probabilities on the mixture
            (K, T) and on each source (K, K, T). K is 0 for sources of a critic alone.
        """
        with torch.no_grad():
            waveform = torch.from_numpy(np.ascontiguousarray(window))[None]  # (1, n)
            if self.separator is None:
                mixture = stft(waveform).abs()  # (1, 257, frames)
                separated = mixture.new_zeros(1, 0, *mixture.shape[1:])
                sources = waveform.new_zeros(0, waveform.shape[-1])
            else:
                mixture, separated, (sources,) = separate(self.separator, waveform)
            masks = (separated[0] / mixture.clamp(min=1e-12)).clamp(max=1.0)
            magnitudes = torch.cat([mixture, separated[0]])  # (1 + K, 257, frames)
            probabilities = self.critic.probabilities(magnitudes).numpy()
        return sources.numpy(), masks.numpy(), probabilities[0], probabilities[1:]


class TrueSources(nn.Module):
    """A separator that returns the true sources of one mixture, (K, samples)."""

    def __init__(self, sources: Float32) -> None:
        super().__init__()
        self.sources = torch.from_numpy(sources)

    def forward(self, waveform: Tensor) -> Tensor:
        """The sources, whatever the waveform: (1, samples) -> (1, K, samples).

        Raises:
            JssError: The waveform has another length.
        """
        if waveform.shape[-1] != self.sources.shape[-1]:
            raise JssError("The true sources are not as long as the mixture.")
        return self.sources[None]


def separators(folder: Folder = None) -> list[str]:
    """Names of the separators whose outputs are classes, sorted.

    Raises:
        JssError: A card cannot be read.
    """
    return [card.name for card in checkpoints.cards_with_classes(folder) if card.separates_classes]


def critics(folder: Folder = None) -> list[str]:
    """Names of the critics, sorted.

    Raises:
        JssError: A card cannot be read.
    """
    cards = checkpoints.cards_with_classes(folder)
    return [card.name for card in cards if not card.separates_classes]


def _is_installed(name: str, folder: Folder, *, critic: bool) -> bool:
    """Whether a block is a critic or a separator of classes; other blocks may be damaged."""
    if not (checkpoints.root(folder) / "blocks" / f"{name}.json").is_file():
        return False
    card = checkpoints.load_card(name, folder)
    return "classes" in card.settings and card.separates_classes != critic


def load_weak(name: str, folder: Folder = None) -> WeakSystem:
    """A separator of classes by the name of its block, with the critic that it was trained by.

    Raises:
        JssError: There is no such separator, or its critic is missing.
    """
    if not _is_installed(name, folder, critic=False):
        choice = ", ".join(separators(folder)) or "none: train one with: jss train weak_desk"
        raise JssError(f"There is no separator of classes {name}: there is {choice}.")
    separator, card = checkpoints.load_network(name, folder)
    critic_name = str(card.settings.get("critic") or DEFAULT_CRITIC)
    critic, _ = checkpoints.load_network(critic_name, folder)
    if not isinstance(critic, Critic):
        raise JssError(
            f"The block {critic_name} is no critic: name one in the settings of the card of {name}."
        )
    classes = tuple(card.settings["classes"])
    return WeakSystem(name, classes, accelerate(separator), accelerate(critic), critic_name, card)


def load_critic(name: str, folder: Folder = None) -> WeakSystem:
    """A critic alone, which classifies mixtures and separates nothing.

    Raises:
        JssError: There is no such critic.
    """
    if not _is_installed(name, folder, critic=True):
        raise JssError(f"There is no critic {name}: train one with: jss train weak_desk.")
    critic, card = checkpoints.load_network(name, folder)
    assert isinstance(critic, Critic)
    classes = tuple(card.settings["classes"])
    return WeakSystem(name, classes, None, accelerate(critic), name, card)


def with_true_sources(critic: WeakSystem, name: str, sources: Float32) -> WeakSystem:
    """A critic with the true sources of one mixture in place of a separator's outputs.

    Its results are what the best possible separator would give, and the critic on it.

    Args:
        critic: Of :func:`load_critic`.
        name: What the results call the separator.
        sources: (K, samples), up to 30 s.
    """
    return replace(critic, name=name, separator=TrueSources(sources))
