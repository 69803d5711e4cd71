"""``render``: soundscapes on disk, in the folder layout of DESED or FUSS."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jss.errors import JssError

if TYPE_CHECKING:
    from jss.data.soundbank.bank import Bank

#: Sets that can be rendered.
SETS = ("homescapes", "synthscapes", "universal", "scenes")
#: Options that do not belong to what is rendered; those of a set are ``_FOREIGN_TO_SETS``.
_FOREIGN: Mapping[str, tuple[str, ...]] = {
    "clips": ("clips", "seed", "data", "subset"),
    "overlap": ("soundbank", "clips", "lines", "only"),
    "examples": ("soundbank", "clips", "seed", "lines", "only", "data", "subset", "no_sources"),
}
_FOREIGN_TO_SETS = ("lines", "only", "data", "subset")
#: Default subset of overlap.
SUBSET = "public"
HELP = "render sets of soundscapes from a soundbank or from the built-in synthesiser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``render``."""
    parser.add_argument(
        "set",
        choices=(*SETS, "clips", "overlap", "examples"),
        help="homescapes: from recordings, in DESED's layout; synthscapes: the same from the built-in "
        "synthesiser; universal: any classes, in FUSS's layout; scenes: of the weak-label "
        "paper, synthesised without --soundbank; clips: single ones again, from --lines; "
        "overlap: the clips of --data in pairs; examples: the clips that are shipped",
    )
    parser.add_argument("root", help="folder to render into; a second call resumes the first")
    parser.add_argument(
        "--soundbank",
        help="folder with a folder of recordings for each class (not for synthscapes)",
    )
    parser.add_argument(
        "--clips",
        nargs="+",
        default=[],
        metavar="SUBSET=N",
        help="how many clips: for a subset, or N for all of them; 0 leaves a subset as an earlier call "
        "rendered it",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default: 0)")
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        help="processes (default: one per core)",
    )
    parser.add_argument(
        "--lines", metavar="FILE", help="clips: soundscapes.jsonl of a set, or - for standard input"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="CLIP",
        help="clips: only these, such as validation_00017; train/example00017 of a universal set",
    )
    parser.add_argument("--data", metavar="ROOT", help="overlap: a data set in DESED's layout")
    parser.add_argument(
        "--subset", metavar="NAME", help=f"overlap: which subset (default: {SUBSET})"
    )
    parser.add_argument(
        "--no-sources",
        action="store_true",
        help="write the mixtures without their isolated sources",
    )


def run(args: argparse.Namespace) -> int:
    """Render a set.

    Returns:
        0; 1 where clips of overlap failed.

    Raises:
        JssError: An argument is wrong, or a file cannot be read or written.
    """
    options = _FOREIGN.get(args.set, _FOREIGN_TO_SETS)
    foreign = next((option for option in options if getattr(args, option)), None)
    if foreign is not None:
        raise JssError(
            f"render {args.set} does not use --{foreign.replace('_', '-')}: leave it out."
        )
    if args.set == "examples":
        from jss.examples.making import render_examples

        print(f"{args.root}: {render_examples(Path(args.root))} examples")
        return 0
    if args.seed < 0 or args.workers < 1:
        raise JssError("--seed is 0 or more, --workers 1 or more.")
    if args.set == "clips":
        return _clips(args)
    if args.set == "overlap":
        return _overlap(args)
    if args.set == "scenes":
        return _scenes(args)
    from jss.data.soundscapes.render_set import LAYOUTS, Order, render_set

    if args.set == "synthscapes" and args.soundbank:
        raise JssError(
            "synthscapes come from the built-in synthesiser: leave out --soundbank, or render homescapes."
        )
    if args.set != "synthscapes" and not args.soundbank:
        raise JssError(
            f"{args.set} needs recordings: name their folder with --soundbank, or render synthscapes."
        )
    defaults = {subset: count for subset, (_, count) in LAYOUTS[args.set].subsets.items()}
    soundbank = Path(args.soundbank) if args.soundbank else None
    order = Order(
        args.set,
        Path(args.root),
        soundbank,
        args.seed,
        not args.no_sources,
        clips(args.clips, defaults),
    )
    done = render_set(order, args.workers)
    print(f"{order.root}: " + ", ".join(f"{subset} {count}" for subset, count in done.items()))
    if soundbank is not None:
        from jss.data.soundbank.account import summary_of_bank

        print(summary_of_bank(soundbank))
    return 0


