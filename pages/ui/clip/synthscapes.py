"""The clips of ``synthscapes``, each rendered when it is first opened, and cached."""

from __future__ import annotations

import io
import re
from pathlib import Path

from jss import audio, checkpoints
from jss.errors import JssError
from jss.io.code_fingerprint import code_fingerprint
from pages.ui.cache import disk
from pages.ui.clip.recordings import ClipSet, Recording

NAME = "synthscapes"
_NUMBER = re.compile(r"_(\d{5})\.flac$")


class Synthscape(Recording):
    """A clip of ``synthscapes``; its file need not be there yet."""

    @property
    def digest(self) -> str:
        """Return its name, which holds the number that it is drawn from."""
        return self.clip

    def open(self) -> io.BytesIO:
        """Open its bytes, rendered first where there is no file yet; raises JssError."""
        path = self.audio
        assert isinstance(path, Path)
        if not path.is_file():
            from jss.data.soundscapes.render_set import render_clip

            _, subset, name = self.clip.split("/")
            number = _NUMBER.search(name)
            if number is None:
                raise JssError(f"{self.clip} is not a clip of {NAME}: choose another clip.")
            audio.save(path, render_clip(NAME, subset, int(number[1])).mixture)
        return super().open()


def cache() -> Path:
    """Return the folder of clips rendered by this version of the code, in the user's cache folder."""
    return disk.home() / NAME / code_fingerprint()[:16]


def clip_sets() -> list[ClipSet]:
    """Return a set for each subset with a report, with the ground truth saved beside that."""
    from jss.evaluation.saved_scores import SUFFIX, read_clips

    sets: dict[str, ClipSet] = {}
    for path in sorted((checkpoints.root() / "reports" / NAME).glob(f"*{SUFFIX}")):
        dataset, subset, clips = read_clips(path)
        if dataset != NAME or subset.endswith("_overlap") or subset in sets:
            continue
        sets[subset] = ClipSet(
            f"{NAME}/{subset}",
            f"{NAME} {subset}",
            tuple(
                Synthscape(
                    f"{NAME}/{subset}/{clip.filename}",
                    clip.filename,
                    cache() / clip.filename,
                    "Made by the built-in synthesiser when it was opened",
                    tuple((e.onset, e.offset, e.label) for e in clip.events or ()),
                    padded_to=clip.padded_to,
                )
                for clip in clips
            ),
        )
    return list(sets.values())
