"""Outputs of systems on clips, cached on disk, so that new metrics need no inference."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from jss import audio
from jss.arrays import Float32
from jss.decoding import on_grid
from jss.errors import JssError
from jss.inference.fusion import Mean, common, fuse
from jss.inference.windows import padded
from jss.io.atomic import atomic_write
from jss.io.code_fingerprint import code_fingerprint
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
                (str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns)
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
    progress: Progress = silent,
) -> tuple[dict[str, ClipOutput], dict[str, str]]:
    """Outputs of a system on clips, from the cache where they are there.

    Args:
        system: The system.
        items: The clips.
        cache: Folder of outputs computed before; None: no cache.
        progress: In clips.

    Returns:
        Outputs by filename; and for clips that cannot be read, the reason by filename.
    """
    outputs: dict[str, ClipOutput] = {}
    failed: dict[str, str] = {}
    folder = None if cache is None else cache / _folder(system)
    for item in items:
        try:
            path = None if folder is None else folder / f"{item.key()}.npz"
            output = None if path is None else ClipOutput.load(path)
            if output is None:
                output = _analyse(system, item)
                if path is not None:
                    # A full or read-only disk costs only time, at the next call.
                    with suppress(JssError):
                        output.save(path)
            outputs[item.filename] = output
        except JssError as error:
            failed[item.filename] = str(error)
        progress(item.filename, 1)
    return outputs, failed


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


def _analyse(system: ClipSystem, item: Item) -> ClipOutput:
    samples = audio.load(item.files[0]) if item.load is None else item.load()
    result = system(padded(samples, item.padded_to), filename=item.filename)
    separation = None
    if item.sources and result.n_sources:
        references = np.stack(
            [_fit(audio.load(path), len(result.mixture)) for path in item.sources]
        )
        separation = separate_clip(result.sources, references, result.mixture)
    return ClipOutput(
        result.scores, result.source_scores, result.weak, result.score_hop, separation
    )


def _fit(x: Float32, samples: int) -> Float32:
    return np.pad(x, (0, max(0, samples - len(x))))[:samples]
