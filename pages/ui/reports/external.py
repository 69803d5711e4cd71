"""Other people's scores: drop in score tables, and get the same metrics as ours."""

from __future__ import annotations

import hashlib
import json

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.evaluation import submissions
from jss.reports import HEADLINES, EvalReport
from pages.ui import address, charts
from pages.ui.cache import loaders
from pages.ui.reports import fusion_bench

AGAINST = "against"


@st.fragment
def form() -> None:
    """A set whose ground truth is known, tables for it -> their report."""
    places = {f"{place[0]} {place[1]}": kept for place, kept in loaders.kept_scores().items()}
    if not places:
        fusion_bench.nothing()
        return
    st.markdown(
        "Score tables as `sed_scores_eval` has them: a `<clip>.tsv` for each clip with the columns `onset`, "
        "`offset` (seconds) and one for each class; as many files as you like, or a ZIP of them. They stay on "
        "this machine. For a set of your own there is `python -m jss score`."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = address.pick("Ground truth", list(places), "truth", str, width=320)
        filtered = st.selectbox(
            "Median filter",
            ["none", "7 frames"],
            key="other median",
            width=160,
            help="Over the curves, before any threshold. Ours are filtered over 7 frames (448 ms).",
        )
    kept = next(iter(places[name].values()))
    _template(kept.clips, name)
    files = st.file_uploader(
        "Score tables", type=["tsv", "zip"], accept_multiple_files=True, key="other scores"
    )
    if not files:
        return
    content = [(file.name, file.getvalue()) for file in files]
    mark = hashlib.sha256(
        repr([(n, hashlib.sha256(c).digest()) for n, c in content] + [name, filtered]).encode()
    )
    if st.session_state.get("other report", ("",))[0] != mark.hexdigest():
        try:
            with st.spinner(f"{len(files)} files are measured"):
                report = submissions.score(
                    content,
                    kept.clips,
                    system=files[0].name,
                    dataset=kept.dataset,
                    subset=kept.subset,
                    median=7 if filtered != "none" else 1,
                )
        except JssError as error:
            st.error(address.literal(str(error)), icon=":material/error:")
            return
        st.session_state["other report"] = (mark.hexdigest(), report)
    _show(st.session_state["other report"][1], name)


def _template(clips: object, name: str) -> None:
    """The names that the tables need, and the truth they are held against."""
    frame = pd.DataFrame(
        [(c.filename, e.onset, e.offset, e.label) for c in clips for e in c.events or ()],  # type: ignore[attr-defined]
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
    lacking = f" ({len(report.missing)} have no table)" if report.missing else ""
    st.caption(
        f"**{address.literal(report.system)}**, given by you, on "
        f"**{report.n_files} of {report.n_files_expected} files** of {name}{lacking}. "
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
        st.caption(f"Note: {address.literal(note)}.")
    st.download_button(
        "Report JSON",
        lambda: json.dumps(report.as_dict()),
        file_name=f"{report.system}.json",
        mime="application/json",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
