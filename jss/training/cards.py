"""Cards of trained blocks, manifests of systems, and the settings to train them again."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import yaml
from torch import nn

from jss import checkpoints
from jss.checkpoints import Card
from jss.config import Config
from jss.io.atomic import atomic_write
from jss.io.plain import plain
from jss.io.schema import read_yaml
from jss.labels import CLASS_SETS
from jss.reports import commit
from jss.training.stages import Stage, parse

log = logging.getLogger(__name__)

DESCRIPTIONS = {
    "SED": "The DCASE 2021 SED baseline: a CRNN on the mixture, no separation stage",
    "SSep-SED": "The DCASE 2021 SSep+SED baseline: a CRNN on eight sources, weighed with one on "
    "their sum",
    "SSep-SED-DCASE": "The DCASE 2021 SSep+SED baseline with the reference's own schedule",
    "S0": "Stage 0: the {pretraining} separator and the SED baseline's detector, joined without "
    "training",
    "S1": "Stage 1: the detector fine-tuned on the sources of the {pretraining} separator",
    "S2": "Stage 2: the {pretraining} separator fine-tuned for the detector of Stage 1",
    "JT": "Joint Training of the {pretraining} separator and the detector",
    "S2+": "Stage 2 with a loss that keeps the {pretraining} separator separating",
    "JT+": "Joint Training with a loss that keeps the {pretraining} separator separating",
}


class Described(Protocol):
    """Training data that a card can describe."""

    @property
    def description(self) -> str: ...

    @property
    def licence(self) -> str: ...


def save_card(
    block: str,
    network: nn.Module,
    history: Sequence[Mapping[str, float]],
    best: int,
    folder: Path,
    *,
    stage: str,
    data: Described,
    seed: int,
    settings: Mapping[str, Any],
    selection: str = "student",
    parent: Card | None = None,
    half: bool = False,
) -> None:
    """Save a trained block with its card and history.

    Args:
        block: The name of the block.
        network: Its weights, those of the selected epoch.
        history: A row for each epoch.
        best: The index of the selected epoch.
        folder: The checkpoints.
        stage: What trained it.
        data: What it was trained on.
        seed: Of the training.
        settings: With which it can be trained again.
        selection: "student" or "teacher".
        parent: Card of the block that it started from, if any. A block that goes on with its own
            training keeps its parent.
        half: Store the weights in half precision.
    """
    if parent is not None and parent.name == block:
        start, weights = parent.parent, parent.parent_sha256
    else:
        start, weights = (parent.name, parent.sha256) if parent else (None, "")
    config_of: Any = network.config
    row = history[best]
    checkpoints.save_block(
        network.state_dict(),
        Card(
            name=block,
            kind=str(network.kind),
            config=plain(dataclasses.asdict(config_of)),
            stage=stage,
            network=selection,
            training_data=data.description,
            licence=data.licence,
            seed=seed,
            epoch=int(row["epoch"]),
            parent=start,
            parent_sha256=weights,
            commit=commit(),
            settings=dict(settings),
            metrics={k: round(v, 5) for k, v in row.items() if k != "epoch"},
        ),
        folder,
        half=half,
    )
    checkpoints.save_history(block, history, folder)


def settings(config: Config, stage: Stage, c: Any) -> dict[str, Any]:
    """The settings of a stage for the card: the preset's, with all overrides.

    Args:
        config: The preset.
        stage: The row of the stage.
        c: Its DetectionConfig or SeparationConfig.
    """
    general = {
        key: getattr(config, key)
        for key in ("precision", "compile", "pooling", "scaling", "devices", "nodes")
    }
    parts = {
        "stage": stage,
        type(c).__name__.removesuffix("Config").lower(): c,
        "data": config.data,
    }
    result: dict[str, Any] = plain(
        {
            "preset": config.name,
            **general,
            **{key: dataclasses.asdict(part) for key, part in parts.items()},
        }
    )
    return result


def save_manifest(
    name: str,
    config: Config,
    labels: tuple[str, ...],
    stage: Stage,
    selections: Mapping[str, Mapping[str, Any]],
    folder: Path,
) -> None:
    """Write the manifest of a system.

    Another selection in an existing manifest is preserved, where the rest of it is the same.

    Args:
        name: Of the system.
        config: The preset.
        labels: The K classes.
        stage: The row of its stage.
        selections: "student", "teacher" or both -> its blocks, and q where there are two branches.
        folder: The checkpoints.
    """
    pretraining, kind = parse(name)
    class_sets = [
        name_of_set
        for name_of_set, classes in CLASS_SETS.items()
        if tuple(c.label for c in classes) == labels
    ]
    manifest: dict[str, Any] = {
        "name": name,
        "description": DESCRIPTIONS[kind].format(pretraining=pretraining),
        "labels": class_sets[0] if class_sets else list(labels),
        "pooling": stage.pooling or config.pooling,
        "features": "dcase2021" if config.scaling == "clip" else f"dcase2021-{config.scaling}",
        "selections": {key: dict(blocks) for key, blocks in selections.items()},
    }
    path = folder / "systems" / f"{name}.yaml"
    if path.is_file():
        before = read_yaml(path)
        if all(before.get(key) == value for key, value in manifest.items() if key != "selections"):
            both = {**before["selections"], **manifest["selections"]}
            manifest["selections"] = {key: both[key] for key in sorted(both)}
    with atomic_write(path) as part:
        part.write_text(yaml.safe_dump(manifest, sort_keys=False, width=120), encoding="utf-8")


def _changed(before: Any, now: Any, key: str = "") -> list[str]:
    """Settings of two nested mappings that differ, such as "detection.steps 100, now 125"."""
    if not (isinstance(before, Mapping) and isinstance(now, Mapping)):
        return [] if before == now else [f"{key} {before}, now {now}"]
    return [
        line
        for name in dict.fromkeys([*before, *now])
        for line in _changed(before.get(name), now.get(name), f"{key}.{name}" if key else name)
    ]


def save_note(
    run: Path, name: str, root: str | tuple[str, ...], epochs: int, config: Config
) -> None:
    """Write config.yaml of a run, for the reader and for the app.

    A run that goes on with settings other than those it has had so far is reported by a warning.

    Args:
        run: The folder of the run.
        name: The system or block that it trains.
        root: The data.
        epochs: How many are planned.
        config: The whole experiment's.
    """
    note = {
        "system": name,
        "data": plain(root),
        "epochs": epochs,
        "config": plain(dataclasses.asdict(config)),
    }
    path = run / "config.yaml"
    changed = _changed(read_yaml(path), note) if path.is_file() else []
    if changed:
        log.warning("%s goes on with other settings than before: %s", run, "; ".join(changed))
    with atomic_write(path) as part:
        part.write_text(yaml.safe_dump(note, sort_keys=False), encoding="utf-8")
