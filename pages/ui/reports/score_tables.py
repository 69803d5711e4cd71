"""Tables of scores on a page: best values marked, intervals where the user asks for them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jss.papers.claims import in_paper
from jss.reports import DECIBEL, HEADLINE_GROUPS, EvalReport
from jss.viz.score_tables import DECIMALS, DECIMALS_DB, best_cells, score_table
from pages.ui import address, charts, widgets

#: In the address: whether figures stand with their intervals.
INTERVALS = "intervals"
_BEST = {
    "light": "background-color: #d3e4f2; color: #11161b",
    "dark": "background-color: #2b4a66; color: #ffffff",
}


def ask_for_intervals() -> bool:
    """Show a switch for 95 % intervals, kept in the address; returns its state."""
    on = address.read(INTERVALS) == "yes"
    return st.toggle("95 % intervals", **widgets.mirrored(f"pick {INTERVALS}", on, _take))


def _take(on: bool) -> None:
    address.write(INTERVALS, "yes" if on else "")


def show(
    reports: Sequence[EvalReport],
    key: str,
    name: str,
    title: str = "",
    *,
    names: Sequence[str] | None = None,
    intervals: bool = False,
    first: Sequence[Mapping[str, object]] = (),
    **look: Any,
) -> None:
    """Show headline figures, a row for each report.

    Args:
        reports: Of one set.
        key: Of its widgets on this page.
        name: Of its file, without a suffix.
        title: In Markdown.
        names: Headline figures shown; None: all.
        intervals: With 95 % intervals, as text.
        first: Columns before the figures, of each report.
        **look: As of ``charts.table``.
    """
    rows = first or [{"System": report.system} for report in reports]
    named = [
        {"System": row["System"], "In the paper": in_paper(str(row["System"])), **row}
        for row in rows
    ]
    frame = score_table(reports, names, intervals=intervals, first=named)
    marked(frame, best_cells(frame), key, name, title, **look)


def marked(
    frame: pd.DataFrame, best: pd.DataFrame, key: str, name: str, title: str = "", **look: Any
) -> None:
    """Show a table with grouped columns in which cells are marked.

    Args:
        frame: The table.
        best: Booleans in its shape.
        key: Of its widgets on this page.
        name: Of its file, without a suffix.
        title: In Markdown.
        **look: As of ``charts.table``.
    """
    mark = _BEST[widgets.theme()]
    decibels = {
        (group, short)
        for group, shorts in HEADLINE_GROUPS.items()
        for headline, short in shorts.items()
        if headline in DECIBEL
    }
    formats = {
        column: f"{{:.{DECIMALS_DB if column in decibels else DECIMALS}f}}"
        for at, column in enumerate(frame.columns)
        if pd.api.types.is_float_dtype(frame.iloc[:, at])
    }
    cells = [
        values.round(DECIMALS_DB if column in decibels else DECIMALS) + 0.0  # no minus before zero
        if column in formats
        else values
        for column, values in frame.items()
    ]
    rounded = pd.concat(cells, axis="columns").set_axis(frame.columns, axis="columns")
    importlib.import_module("pages.ui.styler")
    styled = rounded.style.format(formats, na_rep="\u2013").apply(
        lambda _: best.map(lambda is_best: mark if is_best else ""), axis=None
    )
    charts.table(rounded, key, name, title, data=styled, **look)
