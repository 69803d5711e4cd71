"""One clip through one system: hear it, see it, measure it (Figs 12-15 of the paper)."""

from __future__ import annotations

import streamlit as st

from jss.errors import JssError
from jss.viz.tables import detected_events
from pages.ui import address, exports, selections
from pages.ui.cache import loaders
from pages.ui.clip import browser
from pages.ui.clip import view as clip_view
from pages.ui.clip.recordings import Recording


def page() -> None:
    recording = clip_view.opened()
    if recording is None:
        return
    with st.container(key="calm"):
        analysis(recording)


@st.fragment
@clip_view.errors_said
def analysis(recording: Recording) -> None:
    """The viewer and what follows from its threshold and its system."""
    browser.refresh()
    system = str(address.read(address.SYSTEM))
    selection = selections.shown(system)
    found = clip_view.analyse([system], recording, selection)
    if found is None:
        return
    result = found[system].result
    description = next(item.description for item in loaders.systems() if item.name == system)
    notes = [
        recording.note,
        f"**{system}**: {description}",
        selections.note(system),
        clip_view.order_note(found[system], selection),
    ]
    if not result.n_sources:
        notes.append("No separation stage: there are no sources to show.")
    st.caption("  ·  ".join(note.rstrip(".") for note in notes if note))
    clip_view.view(found, system, recording, selection, [item.name for item in loaders.systems()])
    threshold = address.threshold()
    clip_view.tables(
        detected_events(result, recording.truth, threshold=threshold), recording, threshold
    )
    exports.clip_downloads(result, recording.truth, threshold)


try:
    page()
except JssError as error:
    st.error(address.literal(str(error)), icon=":material/error:")
