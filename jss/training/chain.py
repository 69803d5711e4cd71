"""A whole experiment: every system of a preset, each stage from the selected blocks of the one before."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from jss import checkpoints
from jss.checkpoints import Card
from jss.config import Config, DetectionConfig, SeparationConfig
from jss.data.datasets import TrainingData, training_data
from jss.errors import JssError
from jss.files import aside
from jss.labels import CLASS_SETS
from jss.models.crnn import CRNN
from jss.models.separator import ConvTasNet
from jss.strict import strict
from jss.training.detector import DetectionTask
from jss.training.loop import fit
from jss.training.module import load_networks
from jss.training.selection import best_epoch
from jss.training.separator import SeparationTask
from jss.training.stages import STAGES, Stage, needs, parse

#: Between stages both networks start from the teacher that Eq. 24 selects.
BETWEEN = "teacher"
#: What a preset may change in a stage's row, beside its DetectionConfig or SeparationConfig.
OVERRIDDEN = ("learning_rate", "separator", "detector")


@dataclass
class Chain:
    """Trains the systems of a config.

    root: the data; out: a folder for runs; folder: where blocks and systems are kept; half: store blocks in half
    precision; say: prints a line.
    """

    config: Config
    root: str
    out: Path
    folder: Path
    half: bool = False
    say: Callable[[str], None] = print

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The K class identifiers."""
        named = self.config.labels
        if isinstance(named, str):
            if named not in CLASS_SETS:
                raise JssError(f'There is no class set "{named}": use one of {", ".join(CLASS_SETS)}, or a list.')
            return tuple(c.label for c in CLASS_SETS[named])
        return named

    @cached_property
    def data(self) -> TrainingData:
        """The subsets, opened when the first stage needs them."""
        return training_data(self.root, self.config)

    def run(self, systems: tuple[str, ...], resume: bool) -> None:
        """Train ``systems`` in order, and first what they start from; finished ones are reused.

        Raises JssError where an unfinished run is there and ``resume`` is false.
        """
        if self.config.threads:
            torch.set_num_threads(self.config.threads)
        for system in systems:
            self._ensure(system, resume)

    def _ensure(self, name: str, resume: bool) -> None:
        if self._finished(name):
            self.say(f"{name}: finished before")
            return
        for need in () if name in ("PIT", "MixIT") else needs(name):
            self._ensure(need, resume)
        run = self.out / name
        if run.exists() and not resume:
            raise JssError(f"{run} holds an unfinished run: add --resume to go on with it, or use another --out.")
        self.say(f"{name}: training")
        if name in ("PIT", "MixIT"):
            self._pretrain(name, run)
        else:
            self._train(name, run)

    def _finished(self, name: str) -> bool:
        if name in ("PIT", "MixIT"):
            return (self.folder / "blocks" / f"{separator_block(name)}.json").is_file()
        return (self.folder / "systems" / f"{name}.yaml").is_file()

    def _stage(self, name: str, base: Any) -> tuple[Stage, Any]:
        """The stage's row and settings with the preset's overrides."""
        overrides = dict(self.config.stages.get(name, {}))
        row = dataclasses.asdict(STAGES[name])
        row.update({key: overrides.pop(key) for key in OVERRIDDEN if key in overrides})
        stage = strict(Stage, row, f"stages.{name}")
        return stage, strict(type(base), {**dataclasses.asdict(base), **overrides}, f"stages.{name}")

    def _pretrain(self, name: str, run: Path) -> None:
        stage, c = self._stage(name, self.config.separation)
        assert isinstance(c, SeparationConfig)
        torch.manual_seed(self.config.seed)
        separator, parent = self._start(stage.separator, name, "separator")
        assert isinstance(separator, ConvTasNet)
        task = SeparationTask(run, self.config, c, self.data, separator, stage.loss, stage.learning_rate)
        self._note(run, name)
        fit(task, self.config, c.epochs, clip=c.clip)
        row = task.history[best_epoch(task.history, "validation_loss", largest=False)]
        separator.load_state_dict(load_networks(run / "best-separator.safetensors")["separator"])
        self._save(separator_block(name), separator, name, "student", row, parent, (stage, c), task.history)

    def _train(self, name: str, run: Path) -> None:
        pretraining, stage_name = parse(name)
        stage, c = self._stage(stage_name, self.config.detection)
        assert isinstance(c, DetectionConfig)
        torch.manual_seed(self.config.seed)
        separator, separator_name = self._start(stage.separator, pretraining, "separator")
        detector, detector_name = self._start(stage.detector, pretraining, "detector")
        names = {"separator": separator_name, "detector": detector_name}
        if not stage.trains:
            source = checkpoints.manifest("SED", self.folder).selections
            selections = {who: {**names, "detector": chosen.detector} for who, chosen in source.items()}
            self._system(name, selections)
            return
        assert detector is not None
        task = DetectionTask(
            run, self.config, c, self.data, self.labels, separator, detector, stage.trains, stage.learning_rate
        )
        self._note(run, name)
        fit(task, self.config, c.epochs, accumulate=c.accumulate)
        selections = {}
        for who, (key, _) in task.selections.items():
            row = task.history[best_epoch(task.history, key)]
            chosen = dict(names)
            states = load_networks(run / f"best-{who}.safetensors")
            for block in stage.trains:
                network = getattr(task.student, block)
                network.load_state_dict(states[f"{who}-{block}"])
                block_name = chosen[block] = f"{name}-{block}-{who}".lower()
                self._save(block_name, network, name, who, row, names[block], (stage, c), task.history)
            selections[who] = chosen
        self._system(name, selections)

    def _start(self, start: str | None, pretraining: str | None, block: str) -> tuple[nn.Module | None, str | None]:
        """The block that a stage starts from, and its name; a new one has no name."""
        if start is None:
            return None, None
        if start == "new" and block == "separator":
            return ConvTasNet(self.config.separator), None
        if start == "new":
            return CRNN(replace(self.config.detector, n_classes=len(self.labels))), None
        if start == "pre-training":
            name = separator_block(str(pretraining))
        elif start in STAGES:
            system = "SED" if start == "SED" else f"{pretraining}-{start}"
            name = getattr(checkpoints.manifest(system, self.folder).selections[BETWEEN], block)
        else:
            name = start
        network, _ = checkpoints.load_network(name, self.folder)
        return network, name

    def _save(
        self, block: str, network: nn.Module, system: str, who: str, row: Mapping[str, float], parent: str | None,
        settings: tuple[Stage, Any], history: list[dict[str, float]],
    ) -> None:  # fmt: skip
        separator = isinstance(network, ConvTasNet)
        sizes: dict[str, Any] = vars(network.config)
        checkpoints.save_block(
            network.state_dict(),
            Card(
                name=block,
                kind="conv_tasnet" if separator else "crnn",
                config={key: list(v) if isinstance(v, tuple) else v for key, v in sizes.items()},
                stage=system,
                network=who,
                training_data=self.data.description,
                licence=self.data.licence,
                seed=self.config.seed,
                epoch=int(row["epoch"]),
                parent=parent,
                commit=commit(),
                settings=self._settings(*settings),
                metrics={k: round(v, 5) for k, v in row.items() if k != "epoch"},
            ),
            self.folder,
            half=self.half,
        )
        checkpoints.save_history(block, history, self.folder)

    def _settings(self, stage: Stage, c: Any) -> dict[str, Any]:
        """What makes a stage again: the preset and all that it and its overrides set."""
        config = self.config
        rest = {key: getattr(config, key) for key in ("precision", "compile", "pooling", "scaling")}
        parts = {"stage": stage, type(c).__name__.removesuffix("Config").lower(): c, "data": config.data}
        found = {"preset": config.name, **rest, **{key: dataclasses.asdict(part) for key, part in parts.items()}}
        plain: dict[str, Any] = _lists(found)
        return plain

    def _system(self, name: str, selections: Mapping[str, Mapping[str, str | None]]) -> None:
        named = self.config.labels
        manifest = {
            "name": name,
            "description": DESCRIPTIONS[parse(name)[1]].format(pretraining=parse(name)[0]),
            "labels": named if isinstance(named, str) else list(named),
            "pooling": self.config.pooling,
            "features": "dcase2021" if self.config.scaling == "clip" else f"dcase2021-{self.config.scaling}",
            "selections": {who: dict(blocks) for who, blocks in selections.items()},
        }
        with aside(self.folder / "systems" / f"{name}.yaml") as part:
            part.write_text(yaml.safe_dump(manifest, sort_keys=False, width=120), encoding="utf-8")
        self.say(f"{name}: done")

    def _note(self, run: Path, name: str) -> None:
        """Write the run's settings beside it, for the reader and for the app."""
        plain = dataclasses.asdict(self.config)
        with aside(run / "config.yaml") as part:
            text = yaml.safe_dump({"system": name, "data": self.root, "config": _lists(plain)}, sort_keys=False)
            part.write_text(text, encoding="utf-8")


DESCRIPTIONS = {
    "SED": "The DCASE 2021 SED baseline: a CRNN on the mixture, no separation stage",
    "S0": "Stage 0: the {pretraining} separator and the SED baseline's detector, joined without training",
    "S1": "Stage 1: the detector fine-tuned on the sources of the {pretraining} separator",
    "S2": "Stage 2: the {pretraining} separator fine-tuned for the detector of Stage 1",
    "JT": "Joint Training of the {pretraining} separator and the detector",
}


def separator_block(pretraining: str) -> str:
    """The name of a pre-trained separator's block."""
    return f"{pretraining}-separator".lower()


def commit() -> str:
    """The short hash of the code's commit, with "+" where files differ from it; empty outside a checkout."""
    git = shutil.which("git")
    if git is None:
        return ""
    home = Path(__file__).parent
    result = subprocess.run(
        [git, "describe", "--always", "--dirty=+", "--exclude=*"], cwd=home, capture_output=True, text=True, check=False
    )
    return result.stdout.strip()


def _lists(value: Any) -> Any:
    """Tuples as lists, for YAML."""
    if isinstance(value, dict):
        return {key: _lists(v) for key, v in value.items()}
    return [_lists(v) for v in value] if isinstance(value, list | tuple) else value
