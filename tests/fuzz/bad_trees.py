"""Folders as people have them: recordings of all kinds among litter, links, loops, and names of any
bytes; each as a list that :func:`build` makes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import bad_audio
import numpy as np

_KINDS = ("wav", "flac", "ogg", "mp3", "m4a", "webm", "mp4", "aiff")
_OTHERS = (
    "notes.txt",
    "a.jpg",
    "noext",
    ".DS_Store",
    "._x.wav",
    "Thumbs.db",
    "x.wav.part",
    "A.WAV.bak",
)
_FOLDERS = ("", "mon/", "tue/a b/", "__MACOSX/", ".ipynb_checkpoints/", "é/", "d" * 200 + "/")
_NAMES = (
    "a",
    '5" pipe',
    "x\ty",
    "x\ny",
    "a.wav",
    " b ",
    "-c",
    "\udce9",
    "日本",
    "1_100.000_110.000",
)


def files(count: int = 40) -> Iterator[tuple[str, bytes]]:
    """(name, list of [kind, path, target] as JSON)."""
    for kind in _KINDS:
        _sound(kind)  # now, since nothing may be written aside while a door is watched
    for number in range(count):
        rng = np.random.default_rng((9, number))
        entries: list[tuple[str, str, str]] = []
        for _ in range(int(rng.integers(1, 12))):
            kind = _pick(
                rng, ("sound", "sound", "sound", "broken", "other", "link", "fifo", "empty")
            )
            folder = _pick(rng, _FOLDERS)
            if kind in ("sound", "broken", "empty"):
                suffix = _pick(rng, _KINDS)
                entries.append(
                    (
                        kind,
                        f"{folder}{_pick(rng, _NAMES)}.{_pick(rng, (suffix, suffix.upper()))}",
                        suffix,
                    )
                )
            elif kind == "other":
                entries.append((kind, folder + _pick(rng, _OTHERS), ""))
            elif kind == "link":
                target = _pick(
                    rng, (".", "..", "mon", "nowhere", "nowhere.wav", *(e[1] for e in entries))
                )
                entries.append((kind, f"{folder}{_pick(rng, ('l', 'l.wav'))}", target))
            else:
                entries.append((kind, f"{folder}{_pick(rng, ('pipe.wav', 'pipe'))}", ""))
        yield f"tree-{number}", json.dumps(entries).encode()


def _pick(rng: np.random.Generator, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


@cache
def _sound(kind: str) -> bytes:
    return bad_audio.sound(kind, 0.2)


def build(root: Path, data: bytes) -> None:
    """Make a folder of the list; what is there already stays."""
    root.mkdir(parents=True, exist_ok=True)
    for kind, name, more in json.loads(data):
        path = root / name
        if os.path.lexists(path) or any(
            p.is_symlink() or p.is_file() for p in path.parents if p != root
        ):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            os.symlink(root / more, path)
        elif kind == "fifo":
            os.mkfifo(path)
        else:
            sound = _sound(more) if kind in ("sound", "broken") else b""
            path.write_bytes(sound[: len(sound) // 3] if kind == "broken" else sound)
