"""Charts and tables on a page, each with its files: SVG, PDF and PNG at print size, CSV."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from jss.papers.names import printed_name
from jss.viz.chart import Chart
from jss.viz.printed import FORMATS
from pages.ui import widgets

#: Least width in pixels of a panel that stands beside others.
PANEL = 320
#: The column of systems' names in the paper.
_PRINTED = "In the paper"


def show(
    chart: Chart,
    key: str,
    name: str,
    title: str = "",
    *,
    select: bool = False,
    choose: Callable[[tuple[Any, ...]], None] | None = None,
) -> list[tuple[Any, ...]]:
    """Show a chart under its title and the buttons for its files.

    Args:
        chart: The chart.
        key: Of its widgets on this page.
        name: Of its files, without a suffix.
        title: In Markdown.
        select: Whether points can be clicked, and their keys are returned.
        choose: Called with the key of a clicked point before the page runs again, to put it into
            the address; ``chart.chosen`` outlines it then.

    Returns:
        The keys of clicked points.
    """
    from jss.viz.interactive import interactive

    files(name, key, lambda kind: printed(chart, kind), title)
    look: dict[str, Any] = {"alt": chart.alt, "config": {"displaylogo": False}, "key": key}
    drawn = interactive(chart, widgets.theme())
    with _wide(PANEL * max(len(row) for row in chart.panels), key):
        if choose is not None:
            look |= {"on_select": partial(_choose, key, choose), "selection_mode": "points"}
        if not select:
            st.plotly_chart(drawn, **look)
            return []
        state = st.plotly_chart(drawn, on_select="rerun", selection_mode="points", **look)
    return [
        tuple(point["customdata"]) for point in state.selection.points if point.get("customdata")
    ]


def _choose(key: str, choose: Callable[[tuple[Any, ...]], None]) -> None:
    """Hand on the key of the clicked point; a click beside all points changes nothing."""
    for point in st.session_state[key].selection.points:
        if point.get("customdata"):
            choose(tuple(point["customdata"]))
            return


def _wide(pixels: int, key: str) -> Any:
    """A container of at least this width, which scrolls sideways on a narrow screen."""
    if pixels <= PANEL:
        return nullcontext()
    st.html(
        f"<style>[class*=st-key-wide{pixels}] {{ overflow-x: auto; }} "
        f"[class*=st-key-wide{pixels}] > * {{ min-width: {pixels}px; }}</style>"
    )
    return st.container(key=f"wide{pixels} {key}")


def files(name: str, key: str, make: Callable[[Any], bytes], title: str = "") -> None:
    """Show a title and buttons for a figure's files, which are made when a button is clicked.

    Args:
        name: Of the files, without a suffix.
        key: Of the buttons on this page.
        make: "svg", "pdf" or "png" -> the file.
        title: In Markdown.
    """
    with _head(title):
        for kind, mime in FORMATS.items():
            icon = (
                ":material/download:" if kind == "svg" else None
            )  # one for all three: they stand in one line
            st.download_button(
                kind.upper(),
                partial(make, kind),
                file_name=f"{name}.{kind}",
                mime=mime,
                on_click="ignore",
                type="tertiary",
                key=f"{key} {kind}",
                icon=icon,
                help=f"This figure at print size as {kind.upper()}",
            )


#: Most rows of a table that is shown whole; a longer one shows ten and scrolls.
ROWS = 30
#: Pixels of a column with names of classes: "Electric shaver/toothbrush" fits.
CLASS_WIDTH = 190
#: Rows that the browser measures for the width of a column; a longer text below them is cut off.
_MEASURED = 10
#: Most decimals of a number in a table.
_DIGITS = 5


def table(frame: pd.DataFrame, key: str, name: str, title: str = "", **look: Any) -> Any:
    """Show a table under its title and the button for its CSV, without its empty columns.

    Args:
        frame: The table.
        key: Of its widgets on this page.
        name: Of its file, without a suffix.
        title: In Markdown.
        **look: Further arguments of ``st.dataframe``; "data" to show it styled, with all columns.

    Returns:
        The state of ``st.dataframe``.
    """
    shown = look.pop("data", None)
    if shown is None:
        frame = _with_printed_names(short_numbers(frame.dropna(axis="columns", how="all")))
    with _head(title):
        st.download_button(
            "CSV",
            lambda: flat(frame).to_csv(index=False),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            type="tertiary",
            key=f"{key} csv",
            icon=":material/download:",
            help="This table as CSV",
        )
    whole = "content" if len(frame) <= ROWS else "auto"
    looks: dict[Any, Any] = {} if shown is not None else formats(frame)
    looks |= pinned_system(frame)
    of_rows = ""
    if "on_select" in look:  # rows are chosen by number, so another list is another widget
        of_rows = f" {pd.util.hash_pandas_object(frame).sum()}"
    look = {"column_config": looks, "placeholder": "\u2013", "height": whole, **look}
    return st.dataframe(
        frame if shown is None else shown,
        hide_index=True,
        width="stretch",
        key=f"{key} table{of_rows}",
        **look,
    )


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns have one name each: "PSDS, exact: PSDS1" of a group's."""
    if frame.columns.nlevels == 1:
        return frame
    return frame.set_axis([": ".join(filter(None, column)) for column in frame.columns], axis=1)


def _with_printed_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with a column after "System": what the paper calls it, where it has any of them."""
    if "System" not in frame.columns or _PRINTED in frame.columns:
        return frame
    printed = [printed_name(str(name)) for name in frame["System"]]
    if any(printed):
        frame = frame.copy()
        frame.insert(list(frame.columns).index("System") + 1, _PRINTED, printed)
    return frame


def short_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose fractions have at most five decimals, and none a minus before zero."""
    return frame.apply(
        lambda column: (
            column.round(_DIGITS) + 0.0 if pd.api.types.is_float_dtype(column) else column
        )
    )


def formats(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the looks of columns: one number of decimals in each column of fractions, and room
    for the longest name of a class.
    """
    looks: dict[str, Any] = {}
    for name, column in frame.items():
        if name == "Class":
            looks["Class"] = st.column_config.Column(width=CLASS_WIDTH)
        elif pd.api.types.is_float_dtype(column):
            digits = max(
                (
                    len(f"{value:.{_DIGITS}f}".rstrip("0").partition(".")[2])
                    for value in column.dropna()
                ),
                default=0,
            )
            looks[str(name)] = st.column_config.NumberColumn(format=f"%.{digits}f")
    return looks


def pinned_system(frame: pd.DataFrame) -> dict[Any, Any]:
    """Return the look of a first column of systems: it stays where a wide table is scrolled sideways,
    and the longest name fits.
    """
    if "System" not in frame.columns[:1].get_level_values(-1):
        return {}
    letters = [len(str(name)) for name in frame.iloc[:, 0]]
    longest = max(letters, default=0)
    width = 20 + 7 * longest if longest > max(letters[:_MEASURED], default=0) else None
    return {1: st.column_config.Column(pinned=True, width=width)}  # 0 is the hidden index


def _head(title: str) -> Any:
    """A row with a title; its further content follows it, clear of a table's toolbar at the right.

    On a narrow screen that stands together in the next line.
    """
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    if title:
        row.markdown(title, width="content")
    return row.container(horizontal=True, width="content", gap="small")


def printed(chart: Chart, kind: Any) -> bytes:
    """Return a chart at print size as "svg", "pdf" or "png"."""
    from jss.viz.printed import print_chart

    return print_chart(chart, kind)
