"""Results on disk, so that a clip analysed yesterday is shown at once today, without torch being
imported.

A result lies under a hash of its input and weights (the key of ``loaders``) and of the code
(:func:`jss.io.code_fingerprint.code_fingerprint`). Its scores lie beside it in a file of their own, so that a list of clips can tell
what a system found in each of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from jss.errors import JssError
from jss.io.code_fingerprint import code_fingerprint
from jss.results import ClipResult

if TYPE_CHECKING:
    from jss.inference.output_cache import ClipOutput

#: Bytes of the results and of the scores that are kept, the last used ones, and the longest clip
#: that is, in seconds.
KEEP, KEEP_SCORES, LONGEST = 1 << 30, 1 << 28, 60.0


def folder() -> Path:
    """Where results lie: jss/results in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jss" / "results"


def has(key: str, kind: str = "npz") -> bool:
    """Whether a result, or ("scores") at least its scores, is stored for a key by this very code."""
    return _path(key, kind).exists()


def get(key: str) -> ClipResult | None:
    """The result stored for a key by this very code, or None."""
    path = _path(key)
    try:
        result = ClipResult.load(path)
        os.utime(path)
    except (JssError, OSError):
        return None
    return result


def scores(key: str) -> ClipOutput | None:
    """The scores stored for a key by this very code, or None."""
    from jss.inference.output_cache import ClipOutput

    return ClipOutput.load(_path(key, "scores"))


def put(key: str, result: ClipResult) -> None:
    """Keep a result; a full or forbidden disk only means that nothing is kept."""
    from jss.inference.output_cache import ClipOutput

    with contextlib.suppress(JssError, OSError):
        folder().mkdir(parents=True, exist_ok=True)
        output = ClipOutput(result.scores, result.source_scores, result.weak, result.score_hop)
        output.save(_path(key, "scores"))
        _forget("scores", KEEP_SCORES)
        if result.duration <= LONGEST:
            result.save(_path(key))
            _forget("npz", KEEP)


def _forget(kind: str, most: int) -> None:
    """Remove what was used longest ago, until the rest fits."""
    files = sorted(
        (
            (entry.stat(), entry.path)
            for entry in os.scandir(folder())
            if entry.name.endswith(f".{kind}")
        ),
        key=lambda item: -item[0].st_mtime,
    )
    total = 0
    for stat, path in files:
        total += stat.st_size
        if total > most:
            Path(path).unlink(missing_ok=True)


def _path(key: str, kind: str = "npz") -> Path:
    return (
        folder()
        / f"{hashlib.sha256(f'{code_fingerprint()}|{key}'.encode()).hexdigest()[:40]}.{kind}"
    )
