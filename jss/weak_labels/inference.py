"""A mixture through a separator of the weak-label paper and its critic -> ``WeakResult``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from jss import audio, checkpoints
from jss.arrays import Float32
from jss.audio import SAMPLE_RATE
from jss.checkpoints import Card, Folder
from jss.data.scenes.scenes import SceneSet
from jss.errors import JssError
from jss.inference.windows import STEP, windows
from jss.models.critic import Critic
from jss.models.fast import accelerate
from jss.models.stft import HOP, HOP_S, stft
from jss.models.tf_masker import separate
from jss.weak_labels.results import WeakResult

#: The critic of a separator that learned without one.
DEFAULT_CRITIC = "critic-frame"
#: A shorter recording is padded with silence: the STFT reflects its ends.
SHORTEST = 4 * HOP * 2


@dataclass(frozen=True, eq=False)
class WeakSystem:
    """A separator and its critic, in eval mode. labels: the K classes; separator: None for a critic
    alone; card: the separator's, else the critic's.
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
        """One mixture, of any length. mixture: (samples,) at 16 kHz, or an audio file; truth: (K,
        samples), if known.

        Up to 30 s go in one pass; longer ones in windows of 10 s which overlap by 2 s and are
        cross-faded. Raises JssError where a file cannot be read.
        """
        if isinstance(mixture, str | Path):
            filename = filename or Path(mixture).name
            mixture = audio.load(mixture)
        heard = np.pad(mixture, (0, max(0, SHORTEST - len(mixture))))
        parts = [self._window(window) for window, _ in windows([heard])]
        step = (STEP, STEP // HOP, STEP // HOP // self.critic.pool, STEP // HOP // self.critic.pool)
        sources, masks, frames, source_frames = (
            _join([part[k] for part in parts], step[k]) for k in range(len(step))
        )
        return WeakResult(
            filename=filename,
            mixture=mixture,
            sources=sources[:, : len(mixture)],
            magnitude=stft(torch.from_numpy(heard)).abs().numpy(),
            masks=masks,
            probabilities=frames,
            source_probabilities=source_frames,
            labels=self.labels,
            sample_rate=SAMPLE_RATE,
            hop=HOP_S,
            score_hop=self.critic.hop,
            system=self.name,
            critic=self.critic_name,
            truth=truth,
        )

    def _window(self, window: Float32) -> tuple[Float32, Float32, Float32, Float32]:
        """Sources (K, n), masks (K, 257, frames), probabilities (K, T) and those of the sources (K,
        K, T).
        """
        with torch.no_grad():
            waveform = torch.from_numpy(np.ascontiguousarray(window))[None]
            if self.separator is None:
                mixture, sources = stft(waveform).abs(), waveform.new_zeros(0, waveform.shape[-1])
                separated = mixture.new_zeros(1, 0, *mixture.shape[1:])
            else:
                mixture, separated, (sources,) = separate(self.separator, waveform)
            heard = torch.cat([mixture, separated[0]])
            p = self.critic.probabilities(heard)
            masks = (separated[0] / mixture.clamp(min=1e-12)).clamp(max=1.0)
        return sources.numpy(), masks.numpy(), p[0].numpy(), p[1:].numpy()


class Known(nn.Module):
    """A separator that was told the answer: whatever it hears, it gives ``sources``, (K, samples)."""

    def __init__(self, sources: Float32) -> None:
        super().__init__()
        self.sources = torch.from_numpy(sources)

    def forward(self, waveform: Tensor) -> Tensor:
        """(1, samples) -> (1, K, samples). Raises JssError where the sources are of another length."""
        if waveform.shape[-1] != self.sources.shape[-1]:
            raise JssError("The true sources are not as long as the mixture.")
        return self.sources[None]


def separators(folder: Folder = None) -> list[str]:
    """Names of the separators whose outputs are classes, sorted. Raises JssError for a card that
    cannot be read.
    """
    return [name for name, kind in _of_classes(folder).items() if kind != Critic.kind]


def critics(folder: Folder = None) -> list[str]:
    """Names of the critics, sorted. Raises JssError for a card that cannot be read."""
    return [name for name, kind in _of_classes(folder).items() if kind == Critic.kind]


def _of_classes(folder: Folder) -> dict[str, str]:
    """Name -> kind of every block whose card names its classes, by name."""
    found = {}
    for path in sorted((checkpoints.root(folder) / "blocks").glob("*.json")):
        card = checkpoints.load_card(path.stem, folder)
        if "classes" in card.settings:
            found[path.stem] = card.kind
    return found


def load_weak(name: str, folder: Folder = None) -> WeakSystem:
    """A separator by its block's name, with the critic that taught it. Raises JssError where there
    is none.
    """
    known = separators(folder)
    if name not in known:
        there = ", ".join(known) or "none: train one with: python -m jss train weak_desk"
        raise JssError(f"There is no separator of classes {name}: there is {there}.")
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
    """A critic alone, which hears mixtures and separates nothing. Raises JssError where there is
    none.
    """
    if name not in critics(folder):
        raise JssError(f"There is no critic {name}: train one with: python -m jss train weak_desk.")
    critic, card = checkpoints.load_network(name, folder)
    assert isinstance(critic, Critic)
    classes = tuple(card.settings["classes"])
    return WeakSystem(name, classes, None, accelerate(critic), name, card)


def told(critic: WeakSystem, name: str, sources: Float32) -> WeakSystem:
    """A critic of :func:`load_critic` beside a separator that was told the true sources, (K,
    samples), of one mixture.

    What comes out is what the best separator would give, and what the critic hears in it; up to 30
    s.
    """
    return replace(critic, name=name, separator=Known(sources))


def analyse_scene(system: WeakSystem, scenes: SceneSet, number: int) -> WeakResult:
    """One scene of a held-out set with its true sources. Raises JssError where the classes are not
    the system's.
    """
    if scenes.recipe.labels != system.labels:
        raise JssError(
            f"{system.name} separates {', '.join(system.labels)}; the scenes have other classes."
        )
    example = scenes[number]
    return system.analyse(example.mixture, f"{scenes.split}-{number:05d}", example.sources)


def _join(parts: Sequence[Float32], step: int) -> Float32:
    """Stretches that start ``step`` apart and overlap, cross-faded along the last axis."""
    whole, at = parts[0], 0
    for part in parts[1:]:
        at += step
        overlap = whole.shape[-1] - at
        rise = ((np.arange(overlap) + 1) / (overlap + 1)).astype(np.float32)
        mixed = (1 - rise) * whole[..., at:] + rise * part[..., :overlap]
        whole = np.concatenate([whole[..., :at], mixed, part[..., overlap:]], -1)
    return whole
