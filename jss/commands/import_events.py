"""``import``: labels of another program as the table of events that every verb reads."""

from __future__ import annotations

import argparse
from pathlib import Path

from jss.errors import JssError, number_of
from jss.io.annotations.audio import find_audio
from jss.io.annotations.formats import FORMATS, read, write

HELP = "read labels of Audacity, Raven, Praat or Label Studio into a table of events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``import``."""
    parser.add_argument(
        "labels", type=Path, metavar="LABELS", help="a file, or a folder with a file per recording"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="table to write: .tsv or .csv"
    )
    parser.add_argument(
        "--from",
        dest="format",
        metavar="FORMAT",
        help=f"one of {', '.join(FORMATS)} (default: what the file begins like)",
    )
    parser.add_argument(
        "--audio", type=Path, metavar="DIR", help="the recordings, to write their names as there"
    )


def run(args: argparse.Namespace) -> int:
    """Read, write, print. Returns 0.

    Raises:
        JssError: An argument or a file is wrong.
    """
    kind = args.out.suffix.lower().removeprefix(".")
    if kind not in ("tsv", "csv"):
        raise JssError(f"--out {args.out} must end in .tsv or .csv (see also jss export).")
    events = read(args.labels, args.format)
    if args.audio is not None:
        found = find_audio(args.audio, events["filename"])
        events["filename"] = [found[n][0] if n in found else n for n in events["filename"]]
    write(events, FORMATS[kind], args.out, {})
    print(
        f"{number_of(events['event_label'].notna().sum(), 'events')} of "
        f"{number_of(events['filename'].nunique(), 'recordings')} -> "
        f"{args.out}"
    )
    return 0
