"""The audio files in a folder and an account of every other name in it, for commands and the app.

Each name counts exactly once: as a recording, as refused with a reason, as not audio (by suffix),
or as left out (hidden, duplicate, output). A folder that is left out counts as one name. The manifest
of ``jss prepare`` does not count.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jss.errors import JssError, number_of, printable
from jss.io.journal import DETECTED

#: Suffixes of audio files, and of video files, whose sound is read.
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
#: Files and folders that operating systems create, besides those that begin with a dot.
SYSTEM_FILES = frozenset(
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
#: What ``jss prepare`` writes among the recordings, and with ``--convert`` into the copy; they are no
#: names of the user's.
MANIFEST, CONVERSION = "jss-manifest.json", "jss-conversion.json"
#: Reasons why a name is left out, as users read them.
HIDDEN, DUPLICATE, OUTPUT, SOURCES, SEPARATED = (
    "hidden or system files",
    "duplicates",
    "the output folder",
    "isolated sources",
    "folders of separated sources",
)
#: How users read of recordings in a folder whose tables do not list them.
UNLISTED = "recordings that no table lists"
_SUFFIX = re.compile(
    "(" + "|".join(re.escape(suffix) for suffix in sorted(SUFFIXES)) + ")$", re.IGNORECASE
)


def without_suffix(name: str) -> str:
    """Name without its audio suffix, if it has one; ``Y_100.000_110.000`` has none."""
    return _SUFFIX.sub("", name)


def output_names(names: Iterable[str]) -> dict[str, str]:
    """Names of the output files of recordings: without suffix, or with it where names clash.

    Args:
        names: Of recordings.

    Raises:
        JssError: A name leads out of the output folder.
    """
    short = {name: without_suffix(name).lstrip("/") for name in names}
    for name in short:
        if ".." in name.split("/"):
            raise JssError(f"{name} leads out of the output folder: leave out '..' in names.")
    counts = Counter([*short.values(), *short])
    return {
        name: stem if counts[stem] == 1 or stem == name else name.lstrip("/")
        for name, stem in short.items()
    }


def is_audio(name: str) -> bool:
    """Whether a name has an audio suffix and is not hidden."""
    return _SUFFIX.search(name) is not None and not is_hidden(name.rpartition("/")[2])


def is_hidden(name: str) -> bool:
    """Whether a name is hidden or of a system file: ``._x.wav``, ``__MACOSX``."""
    return name.startswith(".") or name.lower() in SYSTEM_FILES


@dataclass
class Listing:
    """All names in an input folder and its subfolders."""

    #: Recordings by their name relative to the input, sorted.
    files: dict[str, Path] = field(default_factory=dict)
    #: Reasons of the names that cannot be read, by name.
    refused: dict[str, str] = field(default_factory=dict)
    #: Numbers of the names that are not audio, by suffix.
    other: Counter[str] = field(default_factory=Counter)
    #: Numbers of the names that were left out, by reason.
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> int:
        """Number of names."""
        return len(self.files) + len(self.refused) + self.other.total() + self.left_out.total()

    def add(self, root: Path, other: Listing) -> None:
        """Add the refused and left out names of another input.

        Args:
            root: Its folder, which goes before the names that are refused.
            other: Its names.
        """
        self.refused.update({str(root / name): why for name, why in other.refused.items()})
        self.other.update(other.other)
        self.left_out.update(other.left_out)

    def summary(self, counts: dict[str, int]) -> str:
        """Sentence that accounts for every name.

        Args:
            counts: Numbers of recordings by what was done with them, such as "analysed".

        Returns:
            Such as "8 names in all: 3 analysed, 1 failed, 4 not audio (2 .txt, 1 .gz)."
        """
        parts = [
            number_of(count, outcome)
            for outcome, count in counts.items()
            if count or len(counts) == 1
        ]
        if self.refused:
            parts.append(f"{len(self.refused)} refused")
        if self.other:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in self.other.most_common(8))
            more = len(self.other) - 8
            rest = f", {number_of(more, 'other suffixes')}" if more > 0 else ""
            parts.append(f"{self.other.total()} not audio ({kinds}{rest})")
        parts += [number_of(count, reason) for reason, count in sorted(self.left_out.items())]
        names = sum(counts.values()) + self.names - len(self.files)
        colon = ": " if parts else ""
        return printable(f"{number_of(names, 'names')} in all{colon}{', '.join(parts)}.")


def walk(
    root: str | Path, leave_out: Callable[[str, Path], str | None] = lambda name, path: None
) -> Listing:
    """List a folder and its subfolders; a folder that several links lead to is listed once.

    The sources that ``detect`` separated into an output folder there are left out.

    Args:
        root: The folder.
        leave_out: (name, path) of a subfolder -> the reason to leave it out, None to list it.

    Returns:
        Every name in it but those of manifests.

    Raises:
        JssError: The folder itself cannot be read.
    """
    root = Path(root)
    listing = Listing()
    seen: set[tuple[int, int]] = set()
    links: list[tuple[str, Path]] = []

    def search(folder: Path, prefix: str) -> None:
        stack = [(folder, prefix)]
        while stack:
            folder, prefix = stack.pop()
            try:
                status = folder.stat()
                with os.scandir(folder) as entries:
                    children = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                if not prefix:
                    raise JssError(f"{folder} cannot be read: {_reason(error)}.") from error
                listing.refused[prefix[:-1]] = (
                    f"The folder {folder} cannot be read: {_reason(error)}."
                )
                continue
            detected = any(entry.name == DETECTED for entry in children)
            seen.add((status.st_dev, status.st_ino))
            for entry in children:
                name, path = prefix + entry.name, Path(entry.path)
                if entry.name in (MANIFEST, CONVERSION):
                    continue
                if is_hidden(entry.name):
                    listing.left_out[HIDDEN] += 1
                elif entry.is_symlink():
                    links.append((name, path))
                elif entry.is_dir(follow_symlinks=False):
                    separated = detected and entry.name == "sources"
                    reason = SEPARATED if separated else leave_out(name, path)
                    if reason is not None:
                        listing.left_out[reason] += 1
                    else:
                        stack.append((path, name + "/"))
                else:
                    add_file(
                        name,
                        path,
                        entry.is_file(follow_symlinks=False),
                        (status.st_dev, entry.inode()),
                    )

    def add_file(name: str, path: Path, regular: bool, key: tuple[int, int]) -> None:
        """Add one file to the listing under the right heading."""
        if not is_audio(name):
            listing.other[suffix_of(name)] += 1
        elif not regular:
            listing.refused[name] = f"{path} is not a regular file: give an audio file."
        elif key in seen:
            listing.left_out[DUPLICATE] += 1
        else:
            seen.add(key)
            listing.files[name] = path

    search(root, "")
    while links:  # last, so that a file which is there without a link keeps its name
        name, path = links.pop(0)
        try:
            status = path.stat()
            key, folder = (status.st_dev, status.st_ino), path.is_dir()
        except OSError as error:
            if is_audio(name):
                listing.refused[name] = _unreadable(path, error)
            else:
                listing.other[suffix_of(name)] += 1
            continue
        if not folder:
            add_file(name, path, path.is_file(), key)
        elif key in seen:
            listing.left_out[DUPLICATE] += 1
        elif (reason := leave_out(name, path)) is not None:
            listing.left_out[reason] += 1
        else:
            search(path, name + "/")
    listing.files = dict(sorted(listing.files.items(), key=lambda item: item[0].split("/")))
    return listing


def has_audio(root: str | Path) -> bool:
    """Whether a folder or a subfolder holds a recording; the search stops at the first."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        if (real := os.path.realpath(folder)) in seen:  # a link back to a parent folder
            folders.clear()
            continue
        seen.add(real)
        if any(is_audio(name) and os.path.isfile(os.path.join(folder, name)) for name in names):
            return True
    return False


