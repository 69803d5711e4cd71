"""``bench``: speed of a part, against the tool that it is compared with, in one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context, get_start_method, set_start_method
from typing import TYPE_CHECKING, Any, TypeVar

from jss.errors import JssError

if TYPE_CHECKING:
    from jss.bench.table import Row

T = TypeVar("T")

HELP = "measure speed against the tools of the field"

#: Bench -> its module, with HELP, add_arguments(parser), run(args) -> rows of ``jss.bench.table``,
#: and SMALL, the arguments of a quick run that only shows that it works.
BENCHES = {
    "inference": "jss.bench.inference",
    "acceleration": "jss.bench.acceleration",
    "detect": "jss.bench.detect",
    "evaluation": "jss.bench.evaluation",
    "training": "jss.bench.training",
    "data": "jss.bench.data",
    "gpu": "jss.bench.gpu",
}
#: Bench -> its option for a folder, which ``all`` passes on.
FOLDERS = {"data": "--soundbank", "evaluation": "--student"}
#: Not among ``all``: it repeats what the others measure, on a GPU.
APART = ("gpu",)


def benches() -> dict[str, str]:
    """The benches whose module is installed."""
    return {name: module for name, module in BENCHES.items() if find_spec(module) is not None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A subcommand for each bench, with its options, and ``all`` of them."""
    names = parser.add_subparsers(dest="bench", metavar="NAME", required=True)
    for name, module in benches().items():
        bench = import_module(module)
        bench.add_arguments(names.add_parser(name, help=bench.HELP, description=bench.HELP))
    every = names.add_parser("all", help="every bench but gpu, as one table")
    every.add_argument(
        "--small", action="store_true", help="smallest sizes: only shows that every bench runs"
    )
    for name, option in FOLDERS.items():
        every.add_argument(option, metavar="DIR", help=f"as of jss bench {name}")


def run(args: argparse.Namespace) -> int:
    """Measure and print a table.

    Returns:
        0, or 1 where a goal was missed or a bench of ``all`` could not run.

    Raises:
        JssError: The bench cannot run.
    """
    from jss.bench.table import show

    rows, complete = [], True
    if args.bench == "all":
        for name in (name for name in benches() if name not in APART):
            print(f"jss: bench {name}", file=sys.stderr)
            try:
                rows += in_own_process(_rows, BENCHES[name], _arguments(name, args))
            except JssError as error:
                complete = False
                print(f"jss: bench {name} is left out: {error}", file=sys.stderr)
    else:
        rows = import_module(BENCHES[args.bench]).run(args)
    return 0 if show(rows) and complete else 1


def in_own_process(function: Callable[..., T], *args: Any) -> T:
    """What a function returns in a new process, so that no bench finds the memory of another.

    Processes that it starts itself begin as those of this process do, and not anew like it.
    """
    start = (set_start_method, (get_start_method(), True))
    with ProcessPoolExecutor(1, get_context("spawn"), *start) as pool:
        return pool.submit(function, *args).result()


def _arguments(name: str, every: argparse.Namespace) -> list[str]:
    """The arguments of a bench for those of ``all``."""
    arguments = [*import_module(BENCHES[name]).SMALL] if every.small else []
    option = FOLDERS.get(name)
    folder = option and getattr(every, option.removeprefix("--"))
    return [*arguments, option, folder] if option and folder else arguments


def _rows(module: str, arguments: Sequence[str]) -> list[Row]:
    """The rows of a bench.

    Args:
        module: Its module.
        arguments: Its arguments.
    """
    bench, parser = import_module(module), argparse.ArgumentParser()
    bench.add_arguments(parser)
    rows: list[Row] = bench.run(parser.parse_args(arguments))
    return rows
