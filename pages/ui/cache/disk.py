"""Results on disk: a clip analysed earlier is shown at once, without torch being imported.

A result lies under a hash of its input and weights (the key of ``loaders``) and of the code
(:func:`jss.io.code_fingerprint.code_fingerprint`). Its scores lie beside it in a file of their own,
so that a list of clips can show what a system detected in each of them. Judged claims and reports of
fusions, which take long to compute, lie in the same folder as JSON, under a hash of what they are
made of and of all code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jss.errors import JssError
from jss.io.atomic import atomic_write
from jss.io.code_fingerprint import code_fingerprint
from jss.results import ClipResult

if TYPE_CHECKING:
    from jss.inference.output_cache import ClipOutput

#: Most bytes of results, of scores and of plain data; the least recently used ones are removed.
MAX_BYTES, MAX_BYTES_SCORES, MAX_BYTES_JSON = 1 << 30, 1 << 28, 1 << 26
#: Seconds of the longest clip whose result is stored.
LONGEST = 60.0


def home() -> Path:
    """Return the folder of jss in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jss"


def folder() -> Path:
    """Return the folder of results."""
    return home() / "results"


def has(key: str, kind: str = "npz") -> bool:
    """Return whether a result ("npz") or its scores ("scores") are stored, made by this code."""
    return _path(key, kind).exists()


def get(key: str) -> ClipResult | None:
    """Return the result that this code stored for a key, or None."""
    path = _path(key)
    try:
        result = ClipResult.load(path)
        os.utime(path)
    except (JssError, OSError):
        return None
    return result


def scores(key: str) -> ClipOutput | None:
    """Return the scores that this code stored for a key, or None."""
    from jss.inference.output_cache import ClipOutput

    return ClipOutput.load(_path(key, "scores"))


def put(key: str, result: ClipResult) -> None:
    """Store a result; on a full or read-only disk nothing is stored, and nothing fails."""
    from jss.inference.output_cache import ClipOutput

    with contextlib.suppress(JssError, OSError):
        folder().mkdir(parents=True, exist_ok=True)
        output = ClipOutput(result.scores, result.source_scores, result.weak, result.score_hop)
        output.save(_path(key, "scores"))
        _evict("scores", MAX_BYTES_SCORES)
        if result.duration <= LONGEST:
            result.save(_path(key))
            _evict("npz", MAX_BYTES)


def plain_data(key: str, make: Callable[[], Any]) -> Any:
    """Return plain data that was stored for a key by this code, else make and store them.

    Args:
        key: Changes with all that the data are made of, but the code.
        make: Returns what JSON can hold.
    """
    whole = f"{code_fingerprint(excluded=frozenset())}|{key}"
    path = folder() / f"{hashlib.sha256(whole.encode()).hexdigest()[:40]}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        os.utime(path)
    except (OSError, ValueError):
        data = make()
        with contextlib.suppress(JssError, OSError):
            with atomic_write(path) as part:
                part.write_text(json.dumps(data), encoding="utf-8")
            _evict("json", MAX_BYTES_JSON)
    return data


def _evict(kind: str, most: int) -> None:
    """Remove the least recently used files of a kind until the rest takes at most ``most`` bytes."""
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
    name = hashlib.sha256(f"{code_fingerprint()}|{key}".encode()).hexdigest()[:40]
    return folder() / f"{name}.{kind}"
