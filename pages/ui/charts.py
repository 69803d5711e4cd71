"""Charts and tables on a page, each with its files: SVG, PDF and PNG at print size, CSV."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pandas as pd
import streamlit as st

from jss.viz.chart import Chart
from pages.ui.reports import choice

#: Least width of a panel that stands beside others, in pixels.
PANEL = 270
_MIME = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def show(
    chart: Chart, key: str, name: str, title: str = "", *, select: bool = False
) -> list[tuple[Any, ...]]:
    """The chart under its title and the buttons for its files. -> keys of the points clicked, where
    ``select``.

    key: of the widgets on this page; name: of the files, without a suffix.
    """
    from jss.viz.interactive import interactive

    files(name, key, lambda kind: _print(chart, kind), title)
    look: dict[str, Any] = {"alt": chart.alt, "config": {"displaylogo": False}, "key": key}
    drawn = interactive(chart, choice.theme())
    with _wide(max(len(row) for row in chart.panels), key):
        if not select:
            st.plotly_chart(drawn, **look)
            return []
        state = st.plotly_chart(drawn, on_select="rerun", selection_mode="points", **look)
    return [
        tuple(point["customdata"]) for point in state.selection.points if point.get("customdata")
    ]


def _wide(panels: int, key: str) -> Any:
    """A place for a row of panels: where the page is narrower than they need, on a telephone, it is
    moved sideways.
    """
    if panels == 1:
        return nullcontext()
    st.html(
        f"<style>[class*=st-key-wide{panels}] {{ overflow-x: auto; }} "
        f"[class*=st-key-wide{panels}] > * {{ min-width: {PANEL * panels}px; }}</style>"
    )
    return st.container(key=f"wide{panels} {key}")


def files(name: str, key: str, make: Any, title: str = "") -> None:
    """A title, and buttons that make a figure as SVG, PDF or PNG when they are pressed. make: kind
    -> bytes.
    """
    with _head(title):
        for kind, mime in _MIME.items():
            icon = (
                ":material/download:" if kind == "svg" else None
            )  # one for all three: they stand in one line
            st.download_button(
                kind.upper(),
                lambda kind=kind: make(kind),
                file_name=f"{name}.{kind}",
                mime=mime,
                on_click="ignore",
                type="tertiary",
                key=f"{key} {kind}",
                icon=icon,
                help=f"This figure at print size as {kind.upper()}",
            )


#: So many rows a table shows at once; of more it shows ten, and scrolls.
ROWS = 30


def table(frame: pd.DataFrame, key: str, name: str, title: str = "", **look: Any) -> Any:
    """A table under its title and the button for its CSV. Columns without any figure are left out.
    -> its state.
    """
    frame = frame.dropna(axis="columns", how="all")
    with _head(title):
        st.download_button(
            "CSV",
            lambda: frame.to_csv(index=False),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            type="tertiary",
            key=f"{key} csv",
            icon=":material/download:",
            help="This table as CSV",
        )
    whole = "content" if len(frame) <= ROWS else "auto"
    look = {"column_config": decimals(frame), "placeholder": "\u2013", "height": whole, **look}
    return st.dataframe(frame, hide_index=True, width="stretch", key=f"{key} table", **look)


def decimals(frame: pd.DataFrame) -> dict[str, Any]:
    """Each column of fractions with one number of decimals, so that digits stand under one another:
    at most five.
    """
    found = {}
    for name, column in frame.items():
        if pd.api.types.is_float_dtype(column):
            digits = max(
                (len(f"{value:.5f}".rstrip("0").partition(".")[2]) for value in column.dropna()),
                default=0,
            )
            found[str(name)] = st.column_config.NumberColumn(format=f"%.{digits}f")
    return found


def _head(title: str) -> Any:
    """A row with a title at its left; what is put into it stands at its right."""
    row = st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="right", gap="xsmall"
    )
    row.markdown(title or "&nbsp;", width="stretch")
    return row


def _print(chart: Chart, kind: Any) -> bytes:
    from jss.viz.printed import print_chart

    return print_chart(chart, kind)
