"""Charts and tables on a page, each with its files: SVG, PDF and PNG at print size, CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from jss.viz.chart import Chart
from pages.ui import report_choice

_MIME = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}


def show(chart: Chart, key: str, name: str, *, select: bool = False) -> list[tuple[Any, ...]]:
    """The chart, and its files under it. -> the keys of the points that were clicked, where ``select``.

    key: of the widgets on this page; name: of the files, without a suffix.
    """
    from jss.viz.interactive import interactive

    theme = report_choice.theme()
    look: dict[str, Any] = {"alt": chart.alt, "config": {"displaylogo": False}, "key": key}
    drawn = interactive(chart, theme)
    if select:
        state = st.plotly_chart(drawn, on_select="rerun", selection_mode="points", **look)
        points = [tuple(point["customdata"]) for point in state.selection.points if point.get("customdata")]
    else:
        st.plotly_chart(drawn, **look)
        points = []
    files(name, key, lambda kind: _print(chart, kind))
    return points


def files(name: str, key: str, make: Any) -> None:
    """Buttons that make a figure as SVG, PDF or PNG when they are pressed. make: kind -> bytes."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", horizontal_alignment="right"):
        for kind, mime in _MIME.items():
            st.download_button(kind.upper(), lambda kind=kind: make(kind), file_name=f"{name}.{kind}", mime=mime,
                               on_click="ignore", type="tertiary", key=f"{key} {kind}", icon=":material/download:",
                               help=f"This figure at print size as {kind.upper()}")


def table(frame: pd.DataFrame, key: str, name: str, *, columns: Mapping[str, Any] | None = None) -> None:
    """A table, with a button for its CSV. Columns without any figure are left out."""
    frame = frame.dropna(axis="columns", how="all")
    st.dataframe(frame, hide_index=True, width="stretch", column_config=dict(columns or {}), key=f"{key} table")
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.download_button("CSV", lambda: frame.to_csv(index=False), file_name=f"{name}.csv", mime="text/csv",
                           on_click="ignore", type="tertiary", key=f"{key} csv", icon=":material/download:",
                           help="This table as CSV")


def _print(chart: Chart, kind: Any) -> bytes:
    from jss.viz.printed import print_chart

    return print_chart(chart, kind)
