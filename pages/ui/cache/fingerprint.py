"""A fingerprint of a system, for the keys of caches; read from disk only when that changes."""

from __future__ import annotations

from functools import lru_cache

from jss import checkpoints
from jss.errors import JssError


def system_fingerprint(name: str, selection: str) -> str:
    """Return a text that changes with a system's weights, pooling or front end.

    Raises:
        JssError: Where the system has no such selection, or is damaged.
    """
    home = checkpoints.root()
    paths = (home / "systems", home / "blocks", home / "systems" / f"{name}.yaml")
    return _read(
        name, selection, str(home), tuple(p.stat().st_mtime_ns if p.exists() else 0 for p in paths)
    )


@lru_cache(64)
def _read(name: str, selection: str, home: str, written: tuple[int, ...]) -> str:
    manifest = checkpoints.manifest(name)
    if selection not in manifest.selections:
        raise JssError(f"{name} has no {selection}: choose {' or '.join(manifest.selections)}.")
    chosen = manifest.selections[selection]
    weights = [checkpoints.load_card(block).sha256 for block in chosen.blocks]
    return "+".join(
        [*weights, str(chosen.q), manifest.pooling, manifest.features, str(manifest.consistent)]
    )
