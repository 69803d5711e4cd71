"""A folder of any audio without labels, nested as it may be (YFCC100M style): what MixIT learns
from.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from jss import audio
from jss.data.clip import Clip
from jss.data.recordings import hashed_split
from jss.errors import JssError


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """Every audio file below ROOT by its path in it, sorted; one in ten, by a hash of that path
    without its suffix, is for validation.

    Hidden files and folders are passed over; of two or more files one is for validation. Lengths
    are not looked up: there may be a million files. Raises JssError where there is none.
    """
    base = find(root)
    if base is None:
        raise JssError(
            f"{root} holds no audio: give a folder with wav, flac, ogg, opus or mp3 files, nested or not."
        )
    clips = [Clip(path.relative_to(base).as_posix(), path) for path in _walk(base)]
    clips.sort(key=lambda clip: (_stem(clip), clip.filename))
    held_out = [clip for clip in clips if hashed_split(_stem(clip)) == "validation"] or clips[1:][
        -1:
    ]
    names = {clip.filename for clip in held_out}
    return {"train": [clip for clip in clips if clip.filename not in names], "validation": held_out}


def find(root: str | Path) -> Path | None:
    """ROOT, or None where there is no audio in it."""
    return Path(root) if next(_walk(Path(root)), None) is not None else None


def _stem(clip: Clip) -> str:
    return str(Path(clip.filename).with_suffix(""))


def _walk(root: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if (real := os.path.realpath(folder)) in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in audio.SUFFIXES:
                yield Path(folder, name)
