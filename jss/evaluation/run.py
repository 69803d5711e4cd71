"""Evaluation of our systems on a set of clips: data, inference and measurement together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jss.arrays import Float64
from jss.data.clip import Clip
from jss.data.datasets import overlap
from jss.data.datasets.overlap import OverlapClip
from jss.decoding import BASELINE, Decoder, curves
from jss.errors import JssError
from jss.evaluation import external
from jss.evaluation.measure import RESAMPLES, Findings, Reference, measure
from jss.inference.fusion import Mean, common, fusion_name
from jss.inference.output_cache import (
    CACHE,
    ClipOutput,
    ClipSystem,
    Item,
    analyse_clips,
    fingerprint,
    fuse_outputs,
)
from jss.io.progress import Progress, silent
from jss.metrics.diversity import clip_similarity
from jss.metrics.scores import ScoreSet
from jss.reports import EvalReport

#: Why a clip without a file has no output.
_ABSENT = "there is no audio"


@dataclass(frozen=True, eq=False)
class Outputs:
    """Outputs of one system (or one fusion), by filename."""

    #: Name.
    system: str
    #: student or teacher.
    selection: str
    #: The K classes.
    labels: tuple[str, ...]
    #: Output by filename.
    clips: Mapping[str, ClipOutput]
    #: Why a clip has none, by filename.
    missing: Mapping[str, str]
    #: SHA-256 of the weights by block, and the fingerprint of the system.
    weights: Mapping[str, str]

    @property
    def unreadable(self) -> list[str]:
        """A sentence for every clip whose audio exists but could not be read."""
        return sorted(why for why in self.missing.values() if why != _ABSENT)


def subset(root: str | Path, name: str) -> Sequence[Clip | OverlapClip]:
    """The clips of a subset of a data set in DESED's layout, or of a labelled folder.

    NAME_overlap is those of NAME summed in pairs.

    Args:
        root: Folder of the data set.
        name: Of the subset.

    Raises:
        JssError: There is no such subset, or it has no strong labels.
    """
    from jss.data.datasets import desed, labelled

    base = name.removesuffix(overlap.SUFFIX)
    known = desed if labelled.find(root) is None else labelled
    subsets = known.prepare(root)
    if base not in subsets:
        names = ", ".join(subsets)
        raise JssError(
            f"{root} has no subset {base}: choose one of {names}, or one of them with {overlap.SUFFIX}."
        )
    clips: Sequence[Clip | OverlapClip] = subsets[base]
    if any(clip.events is None for clip in clips):
        raise JssError(
            f"The subset {base} has no strong labels (onset, offset, event_label): choose another one."
        )
    return overlap.build(subsets[base]) if name.endswith(overlap.SUFFIX) else clips


def items(clips: Sequence[Clip | OverlapClip]) -> list[Item]:
    """The clips whose audio exists, as input of a system, padded to their set's clip length."""
    analysable = []
    for clip in clips:
        sources = tuple(path for _, path in clip.sources)
        if isinstance(clip, OverlapClip):
            if clip.first.path is not None and clip.second.path is not None:
                files = clip.first.path, clip.second.path
                analysable.append(Item(clip.filename, files, sources, clip.load, clip.padded_to))
        elif clip.path is not None:
            analysable.append(Item(clip.filename, (clip.path,), sources, padded_to=clip.padded_to))
    return analysable


def collect(
    system: ClipSystem,
    clips: Sequence[Clip | OverlapClip],
    cache: Path | None = CACHE,
    progress: Progress = silent,
    size: int = 1,
) -> Outputs:
    """Outputs of one system on a set; a clip that is missing or broken is noted.

    Args:
        system: The system.
        clips: Of the set.
        cache: Folder of outputs computed before; None: no cache.
        progress: In clips.
        size: As of :func:`jss.inference.output_cache.analyse_clips`.
    """
    analysed = items(clips)
    outputs, failed = analyse_clips(system, analysed, cache, size=size, progress=progress)
    available = {item.filename for item in analysed}
    absent = {clip.filename: _ABSENT for clip in clips if clip.filename not in available}
    weights = {role: card.sha256 for role, card in system.cards.items()} | {
        "system": fingerprint(system)
    }
    return Outputs(
        system.name, system.selection, tuple(system.labels), outputs, absent | failed, weights
    )


