"""Configurations: frozen dataclasses, and presets as strict YAML files that hold only what they
override.

An unknown key, a wrong type, or a number that YAML reads as text (``1e-4``) is an error that names
the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jss.errors import JssError
from jss.io.ranges import within
from jss.io.schema import parse_yaml, read_yaml, strict
from jss.models.critic import CriticConfig
from jss.models.crnn import CRNNConfig
from jss.models.separator import ConvTasNetConfig
from jss.models.tdcn import TDCNConfig
from jss.models.tf_masker import TFMaskerConfig

PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class DataConfig:
    """Which clips. seconds: length of a clip; synthetic, weak, unlabelled: clips of an epoch's
    subsets, the shortest of which sets its length (facts of DESED: 10,000, 1420 and 14,412);
    validation_synthetic, validation_weak: clips that select a model; recipe: how soundscapes are
    drawn where ROOT is a soundbank; synthesised: the chance that a sound is a synthesised one
    there; single: the chance that a weak clip there is a single recording, not mixed; sounds:
    synthesised recordings of each class; workers: rendering processes; fresh: draw new soundscapes
    in every epoch (False: render the subsets once, into OUT/pool, for a device that learns faster
    than processors render).
    """

    seconds: float = 10.0
    recipe: str = "desed"
    synthetic: int = 10000
    weak: int = 1420
    unlabelled: int = 14412
    validation_synthetic: int = 2500
    validation_weak: int = 158
    synthesised: float = 0.3
    single: float = 0.0
    sounds: int = 200
    workers: int = 1
    fresh: bool = True


@dataclass(frozen=True)
class DetectionConfig:
    """Mean Teacher training (SED, S1, S2, JT). batch: synthetic, weak and unlabelled clips of one
    step, in ``accumulate`` micro-batches of that ratio on every device (BatchNorm sees a
    micro-batch); steps: of an epoch, 0 for as many as the shortest subset gives; epochs;
    warmup_epochs: N of the warm-up exp(-5 (1 - n/N)^2) of rate and consistency; consistency:
    alpha_self of Eq. 6 after it; ema: alpha_ema of Eq. 3; mixup: its chance in a step, mixup_alpha:
    of Beta(alpha, alpha); threshold: of the objective's F1; retention_weight: of a dB of the
    separation term of S2+ and JT+; clip: largest gradient norm, 0 for any; patience: epochs without
    progress of the student's objective before the end, 0 for none; frozen_norms: BatchNorm stays as
    the stage finds it; norm_clips:
    training clips over which BatchNorm's statistics are averaged anew before each validation
    (jss.training.norms), 0 for the running ones, as the paper has them: those of the last batch.
    """

    batch: tuple[int, int, int] = (12, 12, 24)
    accumulate: int = 1
    steps: int = 0
    epochs: int = 200
    warmup_epochs: float = 50.0
    consistency: float = 2.0
    ema: float = 0.999
    mixup: float = 0.5
    mixup_alpha: float = 0.2
    threshold: float = 0.5
    retention_weight: float = 0.03
    clip: float = 0.0
    patience: int = 0
    frozen_norms: bool = False
    norm_clips: int = 0


@dataclass(frozen=True)
class SeparationConfig:
    """Pre-training of the separator (PIT, MixIT). batch: mixtures of a step (pairs for MixIT);
    seconds: of a crop; steps: of an epoch; epochs; patience: epochs without progress before the
    rate is halved, early_stop: before the end; clip: largest gradient norm; validation: mixtures
    that select a model; tau, tau_inactive: Eqs 13 and 14; thresholded: cap the SNR of MixIT at -10
    log10(tau) dB instead of Eq. 11 as written.
    """

    batch: int = 4
    seconds: float = 10.0
    steps: int = 5000
    epochs: int = 200
    patience: int = 5
    early_stop: int = 30
    clip: float = 5.0
    validation: int = 500
    tau: float = 1e-3
    tau_inactive: float = 1e-3
    thresholded: bool = False


@dataclass(frozen=True)
class WeakLabelConfig:
    """Training of the weak-label paper's critics and separators. batch: mixtures of a step; crop:
    seconds of a random crop of each, 0 for all of it (its clip labels are then those of the crop);
    epochs at most; early_stop: epochs without progress before the end; learning_rate: of Adam;
    alpha: weight of the mixture term (Eqs 8, 9); reduction: of both terms, "sum" as written or
    "mean", with which alpha is worth a fortieth; fresh: draw new mixtures in every epoch instead of
    a fixed set; clip: largest gradient norm, 0 for none.
    """

    batch: int = 10
    crop: float = 0.0
    epochs: int = 50
    early_stop: int = 5
    learning_rate: float = 1e-4
    alpha: float = 100.0
    reduction: Literal["sum", "mean"] = "sum"
    fresh: bool = False
    clip: float = 0.0


@dataclass(frozen=True)
class Config:
    """One experiment. labels: a class set by name or a list of labels, null for those of the data
    (DESED's where it has no list of its own); systems: to be trained, in order; precision: of the
    products, bf16 or fp32; compile: compile a separator that learns; tensorboard: write each run's
    history for TensorBoard too; minutes: a stage ends with the epoch in which so many have passed
    since it began or went on, 0 for no limit; devices, nodes: on how many devices of how many
    machines each, with a process and a part of every batch on each; scaling: jss.features.Scaling;
    stages: overrides by stage, such as {S1: {epochs: 10}}, of DetectionConfig, SeparationConfig,
    the rate (``learning_rate``), the block to start from (``detector``, ``separator``) and the
    separation term (``retention``: mixit or distillation), or of WeakLabelConfig.
    """

    name: str
    description: str = ""
    seed: int = 42
    labels: str | tuple[str, ...] | None = None
    pooling: str = "max"
    scaling: Literal["clip", "mixture"] = "clip"
    precision: Literal["bf16", "fp32"] = "bf16"
    compile: bool = False
    threads: int = 0
    tensorboard: bool = False
    minutes: float = 0.0
    devices: int = 1
    nodes: int = 1
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
    detector: CRNNConfig = field(default_factory=CRNNConfig)
    separator: ConvTasNetConfig = field(default_factory=ConvTasNetConfig)
    tdcn: TDCNConfig = field(default_factory=TDCNConfig)
    data: DataConfig = field(default_factory=DataConfig)
    detection: DetectionConfig = field(default_factory=DetectionConfig)
    separation: SeparationConfig = field(default_factory=SeparationConfig)
    masker: TFMaskerConfig = field(default_factory=TFMaskerConfig)
    critic: CriticConfig = field(default_factory=CriticConfig)
    weak: WeakLabelConfig = field(default_factory=WeakLabelConfig)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

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
        except ValueError:
            raise JssError(f'"{override}": the value is not valid YAML.') from None
    config = strict(Config, data, str(path))
    within(config, str(path))
    return config
