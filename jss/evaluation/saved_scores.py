"""Scores of a set in one small file, for fusions (Eq. 25) and metrics without audio or models."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict

from jss.data.clip import Clip, Event
from jss.data.datasets.overlap import PERMUTATIONS, OverlapClip, build
from jss.errors import JssError
from jss.io.atomic import atomic_write
from jss.io.schema import SCHEMA, validate
from jss.results import DAMAGED

if TYPE_CHECKING:  # imported late, so that reading the clips alone stays fast
    from jss.evaluation.run import Outputs
    from jss.reports import EvalReport

#: Suffix of the scores file beside a report.
SUFFIX = ".scores.npz"
_DAMAGED = "{} is damaged, or not a scores file of jss: evaluate again with --keep-scores."
#: Scores are rounded to this fraction of 1.
STEPS = 1024


@dataclass(frozen=True, eq=False)
class SavedScores:
    """Pooled scores of one system on a set before any filter, to 1/1024, and the ground truth."""

    #: Name of the data set.
    dataset: str
    #: Name of the subset.
    subset: str
    #: Of the system, without scores of the sources.
    outputs: Outputs
    #: Of the whole set, also those that could not be analysed, without audio.
    clips: tuple[Clip, ...]
    #: Hash of the file that they were read from; "" where there is none.
    digest: str = ""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one .npz, atomically."""
        stored, clips = self.outputs, self.clips
        names = [clip.filename for clip in clips if clip.filename in stored.clips]
        outputs = [stored.clips[name] for name in names]
        events = [
            (n, stored.labels.index(e.label), e.onset, e.offset)
            for n, c in enumerate(clips)
            for e in c.events or ()
        ]
        facts = {
            "dataset": self.dataset,
            "subset": self.subset,
            "system": stored.system,
            "selection": stored.selection,
            "labels": stored.labels,
            "missing": dict(stored.missing),
            "weights": dict(stored.weights),
            "hop": outputs[0].hop if outputs else 0.0,
            "clips": [clip.filename for clip in clips],
            "padded_to": clips[0].padded_to if clips else None,
            "heard": names,
        }
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            facts=np.array(json.dumps(facts)),
            seconds=np.array([clip.duration for clip in clips]),
            events=np.array(events, np.float64).reshape(-1, 4),
            frames=np.array([output.scores.shape[1] for output in outputs], int),
            scores=_joined([output.scores for output in outputs], len(stored.labels)),
            weak=_joined([output.weak[:, None] for output in outputs], len(stored.labels)),
        )
        with atomic_write(path) as part:
            part.write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SavedScores:
        """Read a file that :meth:`save` wrote.

        Raises:
            JssError: The file is missing, damaged or another file.
        """
        from jss.evaluation.run import Outputs
        from jss.inference.output_cache import ClipOutput

        facts, arrays = _read(path, "frames", "scores", "weak")
        scores, frames, weak = (arrays[name] for name in ("scores", "frames", "weak"))
        classes, files = len(facts.labels), len(facts.heard)
        if not (
            frames.shape == (files,)
            and (frames >= 0).all()
            and scores.shape == (classes, frames.sum())
            and weak.shape == (classes, files)
        ):
            raise JssError(_DAMAGED.format(path))
        curves = np.split(scores.astype(np.float32), np.cumsum(frames)[:-1], axis=1)
        no_sources = np.zeros((0, classes, 0), np.float32)
        clip_outputs = {
            name: ClipOutput(curves[n], no_sources, weak[:, n].astype(np.float32), facts.hop)
            for n, name in enumerate(facts.heard)
        }
        outputs = Outputs(
            facts.system, facts.selection, facts.labels, clip_outputs, facts.missing, facts.weights
        )
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return cls(facts.dataset, facts.subset, outputs, _clips(facts, arrays), digest)


def read_clips(path: str | os.PathLike[str]) -> tuple[str, str, tuple[Clip, ...]]:
    """The data set, subset and clips of a scores file, without the scores.

    Raises:
        JssError: The file is missing or damaged.
    """
    facts, arrays = _read(path)
    return facts.dataset, facts.subset, _clips(facts, arrays)


def collect(
    outputs: Outputs, clips: Sequence[Clip | OverlapClip], dataset: str, subset: str
) -> SavedScores:
    """The scores of a system on a set as they are saved, the clips in the order of their names.

    Args:
        outputs: Of the system.
        clips: Of the set.
        dataset: Name of the data set.
        subset: Name of the subset.
    """
    ordered = sorted(clips, key=lambda clip: clip.filename)
    return SavedScores(
        dataset,
        subset,
        outputs,
        tuple(Clip(c.filename, None, c.duration, c.events, padded_to=c.padded_to) for c in ordered),
    )


def report(parts: Sequence[SavedScores], resamples: int = 0) -> EvalReport:
    """The report of one system's saved scores, or of several systems' mean scores (Eq. 25).

    It has no similarity and no separation, since sources are not saved.

    Args:
        parts: Saved scores of each system.
        resamples: Number of bootstrap resamples; 0 for no confidence intervals.

    Raises:
        JssError: The parts are not of one set.
    """
    from jss.evaluation import run

    fusion = fused(parts)
    return run.report(
        fusion.outputs, fusion.clips, fusion.dataset, fusion.subset, resamples=resamples
    )


