"""The clips of a set as a list: found by words, put in order, measured, opened by a press."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.labels import sound_class
from pages.ui import address
from pages.ui.cache import loaders
from pages.ui.cache.loaders import Measure
from pages.ui.clip import recordings
from pages.ui.clip.recordings import ClipSet, Recording
from pages.ui.progress import cancelled, progress

#: Order in the address -> how a person reads it; the first is that of the set.
ORDERS = {
    "set": "As listed",
    "overlap": "Most overlap",
    "confused": "Most confused",
    "tangled": "Most confused where events overlap",
    "missed": "Most missed",
    "false": "Most false alarms",
    "alike": "Sources most alike",
}
MEASURED = ("confused", "tangled", "missed", "false", "alike")
OPEN, _OLD = "clip list", "clip list is old"


def ordered(clips: ClipSet, system: str, selection: str) -> list[Recording]:
    """The clips that the address asks for, in its order: these are stepped through. What is not
    measured comes last.
    """
    found = recordings.matching(clips.clips, address.read(address.FIND) or "")
    order = address.read(address.ORDER)
    if order == "overlap":
        return sorted(found, key=lambda item: -(item.overlap or 0.0))
    if order in MEASURED:
        measures = _measures(found, system, selection)
        return sorted(found, key=lambda item: -_worth(measures.get(item.clip), order))
    return found


def _worth(measure: Measure | None, order: str) -> float:
    if measure is None:
        return -1.0
    t = measure.tally
    worth = {
        "confused": t.confused,
        "tangled": t.confused_overlap,
        "missed": t.missed,
        "false": t.false_alarm,
        "alike": measure.similarity or 0.0,
    }
    return worth[order]


def _measures(clips: Sequence[Recording], system: str, selection: str) -> dict[str, Measure]:
    threshold = address.threshold()
    found = {item.clip: loaders.measure(item, system, selection, threshold) for item in clips}
    return {clip: one for clip, one in found.items() if one is not None}


def panel(clips: ClipSet, chosen: Recording | None, system: str, selection: str) -> None:
    """The list, below a line that opens it; nothing of it is computed while it is closed."""
    box = st.expander(
        f"All {len(clips.clips)} clips: find, measure and sort them",
        key=OPEN,
        on_change="rerun",
        icon=":material/list:",
    )
    if not box.open:
        return
    with box:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            address.search("Find", address.FIND, "dog, speech", width=260)
            address.pick("Order", list(ORDERS), address.ORDER, ORDERS.__getitem__, width=290)
            listed = ordered(clips, system, selection)
            todo = [
                c
                for c in listed
                if c.audio is not None
                and c.truth is not None
                and loaders.measure(c, system, selection, address.threshold()) is None
            ]
            begin = bool(todo) and st.button(
                f"Measure {len(todo)} clip{'s' * (len(todo) != 1)} with {system}",
                "measure",
                icon=":material/play_arrow:",
                help="Analyses every clip of this list that was not analysed yet, and tells what was missed.",
            )
        if not cancelled(_work(clips, system)) and begin:
            _measure_all(clips, todo, system, selection)
            st.rerun()
        if not listed:
            st.caption("No clip has all of these words in its name, note or classes.")
            return
        _table(listed, chosen, system, selection)


def grown_old() -> None:
    """The hand chose another system or threshold: the list, where it is open, is of another one."""
    st.session_state[_OLD] = bool(st.session_state.get(OPEN))


def refresh() -> None:
    """Run the whole page where the list has grown old. For the top of a fragment."""
    if st.session_state.pop(_OLD, False):
        st.rerun()


def _work(clips: ClipSet, system: str) -> str:
    return f"{system} on {clips.title}"


def _measure_all(clips: ClipSet, todo: Sequence[Recording], system: str, selection: str) -> None:
    failed: list[str] = []
    with progress(_work(clips, system), "list") as tell:
        for done, item in enumerate(todo):

            def step(share: float, what: str, done: int = done) -> None:
                tell((done + share) / len(todo), f"{done + 1} of {len(todo)}: {what}")

            try:
                loaders.listen(item, system, selection, step)
            except JssError as error:
                failed.append(str(error))
    if failed:
        st.toast(
            f"{len(failed)} of {len(todo)} could not be analysed: {address.literal(failed[0])}",
            icon=":material/error:",
        )


def _table(
    listed: Sequence[Recording], chosen: Recording | None, system: str, selection: str
) -> None:
    measures = _measures(listed, system, selection)
    rows = []
    for item in listed:
        one = measures.get(item.clip)
        classes = (
            None
            if item.classes is None
            else ", ".join(sound_class(label).short for label in item.classes)
        )
        rows.append(
            {"Clip": item.title, "Classes": classes, "Overlap (s)": item.overlap}
            | (
                {}
                if one is None
                else {
                    "Hit (s)": one.tally.hit,
                    "Missed (s)": one.tally.missed,
                    "False alarm (s)": one.tally.false_alarm,
                    "Confused (s)": one.tally.confused,
                    "In overlap (s)": one.tally.confused_overlap,
                    "Similarity": one.similarity,
                }
            )
            | ({"Audio": "missing"} if item.audio is None else {})
        )
    table = pd.DataFrame(rows).dropna(axis="columns", how="all")
    key = f"list of {system}"
    at = next(
        (i for i, item in enumerate(listed) if chosen is not None and item.clip == chosen.clip),
        None,
    )
    st.session_state[key] = {"selection": {"rows": [] if at is None else [at]}}
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=min(330, 36 * (len(table) + 1) + 3),
        on_select=_open,
        selection_mode=["single-row", "single-cell"],
        column_config={
            name: st.column_config.NumberColumn(format="%.2f" if name == "Similarity" else "%.1f")
            for name in table.columns
            if name not in ("Clip", "Classes", "Audio")
        },
        alt="Clips with their classes and what the system missed in them; press one to open it",
    )
    st.download_button(
        "CSV",
        lambda: table.to_csv(index=False),
        file_name="clips.csv",
        mime="text/csv",
        type="tertiary",
        on_click="ignore",
        key="clip list csv",
        icon=":material/download:",
        help="This list as CSV",
    )
    st.session_state["listed"] = (key, [item.clip for item in listed])
    if measures:
        st.caption(
            f"{system}, {selection}, above {address.threshold():.2f}, {len(measures)} of {len(listed)} clips. "
            "Confused: seconds in which one class is missed while another is a false alarm; in overlap: "
            "those of them in which two classes sound. "
            "Press a row to open its clip."
        )


def _open() -> None:
    """A row or a cell was pressed."""
    key, names = st.session_state["listed"]
    pressed = st.session_state[key]["selection"]
    rows = [cell[0] for cell in pressed.get("cells") or ()] or list(pressed.get("rows") or ())
    if rows and rows[0] < len(names):
        address.write(address.CLIP, names[rows[0]])
