"""Score your system: upload score tables, and get the same metrics as for ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jss.data.clip import Clip
from jss.errors import JssError
from jss.evaluation import submissions
from jss.reports import HEADLINES, EvalReport
from pages.ui import charts, widgets
from pages.ui.cache import loaders
from pages.ui.reports import fusion_bench
from pages.ui.text import literal


@st.fragment
def form() -> None:
    """Show a choice of ground truth, an upload of score tables for it, and their report."""
    places = {f"{place[0]} {place[1]}": saved for place, saved in loaders.saved_scores().items()}
    if not places:
        fusion_bench.no_scores()
        return
    st.markdown(
        "Upload score tables in the format of `sed_scores_eval`: a `<clip>.tsv` for each clip with the columns "
        "`onset`, `offset` (seconds) and one for each class; any number of files, or a ZIP of them. They stay on "
        "this machine. To use your own ground truth, run `python -m jss score`."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = widgets.pick("Ground truth", list(places), "truth", width=320)
        filtered = st.selectbox(
            "Median filter",
            ["none", "7 frames"],
            key="other median",
            width=160,
            help="Applied to the score curves. Ours are filtered over 7 frames (448 ms).",
        )
    saved = next(iter(places[name].values()))
    _truth_button(saved.clips, name)
    files = st.file_uploader(
        "Score tables", type=["tsv", "zip"], accept_multiple_files=True, key="other scores"
    )
    if not files:
        return
    content = [(file.name, file.getvalue()) for file in files]
    key = hashlib.sha256(
        repr([(n, hashlib.sha256(c).digest()) for n, c in content] + [name, filtered]).encode()
    ).hexdigest()
    if st.session_state.get("other report", ("",))[0] != key:
        try:
            with st.spinner(f"{len(files)} files are measured"):
                report = submissions.score(
                    content,
                    saved.clips,
                    system=files[0].name,
                    dataset=saved.dataset,
                    subset=saved.subset,
                    median=7 if filtered != "none" else 1,
                )
        except JssError as error:
            widgets.show_error(error)
            return
        st.session_state["other report"] = (key, report)
    _show(st.session_state["other report"][1], name)


def _truth_button(clips: Sequence[Clip], name: str) -> None:
    """A button for the ground truth, which also holds the names that the tables need."""
    frame = pd.DataFrame(
        [(c.filename, e.onset, e.offset, e.label) for c in clips for e in c.events or ()],
        columns=["filename", "onset", "offset", "event_label"],
    )
    st.download_button(
        "Ground truth TSV",
        lambda: frame.to_csv(sep="\t", index=False),
        mime="text/plain",
        file_name=f"{name.replace(' ', '.')}.truth.tsv",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def _show(report: EvalReport, name: str) -> None:
    missing = f" ({len(report.missing)} have no table)" if report.missing else ""
    st.caption(
        f"**{literal(report.system)}**, your system, on "
        f"**{report.n_files} of {report.n_files_expected} files** of {name}{missing}. "
        "Low and High are the bounds of the 95 % bootstrap interval over clips."
    )
    rows = []
    for key, title in HEADLINES.items():
        score, bounds = report.headline(key), report.intervals.get(key)
        if score is not None:
            rows.append(
                {
                    "Metric": title,
                    "Score": f"{score:.4f}",
                    "Low": bounds and round(bounds[0], 4),
                    "High": bounds and round(bounds[1], 4),
                }
            )
    charts.table(pd.DataFrame(rows), "other", f"scores.{report.system}")
    for note in report.settings.get("notes", []):
        st.caption(f"Note: {literal(note)}.")
    st.download_button(
        "Report JSON",
        lambda: json.dumps(report.as_dict()),
        file_name=f"{report.system}.json",
        mime="application/json",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
