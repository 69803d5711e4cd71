"""Reports of an evaluation: their fields, their JSON file, and the comparison of two of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from jss.errors import JssError, number_of, printable
from jss.io.schema import SCHEMA
from jss.io.stored_report import StoredReport

#: Headline figures and their display names.
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
    "msi": "MSi, dB",
    "one_source": "1S, dB",
    "under": "under-separation",
    "over": "over-separation",
}
#: Headline figures in the groups of a table's columns, with short names, in the same order.
HEADLINE_GROUPS: Mapping[str, Mapping[str, str]] = {
    "PSDS, 50 thresholds": {"psds1": "PSDS1", "psds2": "PSDS2 (K-1)", "psds2_k": "PSDS2 (K)"},
    "PSDS, exact": {
        "psds1_exact": "PSDS1",
        "psds2_exact": "PSDS2 (K-1)",
        "psds2_exact_k": "PSDS2 (K)",
    },
    **{
        f"{kind.capitalize()}, {average}": {
            f"{kind}_{rate}_{average}": rate.replace("f1", "F1")
            for rate in ("f1", "precision", "recall")
        }
        for kind in ("event", "intersection")
        for average in ("macro", "micro")
    },
    "Clip, macro": {"clip_f1": "F1", "clip_precision": "precision", "clip_recall": "recall"},
    "Sources": {"similarity": "similarity (Eq. 30)"},
    "Separation": {
        "si_sdri": "SI-SDRi (dB)",
        "msi": "MSi (dB)",
        "one_source": "1S (dB)",
        "under": "under (share)",
        "over": "over (share)",
    },
}
#: Headline figures in dB; of which less is better; of which neither is.
DECIBEL = ("si_sdri", "msi", "one_source")
LESS_IS_BETTER = ("under", "over")
NEITHER_IS_BETTER = ("similarity",)
#: Headline figures of ``EvalReport.separation``.
_SEPARATION = ("si_sdri", "msi", "one_source", "under", "over")
#: Explanation of the placeholders in the commands that reproduce a report.
PLACEHOLDERS = (
    "DATA stands for a folder to render into, BANK for one with a folder of recordings for each "
    "class."
)

#: Macro and micro average.
Average = dict[str, float | None]


def _no_average() -> Average:
    return {"macro": None, "micro": None}


#: Lower and upper bound of an interval.
Bounds = Annotated[list[float], Field(min_length=2, max_length=2)]


class Similarity(TypedDict):
    """Similarity of the sources' scores (Eq. 30)."""

    #: Mean over the clips.
    mean: float | None
    #: Value of each clip, by file name.
    per_clip: dict[str, float | None]


class Bootstrap(TypedDict):
    """The resamples that the intervals are computed from."""

    #: Number of resamples.
    resamples: int
    #: Seed of the random generator that drew them.
    seed: int
    #: Fingerprint of the clips that were resampled.
    clips: str
    #: Level of the intervals, such as 0.95.
    level: float
    #: Value of each headline figure in each resample, of pairs as ``spread`` takes them.
    replicates: dict[str, list[float | None] | None]


