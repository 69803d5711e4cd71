"""``review``: where a review stands, its thresholds, and its clips as a labelled folder."""

from __future__ import annotations

import argparse
import logging
from collections import Counter

from jss.errors import JssError, number_of, printable

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
    from jss.review.judgements import COMPLETE, reviewed

    if not 0 < args.precision < 1:
        raise JssError(f"--precision {args.precision:g} is not between 0 and 1.")
    detected = detections.read(args.folder, args.data)
    judgements = reviewed(args.folder).current()
    other = detections.read(args.against, args.data) if args.against else None
    plan = sampling.plan(detected, other)
    for note in plan.notes:
        log.warning("%s", note)
    count = Counter(judgement.verdict for judgement in judgements.values())
    clips = count.pop(COMPLETE, 0)
    said = ", ".join(f"{number} {verdict}" for verdict, number in count.most_common()) or "none"
    print(
        f"{number_of(sum(count.values()), 'events')} judged: {said}; {number_of(clips, 'clips')} complete"
    )
    rows = thresholds.class_thresholds(
        detected.detections,
        thresholds.is_right(judgements),
        detected.threshold,
        target=args.precision,
        disputed=plan.disputed,
    )
    print("\n".join(printable(line) for line in thresholds.lines(rows, args.precision)))
    if args.write:
        written = truth.write(args.write, detected, judgements, plan.others)
        left_out = (
            f"; {number_of(written.open, 'clips')} left out, unsure or not wholly judged"
            * bool(written.open)
        )
        print(
            f"{number_of(written.clips, 'clips')} of {number_of(written.recordings, 'recordings')} with "
            f"{number_of(written.events, 'events')} -> {args.write}{left_out}"
        )
    return 0
