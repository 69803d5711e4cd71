"""A separator of the weak-label paper on held-out scenes, as a ``WeakReport``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from jss.arrays import Floats
from jss.data.scenes.batches import activity
from jss.data.scenes.scenes import SceneSet, scene_bank, scene_recipe
from jss.io.plain import plain
from jss.io.progress import Progress, silent
from jss.metrics.class_separation import OVERALL, separation_rows
from jss.metrics.diversity import clip_similarity
from jss.metrics.f_score import clip_f1
from jss.reports import commit
from jss.weak_labels.inference import WeakSystem
from jss.weak_labels.report import Row, Samples, WeakReport

#: The critic finds a class where its probability is above this.
THRESHOLD = 0.5


def held_out(root: str, labels: tuple[str, ...], split: str, clips: int, seed: int = 0) -> SceneSet:
    """Scenes of the recordings of one split; the same arguments give the same scenes.

    Args:
        root: A soundbank, UrbanSound8K or "synthscapes" (``jss.data.scenes.scenes``). Where it has
            recordings, none is synthesised.
        labels: The K classes.
        split: "train", "validation" or "test".
        clips: How many scenes.
        seed: What they are drawn from.

    Raises:
        JssError: The recordings cannot be read, or a class has none.
    """
    bank, _, _ = scene_bank(root, labels, 0.0, 60)
    return SceneSet(scene_recipe("urban"), bank, split, seed, clips)


def evaluate_weak(
    system: WeakSystem, scenes: SceneSet, dataset: str, progress: Progress = silent
) -> WeakReport:
    """Every figure of the paper, on all of ``scenes``.

    Args:
        system: A separator and its critic.
        scenes: What to score it on.
        dataset: What the report calls their recordings.
        progress: Called with each clip's number and 1.
    """
    input_sdrs, output_sdrs, single = [], [], []
    frame_p, frame_labels, clip_p, clip_labels = [], [], [], []
    source_clip_p, similarities = [], []
    for number in range(len(scenes)):
        scene = scenes[number]
        result = system.analyse(scene.mixture, str(number), scene.sources)
        before, after = result.si_sdr()
        input_sdrs.append(before)
        output_sdrs.append(after)
        single.append(result.active.sum() < 2)
        active = activity(scene, system.labels)  # (K, STFT frames)
        frame_p.append(result.probabilities.T)
        frame_labels.append(_pooled(active, system.critic.pool).T)
        clip_p.append(result.clip_probabilities[None])
        clip_labels.append(active.max(-1)[None])
        source_clip_p.append(result.source_clip_probabilities)
        similarities.append(clip_similarity(result.source_probabilities))
        progress(str(number), 1)
    x, y, is_single = np.array(input_sdrs), np.array(output_sdrs), np.array(single)
    clip, label = np.nonzero(~np.isnan(x) & ~is_single[:, None])
    check = _check(np.stack(source_clip_p), ~np.isnan(x), system.labels)
    return WeakReport(
        system=system.name,
        critic=system.critic_name,
        labels=system.labels,
        dataset=dataset,
        split=scenes.split,
        seed=scenes.seed,
        recipe=plain(asdict(scenes.recipe)),
        n_clips=len(scenes),
        n_single=int(is_single.sum()),
        table1=_rounded(separation_rows(x[~is_single], y[~is_single], system.labels)),
        single=_rounded(separation_rows(x[is_single], y[is_single], system.labels)),
        table2={
            **_f_measures("frame", frame_p, frame_labels, system.labels),
            **_f_measures("clip", clip_p, clip_labels, system.labels),
        },
        check={**check, "similarity": round(float(np.mean(similarities)), 4)},
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


def _pooled(active: Floats, pool: int) -> Floats:
    """Frame labels on the critic's time grid: (K, frames) -> (K, frames // pool)."""
    whole = active.shape[1] // pool * pool
    return np.asarray(active[:, :whole].reshape(len(active), -1, pool).max(-1))


def _f_measures(
    level: str, probabilities: Sequence[Floats], truth: Sequence[Floats], labels: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """F-measure, precision and recall, each by class and "macro".

    Args:
        level: "frame" or "clip".
        probabilities: For each clip (n, K), a row for each of its frames, or one for the clip.
        truth: The labels in the same shapes.
        labels: The K classes.

    Returns:
        Rows of ``WeakReport.table2``.
    """
    f1 = clip_f1(np.concatenate(probabilities), np.concatenate(truth), labels, threshold=THRESHOLD)
    rows = {level: f1, f"{level} precision": f1.precision, f"{level} recall": f1.recall}
    return {
        name: {
            label: None if np.isnan(value) else round(value, 4)
            for label, value in {**row.per_class, "macro": row.macro}.items()
        }
        for name, row in rows.items()
    }


def _check(
    probabilities: Floats, active: npt.NDArray[np.bool_], labels: tuple[str, ...]
) -> dict[str, Any]:
    """Which classes the critic finds in the separated sources.

    Args:
        probabilities: Clip probabilities, (N, K sources, K classes).
        active: Which sources are truly in the mixture, (N, K).
        labels: The K classes.

    Returns:
        ``WeakReport.check`` without "similarity".
    """
    classes = range(len(labels))
    detected = probabilities > THRESHOLD
    own_only = detected[:, classes, classes] & (detected.sum(-1) == 1)  # (N, K)
    means = [
        probabilities[active[:, k], k].mean(0).round(4).tolist() if active[:, k].any() else None
        for k in classes
    ]
    shares = {
        label: float(own_only[active[:, k], k].mean())
        for k, label in enumerate(labels)
        if active[:, k].any()
    }
    if active.any():
        shares[OVERALL] = float(own_only[active].mean())
    return {
        "labels": list(labels),
        "probabilities": means,
        "own_only": {label: round(share, 4) for label, share in shares.items()},
    }


def _rounded(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {
        label: {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for label, row in rows.items()
    }
