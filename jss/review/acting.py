"""What the keys of a review do, as judgements; numpy only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from jss.arrays import Float32
from jss.review import judgements as said
from jss.review.detections import DetectedFolder, Detection
from jss.review.judgements import Judgement, Judgements
from jss.review.sampling import ReviewPlan

#: Recording, and start and end of a clip of it in seconds.
ClipPlace = tuple[str, float, float]


@dataclass(frozen=True)
class ClipScores:
    """Scores of a clip, in which missed events are found."""

    clip: ClipPlace
    #: The K classes.
    labels: tuple[str, ...]
    #: (K, T).
    scores: Float32
    #: Seconds between two scores.
    hop: float


#: Seconds of a missed event of which neither a span nor the scores say more.
PLAIN_S = 1.0
#: Seconds that are nothing.
_EDGE_S = 0.002


def is_possible(action: Mapping[str, Any], detected: DetectedFolder) -> bool:
    """Whether an action is about a recording, a class and times that there are."""
    label = action.get("label")
    place = action["clip"]
    times = [action[name] for name in ("onset", "offset", "at") if name in action]
    times += [place["start"], place["end"]]
    finite = all(isinstance(time, int | float) and math.isfinite(time) for time in times)
    return (
        place["filename"] in detected.recordings
        and (label is None or label in detected.labels)
        and finite
        and ("onset" not in action or action["onset"] < action["offset"])
    )


def perform(
    action: Mapping[str, Any],
    plan: ReviewPlan,
    store: Judgements,
    reviewer: str,
    scores: ClipScores | None = None,
) -> Judgement | None:
    """Store what an action of the reviewer says; one that cannot be is dropped.

    Args:
        action: "id", by which one that is reported twice is stored once; "kind" (accept, reject,
            unsure, trim, relabel, missed, undo or done); "clip" with "filename", "start" and "end"; and as far as they go with it "event", "label", "onset",
            "offset" and "at", in seconds of the clip.
        plan: What is reviewed.
        store: Where judgements go.
        reviewer: Names the page.
        scores: Of the clip, where they are known.

    Returns:
        The judgement that an undo took back, else None.

    Raises:
        JssError: It cannot be stored.
    """
    if not is_possible(action, plan.detected):
        return None
    kind = action["kind"]
    if kind == "undo":
        return store.undo(reviewer)
    name, start, end = (action["clip"][part] for part in ("filename", "start", "end"))
    judgement: Judgement | None
    if kind == "done":
        judgement = said.complete(name, start, end)
    elif kind == "missed":
        onset, offset = _missed_span(action, (name, start, end), scores)
        judgement = said.missed(name, start + onset, start + offset, action["label"])
    else:
        event = action["event"]
        inside = {detection.key: detection for detection in plan.inside(name, start, end)}
        current = store.current().get(event)
        judgement = None
        if event in inside:
            judgement = judged(action, inside[event], start, end, current)
        elif current is not None and current.is_added:
            judgement = corrected(action, current, start, end)
    if judgement is not None:
        store.add(judgement, reviewer, str(action["id"]))
    return None


def _missed_span(
    action: Mapping[str, Any], clip: ClipPlace, scores: ClipScores | None
) -> tuple[float, float]:
    """Onset and offset of a missed event, in seconds of its clip."""
    if "onset" in action:
        return float(action["onset"]), float(action["offset"])
    at = float(action["at"])
    if scores is None or scores.clip != clip or action["label"] not in scores.labels:
        return max(0.0, at - PLAIN_S / 2), at + PLAIN_S / 2
    return around(scores.scores[scores.labels.index(action["label"])], scores.hop, at)


def judged(
    action: Mapping[str, Any],
    detection: Detection,
    start: float,
    end: float,
    current: Judgement | None = None,
) -> Judgement | None:
    """The judgement of a detection that an action of the reviewer stands for.

    What was corrected before stays, so that an event can be trimmed and of another class.

    Args:
        action: "kind" (accept, reject, unsure, trim or relabel), and with it "label", or "onset" and
            "offset" in seconds of the clip.
        detection: The detection.
        start: Where the clip starts in the recording, in seconds.
        end: Where it ends.
        current: What was said of the detection before; None: nothing.

    Returns:
        The judgement; None for a kind that is none.
    """
    before = current or said.of(detection, said.ACCEPTED)
    doubts = {"reject": said.REJECTED, "unsure": said.UNSURE}
    if action["kind"] in doubts:
        return replace(before, verdict=doubts[action["kind"]])
    after = _changed(action, before, start, end)
    if after is None:
        return None
    if after.label != detection.label:
        verdict = said.RELABELLED
    elif (after.onset, after.offset) != (detection.onset, detection.offset):
        verdict = said.TRIMMED
    else:
        verdict = said.ACCEPTED
    return replace(after, verdict=verdict)


def corrected(
    action: Mapping[str, Any], added: Judgement, start: float, end: float
) -> Judgement | None:
    """The judgement of an event that the reviewer added; a rejected one is withdrawn.

    Args:
        action: See :func:`judged`.
        added: What was said of the event before.
        start: Where the clip starts in the recording, in seconds.
        end: Where it ends.

    Returns:
        The judgement; None for a kind that is none.
    """
    doubts = {"reject": said.WITHDRAWN, "unsure": said.UNSURE}
    if action["kind"] in doubts:
        return replace(added, verdict=doubts[action["kind"]])
    after = _changed(action, added, start, end)
    return None if after is None else replace(after, verdict=said.MISSED)


def _changed(
    action: Mapping[str, Any], judgement: Judgement, start: float, end: float
) -> Judgement | None:
    """A judgement with the times or the class that an action gives it; None for a kind that is none.

    An event that goes on beyond an edge of the clip, and is not trimmed there, keeps its time.
    """
    if action["kind"] == "accept":
        return judgement
    if action["kind"] == "relabel":
        return replace(judgement, label=str(action["label"]))
    if action["kind"] == "trim":
        onset, offset = start + float(action["onset"]), start + float(action["offset"])
        if judgement.onset < start and onset < start + _EDGE_S:
            onset = judgement.onset
        if judgement.offset > end and offset > end - _EDGE_S:
            offset = judgement.offset
        return replace(judgement, onset=onset, offset=offset)
    return None


def around(scores: Float32, hop: float, at: float) -> tuple[float, float]:
    """The span of a missed event: where its class's scores stay high around a moment.

    Args:
        scores: (T,) of the class in the clip.
        hop: Seconds between two scores.
        at: The moment, in seconds of the clip.

    Returns:
        Onset and offset in seconds: from the highest score within half a second of the moment, as far
        as scores stay above half of it; one second around the moment where it is below 0.05.
    """
    duration = len(scores) * hop
    middle = min(len(scores) - 1, max(0, int(at / hop)))
    reach = max(1, round(0.5 / hop))
    first = max(0, middle - reach)
    peak = first + int(np.argmax(scores[first : middle + reach + 1]))
    if scores[peak] < 0.05:
        onset = min(max(0.0, at - PLAIN_S / 2), max(0.0, duration - PLAIN_S))
        return onset, min(duration, onset + PLAIN_S)
    low = np.flatnonzero(scores < scores[peak] / 2)
    before, after = low[low < peak], low[low > peak]
    onset = (int(before[-1]) + 1) * hop if len(before) else 0.0
    return onset, (int(after[0]) * hop if len(after) else duration)
