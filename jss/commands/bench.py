"""``python -m jss bench NAME``: how fast a part is, beside the tool that it is compared with, in one run."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import import_module
from importlib.util import find_spec

HELP = "measure speed beside the tools of the field"

#: Bench -> its module, with HELP, add_arguments(parser) and run(args) -> rows of ``jss.bench.table``.
BENCHES = {
    "inference": "jss.bench.inference",
    "evaluation": "jss.bench.evaluation",
    "training": "jss.bench.training",
    "data": "jss.bench.data",
    "app": "jss.bench.app",
}


def benches() -> dict[str, str]:
    """Those whose module is there."""
    return {name: module for name, module in BENCHES.items() if find_spec(module) is not None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A subcommand a bench, with its own options, and ``all`` of them with their defaults."""
    names = parser.add_subparsers(dest="bench", metavar="NAME", required=True)
    for name, module in benches().items():
        bench = import_module(module)
        bench.add_arguments(names.add_parser(name, help=bench.HELP, description=bench.HELP))
    names.add_parser("all", help="every bench, as one table")


def run(args: argparse.Namespace) -> int:
    """Measure and print a table. -> 0, or 1 where a goal was missed. Raises JssError."""
    from jss.bench.table import lines

    rows = []
    for name in benches() if args.bench == "all" else [args.bench]:
        module = import_module(BENCHES[name])
        options = args
        if args.bench == "all":
            parser = argparse.ArgumentParser()
            module.add_arguments(parser)
            options = parser.parse_args([])
        rows += module.run(options)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print("\n".join(lines(rows)))
    return 1 if any(row.met is False for row in rows) else 0
