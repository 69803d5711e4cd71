"""What a trained block or system says of itself: its card, its manifest, the settings that make it
again.
"""

from __future__ import annotations

import dataclasses
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

DESCRIPTIONS = {
    "SED": "The DCASE 2021 SED baseline: a CRNN on the mixture, no separation stage",
    "SSep-SED": "The DCASE 2021 SSep+SED baseline: a CRNN on eight sources, weighed with one on their sum",
    "SSep-SED-DCASE": "The DCASE 2021 SSep+SED baseline with the reference's own schedule",
    "S0": "Stage 0: the {pretraining} separator and the SED baseline's detector, joined without training",
    "S1": "Stage 1: the detector fine-tuned on the sources of the {pretraining} separator",
    "S2": "Stage 2: the {pretraining} separator fine-tuned for the detector of Stage 1",
    "JT": "Joint Training of the {pretraining} separator and the detector",
    "S2+": "Stage 2 with a loss that keeps the {pretraining} separator separating",
    "JT+": "Joint Training with a loss that keeps the {pretraining} separator separating",
}


class Heard(Protocol):
    """What training data says of itself."""

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
    data: Heard,
    seed: int,
    settings: Mapping[str, Any],
    who: str = "student",
    parent: str | None = None,
    half: bool = False,
) -> None:
    """Write a block, its card and its epochs. history: a row an epoch; best: the selected one's
    index; stage: what trained it; settings: what makes it again.
    """
    config_of: Any = network.config
    row = history[best]
    checkpoints.save_block(
        network.state_dict(),
        Card(
            name=block,
            kind=str(network.kind),
            config=plain(dataclasses.asdict(config_of)),
            stage=stage,
            network=who,
            training_data=data.description,
            licence=data.licence,
            seed=seed,
            epoch=int(row["epoch"]),
            parent=parent,
            commit=commit(),
            settings=dict(settings),
            metrics={k: round(v, 5) for k, v in row.items() if k != "epoch"},
        ),
        folder,
        half=half,
    )
    checkpoints.save_history(block, history, folder)


def settings(config: Config, stage: Stage, c: Any) -> dict[str, Any]:
    """What makes a stage again: the preset and all that it and its overrides set."""
    rest = {
        key: getattr(config, key)
        for key in ("precision", "compile", "pooling", "scaling", "devices", "nodes")
    }
    parts = {
        "stage": stage,
        type(c).__name__.removesuffix("Config").lower(): c,
        "data": config.data,
    }
    found = {
        "preset": config.name,
        **rest,
        **{key: dataclasses.asdict(part) for key, part in parts.items()},
    }
    told: dict[str, Any] = plain(found)
    return told


def save_manifest(
    name: str,
    config: Config,
    labels: tuple[str, ...],
    stage: Stage,
    selections: Mapping[str, Mapping[str, Any]],
    folder: Path,
) -> None:
    """Write a system. selections: student, teacher or both, each with its blocks, and q where there
    are two branches. What the manifest there says of another selection stays, where the rest is the
    same.
    """
    pretraining, kind = parse(name)
    known = [
        set_ for set_, classes in CLASS_SETS.items() if tuple(c.label for c in classes) == labels
    ]
    manifest: dict[str, Any] = {
        "name": name,
        "description": DESCRIPTIONS[kind].format(pretraining=pretraining),
        "labels": known[0] if known else list(labels),
        "pooling": stage.pooling or config.pooling,
        "features": "dcase2021" if config.scaling == "clip" else f"dcase2021-{config.scaling}",
        "selections": {who: dict(blocks) for who, blocks in selections.items()},
    }
    path = folder / "systems" / f"{name}.yaml"
    if path.is_file():
        before = read_yaml(path)
        if all(before.get(key) == value for key, value in manifest.items() if key != "selections"):
            both = {**before["selections"], **manifest["selections"]}
            manifest["selections"] = {who: both[who] for who in sorted(both)}
    with atomic_write(path) as part:
        part.write_text(yaml.safe_dump(manifest, sort_keys=False, width=120), encoding="utf-8")


def save_note(
    run: Path, name: str, root: str | tuple[str, ...], epochs: int, config: Config
) -> None:
    """Write a run's plan and settings beside it, for the reader and for the app."""
    told = {
        "system": name,
        "data": plain(root),
        "epochs": epochs,
        "config": plain(dataclasses.asdict(config)),
    }
    with atomic_write(run / "config.yaml") as part:
        part.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
