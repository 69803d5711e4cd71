"""Diversity: the similarity of a clip's sources, Eq. 30 (Figs 10 and 11 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jss.reports import EvalReport
from jss.viz.report_charts import SCATTERED, score_against_similarity, similarities
from pages.ui import address, charts, widgets
from pages.ui.cache import loaders
from pages.ui.clip import links as clip_links
from pages.ui.reports import choice

DATASET, OF = "dataset", "of"
#: Clips listed of a system, from either end.
LISTED = 6


def page() -> None:
    st.title("Diversity")
    every = loaders.reports()
    if not every:
        choice.none_installed()
        return
    st.markdown(
        "If separation helps, each source holds other events, and the score curves of two sources differ. "
        "The similarity (Eq. 30) is 1 where they are equal, and 0 where no two sources score the same class."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = widgets.pick(
            "Data set", list(dict.fromkeys(r.dataset for r in every)), DATASET, width=260
        )
        reports = choice.choose_selection([r for r in every if r.dataset == name])
    for subset in dict.fromkeys(r.subset for r in reports):
        st.caption(choice.files([r for r in reports if r.subset == subset]))
    clip = charts.show(
        similarities(reports),
        "similarities",
        f"similarity.{name}",
        "#### Similarity, clip by clip (as Fig. 10)",
        select=True,
    )
    if clip:
        _clip(reports, *clip[0])
    else:
        st.caption("Click a point to open its clip.")
    scatter = score_against_similarity(reports, widgets.theme())
    system = charts.show(
        scatter,
        "scatter",
        f"scores.{name}",
        "#### Scores against similarity (as Fig. 11)",
        select=True,
    )
    if system:
        address.write(OF, " ".join(system[0]))
    by_name = {f"{r.system} {r.subset}": r for r in reports}
    of = widgets.pick(
        "Clips of",
        ["", *by_name],
        OF,
        lambda name: name or "click a point, or choose a system",
        width=360,
    )
    if of:
        _extremes(reports, by_name[of].system, by_name[of].subset)
    st.caption(
        "Whiskers in the panels are 95 % bootstrap intervals over clips. The SED baseline has the mixture "
        "alone, and is drawn at similarity 1. Click a point for its most and least diverse clips."
    )
    table = pd.DataFrame(
        [
            {
                "System": r.system,
                "Subset": r.subset,
                "Files": r.n_files,
                "Similarity": r.headline("similarity"),
            }
            | {text: r.headline(metric) for metric, text in SCATTERED.items()}
            for r in reports
        ]
    ).round(3)
    charts.table(table, "diversity", f"diversity.{name}")


def _clip(reports: Sequence[EvalReport], filename: str, system: str, subset: str) -> None:
    report = _of(reports, system, subset)
    assert report.similarity is not None
    clip_links.known(
        report.dataset, subset, filename, system, report.similarity["per_clip"][filename]
    )


def _extremes(reports: Sequence[EvalReport], system: str, subset: str) -> None:
    """Show links to the clips with the least and the most similar sources."""
    report = _of(reports, system, subset)
    if report.similarity is None:
        st.caption(f"{system} does not separate, so its clips have no similarity.")
        return
    by_clip = {k: v for k, v in report.similarity["per_clip"].items() if v is not None}
    clips = sorted(by_clip, key=by_clip.__getitem__)
    for title, names in (("most diverse", clips[:LISTED]), ("most similar", clips[-LISTED:][::-1])):
        st.markdown(f"**{system}**, {subset}: sources {title} in")
        clip_links.links(report.dataset, subset, names, system)


def _of(reports: Sequence[EvalReport], system: str, subset: str) -> EvalReport:
    return next(r for r in reports if (r.system, r.subset) == (system, subset))


page()
