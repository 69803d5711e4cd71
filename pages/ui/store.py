"""Results on disk, so that a clip analysed yesterday is shown at once today, without torch being imported."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path

import jss
from jss.errors import JssError
from jss.results import ClipResult

#: Results kept on disk, the last used ones, and the longest clip that is kept, in seconds.
KEEP, LONGEST = 64, 60.0


def folder() -> Path:
    """Where results lie: jss/results in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jss" / "results"


def get(key: str) -> ClipResult | None:
    """The result stored for a key by this very code, or None."""
    path = _path(key)
    try:
        result = ClipResult.load(path)
        os.utime(path)
    except (JssError, OSError):
        return None
    return result


def put(key: str, result: ClipResult) -> None:
    """Keep a result; a full or forbidden disk only means that nothing is kept."""
    if result.duration > LONGEST:
        return
    with contextlib.suppress(JssError, OSError):
        path = _path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        result.save(path)
        for old in sorted(path.parent.glob("*.npz"), key=lambda p: p.stat().st_mtime)[:-KEEP]:
            old.unlink(missing_ok=True)


def _path(key: str) -> Path:
    return folder() / f"{hashlib.sha256(f'{_code()}|{key}'.encode()).hexdigest()[:40]}.npz"


@cache
def _code() -> str:
    """What changes when the code between audio and result does."""
    home = Path(jss.__file__).parent
    files = [home / name for name in ("audio.py", "features.py", "inference.py", "results.py")]
    digest = hashlib.sha256()
    for path in [*files, *sorted((home / "models").glob("*.py"))]:
        if path.exists():
            digest.update(path.read_bytes())
    return digest.hexdigest()
