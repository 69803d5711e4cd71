"""What a separator of the weak-label paper scored: Tables 1 and 2, Fig. 3, and the critic's own
check, as JSON.
"""

from __future__ import annotations

import os
from dataclasses import asdict, field
from typing import Any

from pydantic.dataclasses import dataclass

from jss.io.atomic import write_json_lines
from jss.io.schema import SCHEMA, read_json, validate
from jss.metrics.class_separation import OVERALL

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
    """One number of each list is one active source of one clip: clip and class number, SI-SDR
    before and after (dB).
    """

    clip: tuple[int, ...]
    label: tuple[int, ...]
    input: tuple[float, ...]
    output: tuple[float, ...]


@dataclass(frozen=True, config=SCHEMA)
class WeakReport:
    """One separator on one set of scenes.

    dataset, split, seed, recipe: what was heard, clips 0 to n_clips - 1 of it; table1: a row a
    class and "overall" over clips with two active classes or more (see
    ``jss.metrics.class_separation``), samples: behind it; single: rows over the n_single clips with
    one active class, whose mixture is the source (output_median is what is left of it); table2: the
    critic on the mixtures at 0.5, by class and "macro": ``CRITIC_ROWS``, F-measure, precision and
    recall of frames and clips (older reports have the F-measures alone); check:
    what the critic hears in separated sources that are active: "probabilities", row: source,
    column: class, and "own_only", the share in which it hears its own class and no other, and of
    all separated sources "similarity", Eq. 30 of the JSS paper on its frames, mean over clips;
    commit: of the code; settings: weights and how it was measured.
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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, a line for each key, aside first and then renamed; missing folders are
        made.
        """
        write_json_lines(path, asdict(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> WeakReport:
        """Read what :meth:`save` wrote. Raises JssError where it is missing, or a key is unknown or
        of a wrong type.
        """
        stored = read_json(
            path,
            f"There is no report at {path}.",
            f"{path} is not a report of jss, or it is damaged: evaluate again.",
        )
        return validate(cls, stored, str(path))


def report_lines(report: WeakReport) -> list[str]:
    """The report for a person."""
    several = report.n_clips - report.n_single
    told = [
        f"{report.system} on {report.dataset} {report.split}, {report.n_clips} clips, {several} with several classes",
        f"  {'SI-SDR, dB':<14}{'n':>6}{'input':>16}{'improvement':>18}{'own only':>10}",
    ]
    for label in (*report.labels, OVERALL):
        row = report.table1[label]
        spreads = f"{_spread(row, 'input'):>16}{_spread(row, 'improvement'):>18}"
        share = _number(report.check["own_only"].get(label), 10)
        told.append(f"  {label:<14}{row['n']:>6}{spreads}{share}")
    names = [name for name in CRITIC_ROWS if name in report.table2]  # older reports have F alone
    told.append(f"  {'critic':<14}" + "".join(f"{name:>17}" for name in names))
    for label in (*report.labels, "macro"):
        scores = (report.table2[name].get(label) for name in names)
        told.append(f"  {label:<14}" + "".join(_number(score, 17) for score in scores))
    told.append(
        f"  similarity of the sources, as the critic hears them:{_number(report.check.get('similarity'), 6)}"
    )
    alone = report.single[OVERALL]
    if alone["n"]:
        told.append(
            f"  single-class clips: {alone['n']}, median SI-SDR of the output {alone['output_median']:.1f} dB"
        )
    return told


def _spread(row: Row, name: str) -> str:
    mean, deviation = row[f"{name}_mean"], row[f"{name}_sd"]
    return "-" if mean is None or deviation is None else f"{mean:.1f} ± {deviation:.1f}"


def _number(value: float | None, width: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.3f}"
