"""``train``: every system of a preset, resumable."""

from __future__ import annotations

import argparse
import logging
from functools import partial
from pathlib import Path

from jss.errors import JssError

log = logging.getLogger(__name__)

HELP = "train the systems of a preset: pre-training, then Stage 0, 1, 2 and Joint Training"
#: Settings may stand anywhere on the line, not only right after the preset.
INTERMIXED = True
#: The word in place of a preset that trains every system.
ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "preset",
        help="paper, gpu, desk, smoke or the path of a YAML file (jss list presets); or all: every "
        "system of Tables 2 and 3 and the two with a retention loss, evaluated at the end, as paper is too",
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
        "may be given again: with FUSS for PIT, with a folder of unlabelled audio (YFCC100M) for "
        "the TDCN++ of SSep-SED",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the runs (default: runs/PRESET)"
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        metavar="DIR",
        help="where blocks and systems are saved (default: OUT/checkpoints); those that exist "
        "count as finished",
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
        help="held-out clips to render for each subset of the evaluation, unless ROOT has its own "
        "(default: 100)",
    )
    parser.add_argument(
        "--plan",
        action="store_true",
        help="print each stage's data, steps, batch, memory and the blocks it starts from; train nothing",
    )
    parser.add_argument("--resume", action="store_true", help="resume unfinished runs")
    parser.add_argument("--half", action="store_true", help="store blocks in half precision")


def run(args: argparse.Namespace) -> int:
    """Train. Returns 0.

    Raises:
        JssError: An argument is wrong, or a training fails.
    """
    from jss.training.distributed import joined

    try:
        with joined():
            _train(args)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            "Training stopped: the same command with --resume goes on after the last finished epoch."
        ) from error
    return 0


def _train(args: argparse.Namespace) -> None:
    from jss.commands import tree
    from jss.config import load_preset
    from jss.data.soundbank.account import summary_of_data
    from jss.training.chain import Chain, Workspace
    from jss.training.distributed import check, on_rank_zero
    from jss.training.experiment import JointTrainings
    from jss.training.stages import TREE, separates_only, split
    from jss.training.weak_experiment import WeakTrainings
    from jss.training.weak_stages import WEAK_STAGES

    train_all = args.preset == ALL
    if not train_all and args.base:
        raise JssError(
            f"--preset goes with all: write train {args.base}, or train all --preset {args.base}."
        )
    only = [name for name in args.only or () if "=" not in name]  # a setting may follow the names
    settings = (*args.overrides, *(word for word in args.only or () if "=" in word))
    config = on_rank_zero(
        lambda: load_preset((args.base or _default()) if train_all else args.preset, settings)
    )
    if not args.plan:
        on_rank_zero(lambda: check(config.devices, config.nodes))
    out = args.out or Path("runs") / config.name
    folder = args.checkpoints or out / "checkpoints"
    systems = tuple(only or (TREE if train_all else config.systems))
    roots = tuple(args.data or ("synthscapes",))
    # Training all of them always resumes.
    weak = set(config.systems) <= set(WEAK_STAGES)
    resume = args.resume or train_all
    trainings = WeakTrainings if weak else JointTrainings
    chain = Chain(trainings(Workspace(config, roots, out, folder, args.half)))
    trained = dict.fromkeys(split(name)[0] for name in systems if not separates_only(name))
    subsets = config.evaluation or (tree.SUBSETS if train_all else ())
    if weak or not trained:
        subsets = ()
    order = tree.FinalEvaluation(roots, subsets, out / "held-out", args.clips)
    plan = on_rank_zero(lambda: chain.plan(systems, resume, memory=args.plan))
    notes = [stage.note for stage in plan if stage.note]
    notes += on_rank_zero(lambda: tree.preview(order))
    if args.plan:
        on_rank_zero(lambda: print("\n".join((*(stage.line for stage in plan), *notes))))
        return
    for note in notes:
        log.info("%s", note)
    workers = config.data.workers
    # Rendered before the training, so that it cannot fail after it.
    held_out = on_rank_zero(lambda: tree.held_out(order, workers))
    chain.run(systems, resume)
    if not weak:
        log.info("Load one with jss.load_system(NAME, folder=%r).", str(folder))
    if held_out is not None:
        on_rank_zero(lambda: tree.evaluate(order, tuple(trained), folder, held_out, out))
    for root in roots:
        if Path(root).is_dir():
            log.info("%s", on_rank_zero(partial(summary_of_data, root)))


def _default() -> str:
    """The largest preset for this machine: paper with a GPU, otherwise desk."""
    import torch

    return "paper" if torch.cuda.is_available() else "desk"