def _scenes(args: argparse.Namespace) -> int:
    """Mixtures of the weak-label paper."""
    from jss.data.scenes.scene_set import PAPER_SCENES, render_scenes
    from jss.data.scenes.scenes import RECIPES

    recipe = RECIPES["urban"]
    counts = clips(args.clips, dict(PAPER_SCENES))
    done = render_scenes(
        Path(args.root),
        _scene_bank(args.soundbank),
        recipe,
        counts,
        args.seed,
        not args.no_sources,
        args.workers,
    )
    print(f"{args.root}: " + ", ".join(f"{split} {count}" for split, count in done.items()))
    return 0


def _scene_bank(soundbank: str | None) -> Bank:
    from jss.data.scenes.scenes import RECIPES, scene_bank
    from jss.data.soundbank.synthbank import SYNTHSCAPES
    from jss.data.soundscapes.render_set import SYNTHESISED

    return scene_bank(soundbank or SYNTHSCAPES, RECIPES["urban"].labels, 0.0, SYNTHESISED)[0]


def _clips(args: argparse.Namespace) -> int:
    """Single clips of a set that was rendered before."""
    from jss.data.scenes.scene_set import is_scene, render_scene_lines
    from jss.data.soundscapes.render_set import make_bank, render_lines

    if not args.lines:
        raise JssError(
            "clips are rendered from the lines of a set's soundscapes.jsonl: name it with --lines, or "
            "--lines - for standard input."
        )
    try:
        text = (
            sys.stdin.read() if args.lines == "-" else Path(args.lines).read_text(encoding="utf-8")
        )
    except (OSError, UnicodeDecodeError) as error:
        raise JssError(
            f"{args.lines} cannot be read: name the soundscapes.jsonl of a set."
        ) from error
    lines = [line for line in text.split("\n") if line.strip()]  # names may hold U+2028
    if args.only:
        missing = [name for name in args.only if not any(f"/{name}." in line for line in lines)]
        if missing:
            raise JssError(
                f"{args.lines} has no clip {missing[0]}: a clip is named such as validation_00017."
            )
        lines = [line for line in lines if any(f"/{name}." in line for name in args.only)]
    render, bank = render_lines, make_bank(Path(args.soundbank) if args.soundbank else None)
    if lines and is_scene(lines[0]):
        render, bank = render_scene_lines, _scene_bank(args.soundbank)
    for path in render(lines, Path(args.root), bank, not args.no_sources):
        print(Path(args.root) / path)
    return 0


def _overlap(args: argparse.Namespace) -> int:
    """Sum a subset's clips in pairs."""
    from jss.data.acquire.overlap_set import render_overlap
    from jss.data.datasets.desed import prepare

    if not args.data:
        raise JssError("overlap needs the clips that it adds: name their data set with --data.")
    subset = SUBSET if args.subset is None else args.subset
    subsets = prepare(args.data)
    if subset not in subsets:
        raise JssError(f"{args.data} has no subset {subset}: choose one of {', '.join(subsets)}.")
    overlap_set = render_overlap(
        subsets[subset],
        Path(args.root),
        subset,
        args.seed,
        args.workers,
        sources=not args.no_sources,
    )
    print("\n".join(overlap_set.lines()))
    return 1 if overlap_set.failed else 0


def clips(requests: Sequence[str], defaults: dict[str, int]) -> dict[str, int]:
    """Number of clips by subset: ``["10", "weak=2"]`` is 2 of weak and 10 of every other.

    Args:
        requests: As on the command line.
        defaults: By subset.

    Raises:
        JssError: A request is not N or SUBSET=N.
    """
    counts = dict(defaults)
    for request in requests:
        subset, _, number = request.rpartition("=")
        if not number.isdigit():
            raise JssError(
                f"--clips {request!r} is not SUBSET=N or N, such as {next(iter(defaults))}=100."
            )
        if subset and subset not in defaults:
            raise JssError(f"There is no subset {subset!r}: choose from {', '.join(defaults)}.")
        counts.update({subset: int(number)} if subset else dict.fromkeys(defaults, int(number)))
    return counts
