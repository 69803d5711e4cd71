"""A fingerprint of a system, for the keys of caches; read from disk only when that changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jss import checkpoints
from jss.errors import JssError
from pages.ui.cache import model_folders
from pages.ui.cache.model_folders import Place


def system_fingerprint(name: str, selection: str) -> str:
    """Return a text that changes with a system's weights, pooling or front end.

    Raises:
        JssError: Where the system has no such selection, or is damaged.
    """
    place = model_folders.place(name)
    home = checkpoints.root(place.folder)
    paths = (home / "systems", home / "blocks", home / "systems" / f"{place.name}.yaml")
    return _read(place, selection, str(home), tuple(map(_written, paths)))


def _written(path: Path) -> int:
    """Return when a file was written, 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(64)
def _read(place: Place, selection: str, home: str, written: tuple[int, ...]) -> str:
    manifest = checkpoints.manifest(place.name, place.folder)
    if selection not in manifest.selections:
        choice = " or ".join(manifest.selections)
        raise JssError(f"{place.name} has no {selection}: choose {choice}.")
    chosen = manifest.selections[selection]
    weights = [checkpoints.load_card(block, place.folder).fingerprint for block in chosen.blocks]
    return "+".join(
        [
            *weights,
            str(chosen.q),
            manifest.pooling,
            manifest.features,
            str(manifest.consistent),
            ",".join(manifest.labels),
        ]
    )
