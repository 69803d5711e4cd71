"""Which classes a system is good at: bars by class, the baseline as a line (Figs 8 and 9 of the paper)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.labels import sound_class
from jss.reports import EvalReport
from jss.viz.report_charts import CLASS_METRICS, class_bars, class_order, value
from pages.ui import controls, loaders, report_choice

METRIC, SORT = "metric", "sort"


def page() -> None:
    st.title("Classes")
    if not loaders.reports():
        report_choice.nothing()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        reports = report_choice.choose_set(loaders.reports())
        metric = controls.pick("Score", list(CLASS_METRICS), METRIC, CLASS_METRICS.__getitem__, width=220)
        orders = {"set": "Order of the class set", "gain": "Gain over the baseline"}
        by_gain = controls.pick("Sort by", list(orders), SORT, orders.__getitem__, width=230) == "gain"
    figure = class_bars(reports, metric, by_gain=by_gain, theme=report_choice.theme())
    chosen = st.plotly_chart(figure, on_select="rerun", selection_mode="points", key="class bars",
                             alt=f"{CLASS_METRICS[metric]} by class, a bar for each system")
    st.caption(report_choice.files(reports) + " The line is the SED baseline. Press a bar to see clips of its class.")
    _clips(chosen.selection.points)
    table = _table(reports, metric, class_order(reports, metric) if by_gain else list(reports[0].classwise))
    st.dataframe(table, hide_index=True, width="stretch")
    st.download_button("Table CSV", lambda: table.to_csv(index=False), file_name=f"classes.{metric}.csv",
                       mime="text/csv", on_click="ignore")


def _clips(points: list[dict]) -> None:
    """Links to the installed clips that hold the class of the bar that was pressed."""
    found = [point["customdata"] for point in points if point.get("customdata")]
    if not found:
        return
    label, system = found[0]
    clips = [item for item in loaders.examples() if any(kind == label for _, _, kind in item.truth or ())]
    name = sound_class(label).display
    if not clips:
        st.caption(f"No installed clip holds {name}.")
        return
    st.markdown(f"**{name}** in the installed clips, through {system}")
    with st.container(horizontal=True, gap="small"):
        for item in clips:
            st.page_link(str(Path(__file__).parent / "explore.py"), label=item.title, icon=":material/graphic_eq:",
                         query_params={controls.CLIP: item.clip, controls.SYSTEM: system})


def _table(reports: list[EvalReport], metric: str, labels: list[str]) -> pd.DataFrame:
    return pd.DataFrame([{"Class": sound_class(label).display} | {r.system: value(r, label, metric) for r in reports}
                         for label in labels]).round(3)


try:
    page()
except JssError as error:
    st.error(controls.literal(str(error)), icon=":material/error:")
