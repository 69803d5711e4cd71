"""``cut``: a clip for each event, of the recording or of the source that won."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jss import audio
from jss.commands.bars import SECONDS, progress
from jss.commands.classes import chosen_labels
from jss.errors import DiskError, JssError, number_of
from jss.io.annotations.audio import find_audio
from jss.io.annotations.events import by_recording
from jss.io.annotations.formats import read
from jss.io.inputs import output_names
from jss.io.notes import warn
from jss.io.tsv import read_table, write_table

if TYPE_CHECKING:
    from jss.inference.windows import Stretch

HELP = "cut a clip for each event, of the recording or of the source that won"
TABLE = "clips.tsv"
COLUMNS = (
    "filename",
    "onset",
    "offset",
    "event_label",
    "recording",
    "recording_onset",
    "recording_offset",
    "source",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``cut``."""
    parser.add_argument(
        "events",
        type=Path,
        metavar="EVENTS",
        help="events.tsv of detect, or any file of annotations",
    )
    parser.add_argument(
        "--audio", required=True, type=Path, metavar="DIR", help="the recordings, or one of them"
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help=f"folder for LABEL/RECORDING_ONSET-OFFSET.flac and {TABLE}",
    )
    parser.add_argument("--labels", metavar="A,B,...", help="only these classes (default: all)")
    parser.add_argument(
        "--margin",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="of the recording before and after each event (default: 0)",
    )
    parser.add_argument(
        "--pad-to",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="pad shorter clips with silence at their end (default: none)",
    )
    parser.add_argument(
        "--system",
        metavar="NAME",
        help="cut the source of this system that won: whose score was the highest for the class",
    )
    parser.add_argument(
        "--selection",
        choices=("teacher", "student"),
        help="with --system: which of the two trained networks (default: teacher)",
    )
    parser.add_argument(
        "--device", help="cpu, cuda, cuda:1, ... (default: the GPU where there is one)"
    )


def run(args: argparse.Namespace) -> int:
    """Cut, write the table, print.

    Returns:
        0; 1 where some recordings could not be read; 2 where there is no clip.

    Raises:
        JssError: An argument is wrong, or a file cannot be written.
    """
    from jss.inference.cutting import cut

    for name, seconds in (("--margin", args.margin), ("--pad-to", args.pad_to)):
        if not 0 <= seconds <= 3600:
            raise JssError(f"{name} {seconds:g} is not from 0 to 3600 seconds.")
    for name, given in (("--selection", args.selection), ("--device", args.device)):
        if given is not None and args.system is None:
            raise JssError(f"{name} goes with --system: add --system NAME, or leave out {name}.")
    events = read(args.events)
    events = events[events["event_label"].notna()]
    present, wanted = set(events["event_label"]), chosen_labels(args.labels)
    absent = [label for label in wanted or () if label not in present]
    if wanted is not None:
        events = events[events["event_label"].isin(wanted)]
    if events.empty:
        raise JssError(f"{args.events} has no event{' of ' + args.labels if args.labels else ''}.")
    if absent:
        warn(f"{args.events} has no event of {', '.join(absent)}.")
    stretches, labels = _analysis(args)
    unknown = sorted(set(events["event_label"]) - set(labels or events["event_label"]))
    if unknown:
        raise JssError(
            f"{args.system} has no class {unknown[0]}, so none of its sources wins there: choose classes with "
            "--labels, or leave out --system."
        )
    found = find_audio(args.audio, events["filename"])
    names = output_names(name for name, _ in found.values())
    earlier = _rows(args.out)
    rows: list[tuple[str, ...]] = []
    used: set[str] = set()
    failed = 0
    with progress(0, bar_format=SECONDS) as bar:
        for given, entries in by_recording(events):
            if given not in found:
                continue
            name, path = found[given]
            try:
                done = 0
                for clip in cut(
                    stretches(path), entries, labels, margin=args.margin, length=args.pad_to
                ):
                    onset, offset, label = entries[clip.event]
                    file = _unused(f"{_folder(label)}/{names[name]}_{onset:.3f}-{offset:.3f}", used)
                    audio.save(args.out / file, clip.samples)
                    inside = [
                        f"{max(0.0, t - clip.begin):.6f}" for t in (onset, min(offset, clip.end))
                    ]
                    times = [f"{onset:.6f}", f"{offset:.6f}"]
                    source = str(clip.source) if clip.source else "mixture"
                    rows.append((file, *inside, label, name, *times, source))
                    bar(name, clip.end - clip.begin)
                    done += 1
            except DiskError:
                raise
            except JssError as error:
                warn(str(error))
                failed += 1
                continue
            if done < len(entries):
                lost = number_of(len(entries) - done, "events")
                warn(f"{name}: left out {lost} without length or beginning after its end.")
    write_table(args.out / TABLE, COLUMNS, (earlier | {row[0]: row for row in rows}).values())
    recordings = number_of(len({row[4] for row in rows}), "recordings")
    print(f"{number_of(len(rows), 'clips')} of {recordings} -> {args.out}")
    return (1 if failed or len(found) < len(set(events["filename"])) else 0) if rows else 2


def _rows(folder: Path) -> dict[str, tuple[str, ...]]:
    """Rows of the table of a folder by clip, of the clips that are there; earlier runs cut them."""
    table = folder / TABLE
    rows = read_table(table, COLUMNS).itertuples(index=False) if table.is_file() else ()
    return {row[0]: tuple(row) for row in rows if (folder / row[0]).is_file()}


def _analysis(
    args: argparse.Namespace,
) -> tuple[Callable[[Path], Iterable[Stretch]], tuple[str, ...] | None]:
    """How a file becomes stretches, and the classes of their scores (None: the mixture is cut)."""
    from jss.inference.cutting import unanalysed
    from jss.inference.system import load_system
    from jss.inference.windows import pieces

    if args.system is None:
        return lambda path: map(unanalysed, audio.stream(path)), None
    system = load_system(args.system, args.selection or "teacher", args.device)
    if not system.separates:
        raise JssError(
            f"{system.name} has no separation stage: leave out --system to cut the recording itself."
        )
    return lambda path: pieces(audio.stream(path), system.analyse), system.labels


def _folder(label: str) -> str:
    """A label as the name of a folder."""
    return re.sub(r"[/\\\x00-\x1f]", "_", label).strip(". ") or "_"


def _unused(stem: str, used: set[str]) -> str:
    """Name of a clip that no other has."""
    name, copy = f"{stem}.flac", 2
    while name in used:
        name, copy = f"{stem}_{copy}.flac", copy + 1
    used.add(name)
    return name
