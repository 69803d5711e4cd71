"""What a system scored on a set: ``EvalReport``, its JSON file, and whether two of them differ."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from jss.errors import JssError, printable
from jss.io.atomic import write_json_lines
from jss.io.schema import SCHEMA, read_json, validate

#: Headline figure -> how a person reads it.
HEADLINES: Mapping[str, str] = {
    "psds1": "PSDS1 (50 thresholds)",
    "psds2": "PSDS2 (50 thresholds, K-1)",
    "psds2_k": "PSDS2 (50 thresholds, K)",
    "psds1_exact": "PSDS1 exact",
    "psds2_exact": "PSDS2 exact (K-1)",
    "psds2_exact_k": "PSDS2 exact (K)",
    "event_f1_macro": "event F1 macro",
    "event_precision_macro": "event precision macro",
    "event_recall_macro": "event recall macro",
    "event_f1_micro": "event F1 micro",
    "event_precision_micro": "event precision micro",
    "event_recall_micro": "event recall micro",
    "intersection_f1_macro": "intersection F1 macro",
    "intersection_precision_macro": "intersection precision macro",
    "intersection_recall_macro": "intersection recall macro",
    "intersection_f1_micro": "intersection F1 micro",
    "intersection_precision_micro": "intersection precision micro",
    "intersection_recall_micro": "intersection recall micro",
    "clip_f1": "clip F1 macro",
    "clip_precision": "clip precision macro",
    "clip_recall": "clip recall macro",
    "similarity": "similarity (Eq. 30)",
    "si_sdri": "SI-SDR improvement, dB",
}
#: What stands for a folder in the commands that measure a report again.
PLACES = "DATA stands for a folder to render into, BANK for one with a folder of recordings for each class."


Average = dict[str, float | None]


def _no_average() -> Average:
    return {"macro": None, "micro": None}


#: Lower and upper bound.
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class Similarity(TypedDict):
    """Eq. 30: the mean over clips, and each clip's."""

    mean: float | None
    per_clip: dict[str, float | None]


class Bootstrap(TypedDict):
    """The resamples behind the intervals: of which clips, and each headline's value in each."""

    resamples: int
    seed: int
    clips: str
    level: float
    replicates: dict[str, list[float | None] | None]


