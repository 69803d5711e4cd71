"""A stage under a preset: its row and settings with overrides, and new networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from jss import checkpoints
from jss.config import Config, DetectionConfig, SeparationConfig, WeakLabelConfig
from jss.errors import JssError
from jss.io.schema import validate
from jss.models.crnn import CRNN
from jss.models.separator import ConvTasNet
from jss.models.tdcn import TDCN
from jss.training.runs import has_block
from jss.training.stages import (
    NEW,
    STAGES,
    Stage,
    comes_from,
    separates_only,
    separator_block,
)

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


def with_blocks(stage: Stage, pretraining: str | None, selection: str, folder: Path) -> Stage:
    """The row of a stage that names the blocks it starts from, in place of the stages they are of.

    A stage of which there is no block yet remains.

    Args:
        stage: The row.
        pretraining: "PIT", "MixIT" or None.
        selection: Whose block of an earlier system: "teacher" or "student".
        folder: That of blocks and systems.

    Raises:
        JssError: The manifest of an earlier system is damaged.
    """

    def block(role: str, start: str) -> str:
        source = comes_from(start, pretraining)
        if source is None:
            return start
        if separates_only(source):
            name = separator_block(source)
            return name if has_block(name, folder) else start
        if not (folder / "systems" / f"{source}.yaml").is_file():
            return start
        blocks = checkpoints.manifest(source, folder).selections.get(selection)
        if blocks is None:
            return start
        return str(blocks.separator if role == "separator" else blocks.detector)

    blocks: dict[str, Any] = {role: block(role, start) for role, start in stage.starts.items()}
    return replace(stage, **blocks)


def start_network(
    config: Config, start: str, block: str, classes: int, folder: checkpoints.Folder
) -> nn.Module:
    """A network of the kind and sizes that a stage starts from, with random weights.

    Args:
        config: The preset, whose sizes a new block has, and one whose training is not finished.
        start: One of ``Stage.starts``, after :func:`with_blocks`.
        block: "separator", "detector" or "mixture".
        classes: How many a detector has.
        folder: That of blocks and systems.

    Raises:
        JssError: No network has the preset's sizes, or there is no block of this name.
    """
    if start in (*NEW, *STAGES, "pre-training"):
        kind = "new TDCN++" if start in ("new TDCN++", "TDCN") else "new"
        return new_block(config, kind, block, classes)
    card = checkpoints.load_card(start, folder)
    return checkpoints.build(card.kind, card.config)


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
