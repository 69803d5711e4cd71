"""``python -m jss train``: every system of a preset, resumable."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "train the systems of a preset: pre-training, then Stage 0, 1, 2 and Joint Training"
#: Settings may stand anywhere on the line, not only right after the preset.
INTERMIXED = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("preset", help="paper, desk, smoke or the path of a YAML file")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="override a setting, e.g. detection.epochs=5")
    parser.add_argument("--data", action="append", metavar="ROOT",
                        help="a soundbank, a data set in DESED's layout, or synthscapes (default: the synthesiser); "
                             "may be given again: with FUSS for PIT, with a folder of unlabelled audio for MixIT")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the runs (default: runs/PRESET)")
    parser.add_argument("--checkpoints", type=Path, metavar="DIR",
                        help="where blocks and systems are kept (default: OUT/checkpoints)")
    parser.add_argument("--only", nargs="+", metavar="SYSTEM", help="train these systems, and what they start from")
    parser.add_argument("--resume", action="store_true", help="go on with unfinished runs")
    parser.add_argument("--half", action="store_true", help="store blocks in half precision")


def run(args: argparse.Namespace) -> int:
    """Train; -> 0. Raises JssError."""
    from jss.config import load_preset
    from jss.training.chain import Chain

    config = load_preset(args.preset, tuple(args.overrides))
    out = args.out or Path("runs") / config.name
    roots = tuple(args.data or ("synthscapes",))
    chain = Chain(config, roots, out, args.checkpoints or out / "checkpoints", half=args.half)
    chain.run(tuple(args.only or config.systems), args.resume)
    return 0
