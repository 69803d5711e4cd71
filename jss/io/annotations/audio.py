"""The recordings that events are of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jss.errors import JssError
from jss.io.inputs import walk
from jss.io.notes import warn
from jss.io.tsv import ClipNames


def find_audio(place: Path, names: Iterable[str]) -> dict[str, tuple[str, Path]]:
    """Find recordings in a folder by the names of a table of events.

    Names match as in ``jss.io.tsv.ClipNames``: with or without suffix and folders. Those that are not
    there are counted in a sentence.

    Args:
        place: A folder of recordings, or one recording.
        names: The names.

    Returns:
        (name in the folder, path) by name, of those that are there.

    Raises:
        JssError: A name may be of several files, there is no such folder, or none of the names is in it.
    """
    if place.is_file():
        files = {place.name: place}
    elif place.is_dir():
        files = walk(place).files
    else:
        raise JssError(f"There is no file or folder at {place}.")
    known, found, missing = ClipNames(files), {}, []
    for name in dict.fromkeys(names):
        match = known.find(name)
        if match is None:
            missing.append(name)
        else:
            found[name] = (match, files[match])
    if missing and not found:
        raise JssError(f"{place} holds no recording that the events are of, such as {missing[0]}.")
    if missing:
        warn(
            f"{len(missing)} of {len(missing) + len(found)} recordings are not in {place}, such as "
            f"{missing[0]}."
        )
    return found
