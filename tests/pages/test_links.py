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


def said(app: AppTest) -> list[str]:
    assert not app.exception
    return [item.value.rpartition(": ")[2] for item in app.warning]


def test_a_class_that_is_unknown_is_said_until_another_is_chosen():
    app = opened("Duck")
    assert said(app) == said(app.run()) == ["Class (Duck)."]
    app.selectbox[0].select("Dog").run()
    assert not said(app)
    app.selectbox[0].select("").run()
    assert not said(app), "also where what was shown instead is chosen"


def test_what_becomes_known_is_not_said_any_longer():
    app = opened("Duck")
    assert said(app)
    app.session_state["options"] = ["", "Duck"]
    assert not said(app.run())
    assert app.selectbox[0].value == "Duck"


def test_what_becomes_unknown_is_not_said_of_the_link():
    app = opened("Dog")
    app.session_state["options"] = ["", "Cat"]
    assert not said(app.run())
    assert app.selectbox[0].value == ""


def test_the_name_that_the_user_reads_of_what_is_shown_is_known():
    """Earlier versions wrote class=any."""
    assert not said(opened("any"))


def test_a_choice_of_another_page_is_kept_and_not_in_links_of_a_page_that_does_not_know_it():
    app = opened("Dog")
    app.session_state["options"] = ["", "Cat"]
    app.run()
    assert "class" not in app.query_params
    app.session_state["options"] = ["", "Dog"]
    app.run()
    assert app.selectbox[0].value == "Dog"
    assert app.query_params["class"] == "Dog"
