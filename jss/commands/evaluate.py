"""``evaluate``: trained systems on a set, as reports."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from jss.commands.bars import progress
from jss.commands.batching import add_batch_argument, batch_size
from jss.commands.score import RESAMPLES, add_report_arguments, check_report_arguments, compare
from jss.errors import JssError, printable

if TYPE_CHECKING:
    from jss.decoding import Decoder
    from jss.inference.system import System
    from jss.reports import EvalReport

#: Default folder of cached score curves.
CACHE = Path("cache") / "scores"
HELP = "score trained systems, or fusions of them, on a subset of a data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "--system",
        action="append",
        default=[],
        metavar="NAME",
        help="a system, such as MixIT-S1; may be given several times",
    )
    parser.add_argument(
        "--data",
        metavar="ROOT",
        help="a data set in DESED's layout; for separators of classes, "
        "such as weak-frame: a soundbank, UrbanSound8K or synthscapes",
    )
    parser.add_argument(
        "--subset",
        metavar="NAME",
        help="validation, public, ...; NAME_overlap adds its clips in pairs; for separators of "
        "classes: train, validation or test",
    )
    parser.add_argument(
        "--clips",
        type=int,
        metavar="N",
        help="separators of classes: how many scenes, drawn from --seed (default: as many as the "
        "preset that trained it says, 5000 in weak_paper, 500 in others)",
    )
    parser.add_argument(
        "--selection", choices=("student", "teacher"), default="teacher", help="default: teacher"
    )
    parser.add_argument(
        "--fusion", action="store_true", help="one report, of the systems' mean scores (Eq. 25)"
    )
    parser.add_argument(
        "--mean",
        choices=("scores", "logits"),
        default="scores",
        help="what --fusion is the mean of (default: scores, as Eq. 25)",
    )
    parser.add_argument(
        "--decoder",
        choices=("median", "tuned-median", "boxes"),
        default="median",
        help="the median filter of 448 ms; a median filter for each class, or sound event bounding boxes, "
        "as jss tune chose them for the system; thresholds stay those of the metrics "
        "(default: median, as in the paper)",
    )
    parser.add_argument(
        "--dataset",
        metavar="NAME",
        help="name of the data set in the report (default: ROOT's name)",
    )
    parser.add_argument("--device", help="cpu or cuda (default: the GPU where there is one)")
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        default="fp32",
        help="of products: bf16 is faster where there are units for it (default: fp32, as in the paper)",
    )
    add_batch_argument(parser)
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        metavar="DIR",
        help="folder of cached score curves (default: cache/scores)",
    )
    parser.add_argument(
        "--keep-scores",
        action="store_true",
        help="save each system's scores beside its report, for fusions and the app",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="compute everything, without the cache"
    )
    add_report_arguments(
        parser,
        "file of the report; of several systems '{system}.json' is a file for each, which --compare "
        "reads, and a name without {system} one file of all",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate, print, write.

    Returns:
        0, or 1 where files could not be read.

    Raises:
        JssError: An argument is wrong, or nothing can be evaluated.
    """
    check_report_arguments(args)
    if args.compare and not any((args.system, args.data, args.subset, args.out)):
        return compare(*args.compare)
    if not args.system or not args.data or not args.subset:
        raise JssError(
            "Give --system NAME, --data ROOT and --subset NAME (or --compare A B alone)."
        )
    if len(set(args.system)) < len(args.system):
        raise JssError("A system was named twice.")
    if args.fusion and len(args.system) < 2:
        raise JssError("--fusion needs two systems or more.")
    if args.fusion and args.decoder != "median":
        raise JssError(
            "--decoder has what was tuned for a single system: leave out --decoder or --fusion."
        )
    from jss.weak_labels.inference import separators

    weak = set(args.system) & set(separators())
    if weak == set(args.system):
        return _weak(args)
    if weak:
        raise JssError(
            f"{min(weak)} is evaluated on scenes of its own classes: evaluate the other systems without it."
        )
    if args.clips is not None:
        raise JssError(
            "--clips is of separators of classes, and all clips of --subset are scored: leave it out."
        )
    if args.mean != "scores" and not args.fusion:
        raise JssError("--mean is of --fusion: add --fusion, or leave out --mean.")
    if args.keep_scores:
        _check_keep(args)
    from jss.data.soundbank.account import summary_of_data
    from jss.evaluation import run as evaluation_run
    from jss.inference.system import load_system
    from jss.reports import comparison_lines, report_lines

    clips = evaluation_run.subset(args.data, args.subset)
    dataset = args.dataset or Path(args.data).resolve().name
    cache = None if args.no_cache else args.cache
    all_outputs = []
    decoders = []
    for name in args.system:
        system = load_system(name, args.selection, args.device, precision=args.precision)
        size = batch_size(args, system)
        decoders.append(_decoder(system, args.decoder))
        with progress(len(clips), f"{name} ({args.selection})", unit="clip") as bar:
            all_outputs.append(evaluation_run.collect(system, clips, cache, bar, size))
    reports: list[EvalReport] = []
    measured = [evaluation_run.fuse_sets(all_outputs, args.mean)] if args.fusion else all_outputs
    for outputs, decoder in zip(measured, decoders, strict=False):
        report = evaluation_run.report(
            outputs,
            clips,
            dataset,
            args.subset,
            resamples=args.resamples,
            seed=args.seed,
            legacy_nan=args.legacy_nan,
            decoder=decoder,
        )
        report.settings["reproduce"] = again(
            args, [outputs.system] if not args.fusion else args.system, dataset
        )
        reports.append(report)
        print("\n".join(report_lines(report)))
    if args.out is not None:
        paths = write(reports, args.out)
        for path in paths:
            print(f"written to {path}")
        for path, outputs in zip(paths, all_outputs, strict=True) if args.keep_scores else ():
            from jss.evaluation import saved_scores

            saved_scores.collect(outputs, clips, dataset, args.subset).save(
                saved_scores.beside(path)
            )
            print(f"scores saved in {saved_scores.beside(path)}")
    if args.compare:
        by_name = {r.system: r for r in reports}
        a, b = (by_name.get(name) or _load(name) for name in args.compare)
        print("\n".join(comparison_lines(a, b)))
    unreadable = sorted({why for outputs in all_outputs for why in outputs.unreadable})
    for why in unreadable:
        print(f"  not scored: {printable(why)}")
    print(summary_of_data(args.data))
    return 1 if unreadable else 0


