"""Results: our figures, those of the user's system, and the paper's (Tables 1 to 5), kept apart."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.inference import fusion
from jss.metrics.psds import PSDS1, PSDS2
from jss.papers import tables as paper_tables
from jss.reports import HEADLINES, PLACEHOLDERS, EvalReport
from pages.ui import charts, systems, widgets
from pages.ui.cache import loaders
from pages.ui.progress import cancelled, progress
from pages.ui.reports import choice, external, fusion_bench
from pages.ui.text import literal

TABLES = {
    2: "Table 2: single systems",
    3: "Table 3: fusions",
    4: "Table 4: single systems, public overlap",
    5: "Table 5: fusions, public overlap",
}
TAB = "results"
#: Columns of a fusion: those of Tables 3 and 5, then others.
SHOWN = (
    "psds1",
    "psds2",
    "event_f1_macro",
    "event_precision_macro",
    "event_recall_macro",
    "psds1_exact",
    "psds2_exact",
    "intersection_f1_macro",
    "intersection_precision_macro",
    "intersection_recall_macro",
    "clip_f1",
    "clip_precision",
    "clip_recall",
)


def page() -> None:
    st.title("Results")
    ours, bench, external_system, paper = widgets.tabs(
        ["Our results", "Fusion bench", "Score your system", "The paper's results"], TAB
    )
    with ours:
        _ours()
    with bench:
        fusion_bench.bench()
    with external_system:
        external.form()
    with paper:
        _paper()


def _ours() -> None:
    systems.follow_trainings()
    for sentence in loaders.damaged_reports():
        st.warning(literal(sentence), icon=":material/folder_off:")
    every = loaders.reports()
    if not every:
        choice.none_installed()
        return
    reports = choice.choose_set(every)
    stem = f"{reports[0].dataset}.{reports[0].subset}"
    st.caption(
        choice.files(reports)
        + " In brackets the 95 % bootstrap interval over clips. The data are not "
        "DESED: do not compare these figures with the paper's."
    )
    charts.table(
        pd.DataFrame([_row(report) for report in reports]),
        "single",
        f"systems.{stem}",
        "#### Single systems (as Tables 2 and 4)",
    )
    _commands(reports)
    _fusions(reports, stem)
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


def _fusions(reports: list[EvalReport], stem: str) -> None:
    """Show the seven fusions of each pre-training whose members' scores are saved."""
    wanted = reports[0].dataset, reports[0].subset, reports[0].selection
    places = [place for place in loaders.saved_scores() if place == wanted]
    title, work = "#### Fusions (as Tables 3 and 5)", f"the fusions on {stem}"
    every = [fusion.members(item, kind) for kind in ("MixIT", "PIT") for item in fusion.FUSIONS]
    todo = [
        (place, names)
        for place in places
        for names in every
        if set(names) <= set(loaders.saved_scores()[place])
    ]
    if not todo:
        st.markdown(title)
        fusion_bench.no_scores(f"on {reports[0].dataset} {reports[0].subset}")
        return
    if cancelled(work):
        return
    rows = []
    with progress(work, "fusions") as step:
        for done, (place, names) in enumerate(todo):
            step(done / len(todo), f"{done + 1} of {len(todo)}: {' + '.join(names)}")
            report = loaders.fused(place, names, fusion_bench.fingerprint(place, names))
            rows.append(
                {"Fusion": report.system, "Selection": place[2]}
                | {HEADLINES[key]: report.headline(key) for key in SHOWN}
            )
    charts.table(pd.DataFrame(rows).round(3), "fusions", f"fusions.{stem}", title)
    st.caption(
        f"Our figures: mean scores (Eq. 25) on **{report.n_files} of {report.n_files_expected} files** of "
        f"{reports[0].dataset} {reports[0].subset}, from the scores saved beside the reports."
    )


def scenarios() -> pd.DataFrame:
    """Return Table 1."""
    return pd.DataFrame(
        [
            {
                "Scenario": name,
                "DTC": s.dtc,
                "GTC": s.gtc,
                "Cost of instability": s.alpha_st,
                "CTTC": s.cttc,
                "Cost of cross-triggers": s.alpha_ct,
                "e_max (per hour)": s.e_max,
            }
            for name, s in (("PSDS1", PSDS1), ("PSDS2", PSDS2))
        ]
    )


def _row(report: EvalReport) -> dict[str, str | None]:
    """A row: each headline figure with its interval."""
    row: dict[str, str | None] = {"System": report.system, "Selection": report.selection}
    for key, name in HEADLINES.items():
        score, bounds = report.headline(key), report.intervals.get(key)
        spread = f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
        row[name] = None if score is None else f"{score:.3f}{spread}"
    return row


def _paper() -> None:
    st.caption(
        f"As printed in [the JSS paper]({paper_tables.SOURCE}), on DESED: 1168 files (Validation), 692 (Public), "
        "2076 pairs of them (Public overlap). Not computed here. FUSS-... are systems with a separator "
        "trained by PIT, DESED-... by MixIT."
    )
    figures = paper_tables.jss_results()
    for number, title in TABLES.items():
        rows = figures[figures["table"] == number].rename(
            columns={
                "set": "Set",
                "system": "System",
                "selection": "Model selection",
                "psds1": "PSDS1",
                "psds2": "PSDS2",
                "event_f1": "event F1",
            }
        )
        charts.table(
            rows.drop(columns="table"), f"paper {number}", f"jss2024.table{number}", f"#### {title}"
        )


page()
