"""One clip through one system: hear it, see it, measure it (Figs 12-15 of the paper)."""

from __future__ import annotations

import streamlit as st

from jss.errors import JssError
from jss.results import ClipResult
from jss.viz.tables import event_table, truth_table
from pages.ui import controls, exports, loaders
from pages.ui.loaders import Recording
from pages.ui.viewer import view
from pages.ui.viewer.payload import Payload


def page() -> None:
    recording, system, selection = controls.choose(loaders.examples())
    if system is None or selection is None:
        controls.no_system()
        return
    if recording is None:
        st.info("No example clip is installed: press **Upload or record** above.", icon=":material/mic:")
        return
    bar = st.empty()

    def tell(share: float, what: str) -> None:
        bar.progress(share, text=what)

    model = loaders.model_of_order(system, selection)
    like = model if model and controls.matched(model) else None
    try:
        found = loaders.analyse(recording, system, selection, tell, like)
    finally:
        bar.empty()
    description = next(item.description for item in loaders.systems() if item.name == system)
    notes = [recording.note, f"**{system}**: {description}"]
    if not found.result.n_sources:
        notes.append("No separation stage: there are no sources to show.")
    elif found.order != tuple(range(len(found.order))):
        notes.append(f"Its outputs {', '.join(str(m + 1) for m in found.order)} are shown in the order of {like}.")
    st.caption("  ·  ".join(note.rstrip(".") for note in notes if note))
    analysis(recording, found.result, found.payload)


@st.fragment
def analysis(recording: Recording, result: ClipResult, payload: Payload) -> None:
    """The viewer and what follows from its threshold."""
    threshold = controls.threshold()
    view(payload, threshold=threshold, key="clip viewer", on_threshold=_take_threshold)
    threshold = controls.threshold()
    events = event_table(result, recording.truth, threshold=threshold)
    left, right = st.columns([3, 2]) if recording.truth is not None else (st.container(), None)
    with left:
        st.markdown(f"**Events detected** above {threshold:.2f}, median filter 448 ms")
        _table(events, "No event: lower the threshold in the viewer.")
    if right is not None:
        with right:
            st.markdown("**Ground truth**")
            _table(truth_table(recording.truth), "This clip holds no event of the ten classes.")
    exports.clip_downloads(result, recording.truth, threshold)


def _take_threshold() -> None:
    controls.write(controls.THRESHOLD, f"{st.session_state['clip viewer']['threshold']:.2f}")


def _table(table: object, empty: str) -> None:
    if not len(table):  # type: ignore[arg-type]
        st.caption(empty)
        return
    number = st.column_config.NumberColumn
    st.dataframe(table, hide_index=True, width="stretch", column_config={
        "Onset (s)": number(format="%.3f"), "Offset (s)": number(format="%.3f"), "Duration (s)": number(format="%.3f"),
        "Peak score": number(format="%.3f"), "In truth (%)": number(format="%.0f"), "Source": number(format="%d")})


try:
    page()
except JssError as error:
    st.error(controls.literal(str(error)), icon=":material/error:")
