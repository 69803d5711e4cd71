"""Explore: one clip through one system, in the viewer (Figs 12-15 of the paper)."""

from __future__ import annotations

import streamlit as st

from pages.ui import address, exports, systems, widgets
from pages.ui.cache import loaders
from pages.ui.clip import view as clip_view
from pages.ui.clip.recordings import Recording
from pages.ui.text import literal


def page() -> None:
    st.caption(
        "jss separates a recording into sources and detects the sounds in each. Press **Play** or "
        "Space; **Solo** plays one source; the buttons of other systems show the same clip through them. "
        "**Open, record** opens a recording of yours."
    )
    recording = clip_view.opened()
    if recording is None:
        return
    system = str(address.read(address.SYSTEM))
    selection = systems.shown_selection(system)
    names = [item.name for item in loaders.systems()]
    with st.container(key="calm"):
        if clip_view.prepared([system], recording, selection, system, names):
            analysis(recording)


@st.fragment
@widgets.shows_errors
def analysis(recording: Recording) -> None:
    """Show the viewer, and the tables and files that depend on its threshold and system."""
    clip_view.refresh()
    system = str(address.read(address.SYSTEM))
    selection = systems.shown_selection(system)
    analyses = clip_view.analyse([system], recording, selection)
    result = analyses[system].result
    description = loaders.manifest(system).description.rstrip(".")
    notes = [
        recording.note,
        f"**{literal(systems.titled(system))}**: {literal(description)}",
        systems.selection_note(system),
        clip_view.order_note(analyses[system], selection),
    ]
    if not result.n_sources:
        notes.append("This system does not separate: there are no sources.")
    st.caption("  ·  ".join(note.rstrip(".") for note in notes if note))
    names = [item.name for item in loaders.systems()]
    clip_view.view(analyses, system, recording, selection, names)
    threshold = address.threshold()
    html = clip_view.page_maker(recording, selection, system, names)
    with st.container():
        clip_view.tables(result, recording, threshold)
        exports.clip_downloads(
            result, recording.truth, threshold, address.span_of(recording.clip), html
        )


page()
