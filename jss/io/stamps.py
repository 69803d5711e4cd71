"""Date and size of a file, which show without reading it whether it has changed."""

from __future__ import annotations

from pathlib import Path

#: When a file was written, in nanoseconds, and its size in bytes.
Stamp = tuple[int, int]


def stamp(path: Path) -> Stamp:
    """When a file was written, in nanoseconds, and its size in bytes; zeros where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size
