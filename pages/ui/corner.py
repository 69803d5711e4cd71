"""The upper right corner of every page: where analyses run."""

from __future__ import annotations

import streamlit as st

from jss.inference.devices import Device
from pages.ui.cache import loaders, runs_on

_KEY = "runs on"
#: Pixels of the menu, beside which the links to all pages fit.
_WIDEST = 270
_STYLE = """
<style>
.st-key-corner { position: fixed; top: 0.55rem; right: 3.4rem; width: auto; z-index: 999991; }
:has(> .st-key-corner), :has(> .st-key-history) { position: absolute; }
.st-key-corner p { margin: 0; white-space: nowrap; }
.st-key-corner [data-testid=stCaptionContainer] { padding-top: 0.45rem; }
@media (max-width: 1120px) { .st-key-corner { display: none; } }
</style>
"""


def show() -> None:
    """Show where analyses run; a menu where there is a choice."""
    loaders.mark_used()
    choices, chosen = runs_on.choices(), runs_on.chosen()
    with st.container(key="corner"):
        st.html(_STYLE)
        if len(choices) == 1:
            st.caption("Looking for GPUs" if runs_on.looking() else chosen.title)
            return
        st.session_state[_KEY] = chosen
        st.selectbox(
            "Analyses run on",
            choices,
            key=_KEY,
            format_func=_title,
            on_change=_take,
            label_visibility="collapsed",
            width=min(_WIDEST, 64 + 8 * max(len(_title(device)) for device in choices)),
            help="bf16 is faster and moves scores by up to 0.03.",
        )


def _title(device: Device) -> str:
    return f"{device.title}, {device.precision}"


def _take() -> None:
    runs_on.choose(st.session_state[_KEY])
