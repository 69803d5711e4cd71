"""Tables of scores: columns in groups, one order and one number of decimals, best values marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from jss.papers.claims import printed_name as printed_fusion
from jss.papers.names import printed_name
from jss.reports import (
    DECIBEL,
    HEADLINE_GROUPS,
    LESS_IS_BETTER,
    NEITHER_IS_BETTER,
    EvalReport,
)

#: Decimals of a score or share, and of a level in dB, in every table.
DECIMALS, DECIMALS_DB = 3, 2
Column = tuple[str, str]


def score_table(
    reports: Sequence[EvalReport],
    names: Sequence[str] | None = None,
    *,
    intervals: bool = False,
    first: Sequence[Mapping[str, object]] = (),
) -> pd.DataFrame:
    """Headline figures, a row for each report, in the order and groups of ``HEADLINE_GROUPS``.

    Args:
        reports: Of one set.
        names: Headline figures shown; None: all. Figures that no report has are left out.
        intervals: Write each figure with its 95 % interval, as text.
        first: Columns before the figures, of each report.

    Returns:
        Columns are (group, name), numbers or text.
    """
    rows = []
    for n, report in enumerate(reports):
        before = first[n] if first else {"System": report.system}
        row: dict[Column, object] = {}
        for name, value in before.items():
            row["", name] = value
            if name == "System":
                row["", "In the paper"] = in_paper(report.system)
        for group, shorts in HEADLINE_GROUPS.items():
            for name, short in shorts.items():
                if names is None or name in names:
                    value = report.headline(name)
                    row[group, short] = _with_bounds(report, name) if intervals else value
        rows.append(row)
    frame = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(rows[0]) if rows else None)
    return frame.dropna(axis="columns", how="all")


def in_paper(system: str) -> str | None:
    """A system's or fusion's name in the JSS paper; None where it is not in the paper."""
    members = system.split(" + ")
    if len(members) == 1:
        return printed_name(system)
    known = ("SED", "MixIT-S1", "MixIT-S2", "MixIT-JT")
    return printed_fusion(system) if all(name in known for name in members) else None


def _with_bounds(report: EvalReport, name: str) -> str | None:
    value, bounds = report.headline(name), report.intervals.get(name)
    if value is None:
        return None
    digits = decimals(name)
    text = rounded(value, digits)
    if bounds:
        text += f" ({rounded(bounds[0], digits)} to {rounded(bounds[1], digits)})"
    return text


def rounded(value: float, digits: int = DECIMALS, *, sign: bool = False) -> str:
    """A number as text, without a minus before zero; with ``sign``, a plus before other numbers."""
    return f"{round(value, digits) + 0.0:{'+' if sign else ''}.{digits}f}"


def decimals(name: str) -> int:
    """Decimals of a headline figure."""
    return DECIMALS_DB if name in DECIBEL else DECIMALS


def best_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Which cells of a table of scores hold the best value of their column, ties included.

    Args:
        frame: Of :func:`score_table`, with numbers; columns of text have no best value.

    Returns:
        Booleans in the shape of the frame.
    """
    column_of = {
        (group, short): name
        for group, shorts in HEADLINE_GROUPS.items()
        for name, short in shorts.items()
    }
    marks = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    for at, column in enumerate(frame.columns):
        name, values = column_of.get(column, ""), frame.iloc[:, at]
        if len(frame) > 1 and name not in NEITHER_IS_BETTER and pd.api.types.is_float_dtype(values):
            shown = values.round(decimals(name))
            best = shown.min() if name in LESS_IS_BETTER else shown.max()
            marks.iloc[:, at] = shown == best
    return marks


def printed_table(figures: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of the JSS paper in its arrangement: a row a system, sets and selections side by side.

    Args:
        figures: Of ``jss.papers.tables.jss_results``.
        number: 2 to 5.

    Returns:
        The table as text, as printed (F1 in percent); and which cells are the best of their set.
    """
    rows = figures[figures["table"] == number]
    several = rows["selection"].nunique() > 1
    names = {"psds1": "PSDS1", "psds2": "PSDS2", "event_f1": "F1 (%)"}
    table: dict[str, dict[Column, str]] = {}
    best: dict[str, dict[Column, bool]] = {}
    for row in rows.to_dict("records"):
        same = rows[rows["set"] == row["set"]]
        group = row["set"] + (f", {row['selection']}" if several else "")
        cells = table.setdefault(row["system"], {("", "System"): row["system"]})
        marks = best.setdefault(row["system"], {("", "System"): False})
        for name, short in names.items():
            value = float(row[name])
            percent = name == "event_f1"
            cells[group, short] = f"{100 * value:.2f}" if percent else f"{value:.3f}"
            marks[group, short] = bool(value == same[name].max())
    columns = pd.MultiIndex.from_tuples(next(iter(table.values())))
    return (
        pd.DataFrame(list(table.values()), columns=columns),
        pd.DataFrame(list(best.values()), columns=columns),
    )
