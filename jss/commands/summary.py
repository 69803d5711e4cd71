"""``summary``: what was detected by hour, minute or day, in recordings lined up on the clock."""

from __future__ import annotations

import argparse
from pathlib import Path

from jss.errors import number_of
from jss.io.atomic import atomic_write
from jss.io.notes import warn

HELP = "count what detect found by hour, minute or day, on the clock of the recorders"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``summary``."""
    parser.add_argument("folder", metavar="OUT", help="an output folder of detect")
    parser.add_argument(
        "--by",
        choices=("day", "hour", "minute"),
        default="hour",
        help="length of a bin (default: hour)",
    )
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write all rows, of every class in every bin, as CSV",
    )


def run(args: argparse.Namespace) -> int:
    """Print the classes that were detected in each bin, and write the table. Returns 0.

    Raises:
        JssError: There is no such folder, or the file cannot be written.
    """
    from jss.review import timeline
    from jss.viz.timeline_charts import amount

    days = timeline.read(args.folder)
    for note in days.notes:
        warn(note)
    table = timeline.summary(days, args.by)
    if args.csv is not None:
        with atomic_write(args.csv) as part:
            table.to_csv(part, index=False)
    shown = table[(table["events"] > 0) | (table["active_s"] > 0)]
    if not shown.empty:
        print(shown.to_string(index=False, float_format=lambda value: f"{value:.1f}"))
    recorded = days.recordings["duration"].sum()
    start, end = (days.clock(time) for time in days.span)
    print(
        f"{number_of(len(days.events), 'events')} in {number_of(len(days.recordings), 'recordings')}, "
        f"{amount(recorded)} of sound "
        f"from {start} to {end}" + (f" -> {args.csv}" if args.csv else "")
    )
    return 0
