"""A campaign: trainings in order, each resumable and each ending with a selected block.

A campaign is a YAML file that names a preset and lists rows. Each row is one training of one stage
in a folder of its own, so that nothing but the row in hand can be lost; a long training is several
rows, each going on from the selected blocks of the last.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field
from pydantic.dataclasses import dataclass as declared

from jss import checkpoints
from jss.config import Config, load_preset
from jss.errors import JssError
from jss.io.atomic import atomic_write
from jss.io.plain import plain
from jss.io.schema import SCHEMA, read_yaml, validate
from jss.training import runs
from jss.training.blocks import chosen_row, stage_settings
from jss.training.distributed import on_rank_zero
from jss.training.rebase import rebase
from jss.training.runs import PLAN, SELECTION_RULES, Run, has_block, hours_of, mark_start
from jss.training.stages import parse, separates_only, separator_block, split, trainings
from jss.training.weak_stages import WEAK_STAGES

log = logging.getLogger(__name__)

#: In ``Row.start``: the systems and blocks that are installed.
SHIPPED = "shipped"


@declared(frozen=True, config=SCHEMA)
class Row:
    """One training."""

    #: Of the row's folder.
    name: Annotated[str, Field(pattern=r"^[\w+-]+$")]
    #: What it trains: a system of one training (SED, MixIT-S1-teacher), a separator's stage (MixIT,
    #: PIT, TDCN) or a stage of the weak-label paper (weak-frame).
    trains: str
    #: Rows whose systems and blocks it may start from, later ones in place of earlier; "shipped"
    #: stands for what is installed.
    start: tuple[str, ...] = ()
    #: Blocks of the first start that has them, which follow their parents to the later starts
    #: (``jss.training.rebase``); the settings name what begins from them.
    rebases: tuple[str, ...] = ()
    #: Settings in place of the preset's, such as "detection.epochs=10".
    settings: tuple[str, ...] = ()


@declared(frozen=True, config=SCHEMA)
class Campaign:
    """What a campaign's file says."""

    #: The preset of every row, by name or path.
    preset: str
    #: The trainings, in order.
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]
    #: Settings of every row, before its own.
    settings: tuple[str, ...] = ()

    def config(self, row: Row) -> Config:
        """The settings of a row. Raises JssError where one is unknown."""
        return load_preset(self.preset, (*self.settings, *row.settings))


@dataclass(frozen=True)
class RowProgress:
    """Where a row stands."""

    row: Row
    #: "finished" once its blocks are saved; "waiting" before it begins.
    state: Literal["finished", "running", "interrupted", "waiting"]
    #: Clips (for a separator: mixtures) of its training steps so far.
    clips: int
    #: Time spent in its epochs.
    hours: float
    #: The best value so far of what selects its blocks, as "teacher objective 1.234".
    objective: str


def read(path: Path) -> Campaign:
    """Read a campaign's file.

    Raises:
        JssError: It is no YAML, a key is unknown or a value is wrong, two rows share a name, or a
            row starts from one that does not stand above it.
    """
    campaign = validate(Campaign, read_yaml(path), str(path))
    earlier = {SHIPPED}
    for row in campaign.rows:
        if row.name in earlier:
            raise JssError(f"{path}: two rows are named {row.name}: give each a name of its own.")
        several = _trainings(row, path)
        if len(several) > 1:
            raise JssError(
                f"{path}: {row.name} trains {row.trains}, which are two trainings: name one, "
                f"{' or '.join(several)}."
            )
        unknown = [name for name in row.start if name not in earlier]
        if unknown:
            raise JssError(
                f"{path}: {row.name} starts from {unknown[0]}, which is no row above it: "
                f'name an earlier row, or "{SHIPPED}".'
            )
        earlier.add(row.name)
    return campaign


def _trainings(row: Row, path: Path) -> tuple[str, ...]:
    """What a row trains, by the names of both papers. Raises JssError where neither has its name."""
    if row.trains in WEAK_STAGES:
        return (row.trains,)
    try:
        return trainings(row.trains)
    except JssError as error:
        raise JssError(
            f"{path}: {row.name}: {error} Of the weak-label paper: {', '.join(WEAK_STAGES)}."
        ) from error