def audio_files(folder: Path) -> list[Path]:
    """List the audio files directly in a folder, sorted; none where there is no such folder.

    Raises:
        JssError: The folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if is_audio(path.name) and path.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise JssError(f"{folder} cannot be read: {_reason(error)}.") from error


def summary_of_folder(root: Path, used: Mapping[str, Iterable[Path]]) -> str:
    """Sentence that accounts for every name in a folder whose tables list its clips.

    Args:
        root: The folder.
        used: What the sentence calls files -> the files; a file counts under the first of these.

    Returns:
        See :meth:`Listing.summary`.
    """
    listing = walk(root)
    kinds: dict[str, str] = {}
    for kind, paths in used.items():
        for path in paths:
            kinds.setdefault(os.path.realpath(path), kind)
    counts = dict.fromkeys((*used, UNLISTED), 0)
    for path in listing.files.values():
        counts[kinds.get(os.path.realpath(path), UNLISTED)] += 1
    return listing.summary(counts)


def suffix_of(name: str) -> str:
    """Suffix of a name in lower case: ``.txt`` of ``a.TXT``."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix if 1 < len(suffix) <= 12 else "without suffix"


def _unreadable(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} is a link to {os.readlink(path)}, which does not exist."
    return f"{path} cannot be read: {_reason(error)}."


def _reason(error: OSError) -> str:
    return (
        "permission denied" if isinstance(error, PermissionError) else str(error.strerror or error)
    )
