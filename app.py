"""The app: its pages, and the one place that shows an error. `make app` or `streamlit run app.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import address, corner, widgets

PAGES = Path(__file__).parent / "pages"

st.set_page_config(page_title="jss", page_icon=str(PAGES / "ui" / "icon.png"), layout="wide")
address.install_scripts()
page = st.navigation(
    [
        st.Page(PAGES / "overview.py", title="Overview"),
        st.Page(PAGES / "explore.py", title="Explore", default=True),
        st.Page(PAGES / "compare.py", title="Compare"),
        st.Page(PAGES / "review.py", title="Review"),
        st.Page(PAGES / "timeline.py", title="Timeline"),
        st.Page(PAGES / "diversity.py", title="Diversity"),
        st.Page(PAGES / "classes.py", title="Classes"),
        st.Page(PAGES / "results.py", title="Results"),
        st.Page(PAGES / "claims.py", title="Claims"),
        st.Page(PAGES / "weak_labels.py", title="Weak labels"),
        st.Page(PAGES / "training.py", title="Training"),
        st.Page(PAGES / "data.py", title="Data"),
    ],
    position="top",
)
address.arrive(page.url_path)
widgets.name_tab(page.title)
corner.show()
with widgets.errors_shown(), widgets.links_checked():
    page.run()
