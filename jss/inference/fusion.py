"""Late fusion of systems: the mean of their score curves (Eq. 25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from jss.errors import JssError

#: What a fusion is the mean of.
Mean = Literal["scores", "logits"]
#: The logit of a score is that of one at least this far from 0 and 1.
SUREST = 1e-6
#: The seven fusions of Tables 3 and 5, each by its members; S1, S2 and JT are those of one
#: separation pre-training.
FUSIONS: tuple[tuple[str, ...], ...] = (
    ("SED", "S1"),
    ("SED", "S2"),
    ("SED", "JT"),
    ("SED", "S2", "JT"),
    ("SED", "S1", "S2", "JT"),
    ("S2", "JT"),
    ("S1", "S2", "JT"),
)


def named(fusion: Sequence[str], pretraining: str = "MixIT") -> str:
    """A fusion's name in commands and tables: "SED + MixIT-S2 + MixIT-JT".

    Args:
        fusion: One of ``FUSIONS``.
        pretraining: MixIT or PIT.
    """
    return " + ".join(members(fusion, pretraining))


def members(fusion: Sequence[str], pretraining: str = "MixIT") -> tuple[str, ...]:
    """Names of the systems of a fusion, such as ("SED", "MixIT-S1").

    Args:
        fusion: One of ``FUSIONS``.
        pretraining: MixIT or PIT.
    """
    return tuple(name if name == "SED" else f"{pretraining}-{name}" for name in fusion)


def fusion_name(systems: Sequence[str], mean: Mean = "scores") -> str:
    """A fusion's name in reports: "SED + YAMNet", or "SED + YAMNet (logits)".

    Args:
        systems: Names of its members.
        mean: What it is the mean of.
    """
    return " + ".join(systems) + (" (logits)" if mean == "logits" else "")


def fuse(scores: Sequence[npt.NDArray[Any]], mean: Mean = "scores") -> npt.NDArray[np.float32]:
    """Mean of several systems' scores before any threshold or filter (Eq. 25).

    Args:
        scores: (K, T) of each system.
        mean: Of the scores, as in the paper; or of their logits, log(score / (1 - score)), which
            gives back a score. Logits count what a system is sure of: 0.999 and 0.9 differ by more
            than 0.6 and 0.5.

    Returns:
        (K, T)

    Raises:
        JssError: There are no scores, or their shapes differ.
    """
    if not scores:
        raise JssError("A fusion needs at least one system.")
    shapes = {s.shape for s in scores}
    if len(shapes) > 1:
        listed = " and ".join(str(s) for s in sorted(shapes))
        raise JssError(f"Only scores of one shape can be fused, not {listed}.")
    stacked = np.stack(scores).astype(np.float64)
    if mean == "logits":
        sure = stacked.clip(SUREST, 1.0 - SUREST)
        fused = 1.0 / (1.0 + np.exp(-np.mean(np.log(sure / (1.0 - sure)), axis=0)))
    else:
        fused = np.mean(stacked, axis=0)
    return np.asarray(fused, np.float32)


def common(labels: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The labels that all systems have, in the order of the first.

    Args:
        labels: Those of each system.

    Raises:
        JssError: There is none.
    """
    shared = tuple(label for label in labels[0] if all(label in other for other in labels))
    if not shared:
        raise JssError("Only systems with a common class can be fused.")
    return shared
