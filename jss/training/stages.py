"""The stages as data: where each starts, which blocks it trains, and at which rate. A new stage is
a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jss.errors import JssError
from jss.io.schema import SCHEMA


@dataclass(frozen=True, config=SCHEMA)
class Stage:
    """One training process. separator, detector, mixture: the stage whose selected block it starts
    from ("new", "new TDCN++": random; None: it has no such block; anything else: the block of that
    name), ``mixture`` being the frozen detector of a branch on the sum of the sources; trains: the
    blocks that learn, the others are frozen, balance being q of Eq. 2; learning_rate: of Adam;
    loss: "sed" (Eqs 4-6), "pit" (Eq. 15) or "mixit" (Eq. 17); retention: the separation term beside
    it (jss.training.retention), None for none; pooling: over sources, None for the preset's;
    settings: of DetectionConfig, before those of the preset for the stage.
    """

    separator: str | None
    detector: str | None
    trains: tuple[Literal["separator", "detector", "balance"], ...]
    learning_rate: Annotated[float, Field(ge=0, le=1e30)]
    loss: Literal["sed", "pit", "mixit"] = "sed"
    retention: Literal["mixit", "distillation"] | None = None
    mixture: str | None = None
    pooling: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


#: The DCASE 2021 baseline SSep+SED (Fig. 3): "the same configuration as the SED Baseline".
_SSEP_SED = Stage("TDCN", "SED", ("detector", "balance"), 1e-3, mixture="SED", pooling="sum")
#: Section "Joint Source Separation + Sound Event Detection settings": 1e-3 to pre-train, 1e-4 for
#: S1 and JT, 1e-5 for S2, the rate lowered with each model selection. TDCN is the
#: separator of SSep-SED; SSep-SED-DCASE has the reference's own schedule: 11 steps of 1, 2 and 2
#: clips accumulated 64 times are an epoch, a warm-up of 330 steps, an end after 25 epochs without
#: progress. S2+ and JT+ are ours: with the separation term that the
#: paper's conclusion asks for.
STAGES: Mapping[str, Stage] = {
    "SED": Stage(None, "new", ("detector",), 1e-3),
    "PIT": Stage("new", None, ("separator",), 1e-3, "pit"),
    "MixIT": Stage("new", None, ("separator",), 1e-3, "mixit"),
    "TDCN": Stage("new TDCN++", None, ("separator",), 1e-3, "mixit"),
    "SSep-SED": _SSEP_SED,
    "SSep-SED-DCASE": replace(
        _SSEP_SED,
        settings={
            "batch": (64, 128, 128),
            "accumulate": 64,
            "warmup_epochs": 30.0,
            "clip": 5.0,
            "patience": 25,
            "mixup": 0.0,
            "frozen_norms": True,
        },
    ),
    "S0": Stage("pre-training", "SED", (), 0.0),
    "S1": Stage("pre-training", "SED", ("detector",), 1e-4),
    "S2": Stage("pre-training", "S1", ("separator",), 1e-5),
    "JT": Stage("pre-training", "SED", ("separator", "detector"), 1e-4),
    "S2+": Stage("pre-training", "S1", ("separator",), 1e-5, retention="mixit"),
    "JT+": Stage("pre-training", "SED", ("separator", "detector"), 1e-4, retention="mixit"),
}
#: Stages that are a system by themselves; the others are one for each pre-training: PIT-S1,
#: MixIT-S1.
BASELINES = ("SED", "SSep-SED", "SSep-SED-DCASE")
#: Every system of Tables 2 and 3, and the two with the separation term.
TREE = (
    "SED",
    "PIT-S0",
    "PIT-S1",
    "PIT-S2",
    "PIT-JT",
    "MixIT-S0",
    "MixIT-S1",
    "MixIT-S2",
    "MixIT-JT",
    "SSep-SED",
    "MixIT-S2+",
    "MixIT-JT+",
)


def parse(system: str) -> tuple[str | None, str]:
    """A system's pre-training and stage: "MixIT-S1" -> ("MixIT", "S1"), "SED" -> (None, "SED").

    Raises JssError for a name that the table does not know.
    """
    if system in BASELINES:
        return None, system
    pretraining, _, stage = system.rpartition("-")
    if (
        pretraining not in ("PIT", "MixIT")
        or stage not in STAGES
        or STAGES[stage].separator != "pre-training"
    ):
        raise JssError(
            f'There is no way to train "{system}": name SED, SSep-SED, SSep-SED-DCASE, or PIT- or MixIT- with '
            "S0, S1, S2, JT, S2+ or JT+."
        )
    return pretraining, stage


def separates_only(name: str) -> bool:
    """Whether a stage trains a separator alone, which makes no system: PIT, MixIT, TDCN."""
    return name in STAGES and STAGES[name].loss != "sed"


def comes_from(start: str | None, pretraining: str | None) -> str | None:
    """What must be there for a start of a stage's row: a system, "PIT", "MixIT" or "TDCN"; None:
    nothing.
    """
    if start == "pre-training":
        return pretraining
    if start is None or start not in STAGES:
        return None
    return start if start in BASELINES or separates_only(start) else f"{pretraining}-{start}"


def needs(system: str) -> list[str]:
    """What must be there before a system is trained: other systems, or the separators by their
    stage.
    """
    pretraining, name = parse(system)
    row = STAGES[name]
    found = [comes_from(start, pretraining) for start in (row.separator, row.detector, row.mixture)]
    return list(dict.fromkeys(item for item in found if item))
