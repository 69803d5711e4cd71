"""Tagging of whole recordings of one class: average precision of the weak head, by class."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jss.data.soundbank.bank import SoundBank
from jss.errors import JssError, number_of
from jss.evaluation.measure import RESAMPLES
from jss.inference.fusion import Mean, common, fuse, fusion_name
from jss.inference.system import System
from jss.io.atomic import atomic_write
from jss.io.progress import Progress, silent
from jss.metrics.average_precision import average_precision, resampled
from jss.metrics.bootstrap import interval, weights
from jss.reports import commit


@dataclass(frozen=True)
class TagReport:
    """Average precision of a system's clip scores on single recordings."""

    #: Name.
    system: str
    #: student or teacher.
    selection: str
    #: Name of the soundbank.
    bank: str
    #: Of the soundbank.
    split: str
    #: Number of recordings.
    n_files: int
    #: Mean over the classes that occur, in [0, 1].
    macro: float
    #: 95 % bootstrap bounds of ``macro`` over files.
    interval: tuple[float, float] | None
    #: Label -> average precision and number of files.
    classwise: dict[str, dict[str, float]]
    #: Macro with one class left out, by label.
    without: dict[str, float]
    #: The K classes.
    labels: tuple[str, ...]
    #: Path -> clip scores, in the order of labels.
    files: dict[str, list[float]] = field(repr=False)
    #: Of the code.
    commit: str = ""
    #: SHA-256 of the weights by block; older reports do not have it.
    weights_sha256: dict[str, str] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Write it as JSON, atomically."""
        with atomic_write(path) as part:
            part.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def lines(self) -> list[str]:
        """A table that a person can read."""
        bounds = f" ({self.interval[0]:.3f} to {self.interval[1]:.3f})" if self.interval else ""
        head = f"{self.system} ({self.selection}) on {number_of(self.n_files, 'recordings')} of {self.bank}, {self.split}"
        rows = [
            f"  {label:<28} {number_of(round(row['n_files']), 'files'):>10}  {row['average_precision']:.3f}"
            for label, row in self.classwise.items()
        ]
        return [head, f"  macro average precision {self.macro:.3f}{bounds}", *rows]


def tag(
    system: System,
    bank: SoundBank,
    split: str = "test",
    progress: Progress = silent,
) -> TagReport:
    """Score every recording of the system's classes in a split.

    Args:
        system: The system.
        bank: The soundbank.
        split: Of the soundbank.
        progress: In recordings.

    Raises:
        JssError: The split has no recording of these classes.
    """
    recordings = [r for label in system.labels for r in bank.recordings(label, split)]
    if not recordings:
        raise JssError(
            f"{bank.root} has no recording of {system.name}'s classes in the split {split}: "
            "name another split, or another soundbank."
        )
    weak = np.zeros((len(recordings), len(system.labels)))
    tags = np.array([[r.label == label for label in system.labels] for r in recordings])
    for i, recording in enumerate(recordings):
        weak[i] = system(bank.load(recording), filename=recording.path).weak
        progress(recording.path, 1)
    return _report(
        _About(
            system.name,
            system.selection,
            bank.root.resolve().name,
            split,
            system.labels,
            {role: card.sha256 for role, card in system.cards.items()},
        ),
        [r.path for r in recordings],
        weak,
        tags,
    )


def fuse_reports(reports: Sequence[TagReport], bank: SoundBank, mean: Mean = "scores") -> TagReport:
    """The mean of several systems' clip scores of the classes that all of them have.

    Args:
        reports: Of each system, on one split.
        bank: The soundbank.
        mean: Of scores or logits (``jss.inference.fusion.fuse``).

    Raises:
        JssError: The systems have no common class.
    """
    labels = common([report.labels for report in reports])
    first = reports[0]
    recordings = [r for label in labels for r in bank.recordings(label, first.split)]
    rows = [[report.labels.index(label) for label in labels] for report in reports]
    scores = [
        np.array([report.files[r.path] for r in recordings])[:, k]
        for report, k in zip(reports, rows, strict=True)
    ]
    return _report(
        _About(
            fusion_name([report.system for report in reports], mean),
            "+".join(dict.fromkeys(report.selection for report in reports)),
            first.bank,
            first.split,
            labels,
            {
                f"{report.system} {role}": value
                for report in reports
                for role, value in report.weights_sha256.items()
            },
        ),
        [r.path for r in recordings],
        fuse(scores, mean),
        np.array([[r.label == label for label in labels] for r in recordings]),
    )


@dataclass(frozen=True)
class _About:
    """What a report is about: as of ``TagReport``."""

    system: str
    selection: str
    bank: str
    split: str
    labels: tuple[str, ...]
    weights: dict[str, str]


def _report(
    about: _About,
    paths: Sequence[str],
    weak: npt.NDArray[Any],
    tags: npt.NDArray[np.bool_],
) -> TagReport:
    """The report of clip scores (files, K), whose truth is ``tags``, (files, K)."""
    precisions = average_precision(weak, tags)
    valid = ~np.isnan(precisions)
    counts = tags.sum(axis=0)
    labels = about.labels
    return TagReport(
        system=about.system,
        selection=about.selection,
        bank=about.bank,
        split=about.split,
        n_files=len(paths),
        macro=float(precisions[valid].mean()),
        interval=interval(resampled(weak, tags, weights(len(paths), RESAMPLES))),
        classwise={
            label: {"average_precision": float(precisions[k]), "n_files": float(counts[k])}
            for k, label in enumerate(labels)
            if valid[k]
        },
        without={
            label: float(precisions[valid & (np.arange(len(precisions)) != k)].mean())
            for k, label in enumerate(labels)
            if valid[k] and valid.sum() > 1
        },
        labels=tuple(labels),
        files={
            path: [round(float(v), 6) for v in row] for path, row in zip(paths, weak, strict=True)
        },
        commit=commit(),
        weights_sha256=about.weights,
    )
