"""``detect``: from recordings to events, scores and, on request, separated sources."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from jss import audio
from jss.commands.bars import SECONDS, progress
from jss.commands.batching import add_batch_argument, batch_size
from jss.decoding import decoder
from jss.errors import JssError, number_of, optional
from jss.io.annotations.dcase import CONFIDENCE
from jss.io.annotations.events import Row, joined, table
from jss.io.annotations.formats import FORMATS, named, read, write
from jss.io.inputs import DUPLICATE, OUTPUT, Listing, output_names, walk
from jss.io.journal import DURATIONS, EVENTS
from jss.io.notes import warn
from jss.io.tsv import read_durations

log = logging.getLogger(__name__)
HELP = "detect the sound events of recordings, and separate their sources"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``detect``."""
    parser.add_argument(
        "input",
        nargs="*",
        metavar="INPUT",
        help="audio files, and folders that hold them; required; left out with --stream",
    )
    parser.add_argument(
        "--system", required=True, metavar="NAME", help="a system of: jss list systems"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder for events.tsv, durations.tsv, scores/, sources/, results/ and html/; required; "
        "left out with --stream",
    )
    parser.add_argument(
        "--threshold",
        type=_threshold,
        default="auto",
        metavar="X",
        help="a score above it is an event; auto: a threshold and a median filter for each class, where "
        "the system has such operating points (jss tune), else 0.5 (default: auto)",
    )
    parser.add_argument(
        "--decoder",
        choices=("median", "boxes"),
        default="median",
        help="what makes events of scores: threshold and median filter, or sound event bounding boxes, "
        "which need operating points (default: median)",
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
        help="write everything to one .npz per recording, which then needs memory for the whole recording",
    )
    parser.add_argument(
        "--html",
        action="store_true",
        help="write the app's viewer with each recording as one HTML file of at most 3 MB, which opens anywhere, "
        "offline: some six minutes of a system without sources, one minute with four; a "
        "recording that is too long has none, and a note says so",
    )
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="FORMAT",
        help=f"write the events in this format too, into DIR/FORMAT: {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--confidence",
        action="store_true",
        help="give events.tsv a fifth column, the highest score of its class within each event, which the "
        "other formats always have where they have a place for it",
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
    add_batch_argument(parser)


def _threshold(text: str) -> float | str:
    try:
        return text if text == "auto" else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is neither a number nor auto") from error


def run(args: argparse.Namespace) -> int:
    """Analyse every input.

    Returns:
        0; 1 where some recordings failed; 2 where all did.

    Raises:
        JssError: An argument is wrong, or the output cannot be written.
    """
    for format in args.format:
        named(format)
    if args.threshold != "auto" and not 0 <= args.threshold < 1:
        raise JssError(f"--threshold {args.threshold:g} is not from 0 up to, not including, 1.")
    if args.raw is not None and not args.stream:
        raise JssError("--raw is of --stream: add --stream, or leave out --raw.")
    if args.channels != 1 and args.raw is None:
        raise JssError("--channels is of --raw: give --raw RATE too, or leave out --channels.")
    return _stream(args) if args.stream else _files(args)


def _stream(args: argparse.Namespace) -> int:
    """Print the events of standard input. Returns 0.

    Raises:
        JssError: An argument is wrong, or the input cannot be read.
    """
    from jss.inference.stream import events, pipe
    from jss.inference.system import load_system

    written = args.out or args.format or args.save_sources or args.save_results or args.html
    written = written or args.confidence or args.batch
    if written or args.engine != "process" or args.input not in ([], ["-"]):
        raise JssError(
            "--stream reads standard input and prints: leave out INPUT, --out, --engine, --format, --html, "
            "--confidence, --batch and --save-..."
        )
    if args.decoder == "boxes":
        raise JssError(
            "Bounding boxes need the whole recording: leave out --stream or --decoder boxes."
        )
    system = load_system(args.system, args.selection, args.device, precision=args.precision)
    blocks = pipe(rate=args.raw, channels=args.channels)
    first = next(blocks)  # input that cannot be read is an error before anything is printed
    print("onset\toffset\tevent_label", flush=True)
    for onset, offset, label in events(
        system,
        chain([first], blocks),
        decoder(system.operating, system.labels, args.threshold),
    ):
        print(f"{onset:.6f}\t{offset:.6f}\t{label}", flush=True)
    return 0


