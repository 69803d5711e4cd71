"""A folder of any audio without labels, nested or not (such as YFCC100M), for MixIT."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jss.data.clip import Clip
from jss.data.recordings import hashed_split
from jss.errors import JssError
from jss.io.annotations import formats
from jss.io.inputs import has_audio, walk, without_suffix
from jss.io.notes import warn

#: Files of a labelled folder: its classes, strong labels and weak labels.
LABELS, STRONG, WEAK = "labels.yaml", "strong.tsv", "weak.tsv"


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """List every audio file in a folder and its subfolders, by its path in it.

    One file in ten, by a hash of its path without suffix, is for validation; of a few files at least
    two, which make a pair, but at most half. Files that differ only in their suffix stay together.
    Lengths are not read, because there may be a million files.

    Args:
        root: The folder.

    Returns:
        Clips of train and validation, sorted.

    Raises:
        JssError: There is no audio.
    """
    listing = walk(root)
    for reason in listing.refused.values():
        warn(reason)
    clips = [Clip(name, path) for name, path in listing.files.items()]
    if not clips:
        raise JssError(
            f"{root} holds no audio: give a folder with wav, flac, ogg, opus, mp3 or m4a files, nested or "
            f"not. {listing.summary({})}"
        )
    stems = stems_of(listing.files)
    by_stem: dict[str, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: clip.filename):
        by_stem.setdefault(stems[clip.filename], []).append(clip)
    train, held_out = (
        [stem for stem in sorted(by_stem) if (hashed_split(stem) == "validation") is wanted]
        for wanted in (False, True)
    )
    while len(held_out) > len(by_stem) // 2:
        train.append(held_out.pop())
    while len(held_out) < min(2, len(by_stem) // 2):
        held_out.append(train.pop())
    return {
        split: [clip for stem in sorted(chosen) for clip in by_stem[stem]]
        for split, chosen in (("train", train), ("validation", held_out))
    }


def stems_of(names: Iterable[str]) -> dict[str, str]:
    """Name without suffix of each recording; those with the same one stay together in splits.

    In a copy (``jss prepare --convert``) that has a.wav too, a.flac is a.flac.wav: both are a.

    Args:
        names: Of all recordings of the folder.
    """
    stems = {name: without_suffix(name) for name in names}
    known = {*stems.values()}
    return {
        name: original if (original := without_suffix(stem)) in known else stem
        for name, stem in stems.items()
    }


def find(root: str | Path) -> Path | None:
    """Return ROOT where it holds audio, else None."""
    return Path(root) if has_audio(root) else None


def label_files(root: str | Path) -> list[Path]:
    """List the files at the top of a folder that make it a labelled one, if it holds audio.

    They are ``labels.yaml``, ``weak.tsv``, and ``strong.*`` or the folder ``strong``.

    Args:
        root: The folder.

    Raises:
        JssError: It has several files of strong labels.
    """
    root = Path(root)
    strong = formats.find(root, Path(STRONG).stem)
    files = [path for path in (root / LABELS, root / WEAK) if path.is_file()]
    return files if strong is None else [*files, strong]
