"""Saved scores of two systems on three clips, whose events are known."""

from __future__ import annotations

import numpy as np

from jss.data.clip import Clip, Event
from jss.evaluation.run import Outputs
from jss.evaluation.saved_scores import SavedScores
from jss.inference.output_cache import ClipOutput

LABELS = ("Cat", "Dog")
CLIPS = (
    Clip("a.wav", None, 10.0, (Event(1.0, 3.0, "Cat"), Event(5.0, 6.0, "Dog"))),
    Clip("b.wav", None, 10.0, (Event(2.0, 4.0, "Dog"),)),
    Clip("c.wav", None, 10.0, ()),
)


def saved(system: str, detected: dict[str, list[tuple[float, float, str]]]) -> SavedScores:
    outputs = {}
    for clip in CLIPS:
        scores = np.zeros((2, 100), np.float32)  # frames of 100 ms
        for onset, offset, label in detected.get(clip.filename, []):
            scores[LABELS.index(label), round(10 * onset) : round(10 * offset)] = 0.9
        none = np.zeros((0, 2, 0), np.float32)
        outputs[clip.filename] = ClipOutput(scores, none, scores.max(axis=1), 0.1)
    return SavedScores("tones", "test", Outputs(system, "teacher", LABELS, outputs, {}, {}), CLIPS)


A = saved("A", {"a.wav": [(1.0, 2.0, "Cat")], "c.wav": [(0.0, 4.0, "Dog")]})
B = saved("B", {"a.wav": [(1.0, 3.0, "Cat"), (7.0, 9.0, "Dog")], "b.wav": [(2.0, 4.0, "Dog")]})
