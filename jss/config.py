"""Configurations: frozen dataclasses, and presets as strict YAML files that hold only what they override.

An unknown key, a wrong type, or a number that YAML reads as text (``1e-4``) is an error that names the key.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from jss.errors import JssError
from jss.models.crnn import CRNNConfig
from jss.models.separator import ConvTasNetConfig

T = TypeVar("T")
PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class DataConfig:
    """Which clips. seconds: length of a clip; synthetic, weak, unlabelled: clips of an epoch's subsets, the shortest
    of which sets its length (facts of DESED: 10,000, 1420 and 14,412); validation_synthetic, validation_weak: clips
    that select a model; recipe: how soundscapes are drawn where ROOT is a soundbank; synthesised: the chance that a
    sound is a synthesised one there; sounds: synthesised recordings of each class; workers: rendering processes.
    """

    seconds: float = 10.0
    recipe: str = "desed"
    synthetic: int = 10000
    weak: int = 1420
    unlabelled: int = 14412
    validation_synthetic: int = 2500
    validation_weak: int = 158
    synthesised: float = 0.3
    sounds: int = 200
    workers: int = 1


@dataclass(frozen=True)
class DetectionConfig:
    """Mean Teacher training (SED, S1, S2, JT). batch: synthetic, weak and unlabelled clips of one step, in
    ``accumulate`` micro-batches of that ratio (BatchNorm sees a micro-batch); epochs; warmup_epochs: N of the
    warm-up exp(-5 (1 - n/N)^2) of rate and consistency; consistency: alpha_self of Eq. 6 after it; ema: alpha_ema of
    Eq. 3; mixup: its chance in a step, mixup_alpha: of Beta(alpha, alpha); threshold: of the objective's F1.
    """

    batch: tuple[int, int, int] = (12, 12, 24)
    accumulate: int = 1
    epochs: int = 200
    warmup_epochs: float = 50.0
    consistency: float = 2.0
    ema: float = 0.999
    mixup: float = 0.5
    mixup_alpha: float = 0.2
    threshold: float = 0.5


@dataclass(frozen=True)
class SeparationConfig:
    """Pre-training of the separator (PIT, MixIT). batch: mixtures of a step (pairs for MixIT); seconds: of a crop;
    steps: of an epoch; epochs; patience: epochs without progress before the rate is halved, early_stop: before the
    end; clip: largest gradient norm; validation: mixtures that select a model; tau, tau_inactive: Eqs 13 and 14;
    thresholded: cap the SNR of MixIT at -10 log10(tau) dB instead of Eq. 11 as written.
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
class Config:
    """One experiment. systems: to be trained, in order; precision: of the products, bf16 or fp32; compile: compile the
    separator; scaling: jss.features.Scaling; stages: overrides of DetectionConfig, SeparationConfig and the rate
    (``learning_rate``) by stage, such as {S1: {epochs: 10}}.
    """

    name: str
    description: str = ""
    seed: int = 42
    labels: str | tuple[str, ...] = "desed"
    pooling: str = "max"
    scaling: Literal["clip", "mixture"] = "clip"
    precision: Literal["bf16", "fp32"] = "bf16"
    compile: bool = False
    threads: int = 0
    systems: tuple[str, ...] = (
        "SED", "PIT-S0", "PIT-S1", "PIT-S2", "PIT-JT", "MixIT-S0", "MixIT-S1", "MixIT-S2", "MixIT-JT",
    )  # fmt: skip
    detector: CRNNConfig = field(default_factory=CRNNConfig)
    separator: ConvTasNetConfig = field(default_factory=ConvTasNetConfig)
    data: DataConfig = field(default_factory=DataConfig)
    detection: DetectionConfig = field(default_factory=DetectionConfig)
    separation: SeparationConfig = field(default_factory=SeparationConfig)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def presets() -> dict[str, str]:
    """Names and descriptions of the presets."""
    return {p.stem: str(read_yaml(p).get("description", "")) for p in sorted(PRESETS.glob("*.yaml"))}


def load_preset(name: str, overrides: tuple[str, ...] = ()) -> Config:
    """A preset by name, or any YAML file by path; overrides: "key=value", dots for nesting ("data.seconds=4").

    Raises JssError that names the key where one is unknown or has a wrong type.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else PRESETS / f"{name}.yaml"
    if not path.is_file():
        raise JssError(f'There is no preset "{name}": use one of {", ".join(presets())} or the path of a YAML file.')
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
            place[last] = yaml.safe_load(text)
        except yaml.YAMLError:
            raise JssError(f'"{override}": the value is not valid YAML.') from None
    return strict(Config, data, str(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file of keys and values. Raises JssError where it is not one."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise JssError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise JssError(f"{path} must hold keys and values.")
    return data


def strict(cls: type[T], data: object, where: str) -> T:
    """A dataclass from plain data, nested ones too. Raises JssError that names the key which is unknown, missing or
    of a wrong type; where: the file, for the message.
    """
    return typing.cast(T, _convert(data, cls, where, ""))


def _convert(value: object, hint: Any, where: str, key: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(value, hint, where, key)
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            try:
                return _convert(value, option, where, key)
            except JssError:
                continue
    elif origin is Literal:
        if value in arguments:
            return value
    elif origin is tuple and isinstance(value, list | tuple):
        if arguments[-1] is Ellipsis:
            return tuple(_convert(item, arguments[0], where, f"{key}[{i}]") for i, item in enumerate(value))
        if len(value) == len(arguments):
            return tuple(_convert(v, a, where, f"{key}[{i}]") for i, (v, a) in enumerate(zip(value, arguments)))
    elif origin in (dict, Mapping, types.MappingProxyType) or getattr(origin, "__name__", "") == "Mapping":
        if isinstance(value, Mapping):
            return {str(k): _convert(v, arguments[1], where, f"{key}.{k}") for k, v in value.items()}
    elif hint is Any or (hint is type(None) and value is None):
        return value
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif isinstance(hint, type) and isinstance(value, hint) and not (isinstance(value, bool) and hint is not bool):
        return value
    raise JssError(f"{where}: {key} must be {_kind(hint)}, not {value!r}{_advice(value)}.")


def _dataclass(value: object, hint: type, where: str, key: str) -> Any:
    if not isinstance(value, Mapping):
        raise JssError(f"{where}: {key or 'the file'} must hold keys and values.")
    hints = typing.get_type_hints(hint)
    prefix = f"{key}." if key else ""
    for name in value:
        if name not in hints:
            raise JssError(f'{where} has an unknown key "{prefix}{name}": known are {", ".join(hints)}.')
    for item in dataclasses.fields(hint):
        missing = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if missing and item.name not in value:
            raise JssError(f'{where} lacks the key "{prefix}{item.name}".')
    return hint(**{name: _convert(v, hints[name], where, f"{prefix}{name}") for name, v in value.items()})


def _kind(hint: Any) -> str:
    names = {float: "a number", int: "a whole number", str: "text", bool: "true or false", type(None): "null"}
    if hint in names:
        return names[hint]
    if typing.get_origin(hint) is Literal:
        return " or ".join(repr(option) for option in typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(_kind(option) for option in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return "a list of " + _kind(typing.get_args(hint)[0])
    return "keys and values"


def _advice(value: object) -> str:
    if isinstance(value, str):
        try:
            return f" (YAML reads this as text; write {float(value):.12f}".rstrip("0").rstrip(".") + ")"
        except ValueError:
            return ""
    return ""
