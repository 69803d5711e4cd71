"""A progress bar with a Cancel button, for work that takes longer than a moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from pages.ui.cache.jobs import Report
from pages.ui.text import literal

T = TypeVar("T")
#: Seconds of work before the bar appears.
DELAY = 0.4
_CANCELLED = "cancelled work"


def cancelled(what: str) -> bool:
    """Return whether the user cancelled this work; if so, a message and a button to start it show."""
    if st.session_state.get(_CANCELLED) != what:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"Cancelled: {literal(what)}.", icon=":material/cancel:")
        st.button("Analyse", key=f"again {what}", on_click=_restart, icon=":material/play_arrow:")
    return True


def _restart() -> None:
    st.session_state.pop(_CANCELLED, None)


def _cancel(what: str) -> None:
    st.session_state[_CANCELLED] = what


@contextmanager
def progress(what: str, place: str) -> Iterator[Report]:
    """Show a bar and a Cancel button until the work is done.

    Args:
        what: Names the work for :func:`cancelled`.
        place: Identifies the bar, where a page has several.

    Yields:
        A function of the share done, from 0 to 1, and what is being done. It must be called often:
        in it Cancel, or any other click of the user, ends the work.
    """
    st.session_state.pop(_CANCELLED, None)
    box, begun, bar = st.empty(), time.monotonic(), None

    def report(share: float, text: str) -> None:
        nonlocal bar
        text = literal(text)
        if bar is None:
            if time.monotonic() - begun < DELAY:
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
        yield report
    finally:
        box.empty()


def in_turn(
    names: Sequence[str], subject: str, place: str, compute: Callable[[str, Report], T]
) -> dict[str, T] | None:
    """Compute something for each of several systems, under one bar.

    Args:
        names: Of the systems.
        subject: What they analyse, in words.
        place: As of :func:`progress`.
        compute: (name, report) -> the result.

    Returns:
        The results by name, None where the user cancelled.
    """
    work = f"{', '.join(names)} on {subject}"
    if cancelled(work):
        return None
    results: dict[str, T] = {}
    with progress(work, place) as report:
        for done, name in enumerate(names):

            def step(share: float, what: str, done: int = done) -> None:
                report((done + share) / len(names), what)

            results[name] = compute(name, step)
    return results
