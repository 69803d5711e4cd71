"""What is loaded, where it comes from, and where to begin."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.reports import HEADLINES, EvalReport
from pages.ui import controls, loaders


def page() -> None:
    st.title("Hear a mixture taken apart, and see what is in it")
    st.markdown(
        "**jss** separates a recording into sources, scores ten kinds of household sound in each of them every 64 ms, "
        "and pools the scores into events. Here are the systems that do it, what they learnt from and how well they do."
    )
    st.page_link(str(Path(__file__).parent / "explore.py"), label="Explore a clip", icon=":material/graphic_eq:")
    st.header("Systems")
    systems = loaders.systems()
    if not systems:
        controls.no_system()
    else:
        st.dataframe(_systems_table(), hide_index=True, width="stretch")
        with st.expander("Blocks: weights, training data and licences"):
            st.dataframe(_blocks_table(), hide_index=True, width="stretch")
    st.header("Scores")
    reports = loaders.reports()
    if not reports:
        st.markdown("No report is installed: `python -m jss evaluate` writes one.")
    for dataset, subset in dict.fromkeys((report.dataset, report.subset) for report in reports):
        st.markdown(f"**{dataset}**, {subset}" if subset else f"**{dataset}**")
        of_set = [report for report in reports if (report.dataset, report.subset) == (dataset, subset)]
        st.dataframe(_scores_table(of_set), hide_index=True, width="stretch")
    st.header("Clips")
    clips = loaders.examples()
    shipped = f"{len(clips)} example clips with ground truth are shipped" if clips else "No example clip is installed"
    st.caption(f"{shipped}; your own recordings can be opened in Explore.")


def _systems_table() -> pd.DataFrame:
    return pd.DataFrame([{
        "System": item.name,
        "What it is": item.description,
        "Separation stage": "yes" if item.separates else "none",
        "Pooling over sources": item.pooling if item.separates else "",
        "Networks": ", ".join(item.selections),
        "Classes": len(item.labels),
    } for item in loaders.systems()])


def _scores_table(reports: list[EvalReport]) -> pd.DataFrame:
    """A row a system; only figures that could be measured, and on how many files they stand."""
    table = pd.DataFrame([{
        "System": report.system, "Network": report.selection, "Files": f"{report.n_files} of {report.n_files_expected}",
    } | {name: report.headline(key) for key, name in HEADLINES.items()} for report in reports])
    return table.dropna(axis="columns", how="all").round(3)


def _blocks_table() -> pd.DataFrame:
    rows = {}
    for item in loaders.systems():
        for name, card in loaders.cards(item.name).items():
            row = rows.setdefault(name, {"Block": name, "Kind": card.kind, "Stage": card.stage, "Network": card.network,
                                         "Epoch": card.epoch, "Started from": card.parent or "", "Seed": card.seed,
                                         "Training data": card.training_data, "Licence": card.licence, "Used by": ""})
            row["Used by"] = ", ".join(filter(None, [row["Used by"], item.name]))
    return pd.DataFrame(rows.values())


try:
    page()
except JssError as error:
    st.error(controls.literal(str(error)), icon=":material/error:")
