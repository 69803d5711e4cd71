"""Work that takes longer than a moment: a progress bar with a Cancel button."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from jss.errors import JssError
from pages.ui.cache.jobs import Report
from pages.ui.text import literal

#: Seconds of work before the bar appears.
DELAY = 0.4
_CANCELLED, _FAILED, _PREPARED = "cancelled work", "failed work", "prepared work"


@dataclass(frozen=True)
class Step:
    """A part of some work. run: does it, and reports its progress; purpose: why, or ""."""

    run: Callable[[Report], object]
    purpose: str = ""


def cancelled(what: str) -> bool:
    """Return whether the user cancelled this work; if so, a message and a button to start it show."""
    if st.session_state.get(_CANCELLED) != what:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"Cancelled: {literal(what)}.", icon=":material/cancel:")
        _restart_button("Analyse", what)
    return True


def _failed(what: str) -> bool:
    """Return whether this work ended in an error; if so, its sentence and a button show."""
    work, message = st.session_state.get(_FAILED, ("", ""))
    if work != what:
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.error(literal(message), icon=":material/error:")
        _restart_button("Try again", what)
    return True


def _restart_button(label: str, what: str) -> None:
    st.button(label, key=f"again {what}", on_click=_restart, icon=":material/play_arrow:")


def _restart() -> None:
    st.session_state.pop(_CANCELLED, None)
    st.session_state.pop(_FAILED, None)


def _cancel(what: str) -> None:
    st.session_state[_CANCELLED] = what


@contextmanager
def progress(what: str, place: str) -> Iterator[Report]:
    """Show a bar and a Cancel button until the work is done.

    Not for a fragment: Streamlit interrupts nothing for a button in a fragment, so Cancel would
    wait for the end of the work.

    Args:
        what: Names the work for :func:`cancelled`.
        place: Identifies the bar, where a page has several.

    Yields:
        A function of the share done, from 0 to 1, and what is being done. It must be called often:
        in it Cancel, or any other click of the user, ends the work.
    """
    _restart()
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


def prepare(steps: Sequence[Step], what: str, show_pending: Callable[[str], None]) -> bool:
    """Do what is missing before something can be shown, then run the page again.

    Args:
        steps: What is missing.
        what: All of it, in words, as of :func:`progress`.
        show_pending: Shows, in one element, that nothing can be shown yet, and why.

    Returns:
        True where nothing is missing. False where the user cancelled the work or it failed, which
        is then said.
    """
    prepared = st.session_state.pop(_PREPARED, None)
    if not steps or prepared == what:
        return True
    with st.container():  # as around a fragment, so that the element of show_pending stays
        if cancelled(what) or _failed(what):
            show_pending(f"Not analysed: {what}")
            return False
        _do(steps, what, show_pending)
    st.rerun()


def _do(steps: Sequence[Step], what: str, show_pending: Callable[[str], None]) -> None:
    with progress(what, "steps") as report:
        show_pending(f"Analysing {what}")
        st.empty()  # in place of all that was shown below
        try:
            for done, step in enumerate(steps):
                step.run(_part(report, step.purpose, done, len(steps)))
        except JssError as error:
            st.session_state[_FAILED] = (what, str(error))
        else:
            st.session_state[_PREPARED] = what


def _part(report: Report, purpose: str, done: int, steps: int) -> Report:
    """The progress of one of several steps as that of all."""
    suffix = (f", {purpose}" if purpose else "") + (
        f" ({done + 1} of {steps})" if steps > 1 else ""
    )
    return lambda share, what: report((done + share) / steps, what + suffix)
