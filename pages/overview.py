"""The installed systems, how they were trained, and their scores."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from jss.checkpoints import Manifest
from jss.viz.diagram import SIZE, Drawing, printed_diagram, svg
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import loaders, model_folders
from pages.ui.reports import choice, diagrams, score_tables
from pages.ui.text import literal

#: The main figures; Results has all of them.
SHOWN = (
    "psds1",
    "psds2",
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
    st.title("Separate a recording and detect its sounds")
    st.markdown(
        "**jss** separates a recording into sources, scores ten classes of household sound in each of them every 64 ms, "
        "and pools these scores over the sources. A threshold and a median filter turn them into events. This page "
        "lists its systems, their training data and their scores."
    )
    st.page_link(
        str(Path(__file__).parent / "explore.py"),
        label="Explore a clip",
        icon=":material/graphic_eq:",
    )
    st.header("Systems")
    installed = loaders.systems()
    if not installed:
        systems.none_installed()
    else:
        _one_system({item.name: item for item in installed})
        with st.expander("All systems"):
            charts.table(_systems_table(), "systems", "systems")
        with st.expander("All blocks: weights, training data and licences"):
            charts.table(_blocks_table(), "blocks", "blocks")
    st.header("Scores")
    reports = loaders.reports()
    if not reports:
        st.markdown("No report is installed: `jss evaluate` writes one.")
    for dataset, subset in dict.fromkeys((report.dataset, report.subset) for report in reports):
        of_set = choice.in_order([r for r in reports if (r.dataset, r.subset) == (dataset, subset)])
        score_tables.show(
            of_set,
            f"scores {dataset} {subset}",
            f"scores.{dataset}.{subset}",
            f"**{f'{dataset} {subset}'.strip()}**: our figures",
            names=SHOWN,
            first=[
                {
                    "System": report.system,
                    "Selection": report.selection,
                    "Files": f"{report.n_files} of {report.n_files_expected}",
                }
                for report in of_set
            ],
        )
    st.header("Clips")
    clips = loaders.examples()
    shipped = (
        f"{len(clips)} example clips with ground truth are shipped"
        if clips
        else "No example clip is installed"
    )
    st.caption(f"{shipped}; your recordings can be opened in Explore.")


def _one_system(installed: dict[str, Manifest]) -> None:
    """Show one system: its signal flow, its training and its training data."""
    systems.chosen()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = widgets.pick("System", list(installed), address.SYSTEM, systems.titled, width=260)
        selection = widgets.pick_selection(installed[name].selections)
    system, cards = installed[name], loaders.cards(name)
    st.markdown(f"**{literal(systems.titled(name))}**: {literal(system.description)}")
    flow, training, data = st.columns([1, 1, 1.2], gap="medium")
    with flow:
        figure = "Figs 4 and 5" if system.selections[selection].separator else "Fig. 1"
        _drawing(
            diagrams.signal_flow(system, selection, cards),
            f"{name}.{selection}.system",
            f"#### Signal flow (as {figure})",
        )
    with training:
        _drawing(
            diagrams.training_stages(
                system,
                selection,
                lambda block: loaders.card(block, model_folders.place(name).folder),
            ),
            f"{name}.{selection}.training",
            "#### Training",
        )
        st.caption("Blocks that train are filled, frozen ones are dashed.")
    with data:
        st.markdown("#### Training data and licence")
        chosen = system.selections[selection]
        if chosen.note:
            st.markdown(chosen.note)
        blocks = [block for block in (chosen.separator, chosen.detector) if block]
        for block in blocks:
            card = cards[block]
            origin = {
                "Seed": card.seed,
                "epoch": card.epoch,
                "commit": card.commit or None,
                "written": card.created[:10],
            }
            lines = (
                f"**{block}**",
                f"Training data: {card.training_data}",
                f"Licence: {card.licence}",
                ", ".join(f"{key} {value}" for key, value in origin.items() if value is not None),
            )
            st.markdown("  \n".join(lines))
    notes = {block: cards[block].note for block in blocks if cards[block].note}
    if notes:
        with st.expander("Notes on the training of its blocks"):
            for block, note in notes.items():
                st.markdown(f"**{block}**: {note}")


def _drawing(drawing: Drawing, name: str, title: str) -> None:
    charts.files(name, name, lambda kind: _print(drawing, kind), title)
    data = base64.b64encode(svg(drawing, widgets.theme()).encode()).decode()
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
                "Description": item.description,
                "Separation stage": "yes" if item.separates else "none",
                "Pooling over sources": item.pooling if item.separates else "",
                "Selections": ", ".join(item.selections),
                "Classes": len(item.labels),
            }
            for item in loaders.systems()
        ]
    )


def _blocks_table() -> pd.DataFrame:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for item in loaders.systems():
        for name, card in loaders.cards(item.name).items():
            row = rows.setdefault(
                (name, model_folders.split(item.name)[1]),
                {
                    "Block": name,
                    "Kind": card.kind,
                    "Stage": card.stage,
                    "Selection": card.network,
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


page()
