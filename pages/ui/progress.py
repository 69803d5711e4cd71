"""What a visitor sees of work that takes longer than a moment: how far it is, and a way out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from pages.ui import address

Tell = Callable[[float, str], None]
T = TypeVar("T")
#: Work shorter than this, in seconds, shows nothing: a bar that flashes by is a nuisance.
PATIENCE = 0.4
_CANCELLED = "cancelled work"


def cancelled(what: str) -> bool:
    """Whether the visitor gave this work up. If so, it is said, and can be begun again: stop here."""
    if st.session_state.get(_CANCELLED) != what:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"Cancelled: {address.literal(what)}.", icon=":material/cancel:")
        st.button("Analyse", key=f"again {what}", on_click=_forget, icon=":material/play_arrow:")
    return True


def _forget() -> None:
    st.session_state.pop(_CANCELLED, None)


def _cancel(what: str) -> None:
    st.session_state[_CANCELLED] = what


@contextmanager
def progress(what: str, place: str) -> Iterator[Tell]:
    """A bar and a Cancel button, here, until the work is done.

    what: names the work for :func:`cancelled`; place: tells several such bars on a page apart.
    Yields a function of the share done, from 0 to 1, and what is being done, which must be called
    often: there the visitor's Cancel, or anything else that he presses, ends the work.
    """
    st.session_state.pop(_CANCELLED, None)
    box, begun, bar = st.empty(), time.monotonic(), None

    def tell(share: float, text: str) -> None:
        nonlocal bar
        text = address.literal(text)
        if bar is None:
            if time.monotonic() - begun < PATIENCE:
                return
            with box.container(horizontal=True, vertical_alignment="center"):
                bar = st.progress(share, text=text)
                st.button(
                    "Cancel",
                    key=f"cancel {place}",
                    on_click=_cancel,
                    args=(what,),
                    icon=":material/close:",
                )
        bar.progress(min(1.0, share), text=f"{text} ({time.monotonic() - begun:.0f} s)")

    try:
        yield tell
    finally:
        box.empty()


def in_turn(
    names: Sequence[str], subject: str, place: str, compute: Callable[[str, Tell], T]
) -> dict[str, T] | None:
    """compute(name, tell) for each of several systems, under one bar; None where the visitor
    cancelled it.

    subject: what they hear, in words; place: as of :func:`progress`.
    """
    work = f"{', '.join(names)} on {subject}"
    if cancelled(work):
        return None
    found: dict[str, T] = {}
    with progress(work, place) as tell:
        for done, name in enumerate(names):

            def step(share: float, what: str, done: int = done) -> None:
                tell((done + share) / len(names), what)

            found[name] = compute(name, step)
    return found
