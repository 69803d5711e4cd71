"""A clip that nobody recorded: three sources, ten classes, ten seconds."""

from __future__ import annotations

import numpy as np

from jss.labels import DESED_LABELS
from jss.results import ClipResult


def clip_result(n_sources: int = 3, seconds: float = 10.0) -> ClipResult:
    rng = np.random.default_rng(0)
    samples = int(seconds * 16000)
    frames, steps = samples // 256 + 1, max(1, samples // 1024)
    sources = rng.normal(0, 0.1, (n_sources, samples)).astype(np.float32)
    source_scores = rng.random((n_sources, 10, steps)).astype(np.float32)
    scores = source_scores.max(axis=0) if n_sources else rng.random((10, steps)).astype(np.float32)
    return ClipResult(
        filename="a $clip_ 1.wav",
        mixture=rng.normal(0, 0.2, samples).astype(np.float32),
        sources=sources,
        mel=rng.uniform(-50, 50, (128, frames)).astype(np.float32),
        source_mels=rng.uniform(-50, 50, (n_sources, 128, frames)).astype(np.float32),
        scores=scores,
        source_scores=source_scores,
        weak=scores.max(axis=1),
        source_weak=source_scores.max(axis=2),
        labels=DESED_LABELS,
        sample_rate=16000,
        mel_hop=0.016,
        score_hop=0.064,
        system="Toy-S1",
        selection="teacher",
    )
