"""A trained system goes on learning from the user's clips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jss import checkpoints
from jss.config import load_preset
from jss.data.datasets import labelled
from jss.data.datasets.folder import LABELS, STRONG
from jss.errors import JssError
from jss.training.chain import Chain, Workspace
from jss.training.distributed import on_rank_zero
from jss.training.experiment import JointTrainings
from jss.training.stages import STAGES, chained, parse

#: The preset of its settings, and the prefix of the blocks that it starts from.
PRESET, START = "finetune", "start-"


@dataclass(frozen=True)
class FineTuned:
    """Where a fine-tuned system is."""

    #: Its name in ``folder``, which is that of the system it started from.
    system: str
    #: "teacher" or "student".
    selection: str
    #: Of the checkpoints.
    folder: Path


def finetune(
    system: str,
    data: str,
    out: Path,
    *,
    selection: str = "teacher",
    folder: checkpoints.Folder = None,
    preset: str = PRESET,
    settings: tuple[str, ...] = (),
    resume: bool = False,
) -> FineTuned:
    """Train the stage of a system again, from its own blocks, on a labelled folder.

    Args:
        system: Its name.
        data: The labelled folder, of the system's classes.
        out: Of the runs; the checkpoints are saved in it.
        selection: "teacher" or "student".
        folder: The checkpoints of the system.
        preset: Name or path of the settings.
        settings: Overrides, "key=value".
        resume: Whether to go on with an unfinished run; a finished one is taken as it is.

    Returns:
        Where the fine-tuned system is.

    Raises:
        JssError: The system cannot be fine-tuned, its classes are not those of the data, ``out`` has
            a fine-tuned one and ``resume`` is false, or the training fails.
    """
    manifest = checkpoints.manifest(system, folder)
    stage = parse(system)[1]
    if not STAGES[stage].trains or STAGES[stage].mixture:
        raise JssError(
            f"{system} cannot be fine-tuned: choose SED, or a system whose name ends in S1, S2, JT, S2+ or JT+."
        )
    if manifest.consistent:
        raise JssError(
            f"{system} cannot be fine-tuned: its sources are consistent (systems/{system}.yaml), which "
            "training does not make them: set consistent: false there, or choose another system."
        )
    if selection not in manifest.selections:
        raise JssError(f"{system} has no {selection}: use {', '.join(manifest.selections)}.")
    if labelled.find(data) is None:
        is_folder = Path(data).is_dir()
        raise JssError(
            (f"{data} is no labelled folder" if is_folder else f"There is no folder {data}")
            + f": write one with jss review OUT --write FOLDER, or make one with {LABELS} and {STRONG}."
        )
    if labelled.labels(data) != manifest.labels:
        raise JssError(
            f"{Path(data) / LABELS} must list the classes of {system} in their order: "
            f"{', '.join(manifest.labels)}."
        )
    blocks = manifest.selections[selection]
    starts = {"detector": blocks.detector, "separator": blocks.separator}
    target = out / "checkpoints"
    config = load_preset(
        preset,
        (
            *(f"stages.{stage}.{role}={START}{name}" for role, name in starts.items() if name),
            f"pooling={manifest.pooling}",
            f"scaling={manifest.features.removeprefix('dcase2021-') if '-' in manifest.features else 'clip'}",
            f"labels={json.dumps(list(manifest.labels))}",
            *settings,
        ),
    )
    training = f"{system}-{selection}" if chained(stage) else system
    trainings = JointTrainings(Workspace(config, data, out, target))
    if not resume and on_rank_zero(lambda: trainings.is_finished(training)):
        raise JssError(
            f"{out} holds a fine-tuned {system}: name another --out to train again, or add --resume to "
            "compare that one."
        )
    on_rank_zero(lambda: _copy([name for name in starts.values() if name], folder, target))
    Chain(trainings).run([training], resume)
    return FineTuned(system, selection, target)


def _copy(names: Sequence[str], folder: checkpoints.Folder, target: Path) -> None:
    """Copy blocks under other names, since the trained ones will have theirs."""
    for name in names:
        card, state = checkpoints.load_block(name, folder)
        checkpoints.save_block(state, replace(card, name=START + name), target)
