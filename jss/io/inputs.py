"""Which names below an input are sound, and what becomes of every other: one place for all verbs
and the app.

Each name ends in exactly one of: a recording, refused with a reason, or left out and counted: not
audio (by suffix), hidden or litter, or another way to what is there already. A folder that is left
out counts as one name.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from jss.errors import JssError, printable

#: Suffixes that a folder is searched for: of sound, and of video, whose sound is read.
SUFFIXES = frozenset(
    [
        ".wav",
        ".wave",
        ".bwf",
        ".rf64",
        ".w64",
        ".flac",
        ".ogg",
        ".oga",
        ".ogx",
        ".opus",
        ".spx",
        ".mp3",
        ".mp2",
        ".mpa",
        ".mpga",
        ".aif",
        ".aiff",
        ".aifc",
        ".au",
        ".snd",
        ".caf",
        ".m4a",
        ".m4b",
        ".m4r",
        ".aac",
        ".adts",
        ".ac3",
        ".eac3",
        ".dts",
        ".mlp",
        ".thd",
        ".weba",
        ".mka",
        ".wma",
        ".f4a",
        ".amr",
        ".awb",
        ".gsm",
        ".wv",
        ".ape",
        ".tta",
        ".tak",
        ".mpc",
        ".dsf",
        ".oma",
        ".ra",
        ".voc",
        ".sph",
        ".nist",
        ".ircam",
        ".avr",
        ".paf",
        ".pvf",
        ".iff",
        ".svx",
        ".8svx",
        ".mp4",
        ".m4v",
        ".mov",
        ".qt",
        ".3gp",
        ".3g2",
        ".webm",
        ".mkv",
        ".asf",
        ".wmv",
        ".avi",
        ".mpg",
        ".mpeg",
        ".vob",
        ".mts",
        ".m2ts",
        ".flv",
        ".f4v",
        ".ogv",
        ".rm",
        ".rmvb",
        ".mxf",
    ]
)
#: What systems leave in folders, beside all that begins with a dot.
LITTER = frozenset(
    [
        "__macosx",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "@eadir",
        "#recycle",
        "$recycle.bin",
        "lost+found",
        "icon\r",
        "system volume information",
        "__pycache__",
    ]
)
HIDDEN, AGAIN, OUTPUT, SOURCES = (
    "hidden or litter",
    "another name of one that is there",
    "the output folder",
    "isolated sources",
)
_SUFFIX = re.compile(
    "(" + "|".join(re.escape(suffix) for suffix in sorted(SUFFIXES)) + ")$", re.IGNORECASE
)


def without_suffix(name: str) -> str:
    """A name without the suffix of sound, if it has one: of ``Y_100.000_110.000`` the dots are part
    of the name.
    """
    return _SUFFIX.sub("", name)


def is_audio(name: str) -> bool:
    """Whether a name has a suffix of sound."""
    return _SUFFIX.search(name) is not None and not is_litter(name.rpartition("/")[2])


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is hidden or left by another system: ``._x.wav``,
    ``__MACOSX``.
    """
    return name.startswith(".") or name.lower() in LITTER


@dataclass
class Listing:
    """All names below an input.

    files: recordings by their name relative to the input, sorted; refused: why, by name; other: how
    many names are not audio, by suffix; left_out: how many names are neither, by reason.
    """

    files: dict[str, Path] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    other: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> int:
        """How many there are."""
        return len(self.files) + len(self.refused) + self.other.total() + self.left_out.total()

    def add(self, other: Listing) -> None:
        """What a second input has."""
        self.refused.update(other.refused)
        self.other.update(other.other)
        self.left_out.update(other.left_out)

    def account(self, counts: dict[str, int]) -> str:
        """A line that adds up: what became of every name. counts: what became of the recordings,
        such as analysed.
        """
        parts = [f"{count} {what}" for what, count in counts.items() if count or len(counts) == 1]
        if self.refused:
            parts.append(f"{len(self.refused)} refused")
        if self.other:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in self.other.most_common(8))
            more = len(self.other) - 8
            parts.append(
                f"{self.other.total()} not audio ({kinds}{f', {more} other suffixes' if more > 0 else ''})"
            )
        parts += [f"{count} {reason}" for reason, count in sorted(self.left_out.items())]
        names = sum(counts.values()) + self.names - len(self.files)
        return printable(f"{names} name{'s' * (names != 1)} in all: " + ", ".join(parts) + ".")


