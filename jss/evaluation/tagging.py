"""Whole recordings of one class, fed as they are: does the weak head name them? Average precision
by class.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from jss.data.soundbank.bank import SoundBank
from jss.errors import JssError
from jss.inference.system import System
from jss.io.atomic import atomic_write
from jss.io.progress import Progress, silent
from jss.metrics.average_precision import average_precision, resampled
from jss.metrics.bootstrap import interval, weights
from jss.reports import commit


@dataclass(frozen=True)
class TagReport:
    """Average precision of a system's clip scores on single recordings.

    bank, split: where they are from; n_files; macro: mean over the classes that are there, in [0,
    1]; interval: its 95 % bootstrap bounds over files; classwise: label -> average precision and
    number of files; without: macro with one class left out, by label; files: path -> clip scores,
    in the order of labels.
    """

    system: str
    selection: str
    bank: str
    split: str
    n_files: int
    macro: float
    interval: tuple[float, float] | None
    classwise: dict[str, dict[str, float]]
    without: dict[str, float]
    labels: tuple[str, ...]
    files: dict[str, list[float]] = field(repr=False)
    commit: str = ""

    def save(self, path: str | Path) -> None:
        """Write it as JSON, aside and then renamed."""
        with atomic_write(path) as part:
            part.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def lines(self) -> list[str]:
        """A table that a person can read."""
        bounds = f" ({self.interval[0]:.3f} to {self.interval[1]:.3f})" if self.interval else ""
        head = f"{self.system} ({self.selection}) on {self.n_files} recordings of {self.bank}, {self.split}"
        rows = [
            f"  {label:<28} {row['n_files']:>4.0f} files  {row['average_precision']:.3f}"
            for label, row in self.classwise.items()
        ]
        return [head, f"  macro average precision {self.macro:.3f}{bounds}", *rows]


def tag(
    system: System,
    bank: SoundBank,
    split: str = "test",
    *,
    resamples: int = 1000,
    seed: int = 0,
    progress: Progress = silent,
) -> TagReport:
    """Score every recording of the system's classes in a split. progress: in recordings.

    Raises JssError where the split has no recording of these classes.
    """
    known = [r for label in system.labels for r in bank.recordings(label, split)]
    if not known:
        raise JssError(
            f"{bank.root} has no recording of {system.name}'s classes in the split {split}: "
            "name another split, or another soundbank."
        )
    weak = np.zeros((len(known), len(system.labels)))
    tags = np.array([[r.label == label for label in system.labels] for r in known])
    for i, recording in enumerate(known):
        weak[i] = system(bank.load(recording), filename=recording.path).weak
        progress(recording.path, 1)
    found = average_precision(weak, tags)
    there = ~np.isnan(found)
    counts = tags.sum(axis=0)
    return TagReport(
        system=system.name,
        selection=system.selection,
        bank=bank.root.resolve().name,
        split=split,
        n_files=len(known),
        macro=float(found[there].mean()),
        interval=interval(resampled(weak, tags, weights(len(known), resamples, seed)))
        if resamples
        else None,
        classwise={
            label: {"average_precision": float(found[k]), "n_files": float(counts[k])}
            for k, label in enumerate(system.labels)
            if there[k]
        },
        without={
            label: float(found[there & (np.arange(len(found)) != k)].mean())
            for k, label in enumerate(system.labels)
            if there[k] and there.sum() > 1
        },
        labels=tuple(system.labels),
        files={
            r.path: [round(float(v), 6) for v in row] for r, row in zip(known, weak, strict=True)
        },
        commit=commit(),
    )
