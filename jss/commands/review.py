"""``review``: where a review stands, its thresholds, and its clips as a labelled folder."""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jss.errors import JssError, printable

if TYPE_CHECKING:
    from jss.review.thresholds import ClassThreshold

HELP = "where a review of detections stands; --write makes a labelled folder of it"
log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "folder", metavar="OUT", help="an output folder of detect, reviewed in the app"
    )
    parser.add_argument(
        "--against",
        metavar="OUT",
        help="that of another system, where the review was of their disagreement",
    )
    parser.add_argument(
        "--data",
        metavar="ROOT",
        help="the folder of the recordings, where they are no longer where they were analysed",
    )
    parser.add_argument(
        "--precision",
        type=float,
        default=0.9,
        metavar="X",
        help="print a threshold for each class at this precision (default: 0.9)",
    )
    parser.add_argument(
        "--write",
        metavar="DIR",
        help="write the clips whose truth is known, with labels.yaml, strong.tsv and splits.tsv",
    )


def run(args: argparse.Namespace) -> int:
    """Print, write. Returns 0.

    Raises:
        JssError: An argument is wrong, or nothing was reviewed.
    """
    from jss.review import detections, sampling, thresholds, truth
    from jss.review.judgements import COMPLETE, FILE, Judgements

    if not 0 < args.precision < 1:
        raise JssError(f"--precision {args.precision:g} is not between 0 and 1.")
    detected = detections.read(args.folder, args.data)
    if not (Path(args.folder) / FILE).is_file():
        raise JssError(
            f"{args.folder} was not reviewed yet: open the app with make app REVIEW={args.folder}, page Review."
        )
    for note in detected.notes:
        log.warning("%s", note)
    other = detections.read(args.against, args.data) if args.against else None
    plan = sampling.plan(detected, other)
    judgements = Judgements(args.folder).current()
    count = Counter(judgement.verdict for judgement in judgements.values())
    clips = count.pop(COMPLETE, 0)
    said = ", ".join(f"{number} {verdict}" for verdict, number in count.most_common()) or "none"
    print(f"{sum(count.values())} events judged: {said}; {clips} clips complete")
    rows = thresholds.class_thresholds(
        detected.detections,
        thresholds.is_right(judgements),
        detected.threshold,
        target=args.precision,
        disputed=plan.disputed,
    )
    print("\n".join(printable(line) for line in threshold_lines(rows, args.precision)))
    if args.write:
        written = truth.write(args.write, detected, judgements, plan.others)
        left_out = f"; {written.open} clips left out, unsure or not wholly judged" * bool(
            written.open
        )
        print(
            f"{written.clips} clips of {written.recordings} recordings with {written.events} events -> "
            f"{args.write}{left_out}"
        )
    return 0


def threshold_lines(rows: Sequence[ClassThreshold], target: float) -> list[str]:
    """A line for each class: its threshold at the target precision, and what is known of it."""
    lines = [f"Thresholds at a precision of {target:.0%}, with 95 % intervals:"]
    for row in rows:
        text = f"  {row.label:<28}{row.judged} of {row.detections} judged"
        p = row.precision
        if row.threshold is not None and p is not None:
            latest = "none" if row.latest is None else f"{row.latest:.2f}"
            text += (
                f"   threshold {row.threshold:.2f} ({row.earliest:.2f} to {latest})   precision there "
                f"{p.estimate:.2f} ({p.low:.2f} to {p.high:.2f})   keeps {row.kept:.0%}"
            )
        lines.append(text + (f"   {row.note}" if row.note else ""))
    return lines
