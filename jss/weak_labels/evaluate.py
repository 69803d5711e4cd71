"""A separator of the weak-label paper on held-out scenes -> ``WeakReport``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from jss.arrays import Floats
from jss.data.scenes.batches import activity
from jss.data.scenes.scenes import SceneSet, scene_bank, scene_recipe
from jss.io.progress import Progress, silent
from jss.metrics.class_separation import OVERALL, separation_rows
from jss.metrics.diversity import clip_similarity
from jss.metrics.f_score import clip_f1
from jss.reports import commit
from jss.weak_labels.inference import WeakSystem
from jss.weak_labels.report import Row, Samples, WeakReport

#: Where the critic says that a class is there.
THRESHOLD = 0.5
#: Called with how many clips are done, and of how many.


def held_out(root: str, labels: tuple[str, ...], split: str, clips: int, seed: int = 0) -> SceneSet:
    """Scenes of recordings of one split under ROOT (see ``jss.data.scenes.scenes``), none of them
    synthesised where ROOT has recordings. The same arguments give the same scenes. Raises JssError.
    """
    bank, _, _ = scene_bank(root, labels, 0.0, 60)
    return SceneSet(scene_recipe("urban"), bank, split, seed, clips)


def evaluate_weak(
    system: WeakSystem, scenes: SceneSet, dataset: str, progress: Progress = silent
) -> WeakReport:
    """Everything that the paper reports, on all of ``scenes``. progress: in clips."""
    before, after, alone, frames, tags, heard, alike = [], [], [], [], [], [], []
    for number in range(len(scenes)):
        example = scenes[number]
        result = system.analyse(example.mixture, str(number), example.sources)
        found = result.si_sdr()
        before.append(found[0])
        after.append(found[1])
        alone.append(result.active.sum() < 2)
        active = activity(example, system.labels)
        pool = system.critic.pool
        whole = active.shape[1] // pool * pool
        frames.append(
            (result.probabilities.T, active[:, :whole].reshape(len(active), -1, pool).max(-1).T)
        )
        tags.append((result.clip_probabilities, active.max(-1)))
        heard.append(result.source_clip_probabilities)
        alike.append(clip_similarity(result.source_probabilities))
        progress(str(number), 1)
    x, y, one = np.array(before), np.array(after), np.array(alone)
    clip, label = np.nonzero(~np.isnan(x) & ~one[:, None])
    return WeakReport(
        system=system.name,
        critic=system.critic_name,
        labels=system.labels,
        dataset=dataset,
        split=scenes.split,
        seed=scenes.seed,
        recipe=_plain(asdict(scenes.recipe)),
        n_clips=len(scenes),
        n_single=int(one.sum()),
        table1=_rounded(separation_rows(x[~one], y[~one], system.labels)),
        single=_rounded(separation_rows(x[one], y[one], system.labels)),
        table2={
            **_f_measures("frame", [p for p, _ in frames], [t for _, t in frames], system),
            **_f_measures("clip", [p[None] for p, _ in tags], [t[None] for _, t in tags], system),
        },
        check=_check(np.stack(heard), ~np.isnan(x), system.labels)
        | {"similarity": round(float(np.mean(alike)), 4)},
        samples=Samples(
            tuple(clip.tolist()),
            tuple(label.tolist()),
            tuple(np.round(x[clip, label], 2).tolist()),
            tuple(np.round(y[clip, label], 2).tolist()),
        ),
        commit=commit(),
        settings={
            "weights_sha256": system.card.sha256,
            "labels_learned_from": system.card.settings.get("labels"),
            "threshold": THRESHOLD,
            "training_data": system.card.training_data,
        },
    )


def _f_measures(
    level: str, p: Sequence[Floats], true: Sequence[Floats], system: WeakSystem
) -> dict[str, dict[str, float | None]]:
    """F-measure, precision and recall, each by class and "macro".

    p, true: (n, K) each, n rows of probabilities and labels. -> rows of ``WeakReport.table2``.
    """
    f1 = clip_f1(np.concatenate(p), np.concatenate(true), system.labels, threshold=THRESHOLD)
    rows = {level: f1, f"{level} precision": f1.precision, f"{level} recall": f1.recall}
    return {
        name: {
            label: None if np.isnan(value) else round(value, 4)
            for label, value in {**row.per_class, "macro": row.macro}.items()
        }
        for name, row in rows.items()
    }


def _check(heard: Floats, there: npt.NDArray[np.bool_], labels: tuple[str, ...]) -> dict[str, Any]:
    """What the critic hears in the separated sources. heard: (N, K sources, K classes); there: (N,
    K), truly active.
    """
    said = heard > THRESHOLD
    own = said[:, np.arange(len(labels)), np.arange(len(labels))] & (said.sum(-1) == 1)
    mean = [
        heard[there[:, k], k].mean(0).round(4).tolist() if there[:, k].any() else None
        for k in range(len(labels))
    ]
    shares = {
        label: float(own[there[:, k], k].mean())
        for k, label in enumerate(labels)
        if there[:, k].any()
    }
    whole = {OVERALL: float(own[there].mean())} if there.any() else {}
    return {
        "labels": list(labels),
        "probabilities": mean,
        "own_only": {label: round(share, 4) for label, share in {**shares, **whole}.items()},
    }


def _rounded(rows: Any) -> dict[str, Row]:
    return {
        label: {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for label, row in rows.items()
    }


def _plain(value: Any) -> Any:
    """Tuples as lists, as JSON gives them back."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
