"""Choices that live in the address, so that a copied link opens the same view on every page."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from jss.decoding import Threshold

#: Names in the address: of a clip and the system that analyses it,
CLIP, SYSTEM, SELECTION, THRESHOLD, MATCH = "clip", "system", "selection", "threshold", "match"
#: of the visible span of time, "2.00-4.50" in seconds, absent for a whole clip,
VIEW = "view"
#: of a set of clips, the words to find in it, and its order,
CLIPS, FIND, ORDER = "clips", "find", "order"
#: of a review, the order of the detections, and the precision wanted,
SAMPLE, PRECISION = "sample", "precision"
#: of a timeline, the folder, the length of a bin, the window, and what is heard,
FOLDER, BIN, SINCE, CELL, EVENT = "folder", "bin", "since", "cell", "event"
#: and of a comparison.
SYSTEMS, AGAINST, BESIDE, LAYOUT = "systems", "against", "beside", "layout"
#: Seconds within which a browser learns of a choice made on the server.
_DELAY_S = 3.0
#: In the session: values that were replaced lately. In the address: the user pressed Back or
#: Forward (see history.js).
_REPLACED, _BACK = "replaced ", "back"
_SPAN = re.compile(r"\d{1,4}(\.\d{1,3})?-\d{1,4}(\.\d{1,3})?", re.ASCII)


def install_scripts() -> None:
    """Make only another page, set or clip a step of the browser's Back button; play one sound at a time."""
    files = [Path(__file__).with_name(name) for name in ("history.js", "one_player.js")]
    script = "\n".join(file.read_text(encoding="utf-8") for file in files)
    with st.container(key="history"):
        st.html(
            f"<style>.st-key-history {{ display: none; }}</style><script>{script}</script>",
            unsafe_allow_javascript=True,
        )


def read(name: str) -> str | None:
    """Return a choice: from the address, else the last one of this session, which is written there.

    So a link copied from any page holds all that the page depends on, also what was chosen on
    another page.
    """
    if st.query_params.pop(_BACK, None):  # an old address is meant
        for key in [key for key in st.session_state if str(key).startswith(_REPLACED)]:
            del st.session_state[key]
    wanted: str | None = st.query_params.get(name)
    last: str | None = st.session_state.get(f"chosen {name}")
    if wanted and wanted not in _replaced(name):
        st.session_state[f"chosen {name}"] = wanted
        return wanted
    if last:
        st.query_params[name] = last
    elif wanted:
        st.query_params.pop(name)
    return last


def last(name: str) -> str | None:
    """Return the newest choice that the server knows of.

    The address that comes with a press may be older than the presses before it.
    """
    return st.session_state.get(f"chosen {name}") or read(name)


def write(name: str, value: str) -> None:
    """Put a choice into the address and the session; an empty one is removed."""
    write_all({name: value})


def write_all(choices: Mapping[str, str]) -> None:
    """Put choices into the address, in one step, and the session; empty ones are removed.

    A browser sends its address with every event. Events that it sends before it has learnt of this
    choice still hold the earlier one, which must not come back.
    """
    for name, value in choices.items():
        before = st.query_params.get(name)
        if before and before != value:
            _replaced(name)[before] = time.monotonic() + _DELAY_S
        _replaced(name).pop(value, None)
        st.session_state[f"chosen {name}"] = value
        if not value:
            st.query_params.pop(name, None)
    changed = {
        name: value
        for name, value in choices.items()
        if value and st.query_params.get(name) != value
    }
    if changed:
        st.query_params.update(changed)


def _replaced(name: str) -> dict[str, float]:
    """Values that a newer choice has replaced -> when a browser must have learnt of that."""
    known, now = st.session_state.get(_REPLACED + name, {}), time.monotonic()
    current = {value: until for value, until in known.items() if now < until}
    st.session_state[_REPLACED + name] = current
    return current


def rerun_if_changed(name: str, shown: str) -> None:
    """Rerun the whole page where a choice is no longer the one shown; for the top of a fragment.

    Streamlit joins events of the same moment into one rerun, which may be that of a fragment alone.
    """
    if read(name) not in (None, shown):
        st.rerun()


def threshold() -> Threshold:
    """Return the threshold of the address, from 0.01 to 0.99; "auto" where it has none or nonsense."""
    try:
        return round(min(0.99, max(0.01, float(read(THRESHOLD) or ""))), 2)
    except ValueError:
        return "auto"


def write_threshold(value: Threshold) -> None:
    """Put the threshold into the address."""
    write(THRESHOLD, value if value == "auto" else f"{value:.2f}")


def view_of(clip: str) -> str:
    """Return the visible span of a clip, "" for all of it; a span of another clip is dropped."""
    wanted, of = read(VIEW) or "", st.session_state.get("view of", clip)
    st.session_state["view of"] = clip
    if wanted and (of != clip or not _SPAN.fullmatch(wanted)):
        write(VIEW, "")
        return ""
    return wanted


def span_of(clip: str) -> tuple[float, float] | None:
    """Return the visible span of a clip in seconds, None for all of it."""
    start, _, end = view_of(clip).partition("-")
    return (float(start), float(end)) if end and float(start) < float(end) else None


def read_several(name: str) -> list[str]:
    """Return names of systems, which may hold a plus but no comma."""
    return (read(name) or "").split(",")


def write_several(name: str, systems: Sequence[str]) -> None:
    """Put names of systems into the address, for :func:`read_several`."""
    write(name, ",".join(systems))
