"""Which reports a page shows: those of one data set, subset and selection."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from jss.reports import EvalReport
from pages.ui import widgets
from pages.ui.cache import model_folders
from pages.ui.text import literal

SET = "set"


def choose_set(reports: Sequence[EvalReport]) -> list[EvalReport]:
    """Show a select box of data sets; returns the reports of the chosen one, the baseline first."""
    sets = {f"{r.dataset} {r.subset}".strip(): (r.dataset, r.subset) for r in reports}
    chosen = sets[widgets.pick("Data set", list(sets), SET, width=320)]
    return choose_selection([r for r in reports if (r.dataset, r.subset) == chosen])


def choose_selection(reports: Sequence[EvalReport]) -> list[EvalReport]:
    """Return the reports of teachers or of students; with a select box where there are both."""
    selections = sorted({r.selection for r in reports}, reverse=True)
    if len(selections) > 1:
        chosen = widgets.pick_selection(selections)
        return in_order([r for r in reports if r.selection == chosen])
    return in_order(reports)


def in_order(reports: Sequence[EvalReport]) -> list[EvalReport]:
    """Sort reports: the baselines, then each pre-training's stages in their order; yours last."""
    return sorted(reports, key=lambda report: model_folders.position(report.system))


def files(reports: Sequence[EvalReport]) -> str:
    """Return a sentence: on how many files of which set the figures are, and that they are ours."""
    first = reports[0]
    selections = " and ".join(sorted({r.selection for r in reports}))
    others = [
        f" {literal(r.system)} on **{r.n_files} of {r.n_files_expected} files**."
        for r in reports
        if (r.n_files, r.n_files_expected) != (first.n_files, first.n_files_expected)
    ]
    return (
        f"Our figures, {selections} selection, on **{first.n_files} of {first.n_files_expected} files** of "
        f"{first.dataset} {first.subset}.{''.join(others)}"
    )


def none_installed() -> None:
    """Say what to do where there is no report."""
    st.info(
        "No report is installed: restore the folder checkpoints (`git checkout checkpoints`), or write one with "
        "`jss evaluate`.",
        icon=":material/bar_chart:",
    )
