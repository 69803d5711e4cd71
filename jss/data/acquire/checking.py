"""Check of a data set for missing and damaged files and wrong lengths."""

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

#: Number of names of each kind in the table; the manifest has them all.
MAX_NAMES = 5

Item = TypeVar("Item")
Result = TypeVar("Result")
#: (subset, file name) -> why the clip is damaged.
Damage = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Checked:
    """Result of the check of one subset."""

    #: Published number of clips; None where unknown.
    published: int | None
    #: Whether its list is the published one; None where unknown.
    names: bool | None
    #: Number of clips that it lists.
    listed: int
    #: Names of the missing clips.
    missing: tuple[str, ...]
    #: Names of the damaged clips, and why.
    damaged: Mapping[str, str]
    #: Names of the clips of a wrong length, and their seconds.
    wrong_length: Mapping[str, float]
    #: Length of the clips that are fine.
    seconds: float

    @property
    def fine(self) -> int:
        """Number of clips that exist, are whole and have the right length."""
        return self.listed - len(self.missing) - len(self.damaged) - len(self.wrong_length)

    @property
    def complete(self) -> bool:
        """Whether all clips are fine and the list is the published one."""
        as_published = self.names is not False and self.published in (None, self.listed)
        return self.fine == self.listed and (as_published or not self.listed)


def check(
    name: str, root: Path, workers: int = 1, *, headers: bool = False, known: Damage | None = None
) -> dict[str, Checked]:
    """Check every subset of a data set, published ones that do not exist included.

    A clip is damaged where its mixture or one of its isolated sources is.

    Args:
        name: The data set.
        root: Its folder.
        workers: Number of threads.
        headers: Read the headers only, which is quick and finds no damage within a file.
        known: Clips that are known to be damaged.

    Returns:
        Result by subset.

    Raises:
        JssError: The folder has no such data set.
    """
    known_set = DATASETS[name]
    subsets = known_set.prepare(root)
    damage = known or {}
    clips = [(subset, clip) for subset, items in subsets.items() for clip in items]
    listed = {(subset, clip.filename) for subset, clip in clips}
    clips += [(subset, Clip(file, None)) for subset, file in damage if (subset, file) not in listed]
    outcomes: dict[str, list[tuple[Clip, float | str]]] = {subset: [] for subset, _ in clips}
    measured = map_in_threads(
        lambda item: damage.get((item[0], item[1].filename)) or _measure(item[1], headers),
        clips,
        workers,
        "clip",
    )
    for (subset, clip), outcome in zip(clips, measured, strict=True):
        outcomes[subset].append((clip, outcome))
    names = dict.fromkeys([*known_set.published, *subsets])
    return {subset: _checked(known_set, subset, outcomes.get(subset, [])) for subset in names}


def map_in_threads(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, unit: str
) -> Iterator[Result]:
    """Apply a function to every item in order, by threads, with a progress bar on a terminal.

    Args:
        work: The function; the first exception ends the iteration.
        items: The items.
        workers: Number of threads.
        unit: Unit of the progress bar.

    Yields:
        The results.
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
    """Format a check for a terminal: a line for each subset, then the first names of each problem.

    Args:
        name: The data set.
        root: Its folder.
        subsets: Result by subset.

    Returns:
        The lines.
    """
    head = ("subset", "published", "listed", "missing", "damaged", "wrong length", "fine", "hours")
    rows = [_row(subset, checked) for subset, checked in subsets.items()]
    checks = subsets.values()
    rows.append(
        (
            "in all",
            "",
            *(
                str(sum(counts))
                for counts in (
                    (c.listed for c in checks),
                    (len(c.missing) for c in checks),
                    (len(c.damaged) for c in checks),
                    (len(c.wrong_length) for c in checks),
                    (c.fine for c in checks),
                )
            ),
            f"{sum(c.seconds for c in checks) / 3600:.1f}",
        )
    )
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [f"{DATASETS[name].title}, {root}"]
    lines += [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]
    for subset, checked in subsets.items():
        lines += _remarks(subset, checked)
    return lines


def save(name: str, root: Path, subsets: Mapping[str, Checked], path: Path) -> None:
    """Write the manifest as JSON, atomically.

    Args:
        name: The data set.
        root: Its folder.
        subsets: Result by subset.
        path: The manifest.
    """
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
    """Seconds of a clip's file (0 where it is missing), or the sentence why it cannot be read."""
    if clip.path is None:
        return 0.0
    read = audio.duration if headers else audio.check
    try:
        seconds, *_ = [read(path) for path in (clip.path, *(path for _, path in clip.sources))]
    except JssError as error:
        return str(error)
    return seconds


def _checked(known: DataSet, subset: str, outcomes: Sequence[tuple[Clip, float | str]]) -> Checked:
    published = known.published.get(subset)
    damaged = {clip.filename: outcome for clip, outcome in outcomes if isinstance(outcome, str)}
    wrong: dict[str, float] = {}
    seconds = 0.0
    for clip, outcome in outcomes:
        if clip.path is None or isinstance(outcome, str):
            continue
        shortest, longest = known.length(clip) or (0.0, float("inf"))
        if shortest <= outcome <= longest:
            seconds += outcome
        else:
            wrong[clip.filename] = round(outcome, 3)
    names = None
    if published is not None and published.names is not None and outcomes:
        names = fingerprint(clip for clip, _ in outcomes) == published.names
    missing = tuple(c.filename for c, _ in outcomes if c.path is None and c.filename not in damaged)
    files = published.files if published is not None else None
    return Checked(files, names, len(outcomes), missing, damaged, wrong, round(seconds, 3))


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
        for name, what in files[:MAX_NAMES]:
            yield f"  {subset}, {kind}: {name}" + (f": {what}" if what else "")
        if len(files) > MAX_NAMES:
            yield f"  {subset}, {kind}: and {len(files) - MAX_NAMES} more, listed in the manifest"
