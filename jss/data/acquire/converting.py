"""A copy of a data set at 16 kHz: its audio in mono, its tables beside it, in the same folders
under the same names.

The samples are those that ``jss.audio.load`` gives for the original, as 32-bit float WAV: a system
trained on the copy hears exactly what it would hear on the original. Files that are 16 kHz and mono
already are copied as they are.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jss import audio
from jss.data.acquire.checking import over
from jss.data.clip import Clip
from jss.data.datasets.sets import DATASETS
from jss.errors import JssError
from jss.io.atomic import atomic_write, remove_partial_files

#: What OUT is a copy of: a later run goes on with it.
CLAIM = "jss-conversion.json"
#: Bytes of a second of a converted file.
_BYTES = 4 * audio.SAMPLE_RATE


def convert(name: str, root: Path, out: Path, workers: int = 1) -> dict[tuple[str, str], str]:
    """Convert what OUT does not have yet. -> why a clip could not be, by subset and file name.

    A clip's sources are written before its mixture, and every file aside before it is renamed: what
    is there is whole, whenever the run was killed. Raises JssError where OUT is in ROOT or holds
    something else, or the disk refuses.
    """
    subsets = DATASETS[name].prepare(root)
    _claim(name, root, out)
    for pattern in DATASETS[name].tables:
        for path in sorted(root.glob(pattern)):
            _copy(path, out / path.relative_to(root))
    targets = _targets(root, subsets)
    jobs = [
        (subset, clip)
        for subset, clips in subsets.items()
        for clip in clips
        if clip.path is not None and not (out / targets[clip.path]).is_file()
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
        for (subset, clip), why in zip(jobs, over(work, jobs, workers, "clip"), strict=True):
            if why is not None:
                failed[subset, clip.filename] = why
    except JssError as error:
        raise JssError(
            f"{error} Mend that and give the same command again: it goes on where it stopped."
        ) from error
    return failed


def _convert_clip(clip: Clip, out: Path, targets: Mapping[Path, str]) -> str | None:
    """Write a clip's files. -> the sentence that says why not, where the original is damaged."""
    assert clip.path is not None
    for path in (*(path for _, path in clip.sources), clip.path):
        target = out / targets[path]
        if target.is_file():
            continue
        try:
            content = _at_16k(path)
        except JssError as error:
            return str(error)
        if content is None:
            _copy(path, target)
        else:
            with atomic_write(target) as part:
                part.write_bytes(content)
    return None


def _at_16k(path: Path) -> bytes | None:
    """The bytes of the converted file; None where the file can be taken as it is. Raises JssError."""
    samples = audio.load(path)
    return None if path.suffix.lower() == ".wav" and audio.is_plain(path) else audio.wav(samples)


def _targets(root: Path, subsets: Mapping[str, list[Clip]]) -> dict[Path, str]:
    """File -> its path in the copy: with the suffix .wav, after the old one where two files differ
    in it alone.
    """
    paths = dict.fromkeys(
        path
        for clips in subsets.values()
        for clip in clips
        if clip.path is not None
        for path in (clip.path, *(source for _, source in clip.sources))
    )
    targets: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        place = path.relative_to(root)
        target = place.with_suffix(".wav").as_posix()
        targets[path] = (
            target if target not in taken else place.with_name(f"{place.name}.wav").as_posix()
        )
        taken.add(targets[path])
    return targets


def _copy(path: Path, target: Path) -> None:
    if not target.is_file():
        with atomic_write(target) as part:
            shutil.copyfile(path, part)


def _claim(name: str, root: Path, out: Path) -> None:
    """Begin a copy, or go on with one of the same data set."""
    here, there = root.resolve(), out.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise JssError(
            f"{out} and {root} lie in one another: give a folder elsewhere for the converted copy."
        )
    claim = out / CLAIM
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
            json.dumps({"dataset": name, "sample_rate": audio.SAMPLE_RATE, "from": str(here)})
            + "\n",
            encoding="utf-8",
        )


def _space(out: Path, needed: float) -> None:
    """Raises JssError where the disk is too small from the start."""
    free = shutil.disk_usage(out).free
    if needed > free:
        raise JssError(
            f"The copy needs about {needed / 1e9:.1f} GB more, and the disk of {out} has "
            f"{free / 1e9:.1f} GB free: make room, or give a folder on another disk."
        )
