"""Outputs of systems on clips, cached on disk, so that new metrics need no inference."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from jss import audio
from jss.arrays import Float32
from jss.decoding import on_grid
from jss.errors import JssError
from jss.inference.devices import workers_for
from jss.inference.fusion import Mean, common, fuse
from jss.inference.windows import Stretch, joined, padded
from jss.io.atomic import atomic_write
from jss.io.code_fingerprint import code_fingerprint
from jss.io.prefetch import in_order
from jss.io.progress import Progress, silent
from jss.metrics.separation import ClipSeparation, separate_clip
from jss.results import DAMAGED, ClipResult

if TYPE_CHECKING:  # torch, which measuring cached outputs does not need
    from jss.models.precision import Precision

#: Default folder of cached outputs.
CACHE = Path("cache") / "scores"
#: Changes with the format of a stored output.
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class ClipOutput:
    """Output of one system on one clip, without audio, as it was analysed (padding included)."""

    #: (K, T) in [0, 1].
    scores: Float32
    #: (M, K, T) in [0, 1].
    source_scores: Float32
    #: (K,) in [0, 1].
    weak: Float32
    #: Seconds from frame to frame.
    hop: float
    #: Where the true sources are known and the system separates.
    separation: ClipSeparation | None = None

    def save(self, path: Path) -> None:
        """Write one .npz, atomically."""
        facts = {
            "hop": self.hop,
            "separation": asdict(self.separation) if self.separation else None,
        }
        buffer = io.BytesIO()
        np.savez(
            buffer,
            facts=np.array(json.dumps(facts)),
            scores=self.scores,
            source_scores=self.source_scores,
            weak=self.weak,
        )
        with atomic_write(path) as part:
            part.write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> ClipOutput | None:
        """Read a file that :meth:`save` wrote; None where it is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                facts = json.loads(str(stored["facts"]))
                scores, source_scores, weak = (
                    stored[key] for key in ("scores", "source_scores", "weak")
                )
            stored_separation: dict[str, Any] | None = facts["separation"]
            fields: dict[str, Any] = {
                k: tuple(v) if isinstance(v, list) else v
                for k, v in (stored_separation or {}).items()
            }
            separation = ClipSeparation(**fields) if stored_separation else None
            return cls(scores, source_scores, weak, float(facts["hop"]), separation)
        except DAMAGED:
            return None


@dataclass(frozen=True)
class Item:
    """One clip to analyse."""

    #: Its name.
    filename: str
    #: The files that it is made from.
    files: tuple[Path, ...]
    #: Files of its isolated sources; empty where unknown.
    sources: tuple[Path, ...] = ()
    #: Returns its samples; None: those of the first of ``files``.
    load: Callable[[], Float32] | None = None
    #: Seconds to which a shorter clip is padded with zeros first (``jss.data.clip.Clip``); None:
    #: no padding.
    padded_to: float | None = None

    def key(self) -> str:
        """A key that changes with any of its files, and with its padding.

        Raises:
            JssError: A file is missing.
        """
        try:
            facts = [
                (os.path.realpath(p), p.stat().st_size, p.stat().st_mtime_ns)
                for p in (*self.files, *self.sources)
            ]
        except OSError as error:
            raise JssError(f"There is no file at {error.filename}.") from error
        rest = [] if self.padded_to is None else [self.padded_to]
        return hashlib.sha256(repr((_FORMAT, self.filename, facts, *rest)).encode()).hexdigest()[
            :24
        ]


class ClipSystem(Protocol):
    """The part of ``jss.inference.system.System`` that is used here."""

    @property
    def name(self) -> str:
        """Of the system."""

    @property
    def selection(self) -> str:
        """student or teacher."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Its K classes."""

    @property
    def cards(self) -> Mapping[str, Any]:
        """Of its blocks (``jss.checkpoints.Card``)."""

    @property
    def manifest(self) -> Any:
        """Its pooling, features, labels and consistency."""

    @property
    def precision(self) -> Precision:
        """Of its products."""

    def __call__(self, source: Any, filename: str | None = None) -> ClipResult:
        """One clip."""


def fingerprint(system: ClipSystem) -> str:
    """A key that changes with a system's weights and with all else that changes its scores."""
    m = system.manifest
    weights = sorted((role, card.fingerprint) for role, card in system.cards.items())
    rest = (
        m.pooling,
        m.features,
        m.consistent,
        m.labels,
        *_branch(m, system.selection),
        *(["bf16"] if system.precision == "bf16" else []),
    )
    return hashlib.sha256(repr((weights, *rest)).encode()).hexdigest()[:16]


def _folder(system: ClipSystem) -> str:
    """Name the cache folder of a system: it changes with the system and with the code."""
    key = hashlib.sha256(f"{fingerprint(system)}|{code_fingerprint()}".encode()).hexdigest()[:16]
    return f"{system.name}-{system.selection}-{key}"


def _branch(manifest: Any, selection: str) -> tuple[float | str, ...]:
    """q of Eq. 2 and the input of the mixture branch.

    Empty where there is no such branch, and without the input where it is the mixture, so that
    older fingerprints stay valid.
    """
    chosen = getattr(manifest, "selections", {}).get(selection)
    if chosen is None or chosen.q is None:
        return ()
    return (chosen.q,) if chosen.mixture_input == "mixture" else (chosen.q, chosen.mixture_input)


