"""The stages as data: where each starts, which blocks it trains, at which learning rate.

A new stage is a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jss.errors import JssError
from jss.io.schema import SCHEMA

#: Starts of a block from random weights.
NEW = ("new", "new TDCN++")


@dataclass(frozen=True, config=SCHEMA)
class Stage:
    """One stage of training."""

    #: Where the separator comes from: "new" or "new TDCN++" (random weights), "pre-training" (PIT
    #: or MixIT), the name of a stage (its selected block) or of a block; None for no separator.
    separator: str | None
    #: Where the detector comes from, in the same way.
    detector: str | None
    #: The blocks that are trained; the others are frozen. "balance" is q of Eq. 2.
    trains: tuple[Literal["separator", "detector", "balance"], ...]
    #: Of Adam.
    learning_rate: Annotated[float, Field(ge=0, le=1e30)]
    #: "sed" (Eqs 4-6), "pit" (Eq. 15) or "mixit" (Eq. 17).
    loss: Literal["sed", "pit", "mixit"] = "sed"
    #: A separation loss beside it (jss.training.retention).
    retention: Literal["mixit", "distillation"] | None = None
    #: What a separator learns from, a key of ``jss.data.training.datasets.POOLS``, or the next best
    #: where that is absent; None for the stage of a detector.
    data: Literal["detection", "recordings", "sources"] | None = None
    #: Where the frozen detector of a mixture branch comes from (jss.models.branches); None for no
    #: such branch.
    mixture: str | None = None
    #: Over sources; None for the preset's.
    pooling: str | None = None
    #: Of DetectionConfig; a preset's settings for the stage replace them.
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def starts(self) -> dict[str, str]:
        """Where each block of the stage comes from, of "separator", "detector" and "mixture"."""
        blocks = {"separator": self.separator, "detector": self.detector, "mixture": self.mixture}
        return {block: start for block, start in blocks.items() if start is not None}


#: The DCASE 2021 baseline SSep+SED (Fig. 3): "the same configuration as the SED Baseline".
_SSEP_SED = Stage("TDCN", "SED", ("detector", "balance"), 1e-3, mixture="SED", pooling="sum")
#: Learning rates are those of the section "Joint Source Separation + Sound Event Detection
#: settings": 1e-3 for pre-training, 1e-4 for S1 and JT, 1e-5 for S2. PIT learns from FUSS, MixIT
#: from DESED's synthetic and unlabelled clips, the TDCN++ of SSep-SED from YFCC100M.
#: SSep-SED-DCASE has the reference's own schedule: an epoch is 11 steps of 1, 2 and 2 clips
#: accumulated 64 times, the warm-up takes 330 steps, and training ends after 25 epochs without
#: progress. S2+ and JT+ are ours: they have the separation loss that the paper's conclusion asks
#: for.
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
#: Stages that are a system by themselves. The others are one for each pre-training, such as PIT-S1
#: and MixIT-S1.
BASELINES = ("SED", "SSep-SED", "SSep-SED-DCASE")
#: Every system of Tables 2 and 3, and the two with a retention loss.
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


#: The networks whose best epoch is selected (Eqs 24, 23). Since that happens at every stage, each
#: has a chain of its own: the student of S2 starts from the student of S1.
SELECTIONS = ("teacher", "student")


def split(training: str) -> tuple[str, str | None]:
    """The system and the selection of a training; None for both selections at once.

    "MixIT-S1-student" -> ("MixIT-S1", "student"), "SED" -> ("SED", None).
    """
    system, _, selection = training.rpartition("-")
    return (system, selection) if selection in SELECTIONS else (training, None)


def chained(stage: str) -> bool:
    """Whether a stage starts from a selected system, so that teacher and student are trained apart.

    Of other stages, one training gives both.
    """
    row = STAGES[stage]
    return bool(row.trains) and any(
        start in STAGES and not separates_only(start) for start in row.starts.values()
    )


def trainings(system: str) -> tuple[str, ...]:
    """The trainings that make a system; a training stands for itself.

    MixIT-S1 -> (MixIT-S1-teacher, MixIT-S1-student), SED -> (SED,).

    Raises:
        JssError: The name is unknown.
    """
    if separates_only(system) or split(system)[1] or not chained(parse(system)[1]):
        return (system,)
    return tuple(f"{system}-{selection}" for selection in SELECTIONS)


def parse(training: str) -> tuple[str | None, str]:
    """The pre-training and the stage of a system or training.

    "MixIT-S1-student" -> ("MixIT", "S1"), "SED" -> (None, "SED").

    Raises:
        JssError: The name is unknown.
    """
    system, selection = split(training)
    pretraining, _, stage = system.rpartition("-")
    if system in BASELINES:
        pretraining, stage = "", system
    elif (
        pretraining not in ("PIT", "MixIT")
        or stage not in STAGES
        or STAGES[stage].separator != "pre-training"
    ):
        stage = ""
    if not stage or (selection and not chained(stage)):
        raise JssError(
            f'There is no way to train "{training}": name SED, SSep-SED, SSep-SED-DCASE, or PIT- '
            "or MixIT- with S0, S1, S2, JT, S2+ or JT+; those that start from a selected system may "
            "end in -teacher or -student, for that selection alone."
        )
    return pretraining or None, stage


def separates_only(name: str) -> bool:
    """Whether a stage trains a separator alone, which is no system: PIT, MixIT and TDCN."""
    return name in STAGES and STAGES[name].loss != "sed"


def separator_block(pretraining: str) -> str:
    """The name of a pre-trained separator's block."""
    return f"{pretraining}-separator".lower()


def comes_from(start: str, pretraining: str | None) -> str | None:
    """What must be trained before a stage can start.

    Args:
        start: Where a block of the stage comes from, one of ``Stage.starts``.
        pretraining: "PIT", "MixIT" or None.

    Returns:
        A system, "PIT", "MixIT" or "TDCN"; None for nothing.
    """
    if start == "pre-training":
        return pretraining
    if start not in STAGES:
        return None
    return start if start in BASELINES or separates_only(start) else f"{pretraining}-{start}"


def needs(training: str, row: Stage | None = None) -> list[str]:
    """The trainings that must be finished before one; separators by the name of their stage.

    Args:
        training: Its name.
        row: Of its stage, where a preset overrides it.
    """
    pretraining, name = parse(training)
    row, selection = row or STAGES[name], split(training)[1]
    sources = []
    for start in row.starts.values():
        source = comes_from(start, pretraining)
        if source is not None:
            of_selection = f"{source}-{selection}"
            sources.append(of_selection if of_selection in trainings(source) else source)
    return list(dict.fromkeys(sources))
