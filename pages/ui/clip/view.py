"""A clip on a page: its analyses, the viewer, and the tables under it, with the choices kept in the
address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.viz.tables import truth_table
from pages.ui import address, selections, viewer
from pages.ui.cache import loaders
from pages.ui.cache.loaders import Analysis
from pages.ui.clip import browser
from pages.ui.clip.recordings import Recording
from pages.ui.progress import in_turn

KEY = "clip viewer"
#: Longer clips, in seconds, are not preloaded through other systems: their audio would fill the
#: browser's memory.
LONGEST = 60.0
_MORE = "preload"


def errors_said(fragment: Callable[..., None]) -> Callable[..., None]:
    """A fragment whose mistakes are sentences: a page does not hear what is raised in one."""

    @wraps(fragment)
    def said(*args: object) -> None:
        try:
            fragment(*args)
        except JssError as error:
            st.error(address.literal(str(error)), icon=":material/error:")

    return said


def opened() -> Recording | None:
    """The clip of the address, under the controls that choose it; None, and a sentence, where none
    can be analysed.
    """
    system = address.system()
    if system is None:
        address.no_system()
        return None
    clips, recording = address.choose(
        lambda one: browser.ordered(one, system, selections.shown(system))
    )
    if recording is None:
        st.info(
            "No example clip is installed: press **Open, record** above.", icon=":material/mic:"
        )
        return None
    browser.panel(clips, recording, system, selections.shown(system))
    if recording.audio is None:
        _missing(recording)
        return None
    return recording


def _missing(recording: Recording) -> None:
    """What there is of a clip without audio."""
    name = address.literal(recording.filename)
    st.warning(
        f"The audio of {name} is not on this disk, so it cannot be heard or analysed. Some clips of DESED can "
        "no longer be downloaded.",
        icon=":material/volume_off:",
    )
    if recording.truth is not None:
        st.markdown("**Ground truth**")
        _table(truth_table(recording.truth), "This clip holds no event.")
    elif recording.tags is not None:
        st.markdown(f"Weak labels: {address.literal(', '.join(recording.tags)) or 'none'}")


def analyse(
    systems: Sequence[str], recording: Recording, selection: str
) -> dict[str, Analysis] | None:
    """The clip through some systems, with a bar where it takes long; None where the visitor
    cancelled it.
    """
    address.still(address.CLIP, recording.clip)
    return in_turn(
        systems,
        recording.title,
        "clip",
        lambda name, tell: loaders.analyse(recording, name, *_network(name, selection), tell=tell),
    )


def _network(system: str, selection: str) -> tuple[str, str | None]:
    """Student or teacher, and the system whose order of sources is taken over."""
    there = selections.shown(system, selection)
    return there, loaders.model_of_order(system, there) if address.read(
        address.MATCH
    ) != "no" else None


def order_note(one: Analysis, selection: str) -> str:
    """Which outputs of a separator are shown in another order than its own, and why."""
    if one.order == tuple(range(len(one.order))):
        return ""
    _, like = _network(one.result.system, selection)
    return (
        f"Its outputs {', '.join(str(m + 1) for m in one.order)} are shown in the order of {like}"
    )


def view(
    found: Mapping[str, Analysis],
    shown: str,
    recording: Recording,
    selection: str,
    names: Sequence[str],
    compare: Mapping[str, str] | None = None,
) -> None:
    """The viewer, with every system that is at hand, so that the browser switches by itself."""
    payloads = {name: one.payload for name, one in found.items()}
    more = False
    if found[shown].result.duration <= LONGEST:
        load = st.session_state.pop(_MORE, None) == found[shown].payload.meta["id"]
        for name in (name for name in names if name not in payloads):
            network, like = _network(name, selection)
            one = loaders.in_memory(recording, name, network, like)
            if one is None and loaders.on_disk(recording, name, network):
                more = not load
                one = loaders.analyse(recording, name, network, like) if load else None
            if one is not None:
                payloads[name] = one.payload
    viewer.view(
        [payloads[name] for name in names if name in payloads],
        shown=shown,
        names=names,
        threshold=address.threshold(),
        key=KEY,
        span=address.view_of(recording.clip),
        compare=compare,
        more=more,
        on_interaction=_take_over,
        on_more=_more,
    )


def _take_over() -> None:
    """What was chosen in the viewer goes into the address."""
    chosen = st.session_state[KEY]["interaction"]
    address.write(address.THRESHOLD, f"{chosen['threshold']:.2f}")
    for name in (address.VIEW, address.SYSTEM, address.AGAINST, address.BESIDE):
        if name in chosen:
            address.write(name, chosen[name])
    browser.grown_old()


def _more() -> None:
    st.session_state[_MORE] = st.session_state[KEY]["more"]


def tables(events: pd.DataFrame, recording: Recording, threshold: float) -> None:
    """Detected events, and the ground truth beside them."""
    left, right = st.columns([3, 2]) if recording.truth is not None else (st.container(), None)
    with left:
        st.markdown(f"**Events detected** above {threshold:.2f}, median filter 448 ms")
        _table(events, "No event: lower the threshold in the viewer.")
    if right is not None:
        with right:
            st.markdown("**Ground truth**")
            _table(truth_table(recording.truth), "This clip holds no event of the ten classes.")


def _table(table: pd.DataFrame, empty: str) -> None:
    if not len(table):
        st.caption(empty)
        return
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config={
            "Onset (s)": number(format="%.3f"),
            "Offset (s)": number(format="%.3f"),
            "Duration (s)": number(format="%.3f"),
            "Peak score": number(format="%.3f"),
            "In truth (%)": number(format="%.0f"),
            "Source": number(format="%d"),
        },
    )
