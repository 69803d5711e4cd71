"""What tells whether a file has changed, without reading it."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int]


def stamp(path: Path) -> Stamp:
    """When a file was written, in nanoseconds, and its size in bytes; zeros where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size
