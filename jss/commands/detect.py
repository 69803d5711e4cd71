"""``detect``: recordings in; events, scores and, if asked for, separated sources out."""

from __future__ import annotations

import argparse
import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from jss import audio
from jss.commands.bars import SECONDS, progress
from jss.errors import JssError
from jss.io.inputs import DUPLICATE, OUTPUT, Listing, walk, without_suffix
from jss.io.notes import warn

log = logging.getLogger(__name__)
HELP = "find the sound events of recordings, and separate their sources"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``detect``."""
    parser.add_argument(
        "input", nargs="*", metavar="INPUT", help="audio files, and folders to be searched for them"
    )
    parser.add_argument(
        "--system", required=True, metavar="NAME", help="a system of: python -m jss list systems"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="folder for events.tsv, scores/, sources/ and results/"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.5,
        metavar="X",
        help="a score above it is an event (default: 0.5)",
    )
    parser.add_argument(
        "--selection",
        choices=("teacher", "student"),
        default="teacher",
        help="which of the two trained networks (default: teacher)",
    )
    parser.add_argument(
        "--save-sources", action="store_true", help="write every separated source as FLAC"
    )
    parser.add_argument(
        "--save-results",
        action="store_true",
        help="write everything to one .npz per recording, which is then held in memory whole",
    )
    parser.add_argument(
        "--stream",
        action="store_true",
        help="read a WAV from standard input and print its events, 8 to 20 s after they end",
    )
    parser.add_argument(
        "--raw",
        type=int,
        metavar="RATE",
        help="with --stream: 16-bit little-endian samples at this rate instead of a WAV",
    )
    parser.add_argument(
        "--channels", type=int, default=1, metavar="N", help="of --raw, interleaved (default: 1)"
    )
    parser.add_argument(
        "--engine",
        choices=("process", "ray"),
        default="process",
        help="ray: over the Ray cluster of RAY_ADDRESS, or of this machine (default: one process)",
    )
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        default="fp32",
        help="of products: bf16 is faster where there are units for it (default: fp32)",
    )
    parser.add_argument(
        "--device", help="cpu, cuda, cuda:1, ... (default: the GPU where there is one)"
    )


def run(args: argparse.Namespace) -> int:
    """Analyse every input. -> 0; 1 where some recordings failed; 2 where all did. Raises JssError."""
    if not 0 <= args.threshold < 1:
        raise JssError(f"--threshold {args.threshold:g} is not from 0 up to, not including, 1.")
    return _stream(args) if args.stream else _files(args)


def _stream(args: argparse.Namespace) -> int:
    """Print the events of standard input. -> 0. Raises JssError."""
    from jss.inference.stream import events, pipe
    from jss.inference.system import load_system

    written = args.out or args.save_sources or args.save_results or args.engine != "process"
    if written or args.input not in ([], ["-"]):
        raise JssError(
            "--stream reads standard input and prints: leave out INPUT, --out, --engine and --save-..."
        )
    system = load_system(args.system, args.selection, args.device, precision=args.precision)
    print("onset\toffset\tevent_label", flush=True)
    for onset, offset, label in events(
        system, pipe(rate=args.raw, channels=args.channels), args.threshold
    ):
        print(f"{onset:.6f}\t{offset:.6f}\t{label}", flush=True)
    return 0


def _files(args: argparse.Namespace) -> int:
    """Analyse files. -> the exit code. Raises JssError."""
    from jss.inference.batch import Engine, detect, one_process
    from jss.inference.clip_files import Wanted
    from jss.inference.system import load_system

    if not args.input or not args.out:
        raise JssError(
            "INPUT and --out DIR are required, or else --stream (see python -m jss detect --help)."
        )
    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise JssError(f"--out {out} is a file: name a folder.")
    listing = collect(args.input, out)
    clips = listing.files
    engine: Engine = one_process
    if args.engine == "ray":
        from jss.inference.ray_cluster import Ray

        engine = Ray(args.device)
    system = load_system(
        args.system,
        args.selection,
        "cpu" if args.engine == "ray" else args.device,
        precision=args.precision,
    )
    if args.save_sources and not system.separates:
        raise JssError(
            f"{system.name} has no separation stage: leave out --save-sources or choose another system."
        )
    for why in listing.refused.values():
        warn(why)
    with progress(0, bar_format=SECONDS) as bar:
        tally = detect(
            system,
            clips,
            stems(clips),
            out,
            Wanted(args.threshold, args.save_sources, args.save_results),
            engine=engine,
            begin=lambda todo: bar.expect(round(sum(map(_duration, todo)))),
            progress=bar,
        )
    if tally.recordings:
        before = f", {tally.before} of them before" if tally.before else ""
        failures = f", {tally.failed} failed" if tally.failed else ""
        print(
            f"{tally.events} events in {tally.recordings} recordings{before} ({system.name}, {system.selection}) -> "
            f"{out}{failures}"
        )
    print(listing.summary({"analysed": tally.recordings, "failed": tally.failed}))
    return 0 if not tally.failed and not listing.refused else 1 if tally.recordings else 2


def collect(inputs: Sequence[str], out: Path) -> Listing:
    """All names below the inputs; the recordings by the name that the tables give them: relative to
    the folder that was named, else the file's own; where two names clash, all are relative to the
    folder that all recordings share.

    What lies in ``out`` is left out. Raises JssError for an input that does not exist and where
    there is no recording.
    """
    whole = Listing()
    names: dict[Path, str] = {}

    def add(name: str, path: Path) -> None:
        if names.setdefault(path.resolve(), name) is not name:
            whole.left_out[DUPLICATE] += 1

    for text in inputs:
        given = Path(text)
        if given.is_dir():
            if given.resolve().is_relative_to(out.resolve()):
                raise JssError(
                    f"{given} lies in the output folder {out}: name another folder with --out."
                )
            listing = walk(
                given, lambda _, path: OUTPUT if path.resolve() == out.resolve() else None
            )
            whole.add(listing)
            for name, path in listing.files.items():
                add(name, path)
        elif os.path.lexists(given):  # a dangling link says so when its turn comes
            add(given.name, given)
        else:
            raise JssError(f"There is no file or folder at {given}.")
    if not names and not whole.refused:
        raise JssError(
            f"{', '.join(inputs)} holds no audio: name files, or folders with wav, flac, ogg, opus, mp3, "
            f"m4a and the like. {whole.summary({})}"
        )
    if len({*names.values()}) < len(names):
        shared = Path(os.path.commonpath([path.parent for path in names]))
        names = {path: path.relative_to(shared).as_posix() for path in names}
    whole.files = {name: path for path, name in names.items()}
    return whole


def stems(names: Iterable[str]) -> dict[str, str]:
    """What a recording's own files are called: its name without suffix, with it where that would be
    the name of another, or what another's files are called.
    """
    short = {name: without_suffix(name) for name in names}
    counts = Counter([*short.values(), *short])
    return {
        name: stem if counts[stem] == 1 or stem == name else name for name, stem in short.items()
    }


def _duration(path: Path) -> float:
    """Seconds, about, for the progress bar; 0 for what cannot be read, which is said when its turn
    comes.
    """
    try:
        return audio.estimate(path)
    except JssError:
        return 0.0
