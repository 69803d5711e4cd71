"""Model selection (Eqs 23, 24): the objective P_obj (Eqs 26, 29) and the best epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jss.arrays import Floats
from jss.decoding import decode
from jss.metrics.f_score import clip_f1, intersection_f1

Events = Sequence[tuple[float, float, str]]
COLUMNS = ["filename", "onset", "offset", "event_label"]


def objective(
    strong: Sequence[Floats] | Floats,
    events: Sequence[Events],
    weak: Sequence[Floats] | Floats,
    tags: Sequence[Floats] | Floats,
    labels: Sequence[str],
    *,
    seconds: float,
    threshold: float = 0.5,
) -> dict[str, float]:
    """P_obj = intersection F1 + weak F1 (Eqs 26, 29), both macro averages.

    A class without a true positive counts 0, and so does a term without clips.

    Args:
        strong: Frame scores of the n clips with strong labels, (n, K, T).
        events: Their events: onset and offset in seconds, and label.
        weak: Clip scores of the m clips with weak labels, (m, K).
        tags: Their labels, (m, K) of 0 and 1.
        labels: The K classes.
        seconds: Length of a clip.
        threshold: A score above it is a detection.

    Returns:
        The values of "objective", "intersection_f1" and "weak_f1".
    """
    from jss.features import SCORE_HOP_S  # imports torch, which best_epoch does not need

    names = [f"{i}.wav" for i in range(len(events))]
    detected = [
        (name, *event)
        for name, scores in zip(names, strong, strict=True)
        for event in decode(scores, labels, hop=SCORE_HOP_S, duration=seconds, threshold=threshold)
    ]
    true = [(name, *event) for name, clip in zip(names, events, strict=True) for event in clip]
    intersection = (
        intersection_f1(
            pd.DataFrame(detected, columns=COLUMNS),
            pd.DataFrame(true, columns=COLUMNS),
            labels,
            dict.fromkeys(names, seconds),
        ).macro
        if events
        else 0.0
    )
    clip = (
        clip_f1(np.stack([*weak]), np.stack([*tags]), labels, threshold=threshold).macro
        if len(tags)
        else 0.0
    )
    return {"objective": intersection + clip, "intersection_f1": intersection, "weak_f1": clip}


def best_epoch(history: Sequence[Mapping[str, float]], key: str, largest: bool = True) -> int:
    """The first epoch with the best value of a column (Eqs 23, 24: arg max of P_obj).

    Args:
        history: A row for each epoch.
        key: The column. Rows without a finite value are skipped.
        largest: Whether the largest value is the best.

    Returns:
        Index of the row.

    Raises:
        ValueError: No row has a finite value.
    """
    sign = 1.0 if largest else -1.0
    finite = [
        (sign * row[key], -i) for i, row in enumerate(history) if np.isfinite(row.get(key, np.nan))
    ]
    if not finite:
        raise ValueError(f"no epoch has a finite {key}")
    return -max(finite)[1]