def _files(args: argparse.Namespace) -> int:
    """Analyse files. Returns the exit code.

    Raises:
        JssError: An argument is wrong, or the output cannot be written.
    """
    from jss.inference.batch import Engine, detect, one_process
    from jss.inference.clip_files import Wanted
    from jss.inference.system import load_system

    if not args.input or not args.out:
        raise JssError(
            "INPUT and --out DIR are required, or else --stream (see jss detect --help)."
        )
    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise JssError(f"--out {out} is a file: name a folder.")
    listing = collect(args.input, out)
    clips = listing.files
    make_page = None
    if args.html and args.decoder == "boxes":
        raise JssError(
            "The viewer shows events of the median filter: leave out --html or --decoder boxes."
        )
    if args.html:
        with optional():
            from jss.viewer.page import of_recording

            make_page = partial(of_recording, threshold=args.threshold)
    if args.engine == "ray" and args.batch:
        raise JssError("--batch is of one process: leave it out with --engine ray.")
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
    engine: Engine
    if args.engine == "ray":
        from jss.inference.ray_cluster import Ray

        engine = Ray(args.device)
    else:
        engine = partial(one_process, size=batch_size(args, system))
    chosen = decoder(system.operating, system.labels, args.threshold, args.decoder)
    for why in listing.refused.values():
        warn(why)
    with progress(0, bar_format=SECONDS) as bar:
        tally = detect(
            system,
            clips,
            output_names(clips),
            out,
            Wanted(chosen, args.save_sources, args.save_results, make_page),
            confidence=args.confidence,
            engine=engine,
            begin=lambda todo: bar.expect(round(sum(map(_duration, todo)))),
            progress=bar,
        )
    for format in args.format if tally.recordings else ():
        peaks = tally.peaks if args.confidence or format != "tsv" else None
        _write(out, format, peaks)
    new = tally.recordings - tally.before
    stale = [name for name in FORMATS if name not in args.format and (out / name).is_dir()]
    if new and stale:
        warn(
            f"The recordings analysed now ({new}) are not in {', '.join(str(out / name) for name in stale)}: "
            f"to have them there, add {' '.join(f'--format {name}' for name in stale)} to the command."
        )
    if tally.recordings:
        before = f", {tally.before} of them before" if tally.before else ""
        failures = f", {tally.failed} failed" if tally.failed else ""
        print(
            f"{number_of(tally.events, 'events')} in {number_of(tally.recordings, 'recordings')}{before} ({system.name}, {system.selection}) -> "
            f"{out}{failures}"
        )
    print(listing.summary({"analysed": tally.recordings, "failed": tally.failed}))
    return 0 if not tally.failed and not listing.refused else 1 if tally.recordings else 2


def _write(out: Path, format: str, peaks: Sequence[float] | None) -> None:
    """Write the events in another format, with the recordings that have none.

    Args:
        out: The output folder, with the events and the lengths of the recordings.
        format: Key of ``FORMATS``.
        peaks: The highest score within each event, in the order of the events; None: left out.

    Raises:
        JssError: A file cannot be written.
    """
    events, durations = read(out / EVENTS), read_durations(out / DURATIONS)
    if peaks is not None:
        events[CONFIDENCE] = list(peaks)
    silent = table(out, [Row(0, name) for name in durations.keys() - set(events["filename"])])
    events = joined([events, silent.sort_values("filename")])
    write(events, FORMATS[format], out / format, durations)


def collect(inputs: Sequence[str], out: Path) -> Listing:
    """All names below the inputs, with the recordings by their names in the tables.

    A name is relative to the folder that was given, or the file's own; where two names clash, all are
    relative to the folder that all recordings share. Files in ``out`` are left out.

    Args:
        inputs: Files and folders.
        out: The output folder.

    Raises:
        JssError: An input does not exist, or there is no recording.
    """
    collected = Listing()
    names: dict[Path, str] = {}

    def add(name: str, path: Path) -> None:
        file = Path(os.path.realpath(path))
        if file in names:
            collected.left_out[DUPLICATE] += 1
        else:
            names[file] = name

    for text in inputs:
        source = Path(text)
        if source.is_dir():
            if source.resolve().is_relative_to(out.resolve()):
                raise JssError(
                    f"{source} lies in the output folder {out}: name another folder with --out."
                )
            listing = walk(
                source, lambda _, path: OUTPUT if path.resolve() == out.resolve() else None
            )
            collected.add(source, listing)
            for name, path in listing.files.items():
                add(name, path)
        elif os.path.lexists(source):  # a dangling link is reported when it is read
            add(source.name, source)
        else:
            raise JssError(f"There is no file or folder at {source}.")
    if not names and not collected.refused:
        raise JssError(
            f"{', '.join(inputs)} holds no audio: name files, or folders with wav, flac, ogg, opus, mp3, "
            f"m4a and the like. {collected.summary({})}"
        )
    if len({*names.values()}) < len(names):
        shared = Path(os.path.commonpath([path.parent for path in names]))
        names = {path: path.relative_to(shared).as_posix() for path in names}
    collected.files = {name: path for path, name in names.items()}
    return collected


def _duration(path: Path) -> float:
    """Estimated seconds, for the progress bar; 0 for a file that cannot be read.

    It is reported when it is analysed.
    """
    try:
        return audio.estimate(path)
    except JssError:
        return 0.0
