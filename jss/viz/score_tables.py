"""Tables of scores: columns in groups, one order and one number of decimals, best values marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

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
        row: dict[Column, object] = {("", name): value for name, value in before.items()}
        for group, shorts in HEADLINE_GROUPS.items():
            for name, short in shorts.items():
                if names is None or name in names:
                    value = report.headline(name)
                    row[group, short] = _with_bounds(report, name) if intervals else value
        rows.append(row)
    frame = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(rows[0]) if rows else None)
    return frame.dropna(axis="columns", how="all")


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
    marks = np.zeros(frame.shape, bool)
    for at, column in enumerate(frame.columns):
        name, values = column_of.get(column, ""), frame.iloc[:, at]
        if len(frame) > 1 and name not in NEITHER_IS_BETTER and pd.api.types.is_float_dtype(values):
            shown = values.round(decimals(name))
            best = shown.min() if name in LESS_IS_BETTER else shown.max()
            marks[:, at] = shown == best
    return pd.DataFrame(marks, index=frame.index, columns=frame.columns)
