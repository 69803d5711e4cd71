"""The clip viewer (``jss.viewer``) on a page: Python sends a small message and addresses of files.

view([pack(result, ground_truth, clip="a.flac")], clip="a.flac", shown="MixIT-S1",
     names=["SED", "MixIT-S1"], threshold=0.5, key="clip", on_interaction=changed)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from jss.decoding import Threshold
from jss.papers.names import printed_name
from jss.viewer import WEB, styles
from jss.viewer.payload import Payload, with_shared_classes
from pages.ui import address, widgets
from pages.ui.viewer import internals


def view(
    payloads: Sequence[Payload],
    *,
    clip: str,
    shown: str,
    names: Sequence[str],
    threshold: Threshold,
    key: str,
    span: str = "",
    compare: Mapping[str, str] | None = None,
    more: bool = False,
    pending: str = "",
    reasons: Mapping[str, str] | None = None,
    stepped: str = "",
    named: Mapping[str, str] | None = None,
    on_interaction: Callable[[], None] = lambda: None,
    on_more: Callable[[], None] = lambda: None,
) -> None:
    """Show one clip through one of several systems, between which the browser switches by itself.

    Args:
        payloads: Of :func:`jss.viewer.payload.pack`, one for each system, with that of
            ``shown`` among them unless it is ``pending``.
        clip: The name of the clip.
        shown: The system to show.
        names: All systems that can be chosen, in order.
        threshold: Scores above it become events, 0 to 1; "auto": each system's operating points,
            or 0.5 where it has none.
        key: Of the widget, so that the viewer and what it plays stay across reruns.
        span: What is visible of a clip when it is opened, "2.00-4.50" in seconds, else all of it.
        compare: None for one system at a time, else how several are drawn ("layout": "columns" or
            "stacked") and what is drawn beside their sources ("beside": "scores" or "difference",
            which is that from "against", a system).
        more: Whether there are payloads that need no computing; once the viewer has drawn, it calls
            on_more for them.
        pending: Why the result of ``shown`` is not there yet, in words. Nothing of another clip is
            then shown or played.
        reasons: System -> why it has no result, a sentence for its button and its column.
        stepped: What the buttons of :func:`pages.ui.widgets.step_buttons` on the page step through;
            the viewer counts their presses.
        named: What it reports -> its name in the address, where that is another.
        on_interaction: Called before the rerun that follows an interaction, to call
            :func:`take_over`: ``st.session_state[key]["interaction"]`` is a mapping of threshold,
            system, view (a span), against, beside, steps and a stamp, by which the viewer
            recognises a late answer. A system whose payload is missing is asked for in the same way.
        on_more: See ``more``.
    """
    addressed = [_addressed(payload, key) for payload in payloads]
    data = {
        "clip": clip,
        "systems": with_shared_classes(addressed) if compare else addressed,
        "shown": shown,
        "names": list(names),
        "printed": {name: printed_name(name) for name in names},
        "threshold": threshold,
        "view": span,
        "compare": compare and dict(compare),
        "more": more,
        "pending": pending,
        "reasons": dict(reasons or {}),
        "stepped": stepped,
        "named": dict(named or {}),
        "acknowledged": _interaction(key).get("stamp", 0),
    }
    internals.calm("calm")
    mount = internals.component(WEB, html="viewer.html", styles=styles(), js="main.js")
    mount(
        key=key,
        data=data,
        default={"interaction": {}},
        on_interaction_change=on_interaction,
        on_more_change=on_more,
    )


def has_news(key: str) -> bool:
    """Return whether something was chosen in a viewer that :func:`take_over` has not taken over yet.

    Args:
        key: Of :func:`view`.
    """
    chosen, taken = _interaction(key), _taken(key)
    return bool(chosen) and taken.get(chosen["viewer"], (0, 0))[0] < chosen["stamp"]


def take_over(key: str, names: Mapping[str, str], stepped: str) -> None:
    """Put what was chosen in the viewer into the address, once.

    To be called in on_interaction, and again before the page reads its choices: Streamlit may break
    off a callback in favour of a newer event, which then need not be one of the viewer.

    Args:
        key: Of :func:`view`.
        names: What the viewer reports -> its name in the address; of the threshold, where that is
            another.
        stepped: What Previous and Next choose, by its name in the address. The viewer reports how
            often they have been pressed in all, so that no press is lost or counted twice.
    """
    chosen, taken = _interaction(key), _taken(key)
    if not has_news(key):
        return
    viewer, stamp, steps = chosen["viewer"], chosen["stamp"], chosen["steps"]
    reported = {**chosen, "threshold": address.threshold_text(chosen["threshold"])}
    names = {"threshold": address.THRESHOLD, **names}
    choices = {of: reported[name] for name, of in names.items() if name in reported}
    choices |= widgets.stepped(stepped, steps - taken.get(viewer, (0, 0))[1])
    address.write_all(choices, lambda: taken.update({viewer: (stamp, steps)}))


def _interaction(key: str) -> dict[str, Any]:
    chosen: dict[str, Any] = st.session_state.get(key, {}).get("interaction", {})
    return chosen


def _taken(key: str) -> dict[str, tuple[int, int]]:
    """Viewer in the browser -> stamp and steps of its last report that was taken over."""
    taken: dict[str, tuple[int, int]] = st.session_state.setdefault(f"taken of {key}", {})
    return taken


def _addressed(payload: Payload, key: str) -> dict[str, Any]:
    place = f"{key}/{payload.meta['system']}"
    return payload.addressed(lambda name, file: internals.address(*file, f"{place}/{name}"))