def fuse_sets(parts: Sequence[Outputs], mean: Mean = "scores") -> Outputs:
    """Eq. 25 over several systems' outputs, of the clips and classes that all of them have.

    Args:
        parts: Outputs of each system on one set.
        mean: Of scores or logits (``jss.inference.fusion.fuse``).

    Raises:
        JssError: The systems have no common class.
    """
    labels = [part.labels for part in parts]
    names = set.intersection(*(set(part.clips) for part in parts))
    missing = {name: why for part in parts for name, why in part.missing.items()}
    return Outputs(
        fusion_name([part.system for part in parts], mean),
        "+".join(dict.fromkeys(part.selection for part in parts)),
        common(labels),
        {
            name: fuse_outputs([part.clips[name] for part in parts], labels, mean)
            for name in sorted(names)
        },
        missing,
        {f"{part.system} {role}": value for part in parts for role, value in part.weights.items()},
    )


def report(
    outputs: Outputs,
    clips: Sequence[Clip | OverlapClip],
    dataset: str,
    name: str,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    legacy_nan: bool = False,
    decoder: Decoder = BASELINE,
) -> EvalReport:
    """The report of one system or fusion on a set.

    Args:
        outputs: Of the system.
        clips: Of the set.
        dataset: Name of the data set.
        name: Of the subset.
        resamples: Number of bootstrap resamples; 0 for no confidence intervals.
        seed: Of the resamples.
        legacy_nan: As of :func:`jss.evaluation.measure.measure`.
        decoder: Its median filters or boxes; the thresholds are those of the metrics.

    Raises:
        JssError: No clip could be analysed.
    """
    reference, findings = material(outputs, clips, dataset, name, decoder)
    return measure(reference, findings, resamples=resamples, seed=seed, legacy_nan=legacy_nan)


def frame_edges(output: ClipOutput, clip: Clip | OverlapClip) -> Float64:
    """Boundaries of the T frames of a clip's scores in seconds, (T + 1,).

    As with the baseline's decoder, an event may run into the padding, and ends with it at the
    latest.

    Args:
        output: Of the clip.
        clip: For its length.
    """
    limit = max(clip.duration, clip.padded_to or 0.0)
    return np.minimum(np.arange(output.scores.shape[1] + 1) * output.hop, limit)


def material(
    outputs: Outputs,
    clips: Sequence[Clip | OverlapClip],
    dataset: str,
    name: str,
    decoder: Decoder = BASELINE,
) -> tuple[Reference, Findings]:
    """Input of :func:`jss.evaluation.measure.measure`.

    Args:
        outputs: Of the system.
        clips: Of the set.
        dataset: Name of the data set.
        name: Of the subset.
        decoder: Its median filters or boxes.

    Raises:
        JssError: No clip could be analysed, or an event is of an unknown class.
    """
    import pandas as pd

    by_name = {clip.filename: clip for clip in clips}
    names = sorted(set(by_name) & set(outputs.clips))
    if not names:
        why = next(iter(outputs.missing.values()), "the subset is empty")
        raise JssError(f"No clip of {dataset} {name} could be analysed: {why.rstrip('.')}.")
    classes = (e.label for clip in clips for e in clip.events or ())
    unknown = next((label for label in classes if label not in outputs.labels), None)
    if unknown is not None:
        raise JssError(
            f"{dataset} {name} has events of {unknown}, a class that {outputs.system} does not know."
        )
    rows = [(n, e.onset, e.offset, e.label) for n in names for e in by_name[n].events or ()]
    seconds = np.array([by_name[n].duration for n in names])
    table = pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])
    reference = external.build(
        table, names, seconds, outputs.labels, dataset, name, sorted(set(by_name) - set(names))
    )
    outputs_of_clips = [outputs.clips[n] for n in names]
    filtered = [
        (curves(o.scores, decoder), frame_edges(o, by_name[n]))
        for n, o in zip(names, outputs_of_clips, strict=True)
    ]
    settings = {
        "clips_padded_to_s": by_name[names[0]].padded_to,
        "median_frames": decoder.median,
        **({"boxes": [*decoder.boxes]} if decoder.boxes is not None else {}),
        "weights_sha256": dict(outputs.weights),
        "unreadable": outputs.unreadable,
        **(
            {"overlap_seed": 0, "overlap_permutations": overlap.PERMUTATIONS}
            if name.endswith(overlap.SUFFIX)
            else {}
        ),
    }
    return reference, Findings(
        outputs.system,
        outputs.selection,
        scores=ScoreSet.build(filtered, len(outputs.labels), median=1),
        clip_scores=np.stack([o.weak for o in outputs_of_clips]),
        similarity=np.array([clip_similarity(o.source_scores) for o in outputs_of_clips]),
        separation=[o.separation for o in outputs_of_clips],
        settings=settings,
    )
