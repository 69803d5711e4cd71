"""A folder of any audio without labels, nested as it may be (YFCC100M style): what MixIT learns
from.
"""

from __future__ import annotations

from pathlib import Path

from jss.data.clip import Clip
from jss.data.recordings import hashed_split
from jss.errors import JssError
from jss.io.inputs import has_audio, walk, without_suffix
from jss.io.notes import warn


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """Every audio file below ROOT by its path in it, sorted; one in ten, by a hash of that path
    without its suffix, is for validation.

    What is no audio is passed over by the rules of ``jss.io.inputs``; of two or more files one is for
    validation. Lengths are not looked up: there may be a million files. Raises JssError where there
    is none.
    """
    listing = walk(root)
    for why in listing.refused.values():
        warn(why)
    clips = [Clip(name, path) for name, path in listing.files.items()]
    if not clips:
        raise JssError(
            f"{root} holds no audio: give a folder with wav, flac, ogg, opus, mp3 or m4a files, nested or "
            f"not. {listing.summary({})}"
        )
    clips.sort(key=lambda clip: (_stem(clip), clip.filename))
    held_out = [clip for clip in clips if hashed_split(_stem(clip)) == "validation"] or clips[1:][
        -1:
    ]
    names = {clip.filename for clip in held_out}
    return {"train": [clip for clip in clips if clip.filename not in names], "validation": held_out}


def find(root: str | Path) -> Path | None:
    """ROOT, or None where there is no audio in it."""
    return Path(root) if has_audio(root) else None


def _stem(clip: Clip) -> str:
    return without_suffix(clip.filename)
