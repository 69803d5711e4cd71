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
    it (jss.training.retention), None for none; data: what a separator learns from, by
    ``jss.data.training.datasets.POOLS``, the next best where that is absent, None for a detector's
    stage; pooling: over sources, None for the preset's; settings: of DetectionConfig, before those
    of the preset for the stage.
    """

    separator: str | None
    detector: str | None
    trains: tuple[Literal["separator", "detector", "balance"], ...]
    learning_rate: Annotated[float, Field(ge=0, le=1e30)]
    loss: Literal["sed", "pit", "mixit"] = "sed"
    retention: Literal["mixit", "distillation"] | None = None
    data: Literal["detection", "recordings", "sources"] | None = None
    mixture: str | None = None
    pooling: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


#: The DCASE 2021 baseline SSep+SED (Fig. 3): "the same configuration as the SED Baseline".
_SSEP_SED = Stage("TDCN", "SED", ("detector", "balance"), 1e-3, mixture="SED", pooling="sum")
#: Section "Joint Source Separation + Sound Event Detection settings": 1e-3 to pre-train, 1e-4 for
#: S1 and JT, 1e-5 for S2, the rate lowered with each model selection; PIT learns from FUSS, MixIT
#: from DESED's synthetic and unlabelled clips, the TDCN++ from YFCC100M. TDCN is the
#: separator of SSep-SED; SSep-SED-DCASE has the reference's own schedule: 11 steps of 1, 2 and 2
#: clips accumulated 64 times are an epoch, a warm-up of 330 steps, an end after 25 epochs without
#: progress. S2+ and JT+ are ours: with the separation term that the
#: paper's conclusion asks for.
STAGES: Mapping[str, Stage] = {
    "SED": Stage(None, "new", ("detector",), 1e-3),
    "PIT": Stage("new", None, ("separator",), 1e-3, "pit", data="sources"),
    "MixIT": Stage("new", None, ("separator",), 1e-3, "mixit", data="detection"),
    "TDCN": Stage("new TDCN++", None, ("separator",), 1e-3, "mixit", data="recordings"),
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


#: The networks whose best epoch is selected (Eqs 24, 23). A selection is made at every stage, so
#: each has a chain of its own: the student of S2 starts from the student of S1.
SELECTIONS = ("teacher", "student")


def split(training: str) -> tuple[str, str | None]:
    """A training's system and chain: "MixIT-S1-student" -> ("MixIT-S1", "student"), "SED" ->
    ("SED", None).
    """
    system, _, who = training.rpartition("-")
    return (system, who) if who in SELECTIONS else (training, None)


def chained(stage: str) -> bool:
    """Whether a stage starts from a selected system, so that teacher and student need a training
    each. In the others one training gives both.
    """
    row = STAGES[stage]
    starts = (row.separator, row.detector, row.mixture)
    return bool(row.trains) and any(s in STAGES and not separates_only(s) for s in starts if s)


def trainings(system: str) -> tuple[str, ...]:
    """What trains a system: MixIT-S1 -> (MixIT-S1-teacher, MixIT-S1-student), SED -> (SED,); a
    training stands for itself. Raises JssError for a name that the table does not know.
    """
    if separates_only(system) or split(system)[1] or not chained(parse(system)[1]):
        return (system,)
    return tuple(f"{system}-{who}" for who in SELECTIONS)


def parse(training: str) -> tuple[str | None, str]:
    """The pre-training and stage of a system or training: "MixIT-S1-student" -> ("MixIT", "S1"),
    "SED" -> (None, "SED").

    Raises JssError for a name that the table does not know.
    """
    system, who = split(training)
    pretraining, _, stage = system.rpartition("-")
    if system in BASELINES:
        pretraining, stage = "", system
    elif (
        pretraining not in ("PIT", "MixIT")
        or stage not in STAGES
        or STAGES[stage].separator != "pre-training"
    ):
        stage = ""
    if not stage or (who and not chained(stage)):
        raise JssError(
            f'There is no way to train "{training}": name SED, SSep-SED, SSep-SED-DCASE, or PIT- or '
            "MixIT- with S0, S1, S2, JT, S2+ or JT+; what starts from a selected system may end in "
            "-teacher or -student, for that chain alone."
        )
    return pretraining or None, stage


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


def needs(training: str) -> list[str]:
    """What must be there before a training: other trainings, or the separators by their stage."""
    pretraining, name = parse(training)
    row, who = STAGES[name], split(training)[1]
    found = []
    for start in (row.separator, row.detector, row.mixture):
        source = comes_from(start, pretraining)
        if source is not None:
            own = who and f"{source}-{who}" in trainings(source)
            found.append(f"{source}-{who}" if own else source)
    return list(dict.fromkeys(found))
