"""What a separator of the weak-label paper scored, as JSON: Tables 1 and 2, Fig. 3 and more."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from pydantic.dataclasses import dataclass

from jss.errors import number_of
from jss.io.schema import SCHEMA
from jss.io.stored_report import StoredReport
from jss.metrics.class_separation import OVERALL
from jss.viz.score_tables import rounded

Row = dict[str, int | float | None]
#: Rows of ``WeakReport.table2``; "frame" and "clip" are the F-measures.
CRITIC_ROWS = (
    "frame",
    "frame precision",
    "frame recall",
    "clip",
    "clip precision",
    "clip recall",
)


@dataclass(frozen=True, config=SCHEMA)
class Samples:
    """The values behind Table 1: an entry of each list belongs to one active source of one clip.

    Attributes:
        clip: Number of the clip.
        label: Number of the class.
        input: SI-SDR of the mixture in dB.
        output: SI-SDR of the separated source in dB.
    """

    clip: tuple[int, ...]
    label: tuple[int, ...]
    input: tuple[float, ...]
    output: tuple[float, ...]


@dataclass(frozen=True, config=SCHEMA)
class WeakReport(StoredReport):
    """The scores of one separator on one set of scenes.

    Attributes:
        system: The name of the separator's block.
        critic: The name of the critic's block.
        labels: The K classes.
        dataset: Where the recordings of the scenes come from.
        split: Which of its recordings: "train", "validation" or "test".
        seed: What the scenes are drawn from.
        recipe: How they are drawn (``jss.data.scenes``).
        n_clips: How many scenes; those numbered 0 to n_clips - 1.
        n_single: How many of them have a single active class.
        table1: Table 1 and Fig. 3 of the paper, over the scenes with two active classes or more: a
            row for each class and "overall" (``jss.metrics.class_separation``).
        single: The same over the ``n_single`` scenes, whose mixture is the source: their
            output_median is the SI-SDR that a separator leaves of it.
        table2: Table 2, the critic on the mixtures at a threshold of 0.5: ``CRITIC_ROWS`` by class
            and "macro". Older reports have the F-measures alone.
        check: The critic on the separated sources. "probabilities": the mean clip probability of
            each class (column) in each active source (row); "own_only": the share of active sources
            in which it finds the source's class and no other; "similarity": Eq. 30 of the JSS paper
            on its frame probabilities, the mean over clips.
        samples: The values behind ``table1``.
        commit: Of the code.
        settings: The weights, and how the report was measured.
    """

    system: str
    critic: str
    labels: tuple[str, ...]
    dataset: str
    split: str
    seed: int
    recipe: dict[str, Any]
    n_clips: int
    n_single: int
    table1: dict[str, Row]
    single: dict[str, Row]
    table2: dict[str, dict[str, float | None]]
    check: dict[str, Any]
    samples: Samples
    commit: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def report_lines(report: WeakReport) -> list[str]:
    """The report as lines of text, for the command line."""
    n_several = report.n_clips - report.n_single
    text = [
        f"{report.system} on {report.dataset} {report.split}, {number_of(report.n_clips, 'clips')}, "
        f"{n_several} with several classes",
        f"  {'SI-SDR, dB':<14}{'n':>6}{'input':>16}{'improvement':>18}{'own only':>10}",
    ]
    for label in (*report.labels, OVERALL):
        row = report.table1[label]
        spreads = f"{spread(row, 'input') or '-':>16}{spread(row, 'improvement') or '-':>18}"
        share = _number(report.check["own_only"].get(label), 10)
        text.append(f"  {label:<14}{row['n']:>6}{spreads}{share}")
    text.append("  own only: share of sources in which the critic finds their class and no other")
    names = [name for name in CRITIC_ROWS if name in report.table2]  # older reports have F alone
    text.append(f"  {'critic':<14}" + "".join(f"{name:>17}" for name in names))
    columns = [critic_scores(report, name) for name in names]
    for label in (*report.labels, "macro"):
        scores = (column.get(label) for column in columns)
        text.append(f"  {label:<14}" + "".join(_number(score, 17) for score in scores))
    if columns != [report.table2[name] for name in names]:
        text.append(
            "  -: no clip has the class; it counts as 0 in macro where the critic finds it all the same"
        )
    similarity = _number(report.check.get("similarity"), 6)
    text.append(f"  similarity of the sources, by the critic's frame probabilities:{similarity}")
    single = report.single[OVERALL]
    if single["n"]:
        text.append(
            f"  single-class clips: {single['n']}, median SI-SDR of the output "
            f"{single['output_median']:.1f} dB"
        )
    return text


def spread(row: Row, name: str) -> str | None:
    """Mean and standard deviation as text; None without a sample, no deviation of a single one.

    Args:
        row: Of ``WeakReport.table1``.
        name: "input" or "improvement".
    """
    mean, deviation = row[f"{name}_mean"], row[f"{name}_sd"]
    if mean is None:
        return None
    return f"{rounded(mean, 1)} ± {'-' if row['n'] == 1 else rounded(deviation or 0.0, 1)}"


def critic_scores(report: WeakReport, name: str) -> dict[str, float | None]:
    """A row of ``WeakReport.table2``, without scores of the classes that no clip has."""
    return {
        label: None if label in report.labels and not _clips(report, label) else score
        for label, score in report.table2[name].items()
    }


def _clips(report: WeakReport, label: str) -> float:
    """How many clips have a class."""
    return sum(table[label]["n"] or 0 for table in (report.table1, report.single))


def _number(value: float | None, width: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.3f}"