def run(campaign: Campaign, root: str | Sequence[str], out: Path, half: bool = False) -> None:
    """Train every row that is not finished, in order; a row that was begun goes on.

    Args:
        campaign: The rows.
        root: The data, one folder or several, as of ``jss train``.
        out: The folder of the campaign: a folder for each row, and the soundscapes that all share.
        half: Store blocks in half precision.

    Raises:
        JssError: A row cannot be trained; the rows before it stay finished.
    """
    # Here, since the app reads campaigns without Lightning.
    from jss.training.chain import Chain, Workspace
    from jss.training.experiment import JointTrainings
    from jss.training.weak_experiment import WeakTrainings

    roots = (root,) if isinstance(root, str) else tuple(root)
    on_rank_zero(lambda: _save_plan(campaign, out))
    for row in campaign.rows:
        if on_rank_zero(partial(_finished, row, out)):
            continue
        log.info("%s: trains %s", row.name, row.trains)
        folder = on_rank_zero(partial(_prepared, row, out))
        config, pool = campaign.config(row), out / "pool"
        workspace = Workspace(config, roots, out / row.name, folder, half, pool)
        paper = WeakTrainings if row.trains in WEAK_STAGES else JointTrainings
        Chain(paper(workspace)).run((row.trains,), resume=True)


def progress(campaign: Campaign, out: Path) -> Iterator[RowProgress]:
    """Where each row stands, from what lies in ``out``."""
    for row in campaign.rows:
        folder = out / row.name / row.trains
        begun = (folder / "config.yaml").is_file()
        trained = runs.read(folder, out) if begun else None
        history = trained.history if trained else ()
        steps = int(history[-1].get("steps", 0)) if history else 0
        clips = steps * _batch(row.trains, campaign.config(row))
        yield RowProgress(
            row, _state(row, out, trained), clips, hours_of(folder), _objective(history)
        )


def _state(
    row: Row, out: Path, trained: Run | None
) -> Literal["finished", "running", "interrupted", "waiting"]:
    if _finished(row, out):
        return "finished"
    if trained is None:
        return "waiting"
    return "interrupted" if trained.state == "interrupted" else "running"  # or about to be saved


def _save_plan(campaign: Campaign, out: Path) -> None:
    """Write the plan into the campaign's folder; a preset's path is written in full."""
    path = Path(campaign.preset)
    preset = str(path.resolve()) if path.is_file() else campaign.preset
    note = plain(asdict(replace(campaign, preset=preset)))
    with atomic_write(out / PLAN) as part:
        part.write_text(yaml.safe_dump(note, sort_keys=False), encoding="utf-8")


def _batch(trains: str, config: Config) -> int:
    """Clips of a training step."""
    if trains in WEAK_STAGES:
        return stage_settings(config.weak, config.stages.get(trains, {}), trains).batch
    if separates_only(trains):
        return chosen_row(config, trains, config.separation)[1].batch
    return sum(chosen_row(config, parse(trains)[1], config.detection)[1].batch)


def _objective(history: Sequence[Mapping[str, float]]) -> str:
    """The best value of the last selection rule that the history has numbers for."""
    selected = runs.selected_epochs(history)
    if not selected:
        return ""
    name, epoch = list(selected.items())[-1]
    column = SELECTION_RULES[name][0]
    return f"{column.replace('_', ' ')} {history[epoch - 1][column]:.3f}"


def _finished(row: Row, out: Path) -> bool:
    folder, block = out / row.name / "checkpoints", _block(row)
    return has_block(block, folder) if block else _manifest(row, folder).is_file()


def _block(row: Row) -> str | None:
    """The block whose saving ends a row; None for a row that ends with a system."""
    if row.trains in WEAK_STAGES:
        return row.trains
    return separator_block(row.trains) if separates_only(row.trains) else None


def _manifest(row: Row, folder: Path) -> Path:
    return folder / "systems" / f"{split(row.trains)[0]}.yaml"


def _prepared(row: Row, out: Path) -> Path:
    """The row's checkpoints folder, with the systems and blocks that it may start from."""
    folder = out / row.name / "checkpoints"
    sources = [
        checkpoints.root() if start == SHIPPED else out / start / "checkpoints"
        for start in row.start
    ]
    block = _block(row)
    (folder / "blocks").mkdir(parents=True, exist_ok=True)
    (folder / "systems").mkdir(exist_ok=True)
    if block and any(has_block(block, source) for source in sources):
        mark_start(block, folder)  # before the copies: without it, the block is the row's result
    for source in sources:
        for part in ("blocks", "systems"):
            for path in (source / part).glob("*"):  # a row of separators has no systems
                if path != _manifest(row, source):
                    shutil.copy2(path, folder / part / path.name)
    for name in row.rebases:
        owners = [s for s in sources if (s / "blocks" / f"{name}.json").is_file()]
        if not owners:
            raise JssError(f"{row.name} rebases {name}, which none of its starts has.")
        rebase(name, owners[0], folder)
    return folder
