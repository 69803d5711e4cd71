"""What became of every name in a folder of data: a line that adds up, for the end of a verb."""

from __future__ import annotations

from pathlib import Path

from jss.data.datasets import sets
from jss.data.soundbank.bank import is_bank, read_bank
from jss.io import inputs


def account(root: str | Path) -> str:
    """The line for a data set, a soundbank or a folder of audio. Raises JssError."""
    place = Path(root)
    layout = sets.recognise(place)
    if layout is None and is_bank(place):
        base, recordings = read_bank(place)
        used = [base / recording.path for recording in recordings]
    else:
        subsets = sets.subsets(place)
        clips = [clip for clips in subsets.values() for clip in clips if clip.path is not None]
        used = [
            path for clip in clips for path in (clip.path, *(p for _, p in clip.sources)) if path
        ]
    return inputs.summary_of_folder(place, used, "recordings used", "recordings that nothing names")
