"""Rendering of a whole set to disk: on several cores, resumable, always to the same bytes."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jss import audio
from jss.data.manifest import MANIFEST, rendered, rendering, write_json
from jss.data.recordings import Recording
from jss.data.soundbank.bank import Bank, MixedBank, SoundBank, recordings_sha256
from jss.data.soundbank.synthbank import PREFIX, SynthBank
from jss.data.soundscapes import RECIPES, Rendered, Soundscape, draw, render
from jss.data.soundscapes.layouts import DesedLayout, FussLayout, Layout
from jss.errors import JssError, optional
from jss.io.atomic import atomic_write

#: Sets that can be rendered.
LAYOUTS: Mapping[str, Layout] = {
    "homescapes": DesedLayout(),
    "synthscapes": DesedLayout(),
    "universal": FussLayout(),
}
#: Number of synthesised recordings for each label and split, and the seed of their bank.
SYNTHESISED, SYNTH_SEED = 60, 2023
#: File with one line of JSON for each clip.
SCAPES = "soundscapes.jsonl"


@dataclass(frozen=True)
class Order:
    """A set to render."""

    #: A key of LAYOUTS.
    name: str
    #: Folder of the set.
    root: Path
    #: Folder of recordings; None for the synthesiser alone.
    soundbank: Path | None
    seed: int
    #: Whether to write the isolated sources.
    sources: bool
    #: Number of clips of each subset.
    clips: Mapping[str, int]


@dataclass(frozen=True)
class _Job:
    subset: str
    index: int


def make_bank(soundbank: Path | None) -> Bank:
    """Soundbank of a folder with the synthesiser for other classes, or the latter alone."""
    synthesiser = SynthBank(SYNTHESISED, SYNTH_SEED)
    return (
        MixedBank([(SoundBank(soundbank), 1.0), (synthesiser, 0.0)]) if soundbank else synthesiser
    )


def render_set(order: Order, workers: int = 1) -> dict[str, int]:
    """Render every clip that does not exist yet, then write the tables.

    A subset of 0 clips stays as an earlier call rendered it. Clips are FLAC of 24 bit, because
    DESED's reference of -50 LUFS leaves a 16-bit background of 8 bits.

    Args:
        order: The set.
        workers: Number of processes.

    Returns:
        Number of clips of each subset.

    Raises:
        JssError: The folder holds a set with other settings, another process renders into it, the
            soundbank lacks a class, or the package that simulates rooms is not installed.
    """
    from tqdm import tqdm

    with optional():  # before the folder is claimed
        import pyroomacoustics  # noqa: F401

    layout = LAYOUTS[order.name]
    bank = make_bank(order.soundbank)
    settings = _settings(order, bank)
    scapes: dict[str, list[tuple[str, Soundscape]]] = {subset: [] for subset in order.clips}
    with rendering(order.root / MANIFEST, settings):
        jobs = [
            _Job(subset, index)
            for subset, wanted in order.clips.items()
            for index in range(_size(order.root, layout, subset, wanted))
        ]
        with tqdm(total=len(jobs), unit="clip", disable=None) as bar:
            for job, line in zip(jobs, _render_all(order, bank, jobs, workers), strict=True):
                scapes[job.subset].append(
                    (layout.mixture(job.subset, job.index), Soundscape.from_json(line))
                )
                bar.update()
        layout.write(order.root, scapes)
        with atomic_write(order.root / SCAPES) as part:
            part.write_text(
                "".join(
                    f'{{"subset":"{subset}","filename":"{path}","soundscape":{scape.to_json()}}}\n'
                    for subset, items in scapes.items()
                    for path, scape in items
                ),
                encoding="utf-8",
            )
        write_json(order.root / MANIFEST, {**settings, **_contents(scapes)})
    return {subset: len(items) for subset, items in scapes.items()}


def render_clip(
    name: str, subset: str, index: int, seed: int = 0, soundbank: Path | None = None
) -> Rendered:
    """Render one clip of a set, as ``render_set`` does.

    Args:
        name: A key of LAYOUTS.
        subset: Subset of the set.
        index: Number of the clip.
        seed: Random seed of the set.
        soundbank: Folder of recordings; None for the synthesiser alone.

    Returns:
        Its signals.

    Raises:
        JssError: There is no such subset.
    """
    layout = LAYOUTS[name]
    if subset not in layout.subsets:
        raise JssError(f"{name} has no subset {subset}: choose from {', '.join(layout.subsets)}.")
    bank = make_bank(soundbank)
    return render(_draw(layout, subset, index, seed, bank), bank)


def _draw(layout: Layout, subset: str, index: int, seed: int, bank: Bank) -> Soundscape:
    split, _ = layout.subsets[subset]
    return draw(RECIPES[layout.recipe], bank, split, (seed, zlib.crc32(subset.encode()), index))


def render_lines(lines: Iterable[str], root: Path, bank: Bank, sources: bool = True) -> list[str]:
    """Render single clips again, to the same bytes, from lines of ``soundscapes.jsonl``.

    Args:
        lines: The lines.
        root: Folder to write to.
        bank: The soundbank.
        sources: Whether to write the sources.

    Returns:
        Paths of the mixtures, relative to ``root``.

    Raises:
        JssError: ``render_set`` did not write a line, or the bank lacks a recording.
    """
    written: list[str] = []
    for line in lines:
        layout, subset, index, scape = _parse(line)
        _write_clip(root, layout, subset, index, scape, bank, sources)
        written.append(layout.mixture(subset, index))
    return written


@dataclass(frozen=True)
class _Line:
    """One line of ``soundscapes.jsonl``."""

    subset: str
    filename: str
    soundscape: Soundscape


def _size(root: Path, layout: Layout, subset: str, wanted: int) -> int:
    """As many clips as wanted, or as an earlier call rendered."""
    return wanted or rendered(lambda number: root / layout.mixture(subset, number))


def _render_all(order: Order, bank: Bank, jobs: list[_Job], workers: int) -> Iterator[str]:
    """One line of JSON for each job, in order."""
    if workers <= 1 or len(jobs) < 2:
        yield from (_render_one(order, bank, job) for job in jobs)
        return
    with ExitStack() as stack:
        pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(order, os.getpid()))
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        try:
            yield from pool.map(_render_in_worker, jobs, chunksize=4)
        except BrokenProcessPool as error:
            raise JssError(
                "A rendering process died, most likely because memory ran out: continue with the same "
                "command and fewer --workers."
            ) from error


_WORKER: dict[str, Any] = {}


def _start(order: Order, parent: int) -> None:
    """Start a worker, with its soundbank; it ignores Ctrl-C and ends when its parent has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _WORKER.update(order=order, bank=make_bank(order.soundbank))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _render_in_worker(job: _Job) -> str:
    return _render_one(_WORKER["order"], _WORKER["bank"], job)