def _decoder(system: System, wanted: str) -> Decoder:
    """The decoder of ``--decoder`` for a system.

    Raises:
        JssError: It needs operating points, which the system does not have.
    """
    from jss.decoding import BASELINE, decoder

    if wanted == "median":
        return BASELINE
    if system.operating is None:
        raise JssError(
            f"{system.name} has no operating points: choose them with jss tune {system.name}, or "
            "leave out --decoder."
        )
    return decoder(
        system.operating, system.labels, method="boxes" if wanted == "boxes" else "median"
    )


def again(args: argparse.Namespace, systems: Sequence[str], dataset: str) -> list[str]:
    """Commands that reproduce a report: ``render`` where it made the set, and ``evaluate``.

    For the folders in them see ``jss.reports.PLACEHOLDERS``.

    Args:
        args: Of this run.
        systems: Names.
        dataset: Name of the data set.
    """
    from jss.data.manifest import rendered_by

    words = [
        "python -m jss evaluate",
        *(f"--system {quote(name)}" for name in systems),
        *(["--fusion"] if args.fusion else []),
        *(["--mean logits"] if args.fusion and args.mean == "logits" else []),
        f"--selection {args.selection}",
        *([] if args.decoder == "median" else [f"--decoder {args.decoder}"]),
        *([] if args.precision == "fp32" else [f"--precision {args.precision}"]),
        "--data DATA",
        f"--subset {quote(args.subset)}",
        f"--dataset {quote(dataset)}",
        f"--resamples {args.resamples}",
        f"--seed {args.seed}",
        *(["--legacy-nan"] if args.legacy_nan else []),
        "--out {system}.json",
    ]
    rendered = rendered_by(Path(args.data))
    return [*([rendered] if rendered else []), " ".join(words)]


