"""The output files of one recording, and its line of the journal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from jss import audio
from jss.arrays import Float32
from jss.decoding import BASELINE, Decoder, decode, decode_stream
from jss.errors import JssError, report
from jss.features import SCORE_HOP_S
from jss.inference.system import System
from jss.inference.windows import Stretch
from jss.io.atomic import atomic_write
from jss.io.progress import Progress
from jss.results import ClipResult, peaks, score_text

log = logging.getLogger(__name__)

#: Seconds of a recording beyond which no page is tried: 3 MB never hold as much.
_LONGEST_PAGE = 600.0


@dataclass(frozen=True)
class Wanted:
    """What is written of a recording."""

    #: What makes events of scores.
    decoder: Decoder = BASELINE
    #: Write each source as FLAC.
    sources: bool = False
    #: Write a .npz per recording.
    results: bool = False
    #: Makes an HTML file of a result and a sentence about the system; None: not wanted. A recording
    #: for which it raises JssError is too long for one.
    page: Callable[[ClipResult, str], bytes] | None = None


@dataclass(frozen=True)
class RecordingFiles:
    """A recording and the names of its outputs."""

    #: In the tables.
    name: str
    #: Of the recording.
    path: Path
    #: Of its output files.
    stem: str
    #: In the journal.
    key: str


def needed(stem: str, wanted: Wanted) -> set[str]:
    """Files, below the output folder, without which a recording is not finished."""
    return {
        _scores(stem),
        *([_source(stem, 1)] * wanted.sources),
        *([_result(stem)] * wanted.results),
        *([_page(stem)] * (wanted.page is not None)),
    }


def write(
    system: System,
    task: RecordingFiles,
    stretches: Iterable[Stretch],
    out: Path,
    wanted: Wanted,
    progress: Progress,
) -> dict[str, Any]:
    """Write the outputs of one recording below ``out``.

    Args:
        system: The system that analyses it.
        task: The recording.
        stretches: Its analysed stretches, one after the other.
        out: The output folder.
        wanted: What is written.
        progress: In seconds of sound.

    Returns:
        The recording's line of the journal.

    Raises:
        JssError: The recording cannot be read, or a file cannot be written.
    """
    samples = frames = 0
    longest_page = _LONGEST_PAGE * audio.SAMPLE_RATE
    all_stretches: list[Stretch] = []
    files: list[str] = []
    left_out: list[str] = []

    def written(scores: TextIO, stack: ExitStack) -> Iterator[tuple[Float32, float]]:
        """Write what each stretch has for the files, and pass its scores on to be decoded.

        Args:
            scores: The open table of scores.
            stack: Closes the files of the sources.

        Yields:
            (K, t) scores, and the seconds of sound so far.
        """
        nonlocal samples, frames
        writers: list[audio.Put] = []
        for piece in stretches:
            if wanted.sources and not writers:
                files.extend(_source(task.stem, m + 1) for m in range(len(piece.sources)))
                writers = [stack.enter_context(audio.writer(out / file)) for file in files]
            for put, source in zip(writers, piece.sources, strict=False):
                put(source)
            samples += len(piece.mixture)
            seconds = samples / audio.SAMPLE_RATE
            scores.write(
                score_text(
                    piece.scores, system.labels, hop=SCORE_HOP_S, duration=seconds, first=frames
                )
            )
            frames += piece.scores.shape[1]
            if wanted.results or (wanted.page and samples <= longest_page):
                all_stretches.append(piece)
            yield piece.scores, seconds
            progress(task.name, len(piece.mixture) / audio.SAMPLE_RATE)

    with ExitStack() as stack:
        part = stack.enter_context(atomic_write(out / _scores(task.stem)))
        table = stack.enter_context(part.open("w", encoding="utf-8", newline=""))
        events, highest = _decoded(written(table, stack), system.labels, wanted.decoder)
    if wanted.results:
        files.append(_result(task.stem))
        system.join(all_stretches, task.name).save(out / files[-1])
    if wanted.page:
        try:
            if samples > longest_page:
                seconds = samples / audio.SAMPLE_RATE
                raise JssError(f"{task.name} is {seconds:.0f} s long, too much for an HTML page.")
            about = f"{system.description} ({system.selection})"
            content = wanted.page(system.join(all_stretches, task.name), about)
        except JssError as error:
            report(log, error)
            left_out.append(_page(task.stem))
        else:
            files.append(_page(task.stem))
            with atomic_write(out / files[-1]) as part:
                part.write_bytes(content)
    files.append(_scores(task.stem))
    return {
        "filename": task.name,
        "audio": str(task.path.resolve()),
        "duration": samples / audio.SAMPLE_RATE,
        "files": files,
        "left_out": left_out,
        "events": events,
        "peaks": highest,
    }


def _decoded(
    chunks: Iterable[tuple[Float32, float]], labels: Sequence[str], decoder: Decoder
) -> tuple[list[tuple[float, float, str]], list[float]]:
    """Decode the scores of a recording as they come; only boxes need all of them at once.

    Args:
        chunks: (scores (K, t), seconds of sound up to the end of the chunk), in order.
        labels: The K class labels.
        decoder: What makes events of scores.

    Returns:
        (onset, offset, label) of each event in the order of ``decode``, and its highest score.
    """
    if decoder.boxes is not None:
        parts = list(chunks)
        pooled, duration = np.concatenate([scores for scores, _ in parts], axis=-1), parts[-1][1]
        events = decode(pooled, labels, hop=SCORE_HOP_S, duration=duration, **vars(decoder))
        return events, peaks(events, pooled, labels, SCORE_HOP_S)
    ended = decode_stream(
        chunks, labels, hop=SCORE_HOP_S, threshold=decoder.threshold, median=decoder.median
    )
    scored = sorted(ended, key=lambda event: (event[0], labels.index(event[2])))
    return [event[:3] for event in scored], [round(event[3], 6) for event in scored]


def _page(stem: str) -> str:
    return f"html/{stem}.html"


def _scores(stem: str) -> str:
    return f"scores/{stem}.tsv"


def _source(stem: str, number: int) -> str:
    return f"sources/{stem}_s{number}.flac"


def _result(stem: str) -> str:
    return f"results/{stem}.npz"
