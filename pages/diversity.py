"""Do the sources say different things? Cosine similarity of their scores, Eq. 30 (Figs 10 and 11 of the paper)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.viz.report_charts import SCATTERED, score_against_similarity, similarities
from pages.ui import controls, loaders, report_choice

DATASET = "dataset"


def page() -> None:
    st.title("Diversity")
    every = loaders.reports()
    if not every:
        report_choice.nothing()
        return
    st.markdown(
        "If separation helps, each source should score its own event, and the score curves of two sources should "
        "differ. The similarity (Eq. 30) is 1 where they are alike, and 0 where no two sources find the same."
    )
    name = controls.pick("Data set", list(dict.fromkeys(r.dataset for r in every)), DATASET, str, width=260)
    reports = report_choice.in_order([r for r in every if r.dataset == name])
    subsets = list(dict.fromkeys(r.subset for r in reports))
    st.subheader("Similarity, clip by clip")
    st.plotly_chart(similarities(reports), key="similarities", alt="Similarity of each clip, for each system")
    st.subheader("Scores against similarity")
    st.plotly_chart(score_against_similarity(reports, report_choice.theme()), key="scatter",
                    alt="PSDS1, PSDS2 and F1 against the mean similarity of each system")
    for subset in subsets:
        st.caption(report_choice.files([r for r in reports if r.subset == subset]))
    st.caption("Whiskers in the panels are 95 % bootstrap intervals over clips. The SED baseline hears the mixture "
               "alone and stands at similarity 1.")
    table = pd.DataFrame([{"System": r.system, "Subset": r.subset, "Files": r.n_files,
                           "Similarity": r.headline("similarity")}
                          | {text: r.headline(metric) for metric, text in SCATTERED.items()}
                          for r in reports]).round(3)
    st.dataframe(table, hide_index=True, width="stretch")
    st.download_button("Table CSV", lambda: table.to_csv(index=False), file_name=f"diversity.{name}.csv",
                       mime="text/csv", on_click="ignore")


try:
    page()
except JssError as error:
    st.error(controls.literal(str(error)), icon=":material/error:")
