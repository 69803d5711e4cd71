"""Charts and tables on a page, each with its files: SVG, PDF and PNG at print size, CSV."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from jss.viz.chart import Chart
from pages.ui import report_choice

_MIME = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def show(chart: Chart, key: str, name: str, title: str = "", *, select: bool = False) -> list[tuple[Any, ...]]:
    """The chart under its title and the buttons for its files. -> keys of the points clicked, where ``select``.

    key: of the widgets on this page; name: of the files, without a suffix.
    """
    from jss.viz.interactive import interactive

    files(name, key, lambda kind: _print(chart, kind), title)
    look: dict[str, Any] = {"alt": chart.alt, "config": {"displaylogo": False}, "key": key}
    drawn = interactive(chart, report_choice.theme())
    if not select:
        st.plotly_chart(drawn, **look)
        return []
    state = st.plotly_chart(drawn, on_select="rerun", selection_mode="points", **look)
    return [tuple(point["customdata"]) for point in state.selection.points if point.get("customdata")]


def files(name: str, key: str, make: Any, title: str = "") -> None:
    """A title, and buttons that make a figure as SVG, PDF or PNG when they are pressed. make: kind -> bytes."""
    with _head(title):
        for kind, mime in _MIME.items():
            st.download_button(kind.upper(), lambda kind=kind: make(kind), file_name=f"{name}.{kind}", mime=mime,
                               on_click="ignore", type="tertiary", key=f"{key} {kind}", icon=":material/download:",
                               help=f"This figure at print size as {kind.upper()}")


def table(frame: pd.DataFrame, key: str, name: str, title: str = "", **look: Any) -> Any:
    """A table under its title and the button for its CSV. Columns without any figure are left out. -> its state."""
    frame = frame.dropna(axis="columns", how="all")
    with _head(title):
        st.download_button("CSV", lambda: frame.to_csv(index=False), file_name=f"{name}.csv", mime="text/csv",
                           on_click="ignore", type="tertiary", key=f"{key} csv", icon=":material/download:",
                           help="This table as CSV")
    return st.dataframe(frame, hide_index=True, width="stretch", key=f"{key} table", **look)


def _head(title: str) -> Any:
    """A row with a title at its left; what is put into it stands at its right."""
    row = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right", gap="small")
    row.markdown(title or "&nbsp;", width="stretch")
    return row


def _print(chart: Chart, kind: Any) -> bytes:
    from jss.viz.printed import print_chart

    return print_chart(chart, kind)
