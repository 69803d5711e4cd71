"""Account of every name in a folder of data, printed at the end of a command."""

from __future__ import annotations

from pathlib import Path

from jss.data.datasets import sets
from jss.data.soundbank.bank import is_bank, read_bank
from jss.io import inputs


def summary_of_data(root: str | Path) -> str:
    """Sentence that accounts for every name in a data set, a soundbank or a folder of audio.

    Raises:
        JssError: The folder is none of these.
    """
    folder = Path(root)
    layout = sets.recognise(folder)
    if layout is None and is_bank(folder):
        return summary_of_bank(folder)
    subsets = sets.subsets(folder)
    clips = [clip for clips in subsets.values() for clip in clips if clip.path is not None]
    used = {
        "clips": [clip.path for clip in clips if clip.path],
        inputs.SOURCES: [path for clip in clips for _, path in clip.sources if path],
    }
    return inputs.summary_of_folder(folder, used)


def summary_of_bank(root: str | Path) -> str:
    """Sentence that accounts for every name in a soundbank.

    Raises:
        JssError: The folder is no soundbank.
    """
    base, recordings = read_bank(Path(root))
    used = [base / recording.path for recording in recordings]
    return inputs.summary_of_folder(base, {"recordings of its classes": used})