def _check_keep(args: argparse.Namespace) -> None:
    """Check that ``--keep-scores`` has a report of its own for each system.

    Raises:
        JssError: It has not.
    """
    if args.fusion:
        raise JssError(
            "--keep-scores saves the scores of single systems, from which fusions are computed: leave out --fusion."
        )
    if args.out is None or (len(args.system) > 1 and "{system}" not in args.out.name):
        raise JssError(
            "--keep-scores needs --out with a file for each system, such as --out 'reports/{system}.json'."
        )


def scenes_of(settings: Mapping[str, Any]) -> int:
    """Default number of scenes of a separator: that of its preset, or 500 where it has none.

    Args:
        settings: Of its card.
    """
    weak = settings.get("weak")
    count = weak.get("test") if isinstance(weak, Mapping) else None
    return count if isinstance(count, int) and count > 0 else 500


def _weak(args: argparse.Namespace) -> int:
    """Evaluate separators of the weak-label paper on held-out scenes, a report each. Returns 0.

    Raises:
        JssError: An argument is wrong, or there are no scenes.
    """
    from jss.data.soundbank.account import summary_of_data
    from jss.weak_labels.evaluate import evaluate_weak, held_out
    from jss.weak_labels.inference import load_weak
    from jss.weak_labels.report import report_lines

    if args.clips is not None and args.clips < 1:
        raise JssError("--clips must be 1 or more.")
    given = {
        "--batch": args.batch is not None,
        "--precision": args.precision != "fp32",
        "--keep-scores": args.keep_scores,
        "--fusion": args.fusion,
        "--decoder": args.decoder != "median",
        "--compare": bool(args.compare),
        "--selection": args.selection != "teacher",
        "--mean": args.mean != "scores",
        "--legacy-nan": args.legacy_nan,
        "--device": args.device is not None,
        "--cache": args.cache != CACHE,
        "--no-cache": args.no_cache,
        "--resamples": args.resamples != RESAMPLES,
    }
    refused = [option for option, is_given in given.items() if is_given]
    if refused:
        raise JssError(
            f"Separators of the weak-label paper take no {' and no '.join(refused)}: leave "
            f"{'that' if len(refused) == 1 else 'them'} out."
        )
    if args.out is not None and len(args.system) > 1 and "{system}" not in args.out.name:
        raise JssError(
            "Several separators need --out with a file for each, such as --out '{system}.json'."
        )
    for name in args.system:
        system = load_weak(name)
        clips = args.clips or scenes_of(system.card.settings)
        scenes = held_out(args.data, system.labels, args.subset, clips, args.seed)
        dataset = args.dataset or f"urban scenes of {Path(args.data).name}"
        with progress(len(scenes), name, unit="clip") as bar:
            report = evaluate_weak(system, scenes, dataset, bar)
        print("\n".join(report_lines(report)))
        if args.out is not None:
            path = args.out.with_name(args.out.name.replace("{system}", name))
            report.save(path)
            print(f"written to {path}")
    if Path(args.data).is_dir():
        print(summary_of_data(args.data))
    return 0


def write(reports: Sequence[EvalReport], out: Path) -> list[Path]:
    """Write reports, and return the files.

    One report goes to one file; several to the files that {system} in the name stands for, or else
    to one file with ``{"reports": [...]}``.

    Args:
        reports: The reports.
        out: The file, or its pattern.
    """
    if "{system}" in out.name or len(reports) == 1:
        paths = [
            out.with_name(out.name.replace("{system}", r.system.replace(" ", ""))) for r in reports
        ]
        for report, path in zip(reports, paths, strict=True):
            report.save(path)
        return paths
    from jss.io.atomic import atomic_write

    with atomic_write(out) as part:
        part.write_text(
            json.dumps({"reports": [r.as_dict() for r in reports]}) + "\n", encoding="utf-8"
        )
    return [out]


def _load(name: str) -> EvalReport:
    from jss.reports import EvalReport

    return EvalReport.load(name)
