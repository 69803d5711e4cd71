"""``detect``: recordings in; events, scores and, if asked for, separated sources out."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jss import audio
from jss.errors import JssError, printable
from jss.files import aside

if TYPE_CHECKING:
    import pandas as pd

    from jss.inference import System

HELP = "find the sound events of recordings, and separate their sources"
_BAR = "{percentage:3.0f}%|{bar}| {n:.0f}/{total_fmt} s of sound [{elapsed}<{remaining}{postfix}]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``detect``."""
    parser.add_argument("input", nargs="+", metavar="INPUT", help="audio files, and folders to be searched for them")
    parser.add_argument("--system", required=True, metavar="NAME", help="a system of: python -m jss list systems")
    parser.add_argument("--out", required=True, metavar="DIR",
                        help="folder for events.tsv, scores/, sources/ and results/")
    parser.add_argument("--threshold", type=float, default=0.5, metavar="X",
                        help="a score above it is an event (default: 0.5)")
    parser.add_argument("--selection", choices=("teacher", "student"), default="teacher",
                        help="which of the two trained networks (default: teacher)")
    parser.add_argument("--save-sources", action="store_true", help="write every separated source as FLAC")
    parser.add_argument("--save-results", action="store_true",
                        help="write everything to one .npz per recording, which is then held in memory whole")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, ... (default: the GPU where there is one)")


def run(args: argparse.Namespace) -> int:
    """Analyse every input. -> 0; 1 where some recordings failed; 2 where all did. Raises JssError."""
    import pandas as pd
    from tqdm import tqdm

    from jss.inference import load_system

    if not 0 <= args.threshold < 1:
        raise JssError(f"--threshold {args.threshold:g} is not from 0 up to, not including, 1.")
    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise JssError(f"--out {out} is a file: name a folder.")
    clips = collect(args.input, out)
    system = load_system(args.system, args.selection, args.device)
    if args.save_sources and not system.separates:
        raise JssError(f"{system.name} has no separation stage: leave out --save-sources or choose another system.")
    stem = stems(clips)
    lengths = [_duration(path) for path in clips.values()]
    tables: list[pd.DataFrame] = []
    failed = 0
    with tqdm(total=round(sum(lengths)), bar_format=_BAR, disable=None) as bar:
        try:
            for (name, path), length in zip(clips.items(), lengths, strict=True):
                bar.set_postfix_str(printable(name[-40:]))
                before = bar.n
                try:
                    tables.append(_analyse(system, name, stem[name], path, out, args, bar))
                except JssError as error:
                    failed += 1
                    bar.write(f"jss: {error}", file=sys.stderr)
                bar.update(length - (bar.n - before))
        finally:
            if tables:
                _write_table(pd.concat(tables, ignore_index=True), out / "events.tsv")
    done = len(tables)
    events = sum(len(table) for table in tables)
    if done:
        failures = f", {failed} failed" if failed else ""
        print(f"{events} events in {done} recordings ({system.name}, {system.selection}) -> {out}{failures}")
    return 0 if not failed else 1 if done else 2


def collect(inputs: Sequence[str], out: Path) -> dict[str, Path]:
    """Recordings by the name that the tables give them: relative to the folder that was named, else the file's own;
    where two names clash, all are relative to the folder that all recordings share.

    Folders are searched for the suffixes of ``jss.audio.SUFFIXES``; hidden files and what lies under ``out`` are left
    out. Raises JssError for an input that does not exist and where no recording is found.
    """
    named: dict[Path, str] = {}
    for text in inputs:
        given = Path(text)
        if given.is_dir():
            for path in sorted(given.rglob("*")):
                inside = path.relative_to(given)
                hidden = any(part.startswith(".") for part in inside.parts)
                ours = path.resolve().is_relative_to(out.resolve())
                if path.suffix.lower() in audio.SUFFIXES and path.is_file() and not hidden and not ours:
                    named.setdefault(path.resolve(), inside.as_posix())
        elif given.exists():
            named.setdefault(given.resolve(), given.name)
        else:
            raise JssError(f"There is no file or folder at {given}.")
    if not named:
        raise JssError(f"{', '.join(inputs)} holds no audio: name files or folders with wav, flac, ogg, opus or mp3.")
    if len({*named.values()}) < len(named):
        shared = Path(os.path.commonpath([path.parent for path in named]))
        named = {path: path.relative_to(shared).as_posix() for path in named}
    return {name: path for path, name in named.items()}


def stems(names: Iterable[str]) -> dict[str, str]:
    """What a recording's own files are called: its name without suffix, with it where that would clash."""
    short = {name: os.path.splitext(name)[0] for name in names}
    counts = Counter(short.values())
    return {name: stem if counts[stem] == 1 else name for name, stem in short.items()}


def _analyse(
    system: System, name: str, stem: str, path: Path, out: Path, args: argparse.Namespace, bar: Any
) -> pd.DataFrame:
    """One recording, a stretch at a time; writes its files and returns its events."""
    import numpy as np

    from jss.features import SCORE_HOP_S
    from jss.results import event_table, score_table

    samples = 0
    scores = []
    kept = []
    with ExitStack() as files:
        writers: list[audio.Put] = []
        for piece in system.pieces(path):
            if args.save_sources and not writers:
                targets = [out / "sources" / f"{stem}_s{m + 1}.flac" for m in range(len(piece.sources))]
                writers = [files.enter_context(audio.writer(target)) for target in targets]
            for put, source in zip(writers, piece.sources, strict=False):
                put(source)
            scores.append(piece.scores)
            samples += len(piece.mixture)
            if args.save_results:
                kept.append(piece)
            bar.update(len(piece.mixture) / audio.SAMPLE_RATE)
    if args.save_results:
        system.join(kept, name).save(out / "results" / f"{stem}.npz")
    pooled, duration = np.concatenate(scores, axis=-1), samples / audio.SAMPLE_RATE
    _write_table(score_table(pooled, system.labels, hop=SCORE_HOP_S, duration=duration), out / "scores" / f"{stem}.tsv")
    return event_table(
        name, pooled, system.labels, hop=SCORE_HOP_S, duration=duration, threshold=args.threshold
    )


def _write_table(table: pd.DataFrame, path: Path) -> None:
    with aside(path) as part:
        table.to_csv(part, sep="\t", index=False, float_format="%.6f", errors="surrogateescape")


def _duration(path: Path) -> float:
    """Seconds, for the progress bar; 0 for what cannot be read, which is said when its turn comes."""
    try:
        return audio.duration(path)
    except JssError:
        return 0.0
