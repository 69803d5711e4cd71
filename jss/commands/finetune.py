"""``finetune``: a trained system learns from labelled clips, and is compared with what it was."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from shlex import quote

from jss.commands.bars import progress
from jss.errors import JssError, number_of

HELP = "train a shipped system on labelled clips, and compare it before and after"
#: Settings may stand anywhere on the line.
INTERMIXED = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "system", metavar="SYSTEM", help="a shipped system, such as SED or MixIT-S1"
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        help="override a setting, e.g. detection.epochs=5",
    )
    parser.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="labelled clips of the system's classes, as review --write makes them; those that splits.tsv "
        "calls test are left out, and compared on",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the run (default: runs/finetune/SYSTEM, or SYSTEM-2, SYSTEM-3, ... where that is "
        "there; with --resume the last of them)",
    )
    parser.add_argument(
        "--selection",
        choices=("student", "teacher"),
        default="teacher",
        help="which of the two trained networks (default: teacher)",
    )
    parser.add_argument(
        "--preset", default="finetune", metavar="NAME", help="whose settings (default: finetune)"
    )
    parser.add_argument(
        "--resamples",
        type=int,
        default=1000,
        metavar="N",
        help="of the intervals of the comparison (default: 1000)",
    )
    parser.add_argument("--device", help="of the comparison: cpu or cuda")
    parser.add_argument("--resume", action="store_true", help="resume an unfinished run")


def run(args: argparse.Namespace) -> int:
    """Train, compare, print. Returns 0.

    Raises:
        JssError: An argument is wrong, or the training fails.
    """
    from jss.data.datasets import labelled
    from jss.evaluation import run as evaluation
    from jss.inference.system import checked_device, load_system
    from jss.reports import comparison_lines
    from jss.training.distributed import on_rank_zero
    from jss.training.finetuning import START, finetune

    if not 1 <= args.resamples <= 100_000:
        raise JssError("--resamples must be a number from 1 to 100000.")
    out = args.out or on_rank_zero(lambda: _default(args.system, args.resume))
    subsets = labelled.prepare(args.data) if labelled.find(args.data) else {}
    clips = subsets.get("strong_test") or []
    if not clips and subsets:
        raise JssError(
            f"{args.data} leaves no clips out: write {labelled.SPLITS} (filename, split), with train, "
            "validation and test for each clip."
        )
    checked_device(args.device)  # before the training, which may take hours
    print(f"Folder of the run: {out}")
    tuned = finetune(
        args.system,
        args.data,
        out,
        selection=args.selection,
        preset=args.preset,
        settings=tuple(args.overrides),
        resume=args.resume,
    )
    reports = []
    for when, folder in (("before", None), ("after", tuned.folder)):
        system = load_system(args.system, args.selection, args.device, folder=folder)
        with progress(len(clips), f"{args.system} {when}", unit="clip") as bar:
            outputs = evaluation.collect(system, clips, None, bar)
        report = evaluation.report(
            replace(outputs, system=f"{args.system} {when}"),
            clips,
            Path(args.data).resolve().name,
            "strong_test",
            resamples=args.resamples,
        )
        report.save(out / f"{when}.json")
        reports.append(report)
    print("\n".join(comparison_lines(*reports)))
    epochs = {card.epoch for card in system.cards.values() if not card.name.startswith(START)}
    validation = [*subsets.get("strong_validation", ()), *subsets.get("weak_validation", ())]
    count = len({clip.path for clip in validation if clip.path})
    print(
        f"Selected on {number_of(count, 'files')} left for validation: epoch "
        + ", ".join(map(str, epochs))
    )
    quoted = quote(str(tuned.folder))
    print(
        f"The fine-tuned system: jss.load_system({args.system!r}, folder={str(tuned.folder)!r}), make app "
        f"MODELS={quoted}, or JSS_CHECKPOINTS={quoted} jss detect RECORDINGS --system {args.system} "
        "--out FOLDER"
    )
    return 0


def _default(system: str, resume: bool) -> Path:
    """The first folder of a system that is free, or to resume the one before it."""
    home = Path("runs") / "finetune"
    last = folder = home / system
    number = 1
    while folder.exists():
        number += 1
        last, folder = folder, home / f"{system}-{number}"
    return last if resume else folder
