"""Which reports a page shows: those of one data set and subset, kept in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from jss import checkpoints
from jss.labels import Theme
from jss.reports import EvalReport
from pages.ui import address

SET = "set"


def theme() -> Theme:
    """The theme that the visitor sees."""
    return "dark" if st.context.theme.type == "dark" else "light"


def choose_set(reports: Sequence[EvalReport]) -> list[EvalReport]:
    """A select box of the data sets with reports -> those of the chosen one, the baseline first."""
    there = {f"{r.dataset} {r.subset}".strip(): (r.dataset, r.subset) for r in reports}
    chosen = there[address.pick("Data set", list(there), SET, str, width=320)]
    return one_network([r for r in reports if (r.dataset, r.subset) == chosen])


def one_network(reports: Sequence[EvalReport]) -> list[EvalReport]:
    """The reports of teachers or of students, in order; a select box where there are both."""
    there = list(dict.fromkeys(sorted((r.selection for r in reports), reverse=True)))
    if len(there) > 1:
        chosen = address.pick(
            "Network", there, address.SELECTION, str.capitalize, "teacher", width=140
        )
        return in_order([r for r in reports if r.selection == chosen])
    return in_order(reports)


def in_order(reports: Sequence[EvalReport]) -> list[EvalReport]:
    """The baselines first, then each pre-training's stages in their order."""
    return sorted(reports, key=lambda report: checkpoints.place(report.system))


def files(reports: Sequence[EvalReport]) -> str:
    """On how many files of which set the figures stand, and that they are ours."""
    first = reports[0]
    selections = " and ".join(sorted({r.selection for r in reports}))
    return (
        f"Our figures, {selections} networks, on **{first.n_files} of {first.n_files_expected} files** of "
        f"{first.dataset} {first.subset}."
    )


def nothing() -> None:
    """What to do where there is no report."""
    st.info(
        "No report is installed: restore the folder checkpoints (`git checkout checkpoints`), or write one with "
        "`python -m jss evaluate`.",
        icon=":material/bar_chart:",
    )
