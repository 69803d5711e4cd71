"""The clip viewer: one canvas and one Web Audio context in the browser; Python only says what is to be seen and heard.

    view(result, ground_truth, clip="examples/a.flac", threshold=0.5, key="clip", on_threshold=changed)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pages.ui.viewer import internals
from pages.ui.viewer.payload import Payload

_WEB = Path(__file__).parent / "web"


def view(payload: Payload, *, threshold: float, key: str, on_threshold: Callable[[], None] | None = None) -> float:
    """Show a clip. -> the threshold that the hand set last, or ``threshold``.

    payload: of :func:`pages.ui.viewer.payload.pack`; key: keeps the viewer, and what it plays, across reruns;
    on_threshold: called before the rerun in which the threshold is another one.
    """
    addresses = {name: internals.address(data, kind, f"{key}/{name}") for name, (data, kind) in payload.files.items()}
    data = payload.meta | {
        "threshold": threshold,
        "scores": addresses["scores"],
        "audio": [addresses[name] for name in payload.audio],
        "mel": [addresses[name] for name in payload.mel],
        "source_mels": [[addresses[name] for name in tiles] for tiles in payload.source_mels],
    }
    mount = internals.component(_WEB, html="viewer.html", css="viewer.css", js="main.js")
    state = mount(key=key, data=data, default={"threshold": threshold},
                  on_threshold_change=on_threshold or (lambda: None))
    return float(state.threshold)
