"""The data sets that can be downloaded, with address and licence, and those that cannot.

Checksums are not listed here: Zenodo publishes them in the record, which is read for each download.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from jss.data.acquire.fetching import RemoteFile, get_json
from jss.errors import JssError

ZENODO = "https://zenodo.org/api/records"


@dataclass(frozen=True)
class Download:
    """A data set that can be downloaded, from Zenodo or from an address without checksum."""

    title: str
    #: Number of the record on Zenodo.
    record: int | None = None
    #: Address, and name of the file there, where there is no record.
    url: str = ""
    file: str = ""
    #: Licence as the authors state it; empty where only the record states it.
    licence: str = ""
    #: Remark for users.
    note: str = ""


#: Data sets that can be downloaded, by name.
DOWNLOADS: Mapping[str, Download] = {
    "desed-public": Download(
        "DESED public evaluation set: 692 clips with strong labels",
        4560759,
        note="The other real subsets of DESED are clips of AudioSet and cannot be downloaded here.",
    ),
    "desed-synthetic": Download("DESED synthetic soundscapes of DCASE 2021, ready-made", 6026841),
    "desed-soundbank": Download(
        "DESED soundbank: the recordings from which its soundscapes are made", 4307908
    ),
    "dcase2021-checkpoints": Download(
        "Checkpoints of the DCASE 2021 task 4 baseline",
        4639817,
        note="They are pickled: jss does not open them.",
    ),
    "fuss": Download("FUSS: mixtures of 1 to 4 sources, dry and reverberant", 3743844),
    "urbansound8k": Download(
        "UrbanSound8K: 8732 excerpts of 10 urban classes",
        1203745,
        licence="CC BY-NC 3.0",
        note="Non-commercial use only.",
    ),
    "esc50": Download(
        "ESC-50: 2000 recordings of 50 classes",
        url="https://github.com/karolpiczak/ESC-50/archive/master.zip",
        file="ESC-50-master.zip",
        licence="CC BY-NC (the ESC-10 subset: CC BY)",
        note="GitHub packs it anew and publishes no checksum: the archive's own checksums are tested.",
    ),
}

#: Data sets that cannot be downloaded, and why or what to do instead.
NOT_DOWNLOADABLE: Mapping[str, str] = {
    "desed": "Its weak, unlabelled and validation clips come from AudioSet, that is, from videos that may not be "
    "redistributed: ask the organisers of DCASE task 4 for them (see the page of the DESED data set), then check your "
    "copy with: jss prepare. What may be downloaded: desed-public, desed-synthetic, "
    "desed-soundbank",
    "audioset": "Its clips are videos that may not be redistributed",
    "yfcc100m": "Its owner provides it on request",
}


@dataclass(frozen=True)
class Listing:
    """The files of a data set."""

    files: tuple[RemoteFile, ...]
    #: Licence in the record.
    licence: str
    #: Where the checksums come from.
    verified: str

    @property
    def bytes(self) -> int:
        """Size of all files together, as far as published."""
        return sum(file.size or 0 for file in self.files)


@dataclass(frozen=True)
class _File:
    """A file of a Zenodo record."""

    key: str
    links: dict[str, str]
    size: int
    checksum: str


@dataclass(frozen=True)
class _Metadata:
    license: dict[str, str] | None = None


@dataclass(frozen=True)
class _Record:
    """The part of a Zenodo record that is used."""

    files: tuple[_File, ...]
    metadata: _Metadata


def download(name: str) -> Download:
    """Data set of a name.

    Raises:
        JssError: It cannot be downloaded; the text says what to do instead.
    """
    key = name.lower()
    if key in NOT_DOWNLOADABLE:
        raise JssError(f"{name} cannot be downloaded. {NOT_DOWNLOADABLE[key]}.")
    if key not in DOWNLOADS:
        raise JssError(f"There is no download {name!r}: choose from {', '.join(DOWNLOADS)}.")
    return DOWNLOADS[key]


def listing(known: Download) -> Listing:
    """List the files of a data set with the sizes and checksums that Zenodo publishes.

    Raises:
        JssError: The record cannot be read, or a file has no checksum.
    """
    if known.record is None:
        return Listing(
            (RemoteFile(known.file, known.url),), known.licence, "no checksum is published"
        )
    url = f"{ZENODO}/{known.record}"
    try:
        record = TypeAdapter(_Record).validate_python(get_json(url))
    except ValidationError as error:
        raise JssError(
            f"{url} is not a record as Zenodo writes them: see its page in a browser."
        ) from error
    files = tuple(
        RemoteFile(file.key, file.links["self"], file.size, file.checksum) for file in record.files
    )
    licence = (record.metadata.license or {}).get("id") or known.licence or "not stated"
    for file in files:
        if Path(file.name).name != file.name or file.name.startswith("."):
            raise JssError(
                f"{url} lists a file {file.name!r}, which is not a plain name: it is not downloaded."
            )
        if not (file.checksum or "").startswith("md5:"):
            raise JssError(f"{url} publishes no MD5 of {file.name}: it is not downloaded.")
    return Listing(files, licence, f"MD5 of each file, from {url}")


def select(files: Sequence[RemoteFile], wanted: Sequence[str]) -> tuple[RemoteFile, ...]:
    """Select the files whose name contains one of some words.

    Args:
        files: The files.
        wanted: The words; empty for all files.

    Returns:
        The files.

    Raises:
        JssError: No file is selected.
    """
    selected = tuple(
        file for file in files if not wanted or any(word in file.name for word in wanted)
    )
    if not selected:
        raise JssError(
            f"No file is called {' or '.join(wanted)}: there are {', '.join(f.name for f in files)}."
        )
    return selected


def unpack(path: Path) -> int | None:
    """Unpack an archive in its folder, unless that was done since it was downloaded.

    Nothing is written outside the folder. After an error, another call unpacks everything again.

    Returns:
        Number of files; None where there was nothing to do.

    Raises:
        JssError: The archive is damaged, or the disk is full.
    """
    done = path.with_name(f".{path.name}.unpacked")
    if not path.name.endswith((".zip", ".tar.gz", ".tgz", ".tar")):
        return None
    if done.is_file() and done.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return None
    try:
        if path.name.endswith(".zip"):
            count = _unzip(path)
        else:
            with tarfile.open(path) as archive:
                archive.extractall(path.parent, filter="data")
                count = sum(member.isfile() for member in archive.getmembers())
        done.touch()
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise JssError(
            f"{path} is damaged or holds unsafe paths: delete it and download it again."
        ) from error
    except OSError as error:
        raise JssError(f"{path} cannot be unpacked: {error.strerror or error}.") from error
    return count


def _unzip(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        items = archive.infolist()
        needed, free = sum(item.file_size for item in items), shutil.disk_usage(path.parent).free
        if needed > free:
            raise JssError(
                f"{path} needs {needed / 1e9:.1f} GB unpacked, but {free / 1e9:.1f} GB are free: make room."
            )
        for item in items:
            if os.path.isabs(item.filename) or ".." in Path(item.filename).parts:
                raise zipfile.BadZipFile(item.filename)
        archive.extractall(path.parent)
        return sum(not item.is_dir() for item in items)
