"""``statistics``: contents of a data set, as a table and as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jss.errors import JssError, number_of
from jss.labels import sound_class

if TYPE_CHECKING:
    from jss.data.statistics import Statistics

HELP = "show statistics of a data set: events, minutes, lengths, polyphony, co-occurrence, levels"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "root",
        metavar="ROOT",
        help="a data set (jss list datasets) or any folder of audio",
    )
    parser.add_argument(
        "--subset",
        action="append",
        metavar="NAME",
        help="validation, public, ...; may be given several times (default: every one; all of a folder "
        "without labels as one set)",
    )
    parser.add_argument(
        "--no-levels", action="store_true", help="do not read the audio: faster, but without levels"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write SUBSET.json, or all.json, into this folder, clip by clip",
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print, write.

    Returns:
        0, or 1 where files could not be read.

    Raises:
        JssError: An argument is wrong.
    """
    from jss.data.datasets import desed, labelled, sets
    from jss.data.soundbank.account import summary_of_data
    from jss.data.statistics import measure

    subsets = sets.subsets(args.root)
    unknown = [name for name in args.subset or () if name not in subsets]
    if unknown:
        raise JssError(f"{args.root} has no subset {unknown[0]}: choose from {', '.join(subsets)}.")
    layout = sets.recognise(Path(args.root))
    if layout is None and not args.subset:  # its splits are for training
        clips = [clip for subset in subsets.values() for clip in subset]
        subsets = {"": sorted(clips, key=lambda clip: clip.filename)}
    known = labelled.labels(args.root) if layout == "labelled" else None
    broken = 0
    for name in args.subset or subsets:
        clips = subsets[name]
        if layout in (None, "labelled"):  # where no table has their lengths
            clips = [
                replace(clip, duration=desed.duration(clip.path))
                if clip.path and clip.tags is None
                else clip
                for clip in clips
            ]
        dataset = Path(args.root).resolve().name
        statistics = measure(clips, dataset, name, levels=not args.no_levels, known=known)
        print("\n".join(lines(statistics)) + "\n")
        broken += len(statistics.damaged)
        if args.out is not None:
            path = args.out / f"{name or 'all'}.json"
            statistics.save(path)
            print(f"written to {path}\n")
    print(summary_of_data(args.root))
    return 1 if broken else 0


def lines(s: Statistics) -> list[str]:
    """The statistics as text."""
    head = f"{s.dataset} {s.subset}".strip()
    text = [
        f"{head}: audio of {s.n_files} of {number_of(s.n_files_expected, 'files')}, {s.minutes:.1f} min"
    ]
    text += [f"  not read: {why}" for why in s.damaged]
    text.append(
        f"  annotated: {number_of(s.strong, 'clips with events')} ({s.events}), {s.weak} with classes"
    )
    if s.polyphony is not None:
        text.append(
            "  at once: "
            + _percent(s.polyphony, ("no event", "one", "two", "three or more"))
            + " of the time"
        )
    if s.level_db is not None:
        lowest, low, middle, high, highest = s.level_db
        text.append(
            f"  level: {middle:.1f} dB (median; half of the clips {low:.1f} to {high:.1f}, "
            f"all {lowest:.1f} to {highest:.1f})"
        )
    if s.classes:
        text += ["", *_class_table(s), "", *_matrix(s)]
    return text


def _class_table(s: Statistics) -> list[str]:
    head = f"  {'class':<28}{'clips':>7}{'events':>8}{'minutes':>9}{'median s':>10}{'quartiles s':>16}{'alone':>8}"
    rows = [head]
    for label, c in s.classes.items():
        row = f"  {sound_class(label).display:<28}{c.clips:>7}"
        if s.strong:
            row += f"{c.events:>8}{c.minutes:>9.1f}"
        if c.lengths is not None and c.others is not None:
            row += f"{c.lengths[2]:>10.2f}{f'{c.lengths[1]:.2f} to {c.lengths[3]:.2f}':>16}{100 * c.others[0]:>6.0f} %"
        rows.append(row)
    return rows if s.strong else [row[:37] for row in rows]


def _matrix(s: Statistics) -> list[str]:
    """Clips in which two classes occur together; on the diagonal, in which the class occurs."""
    names = [sound_class(label).short for label in s.classes]
    wide = max(map(len, names))
    head = "  clips with both".ljust(wide + 4) + "".join(
        f"{name:>{max(len(name), 4) + 2}}" for name in names
    )
    start = len("  clips with both".ljust(wide + 4))
    return [head] + [
        f"  {name}".ljust(start)
        + "".join(
            f"{count:>{max(len(other), 4) + 2}}" for other, count in zip(names, row, strict=True)
        )
        for name, row in zip(names, s.co_occurrence, strict=True)
    ]


def _percent(shares: Iterable[float], names: Iterable[str]) -> str:
    return ", ".join(
        f"{name} {100 * share:.1f} %" for name, share in zip(names, shares, strict=True)
    )
