"""Exact PSDS of a set of the size of AudioSet-Strong's evaluation, from files, in a process of its own.

The scores are drawn: each class at its level, which differs from clip to clip and wanders within
one, higher in most of its true events, half as much so for three classes that are taken for it.
Most of them are near 0.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml

from jss.bench.alone import alone
from jss.evaluation.external import score
from jss.io.score_arrays import LAYOUT
from jss.metrics.psds import PSDS1, PSDS2, exact_psds

#: Files and classes of AudioSet-Strong's evaluation, about.
FILES, CLASSES = 17_000, 447
#: Seconds of a frame and of a clip, and frames of a clip.
HOP, SECONDS, FRAMES = 0.064, 10.0, 157


class Measured(NamedTuple):
    """What a run took, and its results."""

    #: By the wall clock, and of the processor.
    seconds: float
    cpu: float
    #: Largest resident set.
    gb: float
    #: PSDS1 and PSDS2.
    values: list[float]


def size_gb(files: int) -> float:
    """Disk space of the scores of some files, in GB."""
    return files * FRAMES * CLASSES * 4 / 1e9


def write(folder: Path, files: int, seed: int = 0) -> None:
    """Write a set that has the same content every time.

    Args:
        folder: Gets ground_truth.tsv, durations.tsv, and the arrays of scores in scores/.
        files: Number of files; about six events in each.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    labels = [f"class {k:03d}" for k in range(CLASSES)]
    names = [f"{n:05d}.wav" for n in range(files)]
    share = 1 / np.arange(1, CLASSES + 1)
    share /= share.sum()
    usual = (np.log(share / (1 - share)) - 3).astype(np.float32)
    taken_for = np.stack([rng.permutation(CLASSES)[:3] for _ in range(CLASSES)])
    # A line through six points of time.
    weight = np.maximum(1 - np.abs(np.linspace(0, 5, FRAMES)[:, None] - np.arange(6)), 0)
    scores = folder / "scores"
    scores.mkdir(parents=True)
    (scores / LAYOUT).write_text(yaml.safe_dump({"labels": labels, "hop": HOP}), encoding="utf-8")
    events = []
    for n, name in enumerate(names):
        level = usual + rng.standard_normal(CLASSES, np.float32)
        points = level + 0.7 * rng.standard_normal((6, CLASSES), np.float32)
        logit = weight.astype(np.float32) @ points
        logit += 0.3 * rng.standard_normal((FRAMES, CLASSES), np.float32)
        for k in {n % CLASSES, *rng.choice(CLASSES, rng.poisson(3), p=share).tolist()}:
            onset = rng.uniform(0, 6)
            while onset < SECONDS - 0.5:
                offset = min(onset + 0.1 + rng.exponential(2), SECONDS)
                events.append((name, round(onset, 3), round(offset, 3), labels[k]))
                begin = int(max(onset + rng.normal(0, 0.1), 0) / HOP)
                end = int(min(offset + rng.normal(0, 0.2), SECONDS) / HOP) + 1
                gain = np.float32(max(rng.normal(6, 2), 0))
                logit[begin:end, k] += gain
                logit[begin:end, taken_for[k]] += gain / 2
                onset = offset + rng.exponential(3)
        np.save(scores / f"{n:05d}.npy", 1 / (1 + np.exp(-logit)))
    columns = ["filename", "onset", "offset", "event_label"]
    pd.DataFrame(events, columns=columns).to_csv(folder / "ground_truth.tsv", sep="\t", index=False)
    durations = pd.DataFrame({"filename": names, "duration": SECONDS})
    durations.to_csv(folder / "durations.tsv", sep="\t", index=False)


def measure(folder: Path) -> Measured:
    """PSDS1 and PSDS2 of what :func:`write` wrote, from the start of a process to its end."""
    done = alone([sys.executable, "-m", "jss.bench.strong_scores", str(folder)])
    values, cpu = json.loads(done.output)
    return Measured(done.seconds, cpu, done.gb, values)


def values(folder: Path) -> list[float]:
    """PSDS1 and PSDS2 of what :func:`write` wrote."""
    reference, findings = score(
        folder / "ground_truth.tsv", folder / "durations.tsv", scores=folder / "scores"
    )
    assert findings.scores is not None
    return [p.value for p in exact_psds(findings.scores, reference.truth, (PSDS1, PSDS2))]


if __name__ == "__main__":
    print(json.dumps([values(Path(sys.argv[1])), time.process_time()]))
