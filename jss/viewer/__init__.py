"""The clip viewer: canvas and Web Audio in the browser, in plain JavaScript; a result as it wants it.

The pages of the app mount it.
"""

from __future__ import annotations

from pathlib import Path

#: The folder of its files: viewer.html, viewer.css, and modules that begin with main.js.
WEB = Path(__file__).parent / "web"
