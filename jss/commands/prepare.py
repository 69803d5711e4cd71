"""``prepare``: check a data set, and copy it at 16 kHz."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from jss.errors import JssError

HELP = (
    "check a copy of a data set against what is published, write its manifest, convert it to 16 kHz"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    from jss.data.datasets.sets import DATASETS

    parser.add_argument("name", help=f"one of {', '.join(DATASETS)} (see: jss list datasets)")
    parser.add_argument("root", type=Path, help="its folder")
    parser.add_argument(
        "--convert",
        type=Path,
        metavar="OUT",
        help="make a copy at 16 kHz there, tables included; a second call resumes "
        "the first. The copy is then what is checked",
    )
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        help="file of the manifest (default: jss-manifest.json in the folder)",
    )
    parser.add_argument(
        "--headers",
        action="store_true",
        help="only read the headers: quick, but misses damage within a file",
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="threads (default: one per core)"
    )


def run(args: argparse.Namespace) -> int:
    """Convert, check, print, write.

    Returns:
        0, or 1 where a subset is incomplete or damaged.

    Raises:
        JssError: An argument is wrong, or a file cannot be written.
    """
    from jss.data.acquire import checking
    from jss.data.acquire.converting import convert
    from jss.data.datasets import sets
    from jss.data.soundbank.account import summary_of_data
    from jss.io.inputs import MANIFEST

    if args.workers < 1:
        raise JssError("--workers is 1 or more.")
    root = sets.locate(args.name, args.root)
    failed: dict[tuple[str, str], str] = {}
    if args.convert is not None:
        failed = convert(args.name, root, args.convert, args.workers)
        root = args.convert
    subsets = checking.check(args.name, root, args.workers, headers=args.headers, known=failed)
    print("\n".join(checking.table(args.name, root, subsets)))
    manifest = args.manifest or root / MANIFEST
    try:
        checking.save(args.name, root, subsets, manifest)
    except JssError as error:
        raise JssError(
            f"{error} Name another place for the manifest with --manifest FILE."
        ) from error
    print(f"written to {manifest}")
    print(summary_of_data(root))
    return 0 if all(checked.complete for checked in subsets.values()) else 1
