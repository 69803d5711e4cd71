"""Text of others on a page: names of files, classes and runs, and what a link says."""

from __future__ import annotations

from jss.errors import printable


def literal(text: str) -> str:
    """Escape a text for a place that reads Markdown, so that no link and no picture comes of it."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:&" else c for c in printable(text))
