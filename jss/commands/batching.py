"""``--batch``: how many windows a system analyses at once."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from jss.errors import JssError

if TYPE_CHECKING:
    from jss.inference.system import System


def add_batch_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--batch",
        type=int,
        metavar="N",
        help="windows of 10 s that are analysed at once; scores stay what they are one at a time "
        "(default: as many as fit in a GPU's memory, at most 32; 1 on a CPU, where more gain nothing)",
    )


def batch_size(args: argparse.Namespace, system: System) -> int:
    """The number that the option gives, or what suits the system's device.

    Raises:
        JssError: It is less than 1.
    """
    from jss.inference.together import fitting

    if args.batch is not None and args.batch < 1:
        raise JssError("--batch is 1 or more.")
    return args.batch or fitting(system)