class Settings(TypedDict, total=False):
    """How a report was measured; other keys say more."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    #: Sentences for the reader.
    notes: list[str]
    #: The commands that measure the report again.
    reproduce: list[str]


@dataclass(frozen=True)
class EvalReport:
    """Scores of one system on one set; all are None where they could not be measured.

    dataset, subset: what it was scored on; n_files of n_files_expected, missing: the names of the
    others; psds1, psds2: 50 thresholds as the paper, psds1_exact, psds2_exact: all thresholds,
    cross-triggers averaged over the K - 1 other classes; psds2_k, psds2_exact_k: over all K, as
    psds_eval <= 0.4; event_f1, intersection_f1 and their precisions and recalls (Eqs 7-9): macro
    and micro in [0, 1]; clip_f1, clip_precision, clip_recall: macro; classwise: label -> psds1, psds2, event_f1 and more; roc: scenario -> PSD-ROC curves (efpr per
    hour, effective tpr), overall and by class; cross_triggers: matrix of decisions, row: detected
    as, column: truly; similarity: mean and per_clip (Eq. 30); separation: dB and rates; intervals:
    headline -> 95 % bounds; bootstrap: the resamples behind them, for paired comparisons; commit:
    of the code; settings: how it was measured, ``reproduce``: the commands.
    """

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    dataset: str
    subset: str
    system: str
    selection: str
    n_files: int
    n_files_expected: int
    missing: list[str] = field(default_factory=list)
    psds1: float | None = None
    psds2: float | None = None
    psds1_exact: float | None = None
    psds2_exact: float | None = None
    psds2_k: float | None = None
    psds2_exact_k: float | None = None
    event_f1: Average = field(default_factory=_no_average)
    event_precision: Average = field(default_factory=_no_average)
    event_recall: Average = field(default_factory=_no_average)
    intersection_f1: Average = field(default_factory=_no_average)
    intersection_precision: Average = field(default_factory=_no_average)
    intersection_recall: Average = field(default_factory=_no_average)
    clip_f1: float | None = None
    clip_precision: float | None = None
    clip_recall: float | None = None
    classwise: dict[str, dict[str, float | None]] = field(default_factory=dict)
    roc: dict[str, Any] = field(default_factory=dict)
    cross_triggers: dict[str, Any] | None = None
    similarity: Similarity | None = None
    separation: dict[str, float | None] | None = None
    intervals: dict[str, Pair | None] = field(default_factory=dict)
    bootstrap: Bootstrap | None = None
    commit: str = ""
    settings: Settings = field(default_factory=lambda: Settings())

    def headline(self, name: str) -> float | None:
        """One of ``HEADLINES`` as a number."""
        if name.endswith(("_macro", "_micro")):
            kind, _, average = name.rpartition("_")
            return dict(getattr(self, kind)).get(average)
        if name == "similarity":
            return self.similarity["mean"] if self.similarity else None
        if name == "si_sdri":
            return self.separation["si_sdri"] if self.separation else None
        value: float | None = getattr(self, name)
        return value

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it: numbers that are none are None."""
        return {key: _plain(value) for key, value in asdict(self).items()}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, a line for each key, aside first and then renamed; missing folders are
        made.
        """
        write_json_lines(path, self.as_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EvalReport:
        """Read what :meth:`save` wrote. Raises JssError where the file is missing or no such
        report.
        """
        stored = read_json(
            path,
            f"There is no report at {path}.",
            f"{path} is no report of jss, or it is damaged: evaluate again.",
        )
        return cls.from_dict(stored, str(path))

    @classmethod
    def from_dict(cls, stored: object, name: str = "The report") -> EvalReport:
        """A report from its JSON object. Raises JssError where keys are missing, unknown or of a
        wrong type.
        """
        try:
            return validate(cls, stored, name)
        except JssError as error:
            raise JssError(
                f"{name} is no report of this version of jss: evaluate again ({error})"
            ) from error


def below(folder: Path) -> tuple[EvalReport, ...]:
    """Every report in a folder and those in it. Raises JssError where one is damaged."""
    return tuple(EvalReport.load(path) for path in sorted(folder.rglob("*.json")))


def lines(report: EvalReport) -> list[str]:
    """The report for a person: a line each headline that could be measured, with its interval."""
    whole = f"{report.n_files} of {report.n_files_expected} files"
    where = f"{report.dataset} {report.subset}".strip()
    told = [
        report.system
        + (f" ({report.selection})" if report.selection else "")
        + (f" on {where}" if where else "")
    ]
    told[0] += f", {whole}"
    if report.missing:
        first = ", ".join(report.missing[:3]) + (" ..." if len(report.missing) > 3 else "")
        told.append(f"  missing: {len(report.missing)} files, which no figure here counts: {first}")
    for name, title in HEADLINES.items():
        value = report.headline(name)
        if value is not None:
            bounds = report.intervals.get(name)
            spread = f"   95 % {bounds[0]:.4f} to {bounds[1]:.4f}" if bounds else ""
            told.append(f"  {title:<28}{value:8.5f}{spread}")
    told += [f"  note: {note}" for note in report.settings.get("notes", [])]
    return [printable(line) for line in told]


@dataclass(frozen=True)
class Difference:
    """B minus A in one headline: the difference, its 95 % interval, and how often a resample goes
    the other way.
    """

    headline: str
    a: float
    b: float
    low: float
    high: float
    p: float

    @property
    def holds(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def compare(a: EvalReport, b: EvalReport, level: float = 0.95) -> list[Difference]:
    """Paired bootstrap over clips: the same resamples of the same clips in both reports.

    p: two-sided, at least 1 / resamples. Raises JssError where the reports stand on other clips or
    have no resamples.
    """
    if a.bootstrap is None or b.bootstrap is None:
        raise JssError(
            "A report without resamples cannot be compared: evaluate again with --resamples 1000."
        )
    if _drawn(a.bootstrap) != _drawn(b.bootstrap):
        raise JssError(
            f"The reports stand on different clips or resamples ({a.n_files} and {b.n_files} files): "
            "evaluate both on the same files with the same options."
        )
    found = []
    for headline in HEADLINES:
        first, second = (
            a.bootstrap["replicates"].get(headline),
            b.bootstrap["replicates"].get(headline),
        )
        ours, theirs = a.headline(headline), b.headline(headline)
        if first is None or second is None or ours is None or theirs is None:
            continue
        change = np.array(second, float) - np.array(first, float)
        change = change[~np.isnan(change)]
        if not len(change):
            continue
        low, high = np.quantile(change, [(1 - level) / 2, (1 + level) / 2])
        p = 2 * min(float((change <= 0).mean()), float((change >= 0).mean()))
        p = min(1.0, max(p, 1 / len(change)))
        found.append(Difference(headline, ours, theirs, float(low), float(high), p))
    return found


def _drawn(bootstrap: Bootstrap) -> tuple[str, int, int]:
    """What must agree for resamples to be of the same clips."""
    return bootstrap["clips"], bootstrap["seed"], bootstrap["resamples"]


def comparison_lines(a: EvalReport, b: EvalReport) -> list[str]:
    """The comparison for a person."""
    told = [
        f"A: {a.system} ({a.selection})   B: {b.system} ({b.selection})   {a.n_files} files, paired bootstrap"
    ]
    for d in compare(a, b):
        verdict = "the difference holds" if d.holds else "not separable"
        told.append(
            f"  {HEADLINES[d.headline]:<28}A {d.a:8.5f}   B {d.b:8.5f}   B - A {d.b - d.a:+.5f} "
            f"({d.low:+.4f} to {d.high:+.4f})   p {d.p:.3f}   {verdict}"
        )
    return [printable(line) for line in told]


def commit() -> str:
    """The short hash of the code's commit, with "+" where files differ from it; empty outside a
    checkout.
    """
    git, package = shutil.which("git"), Path(__file__).parent
    if git is None or not (package.parent / ".git").exists():
        return ""
    command = [git, "describe", "--always", "--dirty=+", "--exclude=*"]
    result = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def _plain(value: Any) -> Any:
    """As JSON holds it: numpy numbers as Python's, NaN and infinities as null."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
