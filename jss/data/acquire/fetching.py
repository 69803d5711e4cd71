"""Fetch files from the web: resumed where a connection was cut, checked by size and checksum,
several at a time.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jss.errors import JssError, optional
from jss.io.progress import Progress, silent

#: Cuts in a row without one new byte before a file is given up, and the first pause between them
#: (s), then doubled.
TRIES, PAUSE = 5, 1.0
#: Seconds without an answer that count as a cut.
TIMEOUT = 30.0
CHUNK = 1 << 20
#: Disk space (bytes) that is left free beside what is fetched.
SPARE = 100_000_000


@dataclass(frozen=True)
class RemoteFile:
    """A file to be fetched. size: bytes, or None where nobody tells; checksum: "md5:...", or None:
    not published.
    """

    name: str
    url: str
    size: int | None = None
    checksum: str | None = None


def fetch(
    files: Sequence[RemoteFile], folder: Path, jobs: int = 4, progress: Progress = silent
) -> dict[str, str]:
    """Fetch into ``folder`` what is not there yet. -> why, by name, for each file that failed; the
    rest is complete.

    A file lies under its name only when it is whole and its checksum is right; until then in
    ``.NAME.part``, from which the next call goes on. jobs: files at a time; progress: in bytes,
    from several threads. Raises JssError where the disk has not enough room.
    """
    todo = [file for file in files if not _complete(file, folder)]
    _make_room(todo, folder)

    stopped = threading.Event()

    def unless_stopped(name: str, count: float) -> None:
        if stopped.is_set():
            raise JssError("Stopped.")
        progress(name, count)

    def one(file: RemoteFile) -> str | None:
        try:
            _retrieve(file, folder, unless_stopped)
        except JssError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(jobs) as pool:
        try:
            found = dict(zip((file.name for file in todo), pool.map(one, todo), strict=True))
        except (
            BaseException
        ):  # Ctrl-C: the others end with their next block, and what they have is kept
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {name: why for name, why in found.items() if why is not None}


def remaining(file: RemoteFile, folder: Path) -> int:
    """Bytes still to be fetched, as far as is known."""
    if _complete(file, folder):
        return 0
    part = _part(file, folder)
    return max(0, (file.size or 0) - (part.stat().st_size if part.is_file() else 0))


def get_json(url: str) -> Any:
    """A JSON document of the web. Raises JssError where there is none."""
    with optional():
        import requests

    try:
        answer = requests.get(url, timeout=TIMEOUT)
        _check_status(answer.status_code, url)
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise JssError(f"{url} cannot be read: is this machine online? Try again.") from error


def _complete(file: RemoteFile, folder: Path) -> bool:
    """Whether the file is there with its size; its checksum was right when it got its name."""
    path = folder / file.name
    return path.is_file() and (file.size is None or path.stat().st_size == file.size)


def _part(file: RemoteFile, folder: Path) -> Path:
    return folder / f".{file.name}.part"


def _make_room(todo: Sequence[RemoteFile], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JssError(f"{folder} cannot be written: {error.strerror or error}.") from error
    needed = sum(remaining(file, folder) for file in todo)
    free = shutil.disk_usage(folder).free
    if needed and needed + SPARE > free:
        raise JssError(
            f"{folder} has {free / 1e9:.1f} GB free, but {needed / 1e9:.1f} GB are still to be fetched: "
            "make room or name another folder."
        )


def _retrieve(file: RemoteFile, folder: Path, progress: Progress) -> None:
    """One file, through pooch, which checks it and gives it its name. A damaged one is fetched once
    more, whole.
    """
    with optional():
        import pooch

    pooch.get_logger().setLevel("WARNING")
    part = _part(file, folder)
    if file.checksum is None:  # pooch would take what is there as it is
        (folder / file.name).unlink(missing_ok=True)
    for last in (False, True):

        def download(url: str, target: str, _: object) -> None:
            _download(file, part, progress)
            os.replace(part, target)

        try:
            pooch.retrieve(file.url, file.checksum, file.name, folder, downloader=download)
            return
        except ValueError as error:  # another checksum; pooch has removed the file
            progress(file.name, -(file.size or 0))
            if last:
                raise JssError(
                    f"{file.name} arrived damaged twice (its {file.checksum} is published by the host): "
                    "nothing was kept; try again later."
                ) from error
        except OSError as error:
            raise JssError(_refused(part, error)) from error


def _download(file: RemoteFile, part: Path, progress: Progress) -> None:
    """All bytes into ``part``, from where it ends. Without a checksum nothing is resumed from an
    earlier call, since nobody would notice if the file had changed meanwhile.
    """
    with optional():
        import requests

    if file.checksum is None:
        part.unlink(missing_ok=True)
    cuts, pause, why = 0, PAUSE, ""
    while cuts < TRIES:
        before = part.stat().st_size if part.is_file() else 0
        if file.size is not None and before == file.size:
            return
        try:
            if _stream(file, part, before, progress):
                return
        except requests.RequestException as error:
            why = type(error).__name__
        grew = part.is_file() and part.stat().st_size > before
        cuts, pause = (0, PAUSE) if grew else (cuts + 1, pause)
        time.sleep(pause)
        pause *= 2
    raise JssError(
        f"{file.url} broke off {TRIES} times without one more byte ({why or 'too short'}): try again later, "
        "and what is there is kept."
    )


def _stream(file: RemoteFile, part: Path, start: int, progress: Progress) -> bool:
    """One request for what lies beyond ``start``. -> whether the file is whole; raises what
    requests raises.
    """
    with optional():
        import requests

    headers = {"Range": f"bytes={start}-"} if start else {}
    headers["Accept-Encoding"] = "identity"
    with requests.get(file.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == 416 or (answer.status_code == 206 and not _begins(answer, start)):
            part.unlink(missing_ok=True)  # longer than the file, or of another one
            progress(file.name, -start)
            return False
        if answer.status_code in (429, 500, 502, 503, 504):
            raise requests.ConnectionError(f"status {answer.status_code}")
        _check_status(answer.status_code, file.url)
        resumed = answer.status_code == 206
        if start and not resumed:
            progress(file.name, -start)
        length = answer.headers.get("Content-Length")
        whole = file.size
        if whole is None and length is not None:
            whole = int(length) + (start if resumed else 0)
        with part.open("ab" if resumed else "wb") as out:
            for chunk in answer.iter_content(CHUNK):
                out.write(chunk)
                progress(file.name, len(chunk))
    there = part.stat().st_size
    if whole is not None and there > whole:
        part.unlink()
        progress(file.name, -there)
        raise JssError(
            f"{file.url} is longer than the {whole} bytes that are published: nothing was kept."
        )
    return whole is None or there == whole


def _begins(answer: Any, start: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")


def _check_status(status: int, url: str) -> None:
    if status >= 400:
        told = {401: "asks for a login", 403: "forbids it", 404: "is not there", 410: "is gone"}
        raise JssError(
            f"{url} {told.get(status, 'cannot be fetched')} (status {status}): see its page in a browser."
        )


def _refused(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk of {path.parent} is full: make room and call again; what is there is kept."
        )
    return f"{path.parent} cannot be written: {error.strerror or error}."