def _render_one(order: Order, bank: Bank, job: _Job) -> str:
    """Draw one clip, write it where it does not exist yet, and return its line of JSON."""
    layout = LAYOUTS[order.name]
    scape = _draw(layout, job.subset, job.index, order.seed, bank)
    if not (order.root / layout.mixture(job.subset, job.index)).is_file():
        _write_clip(order.root, layout, job.subset, job.index, scape, bank, order.sources)
    return scape.to_json()


def _write_clip(
    root: Path,
    layout: Layout,
    subset: str,
    index: int,
    scape: Soundscape,
    bank: Bank,
    sources: bool,
) -> None:
    """Write the sources before the mixture, so that a mixture marks a finished clip."""
    rendered = render(scape, bank)
    if sources:
        layers = (scape.background, *scape.foregrounds)
        for position, (layer, source) in enumerate(zip(layers, rendered.sources, strict=True)):
            audio.save(root / layout.source(subset, index, position, layer.label), source)
    audio.save(root / layout.mixture(subset, index), rendered.mixture)


def _parse(line: str) -> tuple[Layout, str, int, Soundscape]:
    """Layout, subset, number and soundscape of a line of ``soundscapes.jsonl``."""
    try:
        row = TypeAdapter(_Line).validate_json(line)
    except ValidationError as error:
        raise JssError(
            "This line is not one of a set's soundscapes.jsonl: copy it whole."
        ) from error
    subset, filename, scape = row.subset, row.filename, row.soundscape
    number = re.search(r"\d+$", Path(filename).stem)
    for layout in LAYOUTS.values():
        known = number and layout.recipe == scape.recipe and subset in layout.subsets
        if number and known and layout.mixture(subset, int(number[0])) == filename:
            return layout, subset, int(number[0]), scape
    raise JssError(
        f"{filename} is not the path of a clip that jss renders: copy the line as it was written."
    )


def _settings(order: Order, bank: Bank) -> dict[str, Any]:
    """What the clips depend on, for the manifest."""
    recipe = RECIPES[LAYOUTS[order.name].recipe]
    return {
        "set": order.name,
        "note": "Rendered by jss. In DESED's layout, but not DESED."
        if recipe.name == "desed"
        else "Rendered by jss.",
        "recipe": recipe.name,
        "recipe_sha256": hashlib.sha256(repr(recipe).encode()).hexdigest(),
        "recordings_sha256": recordings_sha256(bank),
        "seed": order.seed,
        "sources": order.sources,
    }


def _contents(scapes: Mapping[str, list[tuple[str, Soundscape]]]) -> dict[str, Any]:
    """Contents of the set for the manifest: clips, synthesised labels, data sets and licences."""
    used: dict[str, set[Recording]] = {
        subset: {
            r
            for _, scape in items
            for layer in (scape.background, *scape.foregrounds)
            for r in layer.recordings
        }
        for subset, items in scapes.items()
    }
    recordings = set().union(*used.values())
    return {
        "clips": {subset: len(items) for subset, items in scapes.items()},
        "synthesised": {
            subset: sorted({r.label for r in members if r.dataset == PREFIX})
            for subset, members in used.items()
        },
        "recordings": len({r.recording for r in recordings}),
        "datasets": dict(sorted(Counter(r.dataset for r in recordings).items())),
        "licences": dict(sorted(Counter(r.licence for r in recordings).items())),
    }
