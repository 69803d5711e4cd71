"""``score``: detections or score curves of any system against a ground truth."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from jss.commands.classes import chosen_labels
from jss.errors import JssError
from jss.io.journal import DURATIONS

if TYPE_CHECKING:
    from jss.evaluation.measure import Findings, Reference
    from jss.reports import EvalReport

#: Default number of bootstrap resamples.
RESAMPLES = 1000
HELP = "score detections or score curves of any system against a ground truth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "--ground-truth",
        type=Path,
        metavar="FILE",
        help="filename, onset, offset, event_label; or labels of Audacity, Raven, Praat, Label Studio",
    )
    parser.add_argument(
        "--durations",
        type=Path,
        metavar="TSV",
        help="filename, duration: the files that count (default: the durations.tsv that jss detect wrote "
        "beside the scores, detections or decisions)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--scores",
        type=Path,
        metavar="DIR",
        help="a <clip>.tsv each: onset, offset, a column a class; or a <clip>.npy each and scores.yaml",
    )
    what.add_argument(
        "--detections", type=Path, metavar="DIR", help="a ..._th_<threshold>.tsv for each threshold"
    )
    parser.add_argument(
        "--decisions",
        type=Path,
        metavar="FILE",
        help="events for the F1 scores: events.tsv of jss detect, or a table in any format of "
        "--ground-truth (default: scores above 0.5)",
    )
    parser.add_argument(
        "--labels", metavar="A,B,...", help="the classes (default: those of the tables)"
    )
    parser.add_argument(
        "--median",
        type=int,
        default=1,
        metavar="FRAMES",
        help="median filter over the score curves (default: 1, no filter)",
    )
    parser.add_argument(
        "--system", default="", metavar="NAME", help="name of the system in the report"
    )
    parser.add_argument(
        "--dataset", default="", metavar="NAME", help="name of the data set in the report"
    )
    parser.add_argument(
        "--subset", default="", metavar="NAME", help="name of the subset in the report"
    )
    parser.add_argument(
        "--reference", action="store_true", help="check PSDS against psds_eval, which takes seconds"
    )
    add_report_arguments(parser, "file of the report")


def add_report_arguments(parser: argparse.ArgumentParser, out: str) -> None:
    """Arguments that ``score`` and ``evaluate`` share.

    Args:
        parser: Of the verb.
        out: What --out says of itself.
    """
    parser.add_argument("--out", type=Path, metavar="FILE.json", help=out)
    parser.add_argument(
        "--resamples",
        type=int,
        default=RESAMPLES,
        metavar="N",
        help="bootstrap resamples behind the confidence intervals (0: none)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the resamples")
    parser.add_argument(
        "--legacy-nan",
        action="store_true",
        help="F1: leave out the classes that the reference tools leave out, instead of counting 0",
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="two reports of the same files: are they significantly different?",
    )


def check_report_arguments(args: argparse.Namespace) -> None:
    """Check the shared arguments.

    Raises:
        JssError: A number is out of range.
    """
    if not 0 <= args.resamples <= 100_000:
        raise JssError("--resamples must be a number from 0 to 100000.")
    if args.seed < 0:
        raise JssError("--seed must not be negative.")


def run(args: argparse.Namespace) -> int:
    """Score, print, write. Returns 0.

    Raises:
        JssError: An argument or a file is wrong.
    """
    from jss.evaluation.external import score
    from jss.evaluation.measure import measure
    from jss.reports import report_lines

    check_report_arguments(args)
    given = (args.durations, args.scores, args.detections, args.decisions, args.out)
    if args.ground_truth is None and args.compare and not any(given):
        return compare(*args.compare)
    if args.ground_truth is None:
        raise JssError("Give --ground-truth and what to score (or --compare A B alone).")
    if args.scores is None and args.detections is None and args.decisions is None:
        raise JssError(
            "Give --scores DIR or --detections DIR, and --decisions FILE for the F1 scores."
        )
    if args.reference and args.scores is None and args.detections is None:
        raise JssError("--reference needs --scores or --detections.")
    for option, folder in {"--scores": args.scores, "--detections": args.detections}.items():
        if folder is not None and folder.is_file():
            raise JssError(
                f"{folder} is a file, and {option} takes a folder: give events as --decisions."
            )
    if args.median < 1 or args.median % 2 == 0:
        raise JssError("--median must be an odd number of frames.")
    if args.median != 1 and args.scores is None:
        raise JssError("--median goes with --scores: add --scores DIR, or leave out --median.")
    labels = chosen_labels(args.labels)
    results = args.scores or args.detections or args.decisions
    durations = args.durations or _durations_beside(args)
    reference, findings = score(
        args.ground_truth,
        durations,
        scores=args.scores,
        points=args.detections,
        decisions=args.decisions,
        labels=labels,
        median=args.median,
        system=args.system or results.resolve().name,
        dataset=args.dataset,
        subset=args.subset,
    )
    if args.reference and not len(reference.truth.events):
        raise JssError("psds_eval takes no ground truth without events: leave out --reference.")
    report = measure(
        reference, findings, resamples=args.resamples, seed=args.seed, legacy_nan=args.legacy_nan
    )
    print("\n".join(report_lines(report)))
    if args.durations is None:
        print(
            f"files and lengths of {durations}; those without ground truth count as without events"
        )
    if args.out is not None:
        report.save(args.out)
        print(f"written to {args.out}")
    if args.reference:
        _check(reference, findings, report)
    if args.compare:
        compare(*args.compare)
    return 0


def _durations_beside(args: argparse.Namespace) -> Path:
    """The ``durations.tsv`` beside the scores, the detections or the decisions.

    Raises:
        JssError: There is none.
    """
    given = [path for path in (args.scores, args.detections, args.decisions) if path is not None]
    places = [Path(os.path.abspath(path)).parent / DURATIONS for path in given]
    beside = next((path for path in places if path.is_file()), None)
    if beside is None:
        raise JssError(
            f"Give --durations, a table of filename and duration in seconds, or put it at {places[0]}, as "
            "jss detect does."
        )
    return beside


def compare(a: str, b: str) -> int:
    """Print whether two reports differ significantly. Returns 0.

    Args:
        a: Path of a report.
        b: Path of another one, of the same files.

    Raises:
        JssError: A file is damaged, or the reports are of different clips.
    """
    from jss.reports import EvalReport, comparison_lines

    print("\n".join(comparison_lines(EvalReport.load(a), EvalReport.load(b))))
    return 0


def _check(reference: Reference, findings: Findings, report: EvalReport) -> None:
    """Print psds_eval's values beside ours."""
    from jss.metrics.psds import PSDS1, PSDS2
    from jss.metrics.reference import reference_psds
    from jss.metrics.scores import THRESHOLDS

    points, thresholds = findings.points, findings.thresholds
    if points is None and findings.scores is not None:
        points, thresholds = findings.scores.at(THRESHOLDS), THRESHOLDS
    assert points is not None
    assert thresholds is not None
    for scenario in (PSDS1, PSDS2):
        value = reference_psds(
            points, thresholds, reference.truth, reference.names, reference.labels, scenario
        )
        ours = report.headline(scenario.name)
        difference = abs(value - ours) if ours is not None else float("nan")
        print(f"  {scenario.name} by psds_eval{'':<10}{value:8.5f}   difference {difference:.1e}")
