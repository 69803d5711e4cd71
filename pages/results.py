"""What systems and fusions scored: ours, anybody's, and what the paper printed (Tables 1 to 5),
never mixed.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.inference import fusion
from jss.metrics.psds import PSDS1, PSDS2
from jss.papers import tables as paper_tables
from jss.reports import HEADLINES, PLACEHOLDERS, EvalReport
from pages.ui import address, charts
from pages.ui.cache import loaders
from pages.ui.progress import cancelled, progress
from pages.ui.reports import choice, external, fusion_bench

TABLES = {
    2: "Table 2: single systems",
    3: "Table 3: fusions",
    4: "Table 4: single systems, public overlap",
    5: "Table 5: fusions, public overlap",
}
TAB = "results"
#: What Tables 3 and 5 show of a fusion, and what else is worth a column.
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
    ours, bench, foreign, theirs = address.tabs(
        ["Ours", "Fusion bench", "Other people's scores", "The paper's"], TAB
    )
    with ours:
        _ours()
    with bench:
        fusion_bench.bench()
    with foreign:
        external.form()
    with theirs:
        _theirs()


def _ours() -> None:
    every = loaders.reports()
    if not every:
        choice.nothing()
        return
    reports = choice.choose_set(every)
    stem = f"{reports[0].dataset}.{reports[0].subset}"
    st.caption(
        choice.files(reports) + " In brackets the 95 % bootstrap interval over clips. Not DESED: "
        "no figure here can be compared with the paper's."
    )
    charts.table(
        pd.DataFrame([_row(report) for report in reports]),
        "single",
        f"systems.{stem}",
        "#### Single systems (as Tables 2 and 4)",
    )
    _again(reports)
    _fusions(reports, stem)
    charts.table(
        scenarios(), "scenarios", "psds-scenarios", "#### The two scenarios of the PSDS (Table 1)"
    )


def _again(reports: list[EvalReport]) -> None:
    """The commands that measure these figures again."""
    commands = dict.fromkeys(
        line for report in reports for line in report.settings.get("reproduce", [])
    )
    if commands:
        with st.expander("Measure this again", icon=":material/terminal:"):
            st.caption(PLACEHOLDERS)
            st.code("\n".join(commands), language="sh", wrap_lines=True)


def _fusions(reports: list[EvalReport], stem: str) -> None:
    """All seven of each pre-training whose members' scores are at hand."""
    wanted = reports[0].dataset, reports[0].subset, reports[0].selection
    there = [place for place in loaders.kept_scores() if place == wanted]
    title, work = "#### Fusions (as Tables 3 and 5)", f"the fusions on {stem}"
    every = [fusion.members(item, kind) for kind in ("MixIT", "PIT") for item in fusion.FUSIONS]
    todo = [
        (place, names)
        for place in there
        for names in every
        if set(names) <= set(loaders.kept_scores()[place])
    ]
    if not todo:
        st.markdown(title)
        fusion_bench.nothing(f"on {reports[0].dataset} {reports[0].subset}")
        return
    if cancelled(work):
        return
    rows = []
    with progress(work, "fusions") as tell:
        for done, (place, names) in enumerate(todo):
            tell(done / len(todo), f"{done + 1} of {len(todo)}: {' + '.join(names)}")
            report = loaders.fused(place, names, fusion_bench.made_of(place, names))
            rows.append(
                {"Fusion": report.system, "Network": place[2]}
                | {HEADLINES[key]: report.headline(key) for key in SHOWN}
            )
    charts.table(pd.DataFrame(rows).round(3), "fusions", f"fusions.{stem}", title)
    st.caption(
        f"Our figures: mean scores (Eq. 25) on **{report.n_files} of {report.n_files_expected} files** of "
        f"{reports[0].dataset} {reports[0].subset}, from the scores kept beside the reports."
    )


def scenarios() -> pd.DataFrame:
    """Table 1."""
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
    """Each headline figure with its interval."""
    found: dict[str, str | None] = {"System": report.system, "Network": report.selection}
    for key, name in HEADLINES.items():
        score, bounds = report.headline(key), report.intervals.get(key)
        spread = f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
        found[name] = None if score is None else f"{score:.3f}{spread}"
    return found


def _theirs() -> None:
    st.caption(
        f"As printed in [the JSS paper]({paper_tables.SOURCE}), on DESED: 1168 files (Validation), 692 (Public), "
        "2076 pairs of them (Public overlap). Not computed here. FUSS-... are its systems with a separator "
        "trained by PIT, DESED-... by MixIT."
    )
    figures = paper_tables.tables()
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


try:
    page()
except JssError as error:
    st.error(address.literal(str(error)), icon=":material/error:")
