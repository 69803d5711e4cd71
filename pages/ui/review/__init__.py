"""The panel of the page Review: the events of a clip and the keys that judge them, in the browser.

panel(clip, events, classes, acknowledged=3, key="review", on_actions=judged)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jss.viewer import styles
from pages.ui.viewer import internals

_WEB = Path(__file__).parent / "web"


def panel(
    clip: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    classes: Sequence[Mapping[str, str]],
    *,
    acknowledged: int,
    undone: Mapping[str, Any],
    key: str,
    on_actions: Callable[[], None],
) -> None:
    """Show the events of a clip, and report what the reviewer says of them.

    The panel goes on to the next event by itself and reports afterwards, so that no key is lost
    however fast they are pressed.

    Args:
        clip: "name" as the viewer knows it; "filename", "start" and "end" in seconds, which come back
            with each action.
        events: In order of time: key, label, display, onset and offset in seconds of the clip, verdict
            or "", and score and "detected", its label, onset and offset, which are None for one that
            was added.
        classes: label and display of each class that an event can be given.
        acknowledged: The number of the last action that has been stored.
        undone: "event", the key of the event or clip whose judgement the last undo took back, "" for
            none, and "n", the number of that action.
        key: Of the widget: ``st.session_state[key]["actions"]`` is a list of mappings with n, id, kind
            (accept, reject, unsure, trim, relabel, missed, undo or done), clip, and as far as they
            go with it event, label, onset, offset and at, in seconds of the clip.
        on_actions: Called before the rerun that follows an action.
    """
    mount = internals.component(
        _WEB, html="panel.html", styles=styles(_WEB / "panel.css"), js="main.js"
    )
    mount(
        key=key,
        data={
            "clip": dict(clip),
            "events": [dict(event) for event in events],
            "classes": [dict(entry) for entry in classes],
            "acknowledged": acknowledged,
            "undone": dict(undone),
        },
        default={"actions": []},
        on_actions_change=on_actions,
    )
