"""Scores of a whole set in one small file: fusions (Eq. 25) and other metrics then need neither
audio nor networks.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict

from jss.data.clip import Clip, Event
from jss.errors import JssError
from jss.io.atomic import atomic_write
from jss.io.schema import SCHEMA, validate
from jss.results import DAMAGED

if (
    TYPE_CHECKING
):  # what measures is imported where it is needed: the clips alone are read without it
    from jss.data.datasets.overlap import OverlapClip
    from jss.evaluation.run import Outputs
    from jss.reports import EvalReport

#: A report's file name -> that of the scores beside it.
SUFFIX = ".scores.npz"
_DAMAGED = "{} is damaged, or no scores of jss: evaluate again with --keep-scores."
#: Scores are kept to this fraction of 1.
STEPS = 1024


@dataclass(frozen=True, eq=False)
class KeptScores:
    """What one system said about a set: its pooled scores before any filter, to 1/1024, and the
    ground truth.

    clips: of the whole set, also those that could not be heard, with their events and durations,
    without audio. Scores of the sources are not kept.
    """

    dataset: str
    subset: str
    outputs: Outputs
    clips: tuple[Clip, ...]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one .npz, aside first and then renamed."""
        o, clips = self.outputs, self.clips
        names = [clip.filename for clip in clips if clip.filename in o.clips]
        heard = [o.clips[name] for name in names]
        events = [
            (n, o.labels.index(e.label), e.onset, e.offset)
            for n, c in enumerate(clips)
            for e in c.events or ()
        ]
        facts = {
            "dataset": self.dataset,
            "subset": self.subset,
            "system": o.system,
            "selection": o.selection,
            "labels": o.labels,
            "missing": dict(o.missing),
            "weights": dict(o.weights),
            "hop": heard[0].hop if heard else 0.0,
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
            frames=np.array([h.scores.shape[1] for h in heard], int),
            scores=_joined([h.scores for h in heard], len(o.labels)),
            weak=_joined([h.weak[:, None] for h in heard], len(o.labels)),
        )
        with atomic_write(path) as part:
            part.write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> KeptScores:
        """Read what :meth:`save` wrote. Raises JssError where the file is missing or no such file."""
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
        nothing = np.zeros((0, classes, 0), np.float32)
        heard = {
            name: ClipOutput(curves[n], nothing, weak[:, n].astype(np.float32), facts.hop)
            for n, name in enumerate(facts.heard)
        }
        outputs = Outputs(
            facts.system, facts.selection, facts.labels, heard, facts.missing, facts.weights
        )
        return cls(facts.dataset, facts.subset, outputs, _clips(facts, arrays))


def read_clips(path: str | os.PathLike[str]) -> tuple[str, str, tuple[Clip, ...]]:
    """The data set, subset and clips of kept scores, without the scores. Raises JssError."""
    facts, arrays = _read(path)
    return facts.dataset, facts.subset, _clips(facts, arrays)


def keep(
    outputs: Outputs, clips: Sequence[Clip | OverlapClip], dataset: str, subset: str
) -> KeptScores:
    """What is to be kept of a system on a set, the clips in the order of their names."""
    ordered = sorted(clips, key=lambda clip: clip.filename)
    return KeptScores(
        dataset,
        subset,
        outputs,
        tuple(Clip(c.filename, None, c.duration, c.events, padded_to=c.padded_to) for c in ordered),
    )


def report(parts: Sequence[KeptScores], resamples: int = 0) -> EvalReport:
    """The report of one system's scores, or of several systems' mean scores (Eq. 25), from the kept
    ones alone.

    Without sources: no similarity, no separation. Raises JssError where the parts are not of one
    set.
    """
    from jss.evaluation import run

    if not parts:
        raise JssError("A fusion needs at least one system.")
    first = parts[0]
    if (
        len(
            {
                (part.dataset, part.subset, tuple(clip.filename for clip in part.clips))
                for part in parts
            }
        )
        > 1
    ):
        raise JssError(
            "Only scores of the same clips can be fused: evaluate the systems on one set again."
        )
    whole = first.outputs if len(parts) == 1 else run.fuse_sets([part.outputs for part in parts])
    return run.report(whole, first.clips, first.dataset, first.subset, resamples=resamples)


def beside(report: str | os.PathLike[str]) -> Path:
    """Where the scores behind a report are kept: SED.json -> SED.scores.npz."""
    return Path(report).with_suffix(SUFFIX)


@dataclass(frozen=True)
class _Facts:
    """What is stored beside the arrays. hop: seconds a frame; clips: of the whole set; heard: those
    with scores; padded_to: as a Clip has it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = SCHEMA

    dataset: str
    subset: str
    system: str
    selection: str
    labels: tuple[str, ...]
    missing: dict[str, str]
    weights: dict[str, str]
    hop: float
    clips: tuple[str, ...]
    heard: tuple[str, ...]
    padded_to: float | None = None  # older files lack it


def _read(path: str | os.PathLike[str], *names: str) -> tuple[_Facts, dict[str, npt.NDArray[Any]]]:
    """The facts, and some arrays beside the clips'. Raises JssError where the file is missing or
    damaged.
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
    events = arrays["events"]
    return tuple(
        Clip(
            name,
            None,
            float(arrays["seconds"][n]),
            tuple(
                Event(onset, offset, facts.labels[int(label)])
                for _, label, onset, offset in events[events[:, 0] == n].tolist()
            ),
            padded_to=facts.padded_to,
        )
        for n, name in enumerate(facts.clips)
    )


def _joined(parts: Sequence[npt.NDArray[np.float32]], rows: int) -> npt.NDArray[np.float16]:
    """(K, T) after (K, T) -> (K, sum of T), rounded to 1 / STEPS: a third of the bytes of what is
    not.
    """
    whole = np.concatenate([np.zeros((rows, 0), np.float32), *parts], axis=1)
    return np.asarray(np.round(whole * STEPS) / STEPS, np.float16)