def fused(parts: Sequence[SavedScores]) -> SavedScores:
    """Mean scores of several systems (Eq. 25); of one system, its own.

    Args:
        parts: Saved scores of each system.

    Raises:
        JssError: There are none, or they are not of one set.
    """
    from jss.evaluation import run

    if not parts:
        raise JssError("A fusion needs at least one system.")
    first = parts[0]
    sets = {(p.dataset, p.subset, tuple(clip.filename for clip in p.clips)) for p in parts}
    if len(sets) > 1:
        raise JssError(
            "Only scores of the same clips can be fused: evaluate the systems on one set again."
        )
    outputs = first.outputs if len(parts) == 1 else run.fuse_sets([p.outputs for p in parts])
    return SavedScores(first.dataset, first.subset, outputs, first.clips)


def restricted(saved: SavedScores, names: Collection[str]) -> SavedScores:
    """The scores of some of the clips.

    Args:
        saved: Of a set.
        names: Of the clips.
    """
    clips = tuple(clip for clip in saved.clips if clip.filename in names)
    outputs = replace(
        saved.outputs,
        clips={name: out for name, out in saved.outputs.clips.items() if name in names},
        missing={name: why for name, why in saved.outputs.missing.items() if name in names},
    )
    return SavedScores(saved.dataset, saved.subset, outputs, clips)


def clips_in_pairs(single: Sequence[Clip], pairs: Sequence[Clip]) -> tuple[str, ...]:
    """Names of the clips that the pairs of an overlap set are made of, found by their events.

    Args:
        single: Of the set as it is, in the order of their names.
        pairs: Of the set of pairs, in the order of their names.

    Returns:
        Names; empty where the pairs are not those of the first clips of the set.
    """
    number = len(pairs) // PERMUTATIONS
    if not 2 <= number <= len(single):
        return ()
    first = single[:number]
    built = build([replace(clip, events=clip.events or ()) for clip in first])
    same = [_rounded(pair.events) for pair in built] == [_rounded(pair.events) for pair in pairs]
    return tuple(clip.filename for clip in first) if same else ()


def _rounded(events: Sequence[Event] | None) -> list[tuple[float, float, str]]:
    return sorted((round(e.onset, 3), round(e.offset, 3), e.label) for e in events or ())


def beside(report: str | os.PathLike[str]) -> Path:
    """Path of the scores behind a report: SED.json -> SED.scores.npz."""
    return Path(report).with_suffix(SUFFIX)


@dataclass(frozen=True)
class _Facts:
    """What is stored beside the arrays."""

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    dataset: str
    subset: str
    system: str
    selection: str
    labels: tuple[str, ...]
    missing: dict[str, str]
    weights: dict[str, str]
    #: Seconds from frame to frame.
    hop: float
    #: Names of the clips of the whole set.
    clips: tuple[str, ...]
    #: Names of the clips with scores.
    heard: tuple[str, ...]
    #: As of a Clip; older files lack it.
    padded_to: float | None = None


def _read(path: str | os.PathLike[str], *names: str) -> tuple[_Facts, dict[str, npt.NDArray[Any]]]:
    """The facts, and some arrays beside the clips'.

    Args:
        path: The file.
        names: Of the further arrays.

    Raises:
        JssError: The file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            data = json.loads(str(stored["facts"]))
            arrays = {name: stored[name] for name in ("seconds", "events", *names)}
    except FileNotFoundError as error:
        raise JssError(f"There are no scores at {path}.") from error
    except DAMAGED as error:
        raise JssError(_DAMAGED.format(path)) from error
    try:
        facts = validate(_Facts, data, str(path))
    except JssError as error:
        raise JssError(_DAMAGED.format(path)) from error
    events = arrays["events"]
    if not (
        all(array.dtype.kind in "fiu" for array in arrays.values())
        and arrays["seconds"].shape == (len(facts.clips),)
        and events.shape == (len(events), 4)
        and np.isin(events[:, 1], range(len(facts.labels))).all()
    ):
        raise JssError(_DAMAGED.format(path))
    return facts, arrays


def _clips(facts: _Facts, arrays: dict[str, npt.NDArray[Any]]) -> tuple[Clip, ...]:
    seconds, events = (arrays[name].astype(np.float64).tobytes() for name in ("seconds", "events"))
    return _shared(tuple(facts.clips), tuple(facts.labels), facts.padded_to, seconds, events)


@lru_cache(8)
def _shared(
    names: tuple[str, ...],
    labels: tuple[str, ...],
    padded_to: float | None,
    durations: bytes,
    rows: bytes,
) -> tuple[Clip, ...]:
    """The clips of a set, made once for all systems that were measured on it."""
    events: list[list[Event]] = [[] for _ in names]
    for clip, label, onset, offset in np.frombuffer(rows).reshape(-1, 4).tolist():
        if 0 <= clip < len(events):
            events[int(clip)].append(Event(onset, offset, labels[int(label)]))
    return tuple(
        Clip(name, None, seconds, tuple(of_clip), padded_to=padded_to)
        for name, seconds, of_clip in zip(
            names, np.frombuffer(durations).tolist(), events, strict=True
        )
    )


def _joined(parts: Sequence[npt.NDArray[np.float32]], rows: int) -> npt.NDArray[np.float16]:
    """Concatenate (K, T) arrays along time, rounded to 1 / STEPS, which compresses to a third."""
    joined = np.concatenate([np.zeros((rows, 0), np.float32), *parts], axis=1)
    return np.asarray(np.round(joined * STEPS) / STEPS, np.float16)
