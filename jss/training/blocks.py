"""A stage under a preset: its row and settings with overrides, and new networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from torch import nn

from jss.config import Config, DetectionConfig, SeparationConfig, WeakLabelConfig
from jss.errors import JssError
from jss.io.schema import validate
from jss.models.crnn import CRNN
from jss.models.separator import ConvTasNet
from jss.models.tdcn import TDCN
from jss.training.stages import STAGES, Stage

Settings = TypeVar("Settings", DetectionConfig, SeparationConfig, WeakLabelConfig)
#: What a preset may change in a stage's row, beside its DetectionConfig or SeparationConfig.
OVERRIDES = ("learning_rate", "separator", "detector", "retention", "data", "pooling")


def chosen_row(config: Config, name: str, base: Settings) -> tuple[Stage, Settings]:
    """The row and the settings of a stage, both with the preset's overrides.

    Args:
        config: The preset.
        name: Of the stage.
        base: The preset's settings for such stages.

    Raises:
        JssError: A setting is unknown, of a wrong type or out of range.
    """
    overrides = dict(config.stages.get(name, {}))
    row = dataclasses.asdict(STAGES[name])
    row.update({key: overrides.pop(key) for key in OVERRIDES if key in overrides})
    stage = validate(Stage, row, f"stages.{name}")
    return stage, stage_settings(base, {**stage.settings, **overrides}, name)


def stage_settings(base: Settings, overrides: Mapping[str, Any], name: str) -> Settings:
    """The settings of a stage: the preset's, with those that it overrides for the stage.

    Args:
        base: The preset's DetectionConfig, SeparationConfig or WeakLabelConfig.
        overrides: Settings by name.
        name: Of the stage, for an error.

    Raises:
        JssError: A setting is unknown, of a wrong type or out of range.
    """
    return validate(type(base), {**dataclasses.asdict(base), **overrides}, f"stages.{name}")


def new_block(config: Config, start: str, block: str, classes: int) -> nn.Module:
    """A network of the preset's sizes.

    Args:
        config: The preset.
        start: "new" or "new TDCN++".
        block: "separator", "detector" or "mixture".
        classes: How many a detector has.

    Raises:
        JssError: No network has these sizes.
    """
    with checked_sizes(block):
        if start == "new TDCN++":
            return TDCN(config.tdcn)
        if block == "separator":
            return ConvTasNet(config.separator)
        return CRNN(replace(config.detector, n_classes=classes))


@contextmanager
def checked_sizes(key: str) -> Iterator[None]:
    """Raise JssError where no network has the sizes under this key of the preset."""
    try:
        yield
    except (ValueError, RuntimeError, MemoryError, ZeroDivisionError) as error:
        raise JssError(
            f"A {key} cannot have these sizes ({error}): change the preset's {key}."
        ) from error
