"""The clip viewer: canvas and Web Audio in the browser, in plain JavaScript; a result as it wants it.

The pages of the app mount it.
"""

from __future__ import annotations

from pathlib import Path

#: The folder of its files: viewer.html, viewer.css after common.css, and modules that begin with main.js.
WEB = Path(__file__).parent / "web"


def styles(sheet: Path = WEB / "viewer.css") -> str:
    """Return a style sheet after what all of them have in common: colours, buttons, the focus."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (WEB / "common.css", sheet))
