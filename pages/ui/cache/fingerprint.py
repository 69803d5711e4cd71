"""What a system is made of, as a text by which its results are known again; read from disk only
when that changes.
"""

from __future__ import annotations

from functools import lru_cache

from jss import checkpoints
from jss.errors import JssError


def made_of(name: str, selection: str) -> str:
    """What changes when a system does: its weights, pooling and front end. Raises JssError where it
    has no such selection, or is damaged.
    """
    home = checkpoints.root()
    places = (home / "systems", home / "blocks", home / "systems" / f"{name}.yaml")
    return _read(
        name, selection, str(home), tuple(p.stat().st_mtime_ns if p.exists() else 0 for p in places)
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
