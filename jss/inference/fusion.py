"""Late fusion of systems: the mean of their score curves (Eq. 25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jss.errors import JssError
from jss.results import ClipResult

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
    """A fusion's name, which ``jss.commands.evaluate`` and the tables give it: "SED + MixIT-S2 +
    MixIT-JT".
    """
    return " + ".join(members(fusion, pretraining))


def members(fusion: Sequence[str], pretraining: str = "MixIT") -> tuple[str, ...]:
    """Names of the systems of a fusion, such as ("SED", "MixIT-S1"). pretraining: MixIT or PIT."""
    return tuple(name if name == "SED" else f"{pretraining}-{name}" for name in fusion)


def fuse(scores: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    """Mean of N systems' scores before any threshold or filter (Eq. 25). scores: N times (K, T) ->
    (K, T).

    Raises JssError where there is none, or their shapes differ.
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


def fuse_results(results: Sequence[ClipResult]) -> ClipResult:
    """One clip's results of several systems as that of their fusion, without sources. Raises
    JssError if they are not of one clip and one class set.
    """
    if not results:
        raise JssError("A fusion needs at least one system.")
    first = results[0]
    if any(r.labels != first.labels or r.score_hop != first.score_hop for r in results):
        raise JssError("Only systems of one class set and one frame length can be fused.")
    if any(len(r.mixture) != len(first.mixture) for r in results):
        raise JssError("Only results of the same clip can be fused.")
    return ClipResult(
        filename=first.filename,
        mixture=first.mixture,
        sources=np.zeros((0, len(first.mixture)), np.float32),
        mel=first.mel,
        source_mels=np.zeros((0, *first.mel.shape), np.float32),
        scores=fuse([r.scores for r in results]),
        source_scores=np.zeros((0, *first.scores.shape), np.float32),
        weak=fuse([r.weak for r in results]),
        source_weak=np.zeros((0, *first.weak.shape), np.float32),
        labels=first.labels,
        sample_rate=first.sample_rate,
        mel_hop=first.mel_hop,
        score_hop=first.score_hop,
        system=" + ".join(r.system for r in results),
        selection="+".join(dict.fromkeys(r.selection for r in results)),
    )
