"""``python -m jss train``: every system of a preset, resumable."""

from __future__ import annotations

import argparse
import logging
import warnings
from functools import partial
from pathlib import Path

from jss import checkpoints
from jss.errors import JssError

log = logging.getLogger(__name__)

HELP = "train the systems of a preset: pre-training, then Stage 0, 1, 2 and Joint Training"
#: Settings may stand anywhere on the line, not only right after the preset.
INTERMIXED = True
#: What stands for a preset where every system is asked for.
ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "preset",
        help="paper, desk, smoke or the path of a YAML file; or all: every system of Tables "
        "2 and 3 and the two with a retention loss, then the table of results",
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        help="override a setting, e.g. detection.epochs=5",
    )
    parser.add_argument(
        "--data",
        action="append",
        metavar="ROOT",
        help="a soundbank, a data set in DESED's layout, or synthscapes (default: the synthesiser); "
        "may be given again: with FUSS for PIT, with a folder of unlabelled audio for MixIT",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the runs (default: runs/PRESET)"
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        metavar="DIR",
        help="where blocks and systems are kept (default: OUT/checkpoints; with all: the installed "
        "ones, which count as finished)",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="SYSTEM", help="train these systems, and what they start from"
    )
    parser.add_argument(
        "--preset",
        dest="base",
        metavar="NAME",
        help="with all: whose settings (default: paper where there is a GPU, else desk)",
    )
    parser.add_argument(
        "--clips",
        type=int,
        default=100,
        metavar="N",
        help="with all: held-out clips to render for the table, unless ROOT has its own (default: 100)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with unfinished runs")
    parser.add_argument("--half", action="store_true", help="store blocks in half precision")


def run(args: argparse.Namespace) -> int:
    """Train; -> 0. Raises JssError."""
    from jss.training.distributed import joined

    warnings.filterwarnings(
        "ignore", message="pkg_resources is deprecated"
    )  # torchmetrics, as Asteroid pins it
    with joined():
        _train(args)
    return 0


def _train(args: argparse.Namespace) -> None:
    from jss.config import load_preset
    from jss.data.soundbank.account import account
    from jss.training.distributed import alone
    from jss.training.experiment import Chain
    from jss.training.stages import TREE
    from jss.training.weak_experiment import WeakChain
    from jss.training.weak_stages import WEAK_STAGES

    everything = args.preset == ALL
    if not everything and args.base:
        raise JssError(
            f"--preset goes with all: write train {args.base}, or train all --preset {args.base}."
        )
    only = [name for name in args.only or () if "=" not in name]  # a setting may follow the names
    settings = (*args.overrides, *(one for one in args.only or () if "=" in one))
    config = alone(
        lambda: load_preset((args.base or _default()) if everything else args.preset, settings)
    )
    out = args.out or Path("runs") / config.name
    folder = args.checkpoints or (checkpoints.root() if everything else out / "checkpoints")
    systems = tuple(only or (TREE if everything else config.systems))
    roots = tuple(args.data or ("synthscapes",))
    # Asked for all, it goes on with whatever was begun.
    kind = WeakChain if set(config.systems) <= set(WEAK_STAGES) else Chain
    kind(config, roots, out, folder, half=args.half).run(systems, args.resume or everything)
    if kind is Chain:
        log.info("Load one with jss.load_system(NAME, folder=%r).", str(folder))
    if everything:
        alone(lambda: _table(systems, roots[0], out, folder, args.clips, config.data.workers))
    for root in roots:
        if Path(root).is_dir():
            log.info("%s", alone(partial(account, root)))


def _table(
    systems: tuple[str, ...], root: str, out: Path, folder: Path, clips: int, workers: int
) -> None:
    """The table of results, on clips that were held out."""
    from jss.commands import tree

    data = tree.held_out(root, out / "held-out", clips, workers)
    tree.results(systems, folder, data, out / "scores", out / "reports", resamples=0)


def _default() -> str:
    """The preset that this machine can carry."""
    import torch

    return "paper" if torch.cuda.is_available() else "desk"
