"""Diversity: the similarity of a clip's sources, Eq. 30 (Figs 10 and 11 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from jss.reports import EvalReport
from jss.viz.report_charts import SCATTERED, score_against_similarity, similarities
from pages.ui import address, charts, widgets
from pages.ui.cache import figure_loaders, loaders
from pages.ui.clip import links as clip_links
from pages.ui.reports import choice
from pages.ui.text import literal

#: Names in the address: data set, system and subset of the clips listed, a clip, thresholds of PSDS.
DATASET, OF, POINT, THRESHOLDS = "dataset", "of", "point", "psds"
#: Clips listed of a system, from either end.
LISTED = 6


def page() -> None:
    st.title("Diversity")
    every = loaders.reports()
    if not every:
        choice.none_installed()
        return
    st.markdown(
        "Where separation works, sources hold different events, and their score curves differ. Similarity "
        "(Eq. 30) is 1 where these curves are equal, and 0 where no two sources score the same class."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = widgets.pick(
            "Data set", list(dict.fromkeys(r.dataset for r in every)), DATASET, width=260
        )
        of_set = choice.choose_selection([r for r in every if r.dataset == name])
        thresholds = widgets.pick(
            "PSDS of",
            list(SCATTERED),
            THRESHOLDS,
            {"50 thresholds": "50 thresholds, as the paper", "exact": "all thresholds"}.__getitem__,
            width=240,
        )
    reports, notes = figure_loaders.on_clips_of_pairs(of_set, list(SCATTERED[thresholds]))
    for subset in dict.fromkeys(r.subset for r in reports):
        st.caption(choice.files([r for r in reports if r.subset == subset]))
    for note in notes:
        st.caption(literal(note))
    point = tuple((address.read(POINT) or "").split("|"))
    charts.show(
        similarities(reports, widgets.theme(), point if len(point) == 3 else None),
        "similarities",
        f"similarity.{name}",
        "#### Similarity, clip by clip (as Fig. 10)",
        choose=_take_point,
    )
    widgets.check_link("Point", POINT, lambda _: len(point) == 3 and _of(reports, *point[1:]))
    if len(point) == 3 and _of(reports, point[1], point[2]):
        _clip(reports, *point)
    else:
        st.caption("Click a point to open its clip.")
    by_name = {f"{r.system} {r.subset}": r for r in reports}
    chosen = by_name.get(address.last(OF) or "")
    charts.show(
        score_against_similarity(
            reports, widgets.theme(), thresholds, (chosen.system, chosen.subset) if chosen else None
        ),
        "scatter",
        f"scores.{name}",
        "#### Scores against similarity (as Fig. 11)",
        choose=_take_system,
    )
    of = widgets.pick(
        "Clips of",
        ["", *by_name],
        OF,
        lambda name: name or "click a point, or choose a system",
        width=360,
    )
    if of:
        _extremes(by_name[of])
    st.caption(
        "Whiskers in the panels are 95 % bootstrap intervals over clips. The SED baseline has no sources, "
        "only the mixture, and is drawn at similarity 1. Click a point for its most and least diverse clips."
    )
    table = pd.DataFrame(
        [
            {
                "System": r.system,
                "Subset": r.subset,
                "Files": r.n_files,
                "Similarity": r.headline("similarity"),
            }
            | {text: r.headline(metric) for metric, text in SCATTERED[thresholds].items()}
            for r in reports
        ]
    ).round(3)
    charts.table(table, "diversity", f"diversity.{name}")


def _take_point(key: tuple[Any, ...]) -> None:
    address.write(POINT, "|".join(map(str, key)))


def _take_system(key: tuple[Any, ...]) -> None:
    address.write(OF, " ".join(map(str, key)))


def _clip(reports: Sequence[EvalReport], filename: str, system: str, subset: str) -> None:
    report = _of(reports, system, subset)
    if report is None or report.similarity is None or filename not in report.similarity["per_clip"]:
        widgets.broken_link("point", f"{filename}, {system}", "is not in this chart")
        return
    similarity = report.similarity["per_clip"][filename]
    clip_links.known(report.dataset, subset, report.selection, filename, system, similarity)


def _extremes(report: EvalReport) -> None:
    """Show links to the clips with the least and the most similar sources."""
    if report.similarity is None:
        st.caption(f"{report.system} does not separate, so its clips have no similarity.")
        return
    by_clip = {k: v for k, v in report.similarity["per_clip"].items() if v is not None}
    clips = sorted(by_clip, key=by_clip.__getitem__)
    for title, names in (("most diverse", clips[:LISTED]), ("most similar", clips[-LISTED:][::-1])):
        st.markdown(f"**{report.system}**, {report.subset}: sources {title} in")
        clip_links.links(report.dataset, report.subset, names, report.system)


def _of(reports: Sequence[EvalReport], system: str, subset: str) -> EvalReport | None:
    return next((r for r in reports if (r.system, r.subset) == (system, subset)), None)


page()
