"""What a training will do, before its first step, and the errors that would come hours later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from jss import checkpoints
from jss.config import Config
from jss.data.training.batching import DetectionSteps, SeparationSteps, SeparationValidation
from jss.data.training.datasets import (
    POOLS,
    CachedSet,
    ClipSet,
    SeparationPool,
    SoundscapeSet,
    TrainingData,
    source_counts,
)
from jss.data.training.example import Examples
from jss.errors import JssError, number_of
from jss.features import SAMPLE_RATE
from jss.training.blocks import chosen_row, start_network, with_blocks
from jss.training.memory import detection_memory, gigabytes, separation_memory
from jss.training.stages import (
    NEW,
    SELECTIONS,
    STAGES,
    Stage,
    comes_from,
    parse,
    separates_only,
    split,
)

#: Names of blocks for people.
ROLES = {"separator": "separator", "detector": "detector", "mixture": "mixture branch"}


@dataclass(frozen=True)
class PlanInputs:
    """What a plan is computed from."""

    config: Config
    #: For counting; soundscapes need not be rendered.
    data: TrainingData
    labels: tuple[str, ...]
    #: Of blocks and systems.
    folder: Path
    #: Stage and what it starts from -> its memory in bytes, where it was estimated before.
    memory: dict[tuple[str, ...], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """The plan of one training."""

    #: Of the training.
    name: str
    #: Its data, steps, batch, memory and the blocks that it starts from.
    what: str
    #: A sentence where it learns from other data than the row of its stage says.
    note: str | None = None

    @property
    def line(self) -> str:
        """A line of text."""
        return f"{self.name}: {self.what}"


def plan_separation(inputs: PlanInputs, name: str, memory: bool) -> Planned:
    """The plan of a separator's training.

    Args:
        inputs: What it is computed from.
        name: Of the stage.
        memory: Whether to estimate memory too.

    Raises:
        JssError: The data cannot train it.
    """
    stage, c = chosen_row(inputs.config, name, inputs.config.separation)
    _check_separator(name, stage)
    wanted = stage.data or "detection"
    pool = inputs.data.pool(wanted, stage.loss)
    source_range = ""
    if stage.loss == "pit":
        source_range = _check_sources(name, pool, inputs.config.separator.n_src)
    steps = SeparationSteps(pool, inputs.config, c, stage.loss, 0)
    held_out = SeparationValidation(pool, inputs.config, c, stage.loss)
    subsets = {"sources": pool.sources} if stage.loss == "pit" else pool.mixtures
    sizes = _sizes({key: part for key, part in subsets.items() if part is not None}, pool.fresh)
    validation = (
        f"validated on {len(held_out.items)} {'pairs' if stage.loss == 'mixit' else 'mixtures'} of "
        f"{len(held_out.clips)}"
    )
    start = _starts(inputs, stage, None, None)
    row = with_blocks(stage, None, SELECTIONS[0], inputs.folder)
    if stage.loss == "pit":
        _check_outputs(inputs, row)
    parts = [
        f"data={pool.name} of {pool.root} ({sizes}{source_range}; {validation})",
        f"{number_of(c.epochs, 'epochs')} of {number_of(len(steps) // steps.parts, 'steps')} at most",
        f"batch {c.batch}",
        *(
            [
                f"memory about {gigabytes(separation_memory(inputs.config, row, c, pool, inputs.folder))}"
            ]
            if memory
            else []
        ),
        start,
    ]
    return Planned(name, "; ".join(parts), replacement(name, wanted, pool))


def plan_detection(inputs: PlanInputs, name: str, memory: bool) -> Planned:
    """The plan of a system's training.

    Args:
        inputs: What it is computed from.
        name: Of the training.
        memory: Whether to estimate memory too.

    Raises:
        JssError: The data cannot train it.
    """
    pretraining, stage_name = parse(name)
    stage, c = chosen_row(inputs.config, stage_name, inputs.config.detection)
    if stage.data is not None:
        raise JssError(
            f"stages.{stage_name}.data: a detector learns from the labelled clips of --data; only "
            "PIT, MixIT and TDCN choose theirs."
        )
    if c.save_pairs and not c.save_sources:
        raise JssError(
            "detection.save_pairs goes with detection.save_sources=true; without it, mixup adds clips."
        )
    selection = split(name)[1]
    start = _starts(inputs, stage, pretraining, selection)
    if not stage.trains:
        return Planned(name, f"nothing to train; {start}")
    data = inputs.data
    steps = DetectionSteps(data, inputs.config, c, inputs.labels, 0)
    if stage.retention == "mixit" and sum(steps.sizes) < 2:
        raise JssError(
            f"{name} mixes the clips of a micro-batch in pairs, and has micro-batches of one: lower "
            f"accumulate, or set stages.{stage_name}.retention=distillation."
        )
    check_labels(data, inputs.labels, c.batch)
    row = with_blocks(stage, pretraining, selection or SELECTIONS[0], inputs.folder)
    key = (stage_name, *row.starts.values())
    if memory and key not in inputs.memory:
        inputs.memory[key] = detection_memory(
            inputs.config, row, c, data, inputs.labels, inputs.folder
        )
    train = {"synthetic": data.synthetic, "weak": data.weak, "unlabelled": data.unlabelled}
    validation = (
        f"validated on {len(data.synthetic_validation)} synthetic and "
        f"{len(data.weak_validation)} weak clips"
    )
    parts = [
        f"data={data.root} ({_sizes(train, data.fresh)}; {validation})",
        f"{number_of(c.epochs, 'epochs')} of {number_of(len(steps) // steps.parts, 'steps')}",
        "batch "
        + " + ".join(map(str, c.batch))
        + (f" in {steps.parts} parts" if steps.parts > 1 else ""),
        *([f"memory about {gigabytes(inputs.memory[key])}"] if memory else []),
        start,
    ]
    return Planned(name, "; ".join(parts))


def replacement(name: str, wanted: str, pool: SeparationPool) -> str | None:
    """A sentence where a stage learns from another pool than its row says; else None.

    Args:
        name: Of the stage.
        wanted: The pool of its row.
        pool: The pool that it learns from.
    """
    if pool.name == wanted:
        return None
    return (
        f"{name} learns from {pool.description} in place of {POOLS[wanted]}, as none was given "
        f"(data={pool.name})."
    )


def check_labels(data: TrainingData, labels: Sequence[str], batch: Sequence[int]) -> None:
    """Check the labels of all clips for training and validation.

    Args:
        data: The subsets.
        labels: The K classes.
        batch: Clips of each kind in a batch; a kind without any is not checked.

    Raises:
        JssError: A clip has no labels, or one of another class.
    """
    parts = (
        (data.synthetic, "strong", batch[0]),
        (data.synthetic_validation, "strong", 1),
        (data.weak, "weak", batch[1]),
        (data.weak_validation, "weak", 1),
    )
    known = {*labels}
    for examples, kind, used in parts:
        if not used:
            continue
        source = examples.examples if isinstance(examples, CachedSet) else examples
        if isinstance(source, SoundscapeSet):
            _check_classes(source.recipe.classes, known, f"the soundscapes of {data.description}")
        for clip in source.clips if isinstance(source, ClipSet) else ():
            tags = {event.label for event in clip.events or ()} | {*(clip.tags or ())}
            if clip.events is None and (kind == "strong" or clip.tags is None):
                raise JssError(
                    f"{clip.filename} in {data.root} has no {kind} labels: add them to its table, "
                    "or remove the clip."
                )
            _check_classes(tags, known, f"{clip.filename} in {data.root}")


def _check_classes(labels: Any, known: set[str], where: str) -> None:
    unknown = sorted({*labels} - known)
    if unknown:
        raise JssError(
            f"{where} has the label {unknown[0]!r}, which is not among the classes to be learnt "
            f"({', '.join(sorted(known))}): set labels=[...] with it, or correct the table."
        )


def _check_sources(name: str, pool: SeparationPool, n_src: int) -> str:
    """The numbers of sources in a mixture, for the plan.

    Raises:
        JssError: A mixture has more sources than the separator has outputs.
    """
    ranges = [
        counts
        for part in (pool.sources, pool.sources_validation)
        if part is not None and (counts := source_counts(part)) is not None
    ]
    if not ranges:
        return ""
    fewest, most = min(low for low, _ in ranges), max(high for _, high in ranges)
    if most > n_src:
        raise JssError(
            f"{name}: a mixture of {pool.root} has {most} sources and the separator {n_src} "
            f"outputs: set separator.n_src={most}."
        )
    return f" of {fewest} to {most} sources"


def _check_separator(name: str, stage: Stage) -> None:
    """Raises JssError where a separator's stage starts from what is no separator by itself."""
    start = stage.separator
    if (
        start in (None, "pre-training")
        or [*stage.starts] != ["separator"]
        or (start in STAGES and not separates_only(str(start)))
    ):
        raise JssError(
            f"stages.{name} trains a separator alone: let it start from new, new TDCN++, PIT, MixIT, TDCN "
            "or the name of a separator's block, and name no detector."
        )


