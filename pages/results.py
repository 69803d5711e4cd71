"""Results: our figures, those of the user's system, and the paper's (Tables 1 to 5), kept apart."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.evaluation.comparisons import gains_over, selection_table
from jss.metrics.psds import PSDS1, PSDS2
from jss.papers import tables as paper_tables
from jss.reports import PLACEHOLDERS, EvalReport
from pages.ui import charts, systems, widgets
from pages.ui.cache import figure_loaders, loaders, model_folders
from pages.ui.progress import cancelled, progress
from pages.ui.reports import choice, external, fusion_bench, score_tables
from pages.ui.text import literal

TABLES = {
    2: "Table 2: single systems",
    3: "Table 3: fusions",
    4: "Table 4: single systems, public overlap",
    5: "Table 5: fusions, public overlap",
}
TAB = "results"
#: The baseline by which Tables 3 and 5 judge fusions.
JUDGE = "SSep-SED"


def page() -> None:
    st.title("Results")
    widgets.tabs(
        {
            "Our results": _ours,
            "Fusion bench": fusion_bench.bench,
            "Score your system": external.form,
            "The paper's results": _paper,
        },
        TAB,
    )


def _ours() -> None:
    systems.follow_trainings()
    for sentence in loaders.damaged_reports():
        st.warning(literal(sentence), icon=":material/folder_off:")
    every = loaders.reports()
    if not every:
        choice.none_installed()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        reports = choice.choose_set(every)
        intervals = score_tables.ask_for_intervals()
    first = reports[0]
    stem = f"{first.dataset}.{first.subset}"
    rendered = first.dataset in ("homescapes", "synthscapes")
    st.caption(
        choice.files(reports)
        + " The best value of each column is tinted. Intervals are 95 % bootstrap intervals over clips."
        + (f" {first.dataset} is not DESED: do not compare with the paper's figures." * rendered)
    )
    installed = {m.name for m in loaders.systems()}
    absent = sorted({r.system for r in reports if " + " not in r.system} - installed)
    if absent:
        how = " (docs/detectors.md says how to install YAMNet)" if "YAMNet" in absent else ""
        st.caption(
            f"Only the reports of these are installed, not their weights: {literal(', '.join(absent))}{how}."
        )
    score_tables.show(
        reports,
        "single",
        f"systems.{stem}",
        f"#### Single systems, {first.selection} selection (as Tables 2 and 4)",
        intervals=intervals,
    )
    _selections(first.dataset, first.subset, stem)
    _commands(reports)
    _fusions(reports, stem, intervals)
    charts.table(
        scenarios(), "scenarios", "psds-scenarios", "#### The two scenarios of the PSDS (Table 1)"
    )


def _commands(reports: list[EvalReport]) -> None:
    """Show the commands that reproduce these figures."""
    commands = dict.fromkeys(
        line for report in reports for line in report.settings.get("reproduce", [])
    )
    if commands:
        with st.expander("Commands to reproduce", icon=":material/terminal:"):
            st.caption(PLACEHOLDERS)
            st.code("\n".join(commands), language="sh", wrap_lines=True)


def _selections(dataset: str, subset: str, stem: str) -> None:
    """Show student and teacher of each system beside one another, with paired differences."""
    evidence = figure_loaders.evidence(dataset, subset)
    both = {
        r.system: r.selection
        for r in loaders.reports()
        if (r.dataset, r.subset, r.selection) == (dataset, subset, "student")
    }
    names = sorted(both, key=model_folders.position)
    if not names:
        return
    score_tables.marked(
        *selection_table(evidence, names),
        "selections",
        f"selections.{stem}",
        "#### Student and teacher side by side (as in Tables 2 and 4)",
    )
    st.caption(
        "Teacher minus student with its paired 95 % interval; tinted where the interval excludes 0. "
        "PSDS is that of 50 thresholds, as in the paper."
    )


def _fusions(reports: list[EvalReport], stem: str, intervals: bool) -> None:
    """Show the baseline of Tables 3 and 5, and the seven fusions of each pre-training."""
    place = reports[0].dataset, reports[0].subset, reports[0].selection
    title, work = "#### Fusions (as Tables 3 and 5)", f"the fusions on {stem}"
    saved = loaders.saved_scores().get(place, {})
    todo = fusion_bench.of_paper(place, (JUDGE,))
    if not any(len(names) > 1 for names in todo):
        st.markdown(title)
        fusion_bench.no_scores(f"on {place[0]} {place[1]}")
        return
    if cancelled(work):
        return
    fused, first = [], []
    evidence = figure_loaders.evidence(place[0], place[1])
    with progress(work, "fusions") as step:
        for done, names in enumerate(todo):
            step(done / len(todo), f"{done + 1} of {len(todo)}: {' + '.join(names)}")
            report = loaders.fused(place, names)
            if names == (JUDGE,):  # its report has the scores before they were rounded to be saved
                report = next((r for r in reports if r.system == JUDGE), report)
            fused.append(report)
            row: dict[str, object] = {"System": report.system}
            if intervals:
                row |= gains_over(JUDGE, report.system, place[2], evidence)
            first.append(row)
    score_tables.show(
        fused, "fusions", f"fusions.{stem}", title, names=fusion_bench.SHOWN, first=first
    )
    whole = fused[0]
    st.caption(
        f"Our figures: mean scores (Eq. 25) on **{whole.n_files} of {whole.n_files_expected} files** of "
        f"{place[0]} {place[1]}, from the scores saved beside the reports."
        + (
            f" The paper compares fusions with {JUDGE}; "
            + (
                "the first columns have the gain over it with its paired 95 % interval."
                if intervals
                else "switch on 95 % intervals to see the gain over it."
            )
            if JUDGE in saved
            else f" {JUDGE}, with which the paper compares fusions, has no saved scores here."
        )
    )


def scenarios() -> pd.DataFrame:
    """Return Table 1."""
    return pd.DataFrame(
        [
            {
                "Scenario": name,
                "Detection tolerance (DTC)": s.dtc,
                "Ground truth intersection (GTC)": s.gtc,
                "Cross-trigger tolerance (CTTC)": s.cttc,
                "Cost of cross-triggers": s.alpha_ct,
                "Cost of instability": s.alpha_st,
                "Most false positives an hour (e_max)": s.e_max,
            }
            for name, s in (("PSDS1", PSDS1), ("PSDS2", PSDS2))
        ]
    )


def _paper() -> None:
    st.caption(
        f"As printed in [the JSS paper]({paper_tables.SOURCE}), on DESED: 1168 files (Validation), 692 (Public), "
        "2076 pairs of them (Public overlap). Not computed here. FUSS-... are systems with a separator "
        "trained by PIT, DESED-... by MixIT."
    )
    figures = paper_tables.jss_results()
    for number, title in TABLES.items():
        frame, best = paper_tables.printed_table(figures, number)
        score_tables.marked(
            frame, best, f"paper {number}", f"jss2024.table{number}", f"#### {title}"
        )


page()
