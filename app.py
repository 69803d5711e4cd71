"""The app: `streamlit run app.py`. This table of pages, and nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).parent / "pages"

st.set_page_config(page_title="jss", page_icon=str(PAGES / "ui" / "icon.png"), layout="wide")
st.navigation(
    [
        st.Page(PAGES / "overview.py", title="Overview"),
        st.Page(PAGES / "explore.py", title="Explore", default=True),
        st.Page(PAGES / "compare.py", title="Compare"),
        st.Page(PAGES / "diversity.py", title="Diversity"),
        st.Page(PAGES / "classes.py", title="Classes"),
        st.Page(PAGES / "results.py", title="Results"),
        st.Page(PAGES / "weak_labels.py", title="Weak labels"),
        st.Page(PAGES / "training.py", title="Training"),
        st.Page(PAGES / "data.py", title="Data"),
    ],
    position="top",
).run()
