"""A copy of a data set at 16 kHz in mono, with its tables, under the same names.

The samples are those that ``jss.audio.load`` gives for the original, as 32-bit float WAV, so that
training on the copy equals training on the original. WAV files that already are 16 kHz and mono are
copied unchanged. A converted file has the date of its original, and one whose original has another
date is converted again.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jss import audio
from jss.data.acquire.checking import map_in_threads
from jss.data.clip import Clip
from jss.data.datasets.sets import DATASETS
from jss.errors import JssError, number_of
from jss.io.atomic import atomic_write, remove_partial_files
from jss.io.inputs import CONVERSION, is_audio, walk
from jss.io.notes import warn

#: Bytes a second of a converted file.
_BYTES = 4 * audio.SAMPLE_RATE
#: Seconds within which the dates of two files are the same: some file systems round them.
_DATES_S = 2.0


def convert(name: str, root: Path, out: Path, workers: int = 1) -> dict[tuple[str, str], str]:
    """Convert the files that the copy does not have yet, or whose originals have changed since.

    A clip's sources are written before its mixture, and every file atomically, so that existing
    files are whole whenever the run was killed.

    Args:
        name: The data set.
        root: Its folder.
        out: Folder of the copy.
        workers: Number of threads.

    Returns:
        (subset, file name) -> why the clip could not be converted.

    Raises:
        JssError: One folder is in the other, the copy's holds something else or other tables, or the
            disk refuses.
    """
    subsets = DATASETS[name].prepare(root)
    _claim(name, root, out)
    _copy_tables(name, root, out)
    targets = _targets(root, subsets)
    gone = sorted(walk(out).files.keys() - {*targets.values()})
    if gone:
        warn(
            f"{out} has {number_of(len(gone), 'recordings')} no longer in the data set at {root}, such as "
            f"{gone[0]}: delete them from {out}, or convert into another folder."
        )
    jobs = [
        (subset, clip)
        for subset, clips in subsets.items()
        for clip in clips
        if clip.path is not None
        and not all(_is_current(path, out / targets[path]) for path in _files(clip))
    ]
    _space(
        out,
        sum(
            clip.duration * _BYTES * (1 + len(clip.sources)) for _, clip in jobs if name != "folder"
        ),
    )

    def work(job: tuple[str, Clip]) -> str | None:
        return _convert_clip(job[1], out, targets)

    failed: dict[tuple[str, str], str] = {}
    try:
        for (subset, clip), reason in zip(
            jobs, map_in_threads(work, jobs, workers, "clip"), strict=True
        ):
            if reason is not None:
                failed[subset, clip.filename] = reason
    except JssError as error:
        raise JssError(
            f"{error} Correct that and run the same command again: it resumes where it stopped."
        ) from error
    return failed


def _files(clip: Clip) -> list[Path]:
    """A clip's sources, then its mixture."""
    assert clip.path is not None
    return [*(path for _, path in clip.sources), clip.path]


def _is_current(path: Path, target: Path) -> bool:
    """Whether there is a converted file, of the original as it is now."""
    try:
        return abs(path.stat().st_mtime - target.stat().st_mtime) < _DATES_S
    except FileNotFoundError:
        return False


def _convert_clip(clip: Clip, out: Path, targets: Mapping[Path, str]) -> str | None:
    """Write a clip's files; return why the original is damaged, or None."""
    for path in _files(clip):
        target = out / targets[path]
        try:
            if _is_current(path, target):
                continue
            date = path.stat().st_mtime_ns
            content = _at_16k(path)
        except FileNotFoundError:
            return f"There is no file at {path}."
        except JssError as error:
            return str(error)
        with atomic_write(target) as part:
            if content is None:
                shutil.copyfile(path, part)
            else:
                part.write_bytes(content)
            os.utime(part, ns=(date, date))
    return None


def _at_16k(path: Path) -> bytes | None:
    """Convert a file.

    Returns:
        Content of the converted file; None where the file can be copied.

    Raises:
        JssError: The file is damaged.
    """
    samples = audio.load(path)
    return None if path.suffix.lower() == ".wav" and audio.is_plain(path) else audio.wav(samples)


def _targets(root: Path, subsets: Mapping[str, list[Clip]]) -> dict[Path, str]:
    """Path of each file in the copy.

    The suffix becomes .wav; where files differ in it alone, one that is a .wav keeps its name, and
    .wav is appended to the others' suffix.
    """
    paths = dict.fromkeys(
        path
        for clips in subsets.values()
        for clip in clips
        if clip.path is not None
        for path in (clip.path, *(source for _, source in clip.sources))
    )
    targets = {path: path.relative_to(root).as_posix() for path in paths if path.suffix == ".wav"}
    taken = set(targets.values())
    for path in [path for path in paths if path not in targets]:
        relative = path.relative_to(root)
        target = relative.with_suffix(".wav").as_posix()
        targets[path] = (
            target if target not in taken else relative.with_name(f"{relative.name}.wav").as_posix()
        )
        taken.add(targets[path])
    return targets


def _copy_tables(name: str, root: Path, out: Path) -> None:
    """Copy the tables that belong to the audio.

    Raises:
        JssError: One of them was changed in either folder since it was copied.
    """
    for pattern in DATASETS[name].tables:
        for path in sorted(root.glob(pattern)):
            target = out / path.relative_to(root)
            if not path.is_file() or is_audio(path.name):
                continue
            if target.is_file() and not filecmp.cmp(path, target, shallow=False):
                raise JssError(
                    f"{target} differs from {path}: delete the former to have it copied again, or convert into "
                    "another folder."
                )
            if not target.is_file():
                with atomic_write(target) as part:
                    shutil.copyfile(path, part)


def _claim(name: str, root: Path, out: Path) -> None:
    """Start a copy, or resume one of the same data set."""
    source, target = root.resolve(), out.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise JssError(
            f"One of {out} and {root} is in the other: give a folder elsewhere for the converted copy."
        )
    claim = out / CONVERSION
    if claim.is_file():
        try:
            copied = TypeAdapter(dict[str, Any]).validate_json(claim.read_bytes())
        except (OSError, ValidationError) as error:
            raise JssError(f"{claim} is damaged: convert into another folder.") from error
        if copied.get("dataset") != name:
            raise JssError(
                f"{out} holds a converted copy of {copied.get('dataset')}: convert {name} into another folder."
            )
        remove_partial_files(out)
        return
    if out.is_dir() and any(out.iterdir()):
        raise JssError(
            f"{out} holds something else: give an empty folder, or one that does not exist."
        )
    with atomic_write(claim) as part:
        part.write_text(
            json.dumps({"dataset": name, "sample_rate": audio.SAMPLE_RATE, "from": str(source)})
            + "\n",
            encoding="utf-8",
        )


def _space(out: Path, needed: float) -> None:
    """Check the free space of the disk.

    Raises:
        JssError: There is too little.
    """
    free = shutil.disk_usage(out).free
    if needed > free:
        raise JssError(
            f"The copy needs about {needed / 1e9:.1f} GB more, and the disk of {out} has "
            f"{free / 1e9:.1f} GB free: make room, or give a folder on another disk."
        )