def walk(
    root: str | Path, leave_out: Callable[[str, Path], str | None] = lambda name, path: None
) -> Listing:
    """Everything below a folder, links to folders followed once.

    leave_out: (name, path) of a folder -> the reason why it is not searched, None where it is.
    Raises JssError where the folder itself cannot be read.
    """
    root = Path(root)
    found = Listing()
    seen: set[tuple[int, int]] = set()
    links: list[tuple[str, Path]] = []

    def search(folder: Path, prefix: str) -> None:
        stack = [(folder, prefix)]
        while stack:
            folder, prefix = stack.pop()
            try:
                facts = folder.stat()
                with os.scandir(folder) as entries:
                    inside = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                if not prefix:
                    raise JssError(f"{folder} cannot be read: {_why(error)}.") from error
                found.refused[prefix[:-1]] = f"The folder {folder} cannot be read: {_why(error)}."
                continue
            seen.add((facts.st_dev, facts.st_ino))
            for entry in inside:
                name, path = prefix + entry.name, Path(entry.path)
                if is_litter(entry.name):
                    found.left_out[HIDDEN] += 1
                elif entry.is_symlink():
                    links.append((name, path))
                elif entry.is_dir(follow_symlinks=False):
                    reason = leave_out(name, path)
                    if reason is not None:
                        found.left_out[reason] += 1
                    else:
                        stack.append((path, name + "/"))
                else:
                    take(
                        name,
                        path,
                        entry.is_file(follow_symlinks=False),
                        (facts.st_dev, entry.inode()),
                    )

    def take(name: str, path: Path, regular: bool, key: tuple[int, int]) -> None:
        """One file."""
        if not is_audio(name):
            found.other[suffix_of(name)] += 1
        elif not regular:
            found.refused[name] = f"{path} is not a regular file: give an audio file."
        elif key in seen:
            found.left_out[AGAIN] += 1
        else:
            seen.add(key)
            found.files[name] = path

    search(root, "")
    while links:  # after all that is there by itself, which keeps its name
        name, path = links.pop(0)
        try:
            facts = path.stat()
            key, folder = (facts.st_dev, facts.st_ino), path.is_dir()
        except OSError as error:
            if is_audio(name):
                found.refused[name] = _dangling(path, error)
            else:
                found.other[suffix_of(name)] += 1
            continue
        if not folder:
            take(name, path, path.is_file(), key)
        elif key in seen:
            found.left_out[AGAIN] += 1
        elif (reason := leave_out(name, path)) is not None:
            found.left_out[reason] += 1
        else:
            search(path, name + "/")
    found.files = dict(sorted(found.files.items(), key=lambda item: item[0].split("/")))
    return found


def has_audio(root: str | Path) -> bool:
    """Whether there is a recording below a folder; it stops at the first."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not is_litter(name))
        if (real := os.path.realpath(folder)) in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        if any(is_audio(name) and os.path.isfile(os.path.join(folder, name)) for name in names):
            return True
    return False


def inside(folder: Path) -> list[Path]:
    """The audio files in a folder, none of its folders, sorted; empty where there is no such
    folder.
    """
    try:
        return sorted(path for path in folder.iterdir() if is_audio(path.name) and path.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise JssError(f"{folder} cannot be read: {_why(error)}.") from error


def account(root: Path, used: Iterable[Path], what: str, rest: str) -> str:
    """The line that adds up, of a folder whose tables say what is in it.

    used: files of its clips; what: what they are; rest: what all other recordings are.
    """
    listing = walk(root)
    own = {os.path.realpath(path) for path in used}
    count = sum(os.path.realpath(path) in own for path in listing.files.values())
    return listing.account({what: count, rest: len(listing.files) - count})


def suffix_of(name: str) -> str:
    """``.txt`` of ``a.txt``, in small letters."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix if 1 < len(suffix) <= 12 else "without suffix"


def _dangling(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} is a link to {os.readlink(path)}, which is not there."
    return f"{path} cannot be read: {_why(error)}."


def _why(error: OSError) -> str:
    return (
        "permission denied" if isinstance(error, PermissionError) else str(error.strerror or error)
    )
