"""Parallel downloads that resume after interruptions and are checked by size and checksum."""

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

#: Number of interruptions in a row without a new byte before a file is given up, and the first
#: pause between them in seconds, which doubles each time.
TRIES, PAUSE = 5, 1.0
#: Seconds without an answer that count as an interruption.
TIMEOUT = 30.0
CHUNK = 1 << 20
#: Bytes of disk space that stay free.
SPARE = 100_000_000


@dataclass(frozen=True)
class RemoteFile:
    """A file to download."""

    name: str
    url: str
    #: Bytes; None where unknown.
    size: int | None = None
    #: "md5:..."; None where not published.
    checksum: str | None = None


def fetch(
    files: Sequence[RemoteFile], folder: Path, jobs: int = 4, progress: Progress = silent
) -> dict[str, str]:
    """Download files that a folder does not have yet.

    A file has its name only when it is whole and its checksum is right; until then it is
    ``.NAME.part``, which the next call resumes.

    Args:
        files: The files.
        folder: The folder.
        jobs: Number of files at a time.
        progress: Called with bytes, from several threads.

    Returns:
        Why, by name, for each file that failed.

    Raises:
        JssError: The disk has too little space.
    """
    todo = [file for file in files if not _complete(file, folder)]
    _make_room(todo, folder)

    stopped = threading.Event()

    def unless_stopped(name: str, count: float) -> None:
        if stopped.is_set():
            raise JssError("Stopped.")
        progress(name, count)

    def retrieve(file: RemoteFile) -> str | None:
        try:
            _retrieve(file, folder, unless_stopped)
        except JssError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(jobs) as pool:
        try:
            errors = dict(zip((file.name for file in todo), pool.map(retrieve, todo), strict=True))
        except BaseException:  # Ctrl-C: the threads end at their next block; partial files stay
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {name: error for name, error in errors.items() if error is not None}


def remaining(file: RemoteFile, folder: Path) -> int:
    """Number of bytes still to be downloaded, as far as known.

    Args:
        file: The file.
        folder: The folder it is downloaded to.
    """
    if _complete(file, folder):
        return 0
    part = _part(file, folder)
    return max(0, (file.size or 0) - (part.stat().st_size if part.is_file() else 0))


def get_json(url: str) -> Any:
    """Download a JSON document.

    Raises:
        JssError: There is none.
    """
    with optional():
        import requests

    try:
        answer = requests.get(url, timeout=TIMEOUT)
        _check_status(answer.status_code, url)
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise JssError(f"{url} cannot be read: is this machine online? Try again.") from error


def _complete(file: RemoteFile, folder: Path) -> bool:
    """Whether the file exists with its size; its checksum was checked when it got its name."""
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
    """Download one file through pooch, which checks it and gives it its name.

    A damaged file is downloaded once more.
    """
    with optional():
        import pooch

    pooch.get_logger().setLevel("WARNING")
    part = _part(file, folder)
    if file.checksum is None:  # pooch would accept an existing file unchecked
        (folder / file.name).unlink(missing_ok=True)
    for last in (False, True):

        def download(url: str, target: str, _: object) -> None:
            _download(file, part, progress)
            os.replace(part, target)

        try:
            pooch.retrieve(file.url, file.checksum, file.name, folder, downloader=download)
            return
        except ValueError as error:  # wrong checksum; pooch has removed the file
            progress(file.name, -(file.size or 0))
            if last:
                raise JssError(
                    f"{file.name} arrived damaged twice (its {file.checksum} is published by the host): "
                    "it was deleted; try again later."
                ) from error
        except OSError as error:
            raise JssError(_refused(part, error)) from error


def _download(file: RemoteFile, part: Path, progress: Progress) -> None:
    """Append all remaining bytes to ``part``.

    Without a checksum a download is not resumed, because nobody would notice a changed file.
    """
    with optional():
        import requests

    if file.checksum is None:
        part.unlink(missing_ok=True)
    failures, pause, reason = 0, PAUSE, ""
    while failures < TRIES:
        before = part.stat().st_size if part.is_file() else 0
        if file.size is not None and before == file.size:
            return
        try:
            if _stream(file, part, before, progress):
                return
        except requests.RequestException as error:
            reason = type(error).__name__
        grew = part.is_file() and part.stat().st_size > before
        failures, pause = (0, PAUSE) if grew else (failures + 1, pause)
        time.sleep(pause)
        pause *= 2
    raise JssError(
        f"{file.url} was interrupted {TRIES} times without a new byte ({reason or 'too short'}): try again "
        "later; the download resumes."
    )


def _stream(file: RemoteFile, part: Path, start: int, progress: Progress) -> bool:
    """Send one request for the bytes from ``start`` on.

    Returns:
        Whether the file is whole.

    Raises:
        requests.RequestException: The connection failed.
    """
    with optional():
        import requests

    headers = {"Range": f"bytes={start}-"} if start else {}
    headers["Accept-Encoding"] = "identity"
    with requests.get(file.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == 416 or (answer.status_code == 206 and not _begins(answer, start)):
            part.unlink(missing_ok=True)  # the part is longer than the file, or of another file
            progress(file.name, -start)
            return False
        if answer.status_code in (429, 500, 502, 503, 504):
            raise requests.ConnectionError(f"status {answer.status_code}")
        _check_status(answer.status_code, file.url)
        resumed = answer.status_code == 206
        if start and not resumed:
            progress(file.name, -start)
        length = answer.headers.get("Content-Length")
        full_size = file.size
        if full_size is None and length is not None:
            full_size = int(length) + (start if resumed else 0)
        with part.open("ab" if resumed else "wb") as out:
            for chunk in answer.iter_content(CHUNK):
                out.write(chunk)
                progress(file.name, len(chunk))
    received = part.stat().st_size
    if full_size is not None and received > full_size:
        part.unlink()
        progress(file.name, -received)
        raise JssError(
            f"{file.url} is longer than the {full_size} bytes that are published: it was deleted."
        )
    return full_size is None or received == full_size


def _begins(answer: Any, start: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")


def _check_status(status: int, url: str) -> None:
    if status >= 400:
        reasons = {401: "asks for a login", 403: "forbids it", 404: "is not there", 410: "is gone"}
        raise JssError(
            f"{url} {reasons.get(status, 'cannot be fetched')} (status {status}): see its page in a browser."
        )


def _refused(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {path.parent} is full: make room and try again; the download resumes."
    return f"{path.parent} cannot be written: {error.strerror or error}."
