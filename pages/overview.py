"""What is loaded, where it comes from, and where to begin."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from jss.checkpoints import Manifest
from jss.errors import JssError
from jss.reports import HEADLINES, EvalReport
from jss.viz.diagram import SIZE, Drawing, printed_diagram, svg
from pages.ui import address, charts
from pages.ui.cache import loaders
from pages.ui.reports import choice, diagrams

#: The figures that tell most; Results has all of them.
SHOWN = (
    "psds1",
    "psds1_exact",
    "psds2_exact",
    "event_f1_macro",
    "event_precision_macro",
    "event_recall_macro",
    "intersection_f1_macro",
    "intersection_precision_macro",
    "intersection_recall_macro",
    "clip_f1",
    "clip_precision",
    "clip_recall",
    "similarity",
    "si_sdri",
)


def page() -> None:
    st.title("Hear a mixture taken apart, and see what is in it")
    st.markdown(
        "**jss** separates a recording into sources, scores ten kinds of household sound in each of them every 64 ms, "
        "and pools the scores into events. Here are the systems that do it, what they learnt from and how well they do."
    )
    st.page_link(
        str(Path(__file__).parent / "explore.py"),
        label="Explore a clip",
        icon=":material/graphic_eq:",
    )
    st.header("Systems")
    systems = loaders.systems()
    if not systems:
        address.no_system()
    else:
        _one_system({item.name: item for item in systems})
        with st.expander("All systems"):
            charts.table(_systems_table(), "systems", "systems")
        with st.expander("All blocks: weights, training data and licences"):
            charts.table(_blocks_table(), "blocks", "blocks")
    st.header("Scores")
    reports = loaders.reports()
    if not reports:
        st.markdown("No report is installed: `python -m jss evaluate` writes one.")
    for dataset, subset in dict.fromkeys((report.dataset, report.subset) for report in reports):
        of_set = choice.in_order([r for r in reports if (r.dataset, r.subset) == (dataset, subset)])
        charts.table(
            _scores_table(of_set),
            f"scores {dataset} {subset}",
            f"scores.{dataset}.{subset}",
            f"**{f'{dataset} {subset}'.strip()}**: our figures",
        )
    st.header("Clips")
    clips = loaders.examples()
    shipped = (
        f"{len(clips)} example clips with ground truth are shipped"
        if clips
        else "No example clip is installed"
    )
    st.caption(f"{shipped}; your own recordings can be opened in Explore.")


def _one_system(installed: dict[str, Manifest]) -> None:
    """One system: what it computes, how it came to be, what it learnt from."""
    address.linked_system()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = address.pick("System", list(installed), address.SYSTEM, str, width=200)
        networks = list(installed[name].selections)
        network = address.pick(
            "Network", networks, address.SELECTION, str.capitalize, "teacher", width=140
        )
    system, cards = installed[name], loaders.cards(name)
    st.markdown(f"**{name}**: {system.description}")
    shown, made, told = st.columns([1, 1, 1.2], gap="medium")
    with shown:
        figure = "Figs 4 and 5" if system.selections[network].separator else "Fig. 1"
        _drawing(
            diagrams.computes(system, network, cards),
            f"{name}.{network}.system",
            f"#### What it computes (as {figure})",
        )
    with made:
        _drawing(
            diagrams.came_to_be(system, network, loaders.card),
            f"{name}.{network}.training",
            "#### How it came to be",
        )
        st.caption("Blocks that learn are filled, frozen ones dashed.")
    with told:
        st.markdown("#### What it learnt from, and on which terms")
        chosen = system.selections[network]
        for block in filter(None, (chosen.separator, chosen.detector)):
            card = cards[block]
            st.markdown(
                f"**{block}**  \nTraining data: {card.training_data}  \nLicence: {card.licence}  \n"
                f"Seed {card.seed}, epoch {card.epoch}, commit {card.commit or 'unknown'}, "
                f"{card.created[:10]}"
            )


def _drawing(drawing: Drawing, name: str, title: str) -> None:
    charts.files(name, name, lambda kind: _print(drawing, kind), title)
    data = base64.b64encode(svg(drawing, choice.theme()).encode()).decode()
    st.html(
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(drawing.alt)}" style="width:100%;'
        f'max-width:{SIZE * 1.15:g}px">'
    )


def _print(drawing: Drawing, kind: Any) -> bytes:
    from jss.viz.printed import save

    return svg(drawing).encode() if kind == "svg" else save(printed_diagram(drawing), kind)


def _systems_table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "System": item.name,
                "What it is": item.description,
                "Separation stage": "yes" if item.separates else "none",
                "Pooling over sources": item.pooling if item.separates else "",
                "Networks": ", ".join(item.selections),
                "Classes": len(item.labels),
            }
            for item in loaders.systems()
        ]
    )


def _scores_table(reports: list[EvalReport]) -> pd.DataFrame:
    """A row a system; only figures that could be measured, and on how many files they stand."""
    table = pd.DataFrame(
        [
            {
                "System": report.system,
                "Network": report.selection,
                "Files": f"{report.n_files} of {report.n_files_expected}",
            }
            | {HEADLINES[key]: report.headline(key) for key in SHOWN}
            for report in reports
        ]
    )
    return table.dropna(axis="columns", how="all").round(3)


def _blocks_table() -> pd.DataFrame:
    rows = {}
    for item in loaders.systems():
        for name, card in loaders.cards(item.name).items():
            row = rows.setdefault(
                name,
                {
                    "Block": name,
                    "Kind": card.kind,
                    "Stage": card.stage,
                    "Network": card.network,
                    "Epoch": card.epoch,
                    "Started from": card.parent or "",
                    "Seed": card.seed,
                    "Training data": card.training_data,
                    "Licence": card.licence,
                    "Used by": "",
                },
            )
            row["Used by"] = ", ".join(filter(None, [row["Used by"], item.name]))
    return pd.DataFrame(rows.values())


try:
    page()
except JssError as error:
    st.error(address.literal(str(error)), icon=":material/error:")