def _check_outputs(inputs: PlanInputs, stage: Stage) -> None:
    """Raises JssError where the separator has not the outputs that PIT's targets are made for."""
    config, start = inputs.config, stage.starts["separator"]
    if start == "new":
        return
    separator = start_network(config, start, "separator", len(inputs.labels), inputs.folder)
    with torch.inference_mode():
        outputs = separator.eval()(torch.zeros(1, SAMPLE_RATE)).shape[1]
    if outputs != config.separator.n_src:
        raise JssError(
            f"The separator {start} has {outputs} outputs, and the mixtures of PIT are made for "
            f"{config.separator.n_src}: set separator.n_src={outputs}, or start from another separator."
        )


def _sizes(subsets: dict[str, Examples] | Any, fresh: bool) -> str:
    """The sizes of subsets: "synthetic 10000, unlabelled 14412 clips"."""
    unit = "soundscapes an epoch" if fresh else "clips"
    return ", ".join(f"{name} {len(subset)}" for name, subset in subsets.items()) + f" {unit}"


def _starts(
    inputs: PlanInputs, stage: Stage, pretraining: str | None, selection: str | None
) -> str:
    """The blocks that a stage starts from, for the plan.

    Raises:
        JssError: A block that the row names is missing, or is of another kind.
    """
    parts = []
    for block, start in stage.starts.items():
        source = comes_from(start, pretraining)
        if start in NEW and not stage.trains:
            raise JssError(
                f"A stage that trains nothing cannot start from a new {block}: name a block or a stage."
            )
        if start in NEW:
            parts.append(f"a {start if start == 'new TDCN++' else f'new {block}'}")
        elif source is not None:
            network = f" ({selection})" if selection and not separates_only(source) else ""
            parts.append(f"the {ROLES[block]} of {source}{network}")
        else:
            _check_block(inputs, start, block)
            parts.append(f"the block {start}")
    return "starts from " + " and ".join(parts)


def _check_block(inputs: PlanInputs, name: str, block: str) -> None:
    """Raises JssError where a block is missing, of another kind, or of other classes."""
    card = checkpoints.load_card(name, inputs.folder)
    detects = card.kind == "crnn"
    separates = card.kind not in ("crnn", "critic", checkpoints.ONNX)
    if not (separates if block == "separator" else detects):
        raise JssError(
            f"The block {name} is a {card.kind}, so no stage can start from it as its {block}."
        )
    count = card.config.get("n_classes", len(inputs.labels))
    if card.kind == "crnn" and count != len(inputs.labels):
        raise JssError(
            f"The block {name} has {count} classes, and {len(inputs.labels)} are to be learnt: "
            "start from another block."
        )