def analyse_clips(
    system: ClipSystem,
    items: Sequence[Item],
    cache: Path | None = CACHE,
    *,
    size: int = 1,
    progress: Progress = silent,
) -> tuple[dict[str, ClipOutput], dict[str, str]]:
    """Outputs of a system on clips, from the cache where they are there.

    Args:
        system: The system.
        items: The clips.
        cache: Folder of outputs computed before; None: no cache.
        size: Windows of 10 s that are analysed at once (``jss.inference.together``); more than one
            only by a ``jss.inference.system.System``.
        progress: In clips.

    Returns:
        Outputs by filename; and for clips that cannot be read, the reason by filename.
    """
    outputs: dict[str, ClipOutput] = {}
    failed: dict[str, str] = {}
    folder = None if cache is None else cache / _folder(system)
    todo: list[tuple[Item, Path | None]] = []
    for item in items:
        try:
            path = None if folder is None else folder / f"{item.key()}.npz"
        except JssError as error:
            failed[item.filename] = str(error)
            progress(item.filename, 1)
            continue
        output = None if path is None else ClipOutput.load(path)
        if output is None:
            todo.append((item, path))
        else:
            outputs[item.filename] = output
            progress(item.filename, 1)
    new = [item for item, _ in todo]
    computed = _each(system, new) if size == 1 else _together(system, new, size)
    for (item, path), output_or_error in zip(todo, computed, strict=True):
        if isinstance(output_or_error, JssError):
            failed[item.filename] = str(output_or_error)
        else:
            outputs[item.filename] = output_or_error
            if path is not None:
                # A full or read-only disk costs only time, at the next call.
                with suppress(JssError):
                    output_or_error.save(path)
        progress(item.filename, 1)
    names = [item.filename for item in items]
    return (
        {name: outputs[name] for name in names if name in outputs},
        {name: failed[name] for name in names if name in failed},
    )


def fuse_outputs(
    outputs: Sequence[ClipOutput], labels: Sequence[Sequence[str]], mean: Mean = "scores"
) -> ClipOutput:
    """Eq. 25 for one clip: mean scores of several systems; a fusion has no sources.

    The systems may have different classes and hops: the fusion has the classes that all have
    (``jss.inference.fusion.common``), at the shortest hop.

    Args:
        outputs: Of each system.
        labels: The classes of each system.
        mean: Of scores or logits (``jss.inference.fusion.fuse``).

    Raises:
        JssError: The systems have no common class.
    """
    shared = common(labels)
    rows = [[named.index(label) for label in shared] for named in map(list, labels)]
    finest = min(outputs, key=lambda output: output.hop)
    scores = [
        _at_hop(output.scores[k], output.hop, finest.hop, finest.scores.shape[1])
        for output, k in zip(outputs, rows, strict=True)
    ]
    fused = fuse(scores, mean)
    return replace(
        finest,
        scores=fused,
        weak=fuse([output.weak[k] for output, k in zip(outputs, rows, strict=True)], mean),
        source_scores=np.zeros((0, *fused.shape), np.float32),
        separation=None,
    )


def _at_hop(scores: Float32, hop: float, wanted: float, frames: int) -> Float32:
    """Scores (K, T) on frames of another length."""
    if hop == wanted:
        return scores
    starts = np.arange(scores.shape[1]) * hop
    return on_grid(scores, starts, starts + hop, hop=wanted, frames=frames)


def _each(system: ClipSystem, items: Sequence[Item]) -> Iterator[ClipOutput | JssError]:
    """Outputs of clips, analysed one after the other."""
    for item in items:
        try:
            result = system(_samples(item), filename=item.filename)
            separation = _separation(item, result)
            yield ClipOutput(
                result.scores, result.source_scores, result.weak, result.score_hop, separation
            )
        except JssError as error:
            yield error


def _together(
    system: ClipSystem, items: Sequence[Item], size: int
) -> Generator[ClipOutput | JssError, None, None]:
    """Outputs of clips, several analysed at once; threads read and measure beside."""
    from jss.features import SCORE_HOP_S
    from jss.inference.system import System
    from jss.inference.together import analysed

    if not isinstance(system, System):
        raise TypeError(f"{system.name} analyses one clip at a time.")
    workers = workers_for(size)

    def read(item: Item) -> Float32 | JssError:
        try:
            return _samples(item)
        except JssError as error:
            return error

    def stream(samples: Float32 | JssError) -> Iterator[Float32]:
        if isinstance(samples, JssError):
            raise samples
        yield samples

    def output(item: Item, stretches: Sequence[Stretch] | JssError) -> ClipOutput | JssError:
        if isinstance(stretches, JssError):
            return stretches
        whole = joined(stretches)
        try:
            separation = _separation(item, whole)
        except JssError as error:
            return error
        return ClipOutput(whole.scores, whole.source_scores, whole.weak, SCORE_HOP_S, separation)

    def jobs() -> Iterator[Callable[[], ClipOutput | JssError]]:
        with closing(in_order((partial(read, item) for item in items), workers)) as samples:
            recordings = analysed(system, map(stream, samples), size)
            for item, stretches in zip(items, recordings, strict=True):
                try:
                    all_of_it: list[Stretch] | JssError = list(stretches)
                except JssError as error:
                    all_of_it = error
                yield partial(output, item, all_of_it)

    yield from in_order(jobs(), workers)


def _samples(item: Item) -> Float32:
    """The samples of a clip, padded to its set's length."""
    samples = audio.load(item.files[0]) if item.load is None else item.load()
    return padded(samples, item.padded_to)


def _separation(item: Item, clip: ClipResult | Stretch) -> ClipSeparation | None:
    """How well the sources of a clip fit the true ones; None where there are none."""
    if not item.sources or not len(clip.sources):
        return None
    references = np.stack([_fit(audio.load(path), len(clip.mixture)) for path in item.sources])
    return separate_clip(clip.sources, references, clip.mixture)


def _fit(x: Float32, samples: int) -> Float32:
    return np.pad(x, (0, max(0, samples - len(x))))[:samples]