class Settings(TypedDict, total=False):
    """How a report was measured; further keys are allowed."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    #: Sentences for the reader.
    notes: list[str]
    #: What the missing files lack, such as "without a duration".
    missing: str
    #: Commands that reproduce the report.
    reproduce: list[str]


@dataclass(frozen=True)
class EvalReport(StoredReport):
    """Scores of one system on one data set; a figure that could not be measured is None."""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    #: Data set and subset that the system was scored on.
    dataset: str
    subset: str
    #: Name of the system, and "student" or "teacher".
    system: str
    selection: str
    #: Number of files that were scored, and that the data set has.
    n_files: int
    n_files_expected: int
    #: Names of the files that were not scored.
    missing: list[str] = field(default_factory=list)
    #: PSDS at 50 thresholds, as in the paper; cross-triggers averaged over the K - 1 other classes.
    psds1: float | None = None
    psds2: float | None = None
    #: The same over all thresholds.
    psds1_exact: float | None = None
    psds2_exact: float | None = None
    #: PSDS2 with cross-triggers averaged over all K classes, as psds_eval up to 0.4 computes it.
    psds2_k: float | None = None
    psds2_exact_k: float | None = None
    #: Event-based figures (Eqs 7-9) with collars, in [0, 1].
    event_f1: Average = field(default_factory=_no_average)
    event_precision: Average = field(default_factory=_no_average)
    event_recall: Average = field(default_factory=_no_average)
    #: Event-based figures by intersection, in [0, 1].
    intersection_f1: Average = field(default_factory=_no_average)
    intersection_precision: Average = field(default_factory=_no_average)
    intersection_recall: Average = field(default_factory=_no_average)
    #: Clip-level figures, macro average, in [0, 1].
    clip_f1: float | None = None
    clip_precision: float | None = None
    clip_recall: float | None = None
    #: Label -> psds1, psds2, event_f1 and further figures of the class.
    classwise: dict[str, dict[str, float | None]] = field(default_factory=dict)
    #: Scenario -> PSD-ROC curves (false positives an hour, true positive ratio), overall and by
    #: class.
    roc: dict[str, Any] = field(default_factory=dict)
    #: Matrix of decisions; row: the class detected, column: the true class.
    cross_triggers: dict[str, Any] | None = None
    similarity: Similarity | None = None
    #: Separation figures in dB, and rates.
    separation: dict[str, float | None] | None = None
    #: Headline figure -> bounds of its 95 % interval.
    intervals: dict[str, Bounds | None] = field(default_factory=dict)
    bootstrap: Bootstrap | None = None
    #: Commit of the code that measured it.
    commit: str = ""
    settings: Settings = field(default_factory=lambda: Settings())

    def headline(self, name: str) -> float | None:
        """Value of one of ``HEADLINES``; None where it could not be measured."""
        if name.endswith(("_macro", "_micro")):
            kind, _, average = name.rpartition("_")
            return dict(getattr(self, kind)).get(average)
        if name == "similarity":
            return self.similarity["mean"] if self.similarity else None
        if name in _SEPARATION:
            return self.separation.get(name) if self.separation else None
        value: float | None = getattr(self, name)
        return value


def report_lines(report: EvalReport) -> list[str]:
    """Format a report for a terminal: a line for each figure measured, with its interval."""
    files = f"{report.n_files} of {number_of(report.n_files_expected, 'files')}"
    data = f"{report.dataset} {report.subset}".strip()
    report_lines = [
        report.system
        + (f" ({report.selection})" if report.selection else "")
        + (f" on {data}" if data else "")
    ]
    report_lines[0] += f", {files}"
    if report.missing:
        names = ", ".join(report.missing[:3]) + (" ..." if len(report.missing) > 3 else "")
        why = f" ({report.settings['missing']})" if report.settings.get("missing") else ""
        report_lines.append(
            f"  missing: {number_of(len(report.missing), 'files')}{why}, which no figure includes: "
            f"{names}"
        )
    for name, title in HEADLINES.items():
        value = report.headline(name)
        if value is not None:
            bounds = report.intervals.get(name)
            spread = f"   95 % {bounds[0]:.4f} to {bounds[1]:.4f}" if bounds else ""
            report_lines.append(f"  {title:<28}{value:8.5f}{spread}")
    report_lines += [f"  note: {note}" for note in report.settings.get("notes", [])]
    return [printable(line) for line in report_lines]


def spread(replicates: npt.ArrayLike, resamples: int) -> npt.NDArray[np.float64]:
    """Values of the resamples with the spread of the figure; those of an overlap set are widened.

    The variance of a figure of pairs is that by clips (four times that of the resamples of clips,
    which count half) less that of independent pairs, which the clips' contains, and at least the
    latter: see ``jss.metrics.bootstrap.pair_weights``.

    Args:
        replicates: (B,) of single clips, which stay as they are; of pairs (B + ceil(B / 4),), also
            of a difference of two systems.
        resamples: B.

    Returns:
        (B,)
    """
    values = np.asarray(replicates, float)
    by_clip, alone = values[:resamples], values[resamples:]
    if np.isnan(by_clip).all() or np.isnan(alone).all():
        return by_clip
    drawn, least, middle = np.nanvar(by_clip), np.nanvar(alone), np.nanmean(by_clip)
    wider = np.sqrt(max(4 * drawn - least, least) / drawn) if drawn > 0 else 1.0
    return np.asarray(middle + wider * (by_clip - middle))


@dataclass(frozen=True)
class Difference:
    """Difference of two reports in one headline figure, B minus A."""

    #: Name of the headline figure.
    headline: str
    #: Value in report A, and in report B.
    a: float
    b: float
    #: Bounds of the 95 % interval of B minus A.
    low: float
    high: float
    #: Two-sided p-value.
    p: float

    @property
    def significant(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def compare(a: EvalReport, b: EvalReport, level: float = 0.95) -> list[Difference]:
    """Compare two reports by a paired bootstrap: the same resamples of the same clips.

    Args:
        a: Report A.
        b: Report B.
        level: Level of the intervals.

    Returns:
        B minus A in each headline figure that both have; p-values are at least 1 / resamples.

    Raises:
        JssError: The reports are of different clips, or have no resamples.
    """
    if a.bootstrap is None or b.bootstrap is None:
        raise JssError(
            "A report without resamples cannot be compared: evaluate again with --resamples 1000."
        )
    if _resampling(a.bootstrap) != _resampling(b.bootstrap):
        raise JssError(
            f"The reports are of different clips or resamples ({a.n_files} and {b.n_files} files): "
            "evaluate both on the same files with the same options."
        )
    differences = []
    for headline in HEADLINES:
        replicates_a, replicates_b = (
            a.bootstrap["replicates"].get(headline),
            b.bootstrap["replicates"].get(headline),
        )
        value_a, value_b = a.headline(headline), b.headline(headline)
        if replicates_a is None or replicates_b is None or value_a is None or value_b is None:
            continue
        change = np.array(replicates_b, float) - np.array(replicates_a, float)
        change = spread(change, a.bootstrap["resamples"])
        change = change[~np.isnan(change)]
        if not len(change):
            continue
        low, high = np.quantile(change, [(1 - level) / 2, (1 + level) / 2])
        p = 2 * min(float((change <= 0).mean()), float((change >= 0).mean()))
        p = min(1.0, max(p, 1 / len(change)))
        differences.append(Difference(headline, value_a, value_b, float(low), float(high), p))
    return differences


def _resampling(bootstrap: Bootstrap) -> tuple[str, int, int]:
    """What two reports must share to have the same resamples of the same clips."""
    return bootstrap["clips"], bootstrap["seed"], bootstrap["resamples"]


def comparison_lines(a: EvalReport, b: EvalReport) -> list[str]:
    """Format the comparison of two reports for a terminal.

    Args:
        a: Report A.
        b: Report B.

    Returns:
        The lines.

    Raises:
        JssError: See :func:`compare`.
    """
    report_lines = [
        f"A: {a.system} ({a.selection})   B: {b.system} ({b.selection})   "
        f"{number_of(a.n_files, 'files')}, paired bootstrap"
    ]
    for d in compare(a, b):
        verdict = "the difference is significant" if d.significant else "not significant"
        report_lines.append(
            f"  {HEADLINES[d.headline]:<28}  A {d.a:8.5f}   B {d.b:8.5f}   B - A {d.b - d.a:+.5f} "
            f"({d.low:+.4f} to {d.high:+.4f})   p {d.p:.3f}   {verdict}"
        )
    return [printable(line) for line in report_lines]


def commit() -> str:
    """Short hash of the commit of the code.

    Returns:
        The hash, with "+" where files differ from the commit; empty outside a checkout.
    """
    git, package = shutil.which("git"), Path(__file__).parent
    if git is None or not (package.parent / ".git").exists():
        return ""
    command = [git, "describe", "--always", "--dirty=+", "--exclude=*"]
    result = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    return result.stdout.strip()
