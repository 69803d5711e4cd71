"""The list of a set's clips: find, sort and measure them, and open one by a click."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.labels import sound_class
from pages.ui import address, charts, viewer, widgets
from pages.ui.cache import loaders
from pages.ui.cache.loaders import Measure
from pages.ui.clip import recordings
from pages.ui.clip.recordings import ClipSet, Recording
from pages.ui.progress import cancelled, progress
from pages.ui.text import literal

#: Order in the address -> how the user reads it; the first is that of the set.
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
OPEN, _OUTDATED = "clip list", "clip list is outdated"
#: Key of the viewer of clips.
VIEWER = "clip viewer"


def ordered(clips: ClipSet, system: str, selection: str) -> list[Recording]:
    """Return the clips that the address asks for, in its order; unmeasured ones come last."""
    clips_found = recordings.matching(clips.clips, address.read(address.FIND) or "")
    order = widgets.known_choice("Order", address.ORDER, ORDERS.__contains__)
    if order == "overlap":
        return sorted(clips_found, key=lambda item: -(item.overlap or 0.0))
    if order in MEASURED:
        measures = _measures(clips_found, system, selection)
        return sorted(clips_found, key=lambda item: -_worth(measures.get(item.clip), order))
    return clips_found


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
    every = {item.clip: loaders.measure(item, system, selection, threshold) for item in clips}
    return {clip: measure for clip, measure in every.items() if measure is not None}


def panel(clips: ClipSet, chosen: Recording | None, system: str, selection: str) -> None:
    """Show the list in an expander; nothing of it is computed while that is closed."""
    box = st.expander(
        f"Clip list ({len(clips.clips)})",
        key=OPEN,
        on_change="rerun",
        icon=":material/list:",
    )
    if not box.open:
        return
    with box:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            widgets.search("Find", address.FIND, "dog, speech", width=260)
            widgets.pick("Order", list(ORDERS), address.ORDER, ORDERS.__getitem__, width=290)
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
                help="Analyses the rest of this list, so that it can be sorted by errors.",
            )
        if not cancelled(_work(clips, system)) and begin:
            _measure_all(clips, todo, system, selection)
            st.rerun()
        if not listed:
            st.caption("No clip matches all of these words.")
            return
        _table(clips, listed, chosen, system, selection)


def mark_outdated() -> None:
    """Note that another system or threshold was chosen, which changes the list where it is open."""
    st.session_state[_OUTDATED] = bool(st.session_state.get(OPEN))


def refresh() -> None:
    """Rerun the whole page where the list is outdated; for the top of a fragment."""
    if st.session_state.pop(_OUTDATED, False):
        st.rerun()


def _work(clips: ClipSet, system: str) -> str:
    return f"{system} on {clips.title}"


def _measure_all(clips: ClipSet, todo: Sequence[Recording], system: str, selection: str) -> None:
    failed: list[str] = []
    with progress(_work(clips, system), "list") as report:
        for done, item in enumerate(todo):

            def step(share: float, what: str, done: int = done) -> None:
                report((done + share) / len(todo), f"{done + 1} of {len(todo)}: {what}")

            try:
                loaders.compute(item, system, selection, step)
            except JssError as error:
                failed.append(str(error))
    if failed:
        st.toast(
            f"{len(failed)} of {len(todo)} could not be analysed: {literal(failed[0])}",
            icon=":material/error:",
        )


def _table(
    clips: ClipSet,
    listed: Sequence[Recording],
    chosen: Recording | None,
    system: str,
    selection: str,
) -> None:
    measures = _measures(listed, system, selection)
    rows = []
    for item in listed:
        measure = measures.get(item.clip)
        classes = (
            None
            if item.classes is None
            else ", ".join(sound_class(label).short for label in item.classes)
        )
        rows.append(
            {
                "Clip": item.title,
                "What it shows": item.note or None,
                "Classes": classes,
                "Overlap (s)": item.overlap,
            }
            | (
                {}
                if measure is None
                else {
                    "Hit (s)": measure.tally.hit,
                    "Missed (s)": measure.tally.missed,
                    "False alarm (s)": measure.tally.false_alarm,
                    "Confused (s)": measure.tally.confused,
                    "In overlap (s)": measure.tally.confused_overlap,
                    "Similarity": measure.similarity,
                }
            )
            | ({"Audio": "missing"} if item.audio is None else {})
        )
    table = charts.short_numbers(pd.DataFrame(rows).dropna(axis="columns", how="all"))
    key = f"list of {clips.name} through {system}"
    at = next(
        (i for i, item in enumerate(listed) if chosen is not None and item.clip == chosen.clip),
        None,
    )
    st.session_state[key] = {"selection": {"rows": [] if at is None else [at]}}
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        placeholder="\u2013",
        height=min(330, 36 * (len(table) + 1) + 3),
        on_select=_open,
        selection_mode=["single-row", "single-cell"],
        column_config={
            name: st.column_config.NumberColumn(format="%.2f" if name == "Similarity" else "%.1f")
            for name in table.columns
            if name not in ("Clip", "Classes", "Audio", "What it shows")
        },
        alt="Clips with their classes and what the system missed in them; click one to open it",
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
        above = loaders.decoder(system, selection, address.threshold()).above
        st.caption(
            f"{system}, {selection}, {above}, {len(measures)} of {len(listed)} clips. "
            "Confused: seconds in which one class is missed while another is a false alarm; in overlap: "
            "those of them in which two classes sound. "
            "Click a row to open its clip."
        )


def _open() -> None:
    """Open the clip of the row or cell that was clicked.

    A row that comes with news of the viewer was marked before that, and not clicked.
    """
    if viewer.has_news(VIEWER) or st.session_state.get(VIEWER, {}).get("more"):
        return
    key, names = st.session_state["listed"]
    clicked = st.session_state[key]["selection"]
    rows = [cell[0] for cell in clicked.get("cells") or ()] or list(clicked.get("rows") or ())
    if rows and rows[0] < len(names):
        address.write(address.CLIP, names[rows[0]])
