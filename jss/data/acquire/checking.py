"""What is there of a data set: missing, damaged, of the wrong length; a table for a person and a
manifest for later.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from jss import audio
from jss.data.clip import Clip
from jss.data.datasets.sets import DATASETS, DataSet, fingerprint
from jss.errors import JssError
from jss.io.atomic import atomic_write

MANIFEST = "jss-manifest.json"
#: As many names of each kind are told; the manifest has them all.
TOLD = 5

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Sentences by subset and file name: what is known to be damaged already.
Damage = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Checked:
    """One subset. published: how many clips it should have, None: unknown; names: whether its list
    is the published one, None: unknown; listed: how many it lists, of which some are missing,
    damaged (why), or of the wrong length (seconds), by file name; seconds: of audio that is fine.
    """

    published: int | None
    names: bool | None
    listed: int
    missing: tuple[str, ...]
    damaged: Mapping[str, str]
    wrong_length: Mapping[str, float]
    seconds: float

    @property
    def fine(self) -> int:
        """How many clips are there, whole, and as long as they should be."""
        return self.listed - len(self.missing) - len(self.damaged) - len(self.wrong_length)

    @property
    def complete(self) -> bool:
        """Whether all that it lists is fine, and that is all that is published."""
        as_published = self.names is not False and self.published in (None, self.listed)
        return self.fine == self.listed and (as_published or not self.listed)


def check(
    name: str, root: Path, workers: int = 1, *, headers: bool = False, known: Damage | None = None
) -> dict[str, Checked]:
    """Every subset of a data set, those that are published but not there included.

    headers: read the headers alone, which is quick and finds no damage within a file; known: clips
    that are known to be damaged already. A clip is damaged where its mixture or one of its isolated
    sources is. Raises JssError where ROOT has no such data set.
    """
    known_set = DATASETS[name]
    subsets = known_set.prepare(root)
    damage = known or {}
    clips = [(subset, clip) for subset, items in subsets.items() for clip in items]
    listed = {(subset, clip.filename) for subset, clip in clips}
    clips += [(subset, Clip(file, None)) for subset, file in damage if (subset, file) not in listed]
    found: dict[str, list[tuple[Clip, float | str]]] = {subset: [] for subset, _ in clips}
    measured = over(
        lambda item: damage.get((item[0], item[1].filename)) or _measure(item[1], headers),
        clips,
        workers,
        "clip",
    )
    for (subset, clip), outcome in zip(clips, measured, strict=True):
        found[subset].append((clip, outcome))
    every = dict.fromkeys([*known_set.published, *subsets])
    return {subset: _checked(known_set, subset, found.get(subset, [])) for subset in every}


def over(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, unit: str
) -> Iterator[Result]:
    """``work`` of every item in order, by threads (reading, decoding and resampling release the
    interpreter), with a progress bar where somebody watches. The first exception ends it.
    """
    from tqdm import tqdm

    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=len(items), unit=unit, disable=None) as bar,
    ):
        try:
            for result in pool.map(work, items):
                bar.update()
                yield result
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def table(name: str, root: Path, subsets: Mapping[str, Checked]) -> list[str]:
    """The check for a person: a line each subset, and what is the matter with the first few files."""
    head = ("subset", "published", "listed", "missing", "damaged", "wrong length", "fine", "hours")
    rows = [_row(subset, checked) for subset, checked in subsets.items()]
    every = subsets.values()
    rows.append(
        (
            "in all",
            "",
            *(
                str(sum(counts))
                for counts in (
                    (c.listed for c in every),
                    (len(c.missing) for c in every),
                    (len(c.damaged) for c in every),
                    (len(c.wrong_length) for c in every),
                    (c.fine for c in every),
                )
            ),
            f"{sum(c.seconds for c in every) / 3600:.1f}",
        )
    )
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    told = [f"{DATASETS[name].title}, {root}"]
    told += [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]
    for subset, checked in subsets.items():
        told += _remarks(subset, checked)
    return told


def save(name: str, root: Path, subsets: Mapping[str, Checked], path: Path) -> None:
    """The manifest as JSON, written aside and renamed. Raises JssError."""
    content = {
        "dataset": name,
        "title": DATASETS[name].title,
        "folder": os.fspath(root),
        "licence": DATASETS[name].licence,
        "subsets": {
            subset: {"fine": checked.fine, **asdict(checked)} for subset, checked in subsets.items()
        },
    }
    with atomic_write(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _measure(clip: Clip, headers: bool) -> float | str:
    """Seconds of a clip's file (0 where it is missing), or the sentence that says why it cannot be
    read.
    """
    if clip.path is None:
        return 0.0
    read = audio.duration if headers else audio.check
    try:
        seconds, *_ = [read(path) for path in (clip.path, *(path for _, path in clip.sources))]
    except JssError as error:
        return str(error)
    return seconds


def _checked(known: DataSet, subset: str, found: Sequence[tuple[Clip, float | str]]) -> Checked:
    published = known.published.get(subset)
    damaged = {clip.filename: outcome for clip, outcome in found if isinstance(outcome, str)}
    wrong: dict[str, float] = {}
    seconds = 0.0
    for clip, outcome in found:
        if clip.path is None or isinstance(outcome, str):
            continue
        shortest, longest = known.length(clip) or (0.0, float("inf"))
        if shortest <= outcome <= longest:
            seconds += outcome
        else:
            wrong[clip.filename] = round(outcome, 3)
    names = None
    if published is not None and published.names is not None and found:
        names = fingerprint(clip for clip, _ in found) == published.names
    missing = tuple(c.filename for c, _ in found if c.path is None and c.filename not in damaged)
    files = published.files if published is not None else None
    return Checked(files, names, len(found), missing, damaged, wrong, round(seconds, 3))


def _row(subset: str, c: Checked) -> tuple[str, ...]:
    published = "-" if c.published is None else str(c.published)
    if not c.listed:
        return subset, published, "not there", "", "", "", "", ""
    return (
        subset,
        published,
        str(c.listed),
        str(len(c.missing)),
        str(len(c.damaged)),
        str(len(c.wrong_length)),
        str(c.fine),
        f"{c.seconds / 3600:.1f}",
    )


def _remarks(subset: str, c: Checked) -> Iterator[str]:
    if c.names is False:
        yield f"  {subset}: its list is not the published one of {c.published} clips."
    elif c.listed and c.published is not None and c.listed != c.published:
        yield f"  {subset}: it lists {c.listed}, and {c.published} clips are published."
    kinds = (
        ("missing", [(name, "") for name in c.missing]),
        ("damaged", list(c.damaged.items())),
        ("wrong length", [(name, f"{seconds:g} s") for name, seconds in c.wrong_length.items()]),
    )
    for kind, files in kinds:
        for name, what in files[:TOLD]:
            yield f"  {subset}, {kind}: {name}" + (f": {what}" if what else "")
        if len(files) > TOLD:
            yield f"  {subset}, {kind}: and {len(files) - TOLD} more, which the manifest names"
