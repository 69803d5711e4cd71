"""``export``: events for another program, such as Audacity, Raven, Praat or Label Studio."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from jss import audio
from jss.errors import JssError, number_of
from jss.io.annotations import label_studio
from jss.io.annotations.audio import find_audio
from jss.io.annotations.formats import FORMATS, named, read, write
from jss.io.notes import warn
from jss.io.tsv import ClipNames, read_durations

HELP = "write events as labels for Audacity, Raven, Praat or Label Studio"
#: What becomes of recordings of unknown length, by format; Raven refuses those whose length it needs.
WITHOUT_LENGTH = {
    "textgrid": "their TextGrids end with the last event",
    "labelstudio": "their tasks name no length",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``export``."""
    parser.add_argument(
        "events",
        type=Path,
        metavar="EVENTS",
        help="events.tsv of detect, or any file of annotations",
    )
    parser.add_argument(
        "--to", required=True, metavar="FORMAT", help=f"one of {', '.join(FORMATS)}"
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="PATH",
        help="a file, or a folder for a file per recording",
    )
    parser.add_argument(
        "--audio", type=Path, metavar="DIR", help="the recordings, for their names and lengths"
    )
    parser.add_argument(
        "--durations", type=Path, metavar="TSV", help="filename, duration: lengths, without --audio"
    )
    parser.add_argument(
        "--url",
        metavar="PREFIX",
        help="with labelstudio: goes before each recording's name (default: "
        f"{label_studio.PREFIX})",
    )


def run(args: argparse.Namespace) -> int:
    """Read, write, print. Returns 0.

    Raises:
        JssError: An argument or a file is wrong.
    """
    chosen = named(args.to)
    if args.url is not None:
        if args.to != "labelstudio":
            raise JssError("--url is for --to labelstudio: leave out --url.")
        chosen = replace(chosen, write=partial(label_studio.write, prefix=args.url))
    events = read(args.events)
    durations = {} if args.durations is None else read_durations(args.durations)
    if args.audio is not None:
        found = find_audio(args.audio, events["filename"])
        events["filename"] = [found[n][0] if n in found else n for n in events["filename"]]
        durations |= {name: audio.duration(path) for name, path in found.values()}
    known, names = ClipNames(durations), list(dict.fromkeys(events["filename"]))
    matches = zip(names, known.map(names), strict=True)
    durations |= {name: durations[match] for name, match in matches if match is not None}
    missing = [name for name in names if name not in durations]
    if args.durations is not None and missing and args.to in WITHOUT_LENGTH:
        warn(
            f"{len(missing)} of {len(names)} recordings are not in {args.durations}, such "
            f"as {missing[0]}: add them, or {WITHOUT_LENGTH[args.to]}."
        )
    files = write(events, chosen, args.out, durations)
    print(
        f"{number_of(events['event_label'].notna().sum(), 'events')} of "
        f"{number_of(events['filename'].nunique(), 'recordings')}, as "
        f"{chosen.title} -> {args.out}" + (f" ({files} files)" if files > 1 else "")
    )
    if args.to == "labelstudio":
        print("The project's labeling configuration:\n")
        print(label_studio.configuration(events))
    return 0
