"""Configurations: declared settings, and presets as YAML files that hold only what they override.

An unknown key, a wrong type, a number out of range or one that YAML reads as text (``1e-4``) is an
error that names the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jss.errors import JssError
from jss.io.schema import SCHEMA, Count, Share, parse_yaml, read_yaml, validate
from jss.models.critic import CriticConfig
from jss.models.crnn import CRNNConfig
from jss.models.separator import ConvTasNetConfig
from jss.models.tdcn import TDCNConfig
from jss.models.tf_masker import TFMaskerConfig

PRESETS = Path(__file__).parent / "presets"

Epochs = Annotated[int, Field(ge=1, le=10**6)]
Clips = Annotated[int, Field(ge=0, le=10_000)]
Batch = Annotated[int, Field(ge=1, le=10_000)]
Limit = Annotated[float, Field(ge=0, le=10**9)]
Tau = Annotated[float, Field(ge=1e-12, le=1)]
Rate = Annotated[float, Field(ge=0, le=1e30)]


@dataclass(frozen=True, config=SCHEMA)
class DataConfig:
    """Which clips teach and select."""

    #: Length of a clip in seconds.
    seconds: Annotated[float, Field(ge=0.5, le=600)] = 10.0
    #: How soundscapes are drawn where the data is a soundbank (jss.data.soundscapes.recipes).
    recipe: str = "desed"
    #: Clips of an epoch's subsets; the shortest sets its length. The defaults are DESED's.
    synthetic: Count = 10000
    weak: Count = 1420
    unlabelled: Count = 14412
    #: Clips that select a model.
    validation_synthetic: Count = 2500
    validation_weak: Count = 158
    #: The chance that a sound of a soundscape is a synthesised one.
    synthesised: Share = 0.3
    #: The chance that a weak clip is a single recording, not a soundscape.
    single: Share = 0.0
    #: Synthesised recordings of each class.
    sounds: Annotated[int, Field(ge=1, le=10_000)] = 200
    #: The share of a data set's labels that may be lost, because their audio is missing or they
    #: cannot be; where more are, training stops.
    lost_labels: Share = 0.1
    #: Processes that make batches.
    workers: Annotated[int, Field(ge=0, le=256)] = 1
    #: Draw new soundscapes in every epoch. False: render the subsets once, into OUT/pool, for a
    #: device that learns faster than processors render.
    fresh: bool = True


@dataclass(frozen=True, config=SCHEMA)
class DetectionConfig:
    """Mean Teacher training (SED, S1, S2, JT)."""

    #: Synthetic, weak and unlabelled clips of one step.
    batch: tuple[Clips, Clips, Clips] = (12, 12, 24)
    #: Micro-batches of a step, each of the batch's ratio; BatchNorm sees one of them.
    accumulate: Annotated[int, Field(ge=1, le=10_000)] = 1
    #: Steps of an epoch, 0 for as many as the shortest subset gives.
    steps: Count = 0
    epochs: Epochs = 200
    #: N, in epochs, of the warm-up exp(-5 (1 - n/N)^2) of rate and consistency.
    warmup_epochs: Annotated[float, Field(ge=0, le=10**6)] = 50.0
    #: alpha_self of Eq. 6 after the warm-up.
    consistency: Annotated[float, Field(ge=0, le=1e6)] = 2.0
    #: alpha_ema of Eq. 3.
    ema: Share = 0.999
    #: The chance of mixup in a step, and alpha of its Beta(alpha, alpha).
    mixup: Share = 0.5
    mixup_alpha: Annotated[float, Field(ge=1e-3, le=1e3)] = 0.2
    #: Of the objective's F1.
    threshold: Share = 0.5
    #: Weight of a dB of the separation term of S2+ and JT+.
    retention_weight: float = 0.03
    #: Largest gradient norm, 0 for any.
    clip: Limit = 0.0
    #: Epochs without progress of the selected network's objective before the end, 0 for no such
    #: end.
    patience: Count = 0
    #: BatchNorm stays as the stage finds it.
    frozen_norms: bool = False
    #: Training clips over which the statistics of BatchNorm are averaged before each validation
    #: (jss.training.norms); 0 for the running ones, as the paper has them: those of the last batch.
    norm_clips: Clips = 0
    #: Where the separator is frozen (S1, SSep-SED): separate the clips of one epoch once, into
    #: OUT/pool, and learn from these in every epoch, without mixup (jss.training.separated).
    save_sources: bool = False
    #: With save_sources: the share of the training clips to which another one is added.
    save_pairs: Share = 0.0


@dataclass(frozen=True, config=SCHEMA)
class SeparationConfig:
    """Pre-training of the separator (PIT, MixIT)."""

    #: Mixtures of a step (pairs for MixIT).
    batch: Batch = 4
    #: Length of a crop in seconds.
    seconds: Annotated[float, Field(ge=0.5, le=600)] = 10.0
    #: Steps of an epoch.
    steps: Annotated[int, Field(ge=1, le=10**9)] = 5000
    epochs: Epochs = 200
    #: Epochs without progress before the rate is halved.
    patience: Count = 5
    #: Epochs without progress before the end, 0 for no such end.
    early_stop: Count = 30
    #: Largest gradient norm.
    clip: Limit = 5.0
    #: Mixtures that select a model (pairs for MixIT), 0 for all that there are.
    validation: Annotated[int, Field(ge=0, le=10**6)] = 0
    #: tau of Eq. 13 (active sources) and of Eq. 14 (inactive ones).
    tau: Tau = 1e-3
    tau_inactive: Tau = 1e-3
    #: Cap the SNR of MixIT at -10 log10(tau) dB, instead of Eq. 11 as written.
    thresholded: bool = False


@dataclass(frozen=True, config=SCHEMA)
class WeakLabelConfig:
    """Training of the weak-label paper's critics and separators."""

    #: Mixtures of a step.
    batch: Batch = 10
    #: Seconds of a random crop of each, 0 for all of it; clip labels are then those of the crop.
    crop: Annotated[float, Field(ge=0, le=600)] = 0.0
    #: At most.
    epochs: Epochs = 50
    #: Epochs without progress before the end, 0 for no such end.
    early_stop: Count = 5
    #: Of Adam.
    learning_rate: Rate = 1e-4
    #: A block of the preset's sizes to go on from; empty for a new network.
    start: str = ""
    #: What is validated and saved: 0 for the weights, else their running mean, of which this share
    #: stays at each step (0.999: the mean of about the last 1000 steps).
    ema: Share = 0.0
    #: Weight of the mixture term (Eqs 8, 9).
    alpha: Annotated[float, Field(ge=0, le=1e9)] = 100.0
    #: Of both terms: "sum" as written, or "mean", with which alpha is worth a fortieth.
    reduction: Literal["sum", "mean"] = "sum"
    #: From isolated sources: "l1", the mean absolute error of magnitudes, or "snr", that of signals
    #: in dB (``jss.losses.weak_label.source_snr_loss``).
    strong: Literal["l1", "snr"] = "l1"
    #: Draw new mixtures in every epoch instead of a fixed set.
    fresh: bool = False
    #: Largest gradient norm, 0 for any.
    clip: Limit = 0.0
    #: Scenes that ``evaluate`` draws where it is not told how many.
    test: Annotated[int, Field(ge=1, le=10**6)] = 500


