"""``tune``: operating points of a system, by validation clips or a review, into its manifest."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jss.commands.bars import progress
from jss.errors import JssError, number_of, printable
from jss.io.notes import warn

if TYPE_CHECKING:
    from jss.checkpoints import Card, Manifest
    from jss.decoding import OperatingPoints
    from jss.evaluation.saved_scores import SavedScores

HELP = (
    "choose a threshold and a filter for each class of a system, on validation clips or by a review"
)

#: Default precision of the thresholds that a review gives.
PRECISION = 0.9
#: Defaults with --data.
PRESET, CLIPS = "gpu", 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.description = (
        f"{HELP[0].upper()}{HELP[1:]}, and write these operating points into the system's manifest. "
        "Never tune on clips that figures are reported on: not on homescapes, DESED's validation or "
        "its public evaluation set."
    )
    parser.add_argument("system", metavar="SYSTEM", help="a system, such as SED")
    parser.add_argument(
        "--data",
        metavar="ROOT",
        help="a soundbank or a data set that a preset trains on: its synthetic validation clips are used; "
        "synthscapes is the built-in synthesiser",
    )
    parser.add_argument(
        "--subset",
        metavar="NAME",
        help="of a data set in DESED's layout: a subset that no figure is reported on",
    )
    parser.add_argument(
        "--scores",
        type=Path,
        metavar="FILE",
        help="instead of --data: saved scores of validation clips (evaluate --keep-scores)",
    )
    parser.add_argument(
        "--review",
        metavar="OUT",
        help="instead of --data: an output folder of detect that was reviewed. The thresholds that its "
        "judgements give are taken; other classes stay as they were",
    )
    parser.add_argument(
        "--precision",
        type=float,
        metavar="X",
        help=f"with --review: the lowest thresholds at this precision (default: {PRECISION})",
    )
    parser.add_argument(
        "--against",
        metavar="OUT",
        help="with --review: that of another system, where the review was of their disagreement",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help=f"with --data: how its validation clips are drawn (default: {PRESET})",
    )
    parser.add_argument(
        "--clips", type=int, metavar="N", help=f"with --data: how many clips (default: {CLIPS})"
    )
    parser.add_argument(
        "--selection",
        choices=("student", "teacher"),
        help="default: teacher; with --review that of its detections",
    )
    parser.add_argument("--device", help="cpu or cuda (default: the GPU where there is one)")


def run(args: argparse.Namespace) -> int:
    """Choose, print, write. Returns 0.

    Raises:
        JssError: An argument is wrong, or the scores are of another system.
    """
    from jss import checkpoints
    from jss.evaluation.saved_scores import SavedScores
    from jss.evaluation.tuning import steps, tune

    if [args.scores, args.data, args.review].count(None) != 2:
        raise JssError("Give either --data ROOT, --scores FILE or --review OUT.")
    drawn = args.data if args.subset is None else None
    for option, given, of, there in (
        ("--subset", args.subset, "--data", args.data),
        ("--clips", args.clips, "--data", args.data),
        ("--preset", args.preset, "--data without --subset", drawn),
        ("--device", args.device, "--data and --review", args.data or args.review),
        ("--selection", args.selection, "--data and --scores", args.data or args.scores),
        ("--against", args.against, "--review", args.review),
        ("--precision", args.precision, "--review", args.review),
    ):
        if given is not None and there is None:
            raise JssError(f"{option} is of {of}: leave it out.")
    if args.review is not None:
        return _by_review(args)
    clips = CLIPS if args.clips is None else args.clips
    if clips < 1:
        raise JssError("--clips must be 1 or more.")
    selection = args.selection or "teacher"
    manifest = checkpoints.manifest(args.system)
    if selection not in manifest.selections:
        raise JssError(
            f"{manifest.name} has no {selection} selection: choose "
            f"{' or '.join(manifest.selections)}."
        )
    chosen = manifest.selections[selection]
    cards = [checkpoints.load_card(block) for block in chosen.blocks]
    if args.scores is not None:
        scores = SavedScores.load(args.scores)
        _check(scores, manifest, selection, cards, args.scores)
    elif args.subset is not None:
        scores = _of_subset(args, selection, clips)
    else:
        scores = _of_training_data(args, selection, clips)
    with progress(steps(), f"{manifest.name} ({selection})", unit="step") as bar:
        tuned = tune(scores, checkpoints.weights_fingerprint(cards), bar)
    print("\n".join(tuned.lines()))
    path = _write(args.system, selection, tuned.points)
    print(f"{number_of(tuned.points.clips, 'clips')} of {tuned.points.data}; written to {path}")
    return 0


def _write(system: str, selection: str, points: OperatingPoints) -> Path:
    """Write operating points into the manifest as it is now; returns its path."""
    from jss import checkpoints

    manifest = checkpoints.manifest(system)
    chosen = replace(manifest.selections[selection], operating=points)
    selections = {**manifest.selections, selection: chosen}
    return checkpoints.save_manifest(replace(manifest, selections=selections))


def _by_review(args: argparse.Namespace) -> int:
    """Take the thresholds that a review gives. Returns 0.

    Raises:
        JssError: Nothing was reviewed, or the detections are of another system or decoder.
    """
    from jss.checkpoints import weights_fingerprint
    from jss.inference.output_cache import fingerprint
    from jss.inference.system import load_system
    from jss.review import detections, sampling, thresholds
    from jss.review.judgements import reviewed

    precision = PRECISION if args.precision is None else args.precision
    if not 0 < precision < 1:
        raise JssError(f"--precision {precision:g} is not between 0 and 1.")
    found = detections.read(args.review)
    judgements = reviewed(args.review).current()
    other = detections.read(args.against) if args.against else None
    plan = sampling.plan(found, other)
    for note in plan.notes:
        warn(note)
    if found.system != args.system:
        raise JssError(f"{args.review} holds detections of {found.system}, not of {args.system}.")
    if found.median is None:
        raise JssError(
            f"{args.review} holds bounding boxes, whose scores are others: review what detect finds "
            "with --decoder median."
        )
    system = load_system(found.system, found.selection, args.device, precision=found.precision)
    if fingerprint(system) != found.checkpoint:
        raise JssError(
            f"{args.review} holds detections of other weights of {found.system}: detect and review again."
        )
    rows = thresholds.class_thresholds(
        found.detections,
        thresholds.is_right(judgements),
        found.threshold,
        target=precision,
        disputed=plan.disputed,
    )
    print("\n".join(printable(line) for line in thresholds.lines(rows, precision)))
    decided = [row.label for row in rows if row.threshold is not None]
    if not decided:
        raise JssError("No class has a threshold yet: judge more events.")
    points = thresholds.operating_points(
        rows,
        system.labels,
        found.median,
        data=f"{', '.join(decided)}: review of {Path(args.review).resolve().name} at a precision of "
        f"{100 * precision:.0f} %"
        + (f"; else {before.data}" if (before := system.operating) else ""),
        recordings=len({judgement.filename for judgement in judgements.values()}),
        weights=weights_fingerprint(system.cards.values()),
        before=before,
    )
    path = _write(found.system, found.selection, points)
    print(f"thresholds of {number_of(len(decided), 'classes')} written to {path}")
    return 0


def _check(
    scores: SavedScores, manifest: Manifest, selection: str, cards: list[Card], path: Path
) -> None:
    """Check that scores are those of a system.

    Raises:
        JssError: They are not.
    """
    outputs = scores.outputs
    if (outputs.system, outputs.selection) != (manifest.name, selection):
        raise JssError(
            f"{path} holds scores of {outputs.system} ({outputs.selection}), not of {manifest.name} "
            f"({selection})."
        )
    weights = {value for role, value in outputs.weights.items() if role != "system"}
    if weights != {card.sha256 for card in cards} or outputs.labels != manifest.labels:
        raise JssError(
            f"{path} holds scores of other weights of {manifest.name}: evaluate it again with "
            "--keep-scores."
        )


def _of_subset(args: argparse.Namespace, selection: str, count: int) -> SavedScores:
    """Scores of the first clips of a subset of a data set.

    Raises:
        JssError: There is no such subset, or it has no strong labels.
    """
    from jss.evaluation import run as evaluation_run
    from jss.evaluation import saved_scores
    from jss.inference.system import load_system
    from jss.inference.together import fitting

    clips = evaluation_run.subset(args.data, args.subset)[:count]
    system = load_system(args.system, selection, args.device)
    with progress(len(clips), args.system, unit="clip") as bar:
        outputs = evaluation_run.collect(system, clips, None, bar, fitting(system))
    return saved_scores.collect(outputs, clips, Path(args.data).resolve().name, args.subset)


def _of_training_data(args: argparse.Namespace, selection: str, count: int) -> SavedScores:
    """Scores of the synthetic validation clips that trainings on this data are selected by.

    Raises:
        JssError: The data has none, or cannot be read.
    """
    from jss.config import load_preset
    from jss.data.training.training_data import training_data
    from jss.evaluation.tuning import scores_of
    from jss.inference.system import load_system

    overrides = (f"data.validation_synthetic={count}", "data.workers=0")
    data = training_data(args.data, load_preset(args.preset or PRESET, overrides), used=())
    if not len(data.synthetic_validation):
        raise JssError(f"{args.data} has no clips with strong labels for validation.")
    system = load_system(args.system, selection, args.device)
    number = min(count, len(data.synthetic_validation))
    with progress(number, args.system, unit="clip") as bar:
        return scores_of(system, data.synthetic_validation, number, Path(args.data).name, bar)
