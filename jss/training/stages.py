"""The stages as data: where each starts, which blocks it trains, and at which rate. A new stage is a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jss.errors import JssError


@dataclass(frozen=True)
class Stage:
    """One training process. separator, detector: the stage whose selected block it starts from ("new": random;
    None: it has no such block; anything else: the block of that name); trains: the blocks that learn, the others are
    frozen; learning_rate: of Adam; loss: "sed" (Eqs 4-6), "pit" (Eq. 15) or "mixit" (Eq. 17); retention: the
    separation term beside it (jss.training.retention), None for none.
    """

    separator: str | None
    detector: str | None
    trains: tuple[Literal["separator", "detector"], ...]
    learning_rate: float
    loss: Literal["sed", "pit", "mixit"] = "sed"
    retention: Literal["mixit", "distillation"] | None = None


#: Section "Joint Source Separation + Sound Event Detection settings": 1e-3 to pre-train, 1e-4 for S1 and JT,
#: 1e-5 for S2, the rate lowered with each model selection. S2+ and JT+ are ours: with the separation term that the
#: paper's conclusion asks for.
STAGES: Mapping[str, Stage] = {
    "SED": Stage(None, "new", ("detector",), 1e-3),
    "PIT": Stage("new", None, ("separator",), 1e-3, "pit"),
    "MixIT": Stage("new", None, ("separator",), 1e-3, "mixit"),
    "S0": Stage("pre-training", "SED", (), 0.0),
    "S1": Stage("pre-training", "SED", ("detector",), 1e-4),
    "S2": Stage("pre-training", "S1", ("separator",), 1e-5),
    "JT": Stage("pre-training", "SED", ("separator", "detector"), 1e-4),
    "S2+": Stage("pre-training", "S1", ("separator",), 1e-5, retention="distillation"),
    "JT+": Stage("pre-training", "SED", ("separator", "detector"), 1e-4, retention="distillation"),
}


def parse(system: str) -> tuple[str | None, str]:
    """A system's pre-training and stage: "MixIT-S1" -> ("MixIT", "S1"), "SED" -> (None, "SED").

    Raises JssError for a name that the table does not know.
    """
    pretraining, _, stage = system.rpartition("-")
    known = stage in STAGES and STAGES[stage].loss == "sed" and bool(pretraining) == (stage != "SED")
    if not known or pretraining not in ("", "PIT", "MixIT"):
        raise JssError(f'There is no way to train "{system}": name SED, or PIT- or MixIT- with S0, S1, S2, JT, '
                       "S2+ or JT+.")
    return pretraining or None, stage


def needs(system: str) -> list[str]:
    """What must be there before a system is trained: other systems, or "PIT" and "MixIT" for the separators."""
    pretraining, name = parse(system)
    starts = (STAGES[name].separator, STAGES[name].detector)
    found = []
    for start in starts:
        if start == "pre-training":
            found.append(str(pretraining))
        elif start in ("SED", "S1"):
            found.append("SED" if start == "SED" else f"{pretraining}-S1")
    return found