@dataclass(frozen=True, config=SCHEMA)
class Config:
    """One experiment."""

    name: str
    description: str = ""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    #: A class set by name or a list of labels; null for those of the data (DESED's where it has no
    #: list of its own).
    labels: str | tuple[str, ...] | None = None
    #: Over sources (jss.models.pooling).
    pooling: str = "max"
    #: Of each clip's or source's log-mel to [0, 1]: by its own range, or by the mixture's.
    scaling: Literal["clip", "mixture"] = "clip"
    #: Of matrix products.
    precision: Literal["bf16", "fp32"] = "bf16"
    #: Compile a separator that learns.
    compile: bool = False
    #: Of torch, 0 for its own choice.
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    #: Write each run's history for TensorBoard too.
    tensorboard: bool = False
    #: A stage ends with the epoch in which so many minutes have passed since it began or went on; 0
    #: for no limit.
    minutes: Annotated[float, Field(ge=0, le=10**6)] = 0.0
    #: Devices of each machine, and machines; each device has a process and a part of every batch.
    devices: Annotated[int, Field(ge=1, le=1024)] = 1
    nodes: Annotated[int, Field(ge=1, le=1024)] = 1
    #: To be trained, in order.
    systems: tuple[str, ...] = (
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
    )
    #: Subsets of the evaluation that ends the training; none: there is no such end.
    evaluation: tuple[str, ...] = ()
    detector: CRNNConfig = CRNNConfig()
    separator: ConvTasNetConfig = ConvTasNetConfig()
    tdcn: TDCNConfig = TDCNConfig()
    data: DataConfig = DataConfig()
    detection: DetectionConfig = DetectionConfig()
    separation: SeparationConfig = SeparationConfig()
    masker: TFMaskerConfig = TFMaskerConfig()
    critic: CriticConfig = CriticConfig()
    weak: WeakLabelConfig = WeakLabelConfig()
    #: Overrides by stage, such as {S1: {epochs: 10}}: of DetectionConfig, SeparationConfig or
    #: WeakLabelConfig, and of the stage's row (learning_rate, detector, separator, data, retention).
    stages: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)

    @property
    def processes(self) -> int:
        """How many train together."""
        return self.devices * self.nodes


def presets() -> dict[str, str]:
    """Names and descriptions of the presets."""
    return {
        p.stem: str(read_yaml(p).get("description", "")) for p in sorted(PRESETS.glob("*.yaml"))
    }


def load_preset(name: str, overrides: tuple[str, ...] = ()) -> Config:
    """A preset by name, or any YAML file by path; overrides: "key=value", dots for nesting
    ("data.seconds=4").

    Raises JssError that names the key where one is unknown or has a wrong type.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else PRESETS / f"{name}.yaml"
    if not path.is_file():
        raise JssError(
            f'There is no preset "{name}": use one of {", ".join(presets())} or the path of a YAML file.'
        )
    data = read_yaml(path)
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator or not key:
            raise JssError(f'"{override}" is not of the form key=value, such as data.seconds=4.')
        *parents, last = key.split(".")
        place = data
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise JssError(f'"{override}": {parent} holds a value, not keys.')
        try:
            place[last] = parse_yaml(text)
        except ValueError as error:
            raise JssError(f'"{override}": the value is not valid YAML.') from error
    return validate(Config, data, f"{path} with {' '.join(overrides)}" if overrides else str(path))
