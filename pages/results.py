"""What every system scored: ours in one tab, what the paper printed in another (Tables 1 to 5), never mixed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss import published
from jss.errors import JssError
from jss.metrics.psds import PSDS1, PSDS2
from jss.reports import HEADLINES, EvalReport
from pages.ui import controls, loaders, report_choice

TABLES = {2: "Table 2: single systems", 3: "Table 3: fusions", 4: "Table 4: single systems, public overlap",
          5: "Table 5: fusions, public overlap"}  # fmt: skip


def page() -> None:
    st.title("Results")
    ours, theirs = st.tabs(["Ours", "The paper's"])
    with ours:
        _ours()
    with theirs:
        _theirs()


def _ours() -> None:
    every = loaders.reports()
    if not every:
        report_choice.nothing()
        return
    reports = report_choice.choose_set(every)
    st.caption(report_choice.files(reports) + " In brackets the 95 % bootstrap interval over clips. Not DESED: "
               "no figure here can be compared with the paper's.")
    table = pd.DataFrame([_row(report) for report in reports]).dropna(axis="columns", how="all")
    st.dataframe(table, hide_index=True, width="stretch")
    st.download_button("Table CSV", lambda: table.to_csv(index=False), mime="text/csv", on_click="ignore",
                       file_name=f"results.{reports[0].dataset}.{reports[0].subset}.csv")
    st.subheader("The two scenarios of the PSDS (Table 1)")
    st.dataframe(pd.DataFrame([{"Scenario": name, "DTC": s.dtc, "GTC": s.gtc, "Cost of instability": s.alpha_st,
                                "CTTC": s.cttc, "Cost of cross-triggers": s.alpha_ct, "e_max (per hour)": s.e_max}
                               for name, s in (("PSDS1", PSDS1), ("PSDS2", PSDS2))]), hide_index=True)


def _row(report: EvalReport) -> dict[str, str | None]:
    """Each headline figure with its interval."""
    found: dict[str, str | None] = {"System": report.system, "Network": report.selection}
    for key, name in HEADLINES.items():
        score, bounds = report.headline(key), report.intervals.get(key)
        spread = f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
        found[name] = None if score is None else f"{score:.3f}{spread}"
    return found


def _theirs() -> None:
    st.caption(f"As printed in [the JSS paper]({published.SOURCE}), on DESED. Not computed here.")
    figures = published.tables()
    for number, title in TABLES.items():
        st.subheader(title)
        rows = figures[figures["table"] == number].rename(
            columns={"set": "Set", "system": "System", "selection": "Network", "psds1": "PSDS1", "psds2": "PSDS2",
                     "event_f1": "event F1"})
        st.dataframe(rows.drop(columns="table"), hide_index=True, width="stretch")
    st.download_button("Tables 2 to 5 CSV", lambda: figures.to_csv(index=False), file_name="jss2024.csv",
                       mime="text/csv", on_click="ignore")


try:
    page()
except JssError as error:
    st.error(controls.literal(str(error)), icon=":material/error:")
