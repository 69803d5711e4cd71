"""``tag``: average precision of systems on whole single recordings."""

from __future__ import annotations

import argparse
from pathlib import Path

from jss.commands.bars import progress
from jss.errors import printable

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
    parser.add_argument("--device", help="cpu or cuda (default: the GPU where there is one)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for SYSTEM.json")


def run(args: argparse.Namespace) -> int:
    """Measure, print, write. -> 0. Raises JssError."""
    from jss.data.soundbank.account import summary_of_bank
    from jss.data.soundbank.bank import SoundBank
    from jss.evaluation.tagging import tag
    from jss.inference.system import load_system

    bank = SoundBank(args.soundbank)
    for name in args.system:
        system = load_system(name, args.selection, args.device)
        with progress(title=name, unit="file") as bar:
            report = tag(system, bank, args.split, progress=bar)
        print("\n".join(map(printable, report.lines())))
        if args.out is not None:
            report.save(args.out / f"{name}.json")
            print(f"written to {args.out / name}.json")
    print(summary_of_bank(args.soundbank))
    return 0
