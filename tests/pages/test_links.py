"""What a page says of choices of its link that it does not know."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from pages.ui import address, widgets

    address.arrive("page")
    with widgets.links_checked():
        options = st.session_state.get("options", ["", "Cat", "Dog"])
        widgets.pick("Class", options, "class", lambda label: label or "any")


def opened(link: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["class"] = link
    return app.run()


def test_a_choice_of_another_page_is_kept_and_not_in_links_of_a_page_that_does_not_know_it():
    app = opened("Dog")
    app.session_state["options"] = ["", "Cat"]
    app.run()
    assert "class" not in app.query_params
    app.session_state["options"] = ["", "Dog"]
    app.run()
    assert app.selectbox[0].value == "Dog"
    assert app.query_params["class"] == "Dog"
