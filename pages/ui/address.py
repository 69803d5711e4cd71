"""Choices that live in the address, so that a copied link opens the same view on every page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from jss.decoding import Threshold

#: Names in the address: of a clip and the system that analyses it,
CLIP, SYSTEM, SELECTION, THRESHOLD, MATCH = "clip", "system", "selection", "threshold", "match"
#: of the visible span of time, "2.00-4.50" in seconds, absent for a whole clip,
VIEW = "view"
#: of a set of clips, the words to find in it, and its order,
CLIPS, FIND, ORDER = "clips", "find", "order"
#: of a review, the order of the detections, the threshold in its viewer, and the precision wanted,
SAMPLE, REVIEW_THRESHOLD, PRECISION = "sample", "review-threshold", "precision"
#: of a timeline, the folder, the length of a bin, the window, and what is heard,
FOLDER, BIN, SINCE, CELL, EVENT = "folder", "bin", "since", "cell", "event"
#: and of a comparison.
SYSTEMS, AGAINST, BESIDE, LAYOUT = "systems", "against", "beside", "layout"
#: In the session: the choices, where the address was last taken over, and what the browser was last
#: told of each choice. In the address: the user pressed Back or Forward (see history.js).
_CHOICES, _PAGE, _TOLD, _BACK = "choices", "page of the choices", "told choices", "back"
#: In the session: the choices of the link that opened the page.
_LINK = "choices of the link"
#: The text of a link to a page has no end that is cut off on a narrow screen, a title stands level
#: with the buttons beside it, and tables of events stand one below the other where they do not fit.
_STYLE = (
    "[data-testid=stPageLink] :is(a, a > :last-child, a > :last-child *) "
    "{ white-space: normal; height: auto; } "
    "[data-testid=stHorizontalBlock] > [data-testid=stElementContainer] :is(h3, h4) "
    "{ padding-top: 0; } "
    "@media (max-width: 1180px) "
    "{ .st-key-event-tables [data-testid=stColumn] { min-width: calc(100% - 1.5rem); } }"
)
_SPAN = re.compile(r"\d{1,4}(\.\d{1,3})?-\d{1,4}(\.\d{1,3})?", re.ASCII)


def install_scripts() -> None:
    """Make only another page, set or clip a step of the browser's Back button; play one sound at a
    time; draw the page again when its theme changes. Style what all pages have.
    """
    names = ("history.js", "one_player.js", "theme.js")
    files = [Path(__file__).with_name(name) for name in names]
    script = "\n".join(file.read_text(encoding="utf-8") for file in files)
    with st.container(key="history"):
        st.html(
            f"<style>.st-key-history {{ display: none; }} {_STYLE}</style><script>{script}</script>",
            unsafe_allow_javascript=True,
        )
        st.button("Draw in another theme", key="theme changed")  # pressed by theme.js


def arrive(page: str) -> None:
    """Take over the address where it leads somewhere: a link, another page, Back or Forward.

    Anywhere else the session is right, and the address follows it: a browser sends its address with
    every event, also before it has learnt of the newest choice. To be called before any
    :func:`read` of a run.

    Args:
        page: The name of the page that is opened.
    """
    back = st.query_params.get(_BACK)
    opened = (page, back or st.session_state.get(_PAGE, ("", ""))[1])
    if st.session_state.get(_PAGE) != opened:
        named = {name: value for name, value in st.query_params.to_dict().items() if name != _BACK}
        _choices().update(named)
        st.session_state[_LINK] = named
        st.session_state[_PAGE] = opened
    st.query_params.pop(_BACK, None)


def _choices() -> dict[str, str]:
    choices: dict[str, str] = st.session_state.setdefault(_CHOICES, {})
    return choices


def read(name: str, known: Callable[[str], object] = bool) -> str | None:
    """Return a choice of this session, which is written into the address.

    So a link copied from any page holds all that the page depends on, also what was chosen on
    another page.

    Args:
        name: Of the choice.
        known: Value -> whether the page knows it; one that it does not know, perhaps a choice of
            another page, is not written.
    """
    chosen = last(name)
    _publish({name: chosen if chosen and known(chosen) else ""})
    return chosen


def last(name: str) -> str | None:
    """Return a choice of this session; the address may not hold it yet."""
    return _choices().get(name)


def of_link() -> dict[str, str]:
    """Return the choices of the link that opened the page; the same mapping until another one does."""
    link: dict[str, str] = st.session_state.setdefault(_LINK, {})
    return link


def write(name: str, value: str) -> None:
    """Put a choice into the session and the address; an empty one is removed."""
    write_all({name: value})


def write_all(choices: Mapping[str, str], mark: Callable[[], None] = lambda: None) -> None:
    """Put choices into the session and the address, in one step; empty ones are removed.

    Args:
        choices: Name -> value.
        mark: Called with the choices: either both are done, or neither. Streamlit may break off a
            callback wherever it uses the session or the address, in favour of a newer event; so
            this function may use neither.
    """
    known = _choices()
    known.update(choices)
    mark()
    _publish(choices)


def _publish(choices: Mapping[str, str]) -> None:
    """Put choices into the address; empty ones are removed.

    The address here is the browser's of the moment in which it sent the event. Where something else
    was said after that, the browser has yet to hear it, so the choice is said again.
    """
    told: dict[str, str] = st.session_state.setdefault(_TOLD, {})
    changed = {
        name: value
        for name, value in choices.items()
        if value != st.query_params.get(name, "") or value != told.get(name, value)
    }
    if not changed:
        return
    for name in [name for name, value in changed.items() if not value]:
        st.query_params.pop(name, None)
    st.query_params.update({name: value for name, value in changed.items() if value})
    told.update(changed)


def rerun_if_changed(name: str, shown: str) -> None:
    """Rerun the whole page where a choice is no longer the one shown; for the top of a fragment.

    Streamlit joins events of the same moment into one rerun, which may be that of a fragment alone.
    """
    if read(name) not in (None, shown):
        st.rerun()


def threshold(name: str = THRESHOLD) -> Threshold:
    """Return the threshold of the address, from 0.01 to 0.99; "auto" where it has none or nonsense."""
    wanted = read(name) or ""
    return round(float(wanted), 2) if _is_number(wanted) else "auto"


def is_threshold(text: str) -> bool:
    """Return whether a text is a threshold, as it is in the address."""
    return text == "auto" or _is_number(text)


def _is_number(text: str) -> bool:
    try:
        return 0.01 <= float(text) <= 0.99
    except ValueError:
        return False


def threshold_text(value: Threshold) -> str:
    """Return a threshold as it is in the address."""
    return value if value == "auto" else f"{value:.2f}"


def view_of(clip: str, duration: float = math.inf) -> str:
    """Return the visible span of a clip, "" for all of it; a span of another clip is dropped.

    Args:
        clip: Its name.
        duration: In seconds, where it is known: a span that begins later is dropped too.
    """
    wanted, of = read(VIEW) or "", st.session_state.get("view of", clip)
    st.session_state["view of"] = clip
    if wanted and (of != clip or not is_span(wanted, duration)):
        write(VIEW, "")
        return ""
    return wanted


def span_of(clip: str) -> tuple[float, float] | None:
    """Return the visible span of a clip in seconds, None for all of it."""
    start, _, end = view_of(clip).partition("-")
    return (float(start), float(end)) if end else None


def is_span(text: str, duration: float = math.inf) -> bool:
    """Return whether a text is a visible span of so many seconds, as it is in the address."""
    if not _SPAN.fullmatch(text):
        return False
    start, end = map(float, text.split("-"))
    return start < min(end, duration)


def read_several(name: str) -> list[str]:
    """Return names of systems, which may hold a plus but no comma."""
    return (read(name) or "").split(",")


def write_several(name: str, systems: Sequence[str]) -> None:
    """Put names of systems into the address, for :func:`read_several`."""
    write(name, ",".join(systems))
