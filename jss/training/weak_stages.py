"""The stages of the weak-label paper as data.

They are two critics, three maskers, and three of the first paper's separators trained in the same
ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WeakStage:
    """One training."""

    #: What is trained.
    network: Literal["critic", "tf_masker", "conv_tasnet"]
    #: What it learns from: isolated sources ("strong"), frame labels or clip labels.
    labels: Literal["strong", "frame", "clip"]
    #: The stage whose critic teaches a separator; None for a critic and for isolated sources.
    critic: str | None
    #: For the card.
    description: str


WEAK_STAGES: Mapping[str, WeakStage] = {
    "critic-frame": WeakStage(
        "critic", "frame", None, "critic, from frame labels of mixtures (Eq. 3)"
    ),
    "critic-clip": WeakStage(
        "critic", "clip", None, "critic, from clip labels of mixtures (Eq. 5)"
    ),
    "weak-strong": WeakStage(
        "tf_masker", "strong", None, "masker, from isolated sources: the upper bound"
    ),
    "weak-frame": WeakStage(
        "tf_masker", "frame", "critic-frame", "masker, from frame labels (Eq. 8)"
    ),
    "weak-clip": WeakStage("tf_masker", "clip", "critic-clip", "masker, from clip labels (Eq. 9)"),
    "conv-strong": WeakStage(
        "conv_tasnet", "strong", None, "JSS's Conv-TasNet, from isolated sources"
    ),
    "conv-frame": WeakStage(
        "conv_tasnet", "frame", "critic-frame", "JSS's Conv-TasNet, from frame labels (Eq. 8)"
    ),
    "conv-clip": WeakStage(
        "conv_tasnet", "clip", "critic-clip", "JSS's Conv-TasNet, from clip labels (Eq. 9)"
    ),
}
