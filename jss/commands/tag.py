"""``tag``: average precision of systems on whole single recordings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jss.commands.bars import progress
from jss.errors import JssError, printable

if TYPE_CHECKING:
    from jss.evaluation.tagging import TagReport

HELP = "measure the average precision of systems on whole single recordings of a soundbank"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "--system",
        action="append",
        required=True,
        metavar="NAME",
        help="may be given several times",
    )
    parser.add_argument(
        "--soundbank", required=True, metavar="DIR", help="a folder of class folders"
    )
    parser.add_argument("--split", default="test", help="train, validation or test (default: test)")
    parser.add_argument(
        "--selection", choices=("student", "teacher"), default="teacher", help="default: teacher"
    )
    parser.add_argument(
        "--fusion",
        action="store_true",
        help="also the systems' mean scores (Eq. 25), of the classes that all have",
    )
    parser.add_argument(
        "--mean",
        choices=("scores", "logits"),
        default="scores",
        help="what --fusion is the mean of (default: scores)",
    )
    parser.add_argument("--device", help="cpu or cuda (default: the GPU where there is one)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for SYSTEM.json")


def run(args: argparse.Namespace) -> int:
    """Measure, print, write. -> 0. Raises JssError."""
    from jss.data.soundbank.account import summary_of_bank
    from jss.data.soundbank.bank import SoundBank
    from jss.evaluation.tagging import fuse_reports, tag
    from jss.inference.system import load_system

    if args.fusion and len(args.system) < 2:
        raise JssError("--fusion needs two systems or more.")
    if args.mean != "scores" and not args.fusion:
        raise JssError("--mean is of --fusion: add --fusion, or leave out --mean.")
    bank = SoundBank(args.soundbank)
    reports = []
    for name in args.system:
        system = load_system(name, args.selection, args.device)
        with progress(title=name, unit="file") as bar:
            reports.append(tag(system, bank, args.split, progress=bar))
        _show(reports[-1], args.out)
    if args.fusion:
        _show(fuse_reports(reports, bank, args.mean), args.out)
    print(summary_of_bank(args.soundbank))
    return 0


def _show(report: TagReport, out: Path | None) -> None:
    print("\n".join(map(printable, report.lines())))
    if out is not None:
        path = out / f"{report.system.replace(' ', '')}.json"
        report.save(path)
        print(f"written to {path}")
