"""Late fusion of systems: the mean of their score curves (Eq. 25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jss.errors import JssError

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


def fuse(scores: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    """Mean of several systems' scores before any threshold or filter (Eq. 25).

    Args:
        scores: (K, T) of each system.

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
        raise JssError(
            f"Only scores of one shape can be fused, not {listed}: use systems of one class set and hop."
        )
    return np.asarray(np.mean(np.stack(scores), axis=0, dtype=np.float64), np.float32)
