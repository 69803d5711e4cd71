"""What a preset makes of a stage: its row and settings with the preset's overrides, and new networks of
the preset's sizes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

from torch import nn

from jss.config import Config
from jss.errors import JssError
from jss.io.schema import validate
from jss.models.crnn import CRNN
from jss.models.separator import ConvTasNet
from jss.models.tdcn import TDCN
from jss.training.stages import STAGES, Stage

#: What a preset may change in a stage's row, beside its DetectionConfig or SeparationConfig.
OVERRIDDEN = ("learning_rate", "separator", "detector", "retention", "data", "pooling")


def chosen_row(config: Config, name: str, base: Any) -> tuple[Stage, Any]:
    """The stage's row and settings with the preset's overrides."""
    overrides = dict(config.stages.get(name, {}))
    row = dataclasses.asdict(STAGES[name])
    row.update({key: overrides.pop(key) for key in OVERRIDDEN if key in overrides})
    stage = validate(Stage, row, f"stages.{name}")
    c = validate(
        type(base),
        {**dataclasses.asdict(base), **stage.settings, **overrides},
        f"stages.{name}",
    )
    return stage, c


def new_block(config: Config, start: str, block: str, classes: int) -> nn.Module:
    """A network of the preset's sizes."""
    try:
        if start == "new TDCN++":
            return TDCN(config.tdcn)
        if block == "separator":
            return ConvTasNet(config.separator)
        return CRNN(replace(config.detector, n_classes=classes))
    except (ValueError, RuntimeError, MemoryError, ZeroDivisionError) as error:
        raise JssError(
            f"No {block} of these sizes can be made ({error}): change the preset's {block}."
        ) from error
