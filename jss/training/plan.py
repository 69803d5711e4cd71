"""What a training will do, before its first step: a line a stage; and the refusal of what would
fail hours later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from jss.errors import JssError
from jss.training.blocks import chosen_row
from jss.training.memory import detection_memory, gigabytes, separation_memory
from jss.training.stages import Stage, comes_from, parse, separates_only, split

#: A field of a stage's row -> the block that it names.
ROLES = {"separator": "separator", "detector": "detector", "mixture": "mixture branch"}


@dataclass(frozen=True)
class Before:
    """What is known before the first step. data: to be counted; folder: of blocks and systems;
    memory: bytes that were estimated already, by stage.
    """

    config: Config
    data: TrainingData
    labels: tuple[str, ...]
    folder: Path
    memory: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """One stage to come. name: of the stage or system; what: its data, steps, batch, memory and the
    blocks that it starts from; note: a sentence where it learns from other data than its row says.
    """

    name: str
    what: str
    note: str | None = None

    @property
    def line(self) -> str:
        """For a person."""
        return f"{self.name}: {self.what}"


def plan_separation(before: Before, name: str, memory: bool) -> Planned:
    """A separator's stage. Raises JssError where its data cannot train it."""
    stage, c = chosen_row(before.config, name, before.config.separation)
    wanted = stage.data or "detection"
    pool = before.data.pool(wanted, stage.loss)
    counts = ""
    if stage.loss == "pit":
        counts = _check_sources(name, pool, before.config.separator.n_src)
    steps = SeparationSteps(pool, before.config, c, stage.loss, 0)
    held_out = SeparationValidation(pool, before.config, c, stage.loss)
    sets = {"sources": pool.sources} if stage.loss == "pit" else pool.mixtures
    listed = _counted({key: found for key, found in sets.items() if found is not None}, pool.fresh)
    selected = (
        f"validated on {len(held_out.items)} {'pairs' if stage.loss == 'mixit' else 'mixtures'} of "
        f"{len(held_out.clips)}"
    )
    start = _starts(before, stage, None, None)
    parts = [
        f"data={pool.name} of {pool.root} ({listed}{counts}; {selected})",
        f"{c.epochs} epochs of {len(steps) // steps.parts} steps at most",
        f"batch {c.batch}",
        *(
            [f"memory about {gigabytes(separation_memory(before.config, stage, c, pool))}"]
            if memory
            else []
        ),
        start,
    ]
    return Planned(name, "; ".join(parts), replacement(name, wanted, pool))


def plan_detection(before: Before, name: str, memory: bool) -> Planned:
    """A system's stage. Raises JssError where its data cannot train it."""
    pretraining, stage_name = parse(name)
    stage, c = chosen_row(before.config, stage_name, before.config.detection)
    if stage.data is not None:
        raise JssError(
            f"stages.{stage_name}.data: a detector learns from the labelled clips of --data; only PIT, "
            "MixIT and TDCN choose theirs."
        )
    start = _starts(before, stage, pretraining, split(name)[1])
    if not stage.trains:
        return Planned(name, f"nothing to train; {start}")
    data = before.data
    steps = DetectionSteps(data, before.config, c, before.labels, 0)
    check_labels(data, before.labels, c.batch)
    if memory and stage_name not in before.memory:
        found = detection_memory(before.config, stage, c, data, before.labels)
        before.memory[stage_name] = found
    train = {"synthetic": data.synthetic, "weak": data.weak, "unlabelled": data.unlabelled}
    held_out = f"validated on {len(data.synthetic_validation)} synthetic and {len(data.weak_validation)} weak clips"
    parts = [
        f"data={data.root} ({_counted(train, data.fresh)}; {held_out})",
        f"{c.epochs} epochs of {len(steps) // steps.parts} steps",
        "batch "
        + " + ".join(map(str, c.batch))
        + (f" in {steps.parts} parts" if steps.parts > 1 else ""),
        *([f"memory about {gigabytes(before.memory[stage_name])}"] if memory else []),
        start,
    ]
    return Planned(name, "; ".join(parts))


def replacement(name: str, wanted: str, pool: SeparationPool) -> str | None:
    """A sentence where a stage learns from another pool than the wanted one."""
    if pool.name == wanted:
        return None
    return (
        f"{name}: --data has no {POOLS[wanted]}; it learns from {pool.description} instead "
        f"(data={pool.name})."
    )


def check_labels(data: TrainingData, labels: Sequence[str], batch: Sequence[int]) -> None:
    """Raises JssError where a clip to learn or to be selected from lacks its labels, or has one of
    another class.
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
            _known(source.recipe.classes, known, f"the soundscapes of {data.description}")
        for clip in source.clips if isinstance(source, ClipSet) else ():
            tags = {event.label for event in clip.events or ()} | {*(clip.tags or ())}
            if clip.events is None and (kind == "strong" or clip.tags is None):
                raise JssError(
                    f"{clip.filename} in {data.root} has no {kind} labels: add them to its table, or remove "
                    "the clip."
                )
            _known(tags, known, f"{clip.filename} in {data.root}")


def _known(found: Any, known: set[str], where: str) -> None:
    strange = sorted({*found} - known)
    if strange:
        raise JssError(
            f"{where} has the label {strange[0]!r}, which is not among the classes to be learnt "
            f"({', '.join(sorted(known))}): set labels=[...] with it, or mend the table."
        )


def _check_sources(name: str, pool: SeparationPool, n_src: int) -> str:
    """Raises JssError where a mixture has more sources than the separator. -> their numbers, for
    the plan.
    """
    ranges = [
        found
        for part in (pool.sources, pool.sources_validation)
        if part is not None and (found := source_counts(part)) is not None
    ]
    if not ranges:
        return ""
    fewest, most = min(low for low, _ in ranges), max(high for _, high in ranges)
    if most > n_src:
        raise JssError(
            f"{name}: a mixture of {pool.root} has {most} sources and the separator {n_src} outputs: set "
            f"separator.n_src={most}."
        )
    return f" of {fewest} to {most} sources"


def _counted(subsets: dict[str, Examples] | Any, fresh: bool) -> str:
    """synthetic 10000, unlabelled 14412 files."""
    kind = "soundscapes an epoch" if fresh else "clips"
    return ", ".join(f"{name} {len(found)}" for name, found in subsets.items()) + f" {kind}"


def _starts(before: Before, stage: Stage, pretraining: str | None, who: str | None) -> str:
    """The blocks that a stage starts from, for the plan. Raises JssError where a named one is
    missing or unfit.
    """
    parts = []
    for block in ("separator", "detector", "mixture"):
        start = getattr(stage, block)
        if start is None:
            continue
        source = comes_from(start, pretraining)
        if start in ("new", "new TDCN++"):
            parts.append(f"a {start if start == 'new TDCN++' else f'new {block}'}")
        elif source is not None:
            chosen = f" ({who})" if who and not separates_only(source) else ""
            parts.append(f"the {ROLES[block]} of {source}{chosen}")
        else:
            _check_block(before, start, block)
            parts.append(f"the block {start}")
    return "starts from " + " and ".join(parts)


def _check_block(before: Before, name: str, block: str) -> None:
    """Raises JssError where a named block is not there, or is no such block, or has other classes."""
    card = checkpoints.load_card(name, before.folder)
    if (card.kind == "crnn") != (block != "separator"):
        raise JssError(
            f"The block {name} is a {card.kind}, so no stage can start from it as its {block}."
        )
    count = card.config.get("n_classes", len(before.labels))
    if card.kind == "crnn" and count != len(before.labels):
        raise JssError(
            f"The block {name} knows {count} classes, and {len(before.labels)} are to be learnt: start from "
            "another block."
        )
