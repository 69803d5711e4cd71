"""Which detections a reviewer is shown, in which order, and in which clip.

Detections are drawn evenly over classes and over bands of confidence, so that few judgements say
something about every threshold; :mod:`jss.review.thresholds` weights them back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from jss.review.detections import DetectedFolder, Detection, disagreeing
from jss.review.judgements import COMPLETE, Judgement

#: Bands of the score, each a stratum of a class.
BANDS = 10
#: Seconds of a clip that is reviewed as a whole, and between two that may be chosen.
CLIP_S, STEP_S = 10.0, 5.0
#: Longest recording that is reviewed in one piece, in seconds.
WHOLE_S = 12.0

#: Class and band of the score, and whether two systems disagree about it.
Stratum = tuple[str, int, bool]


def stratum(detection: Detection, disputed: Collection[str] = frozenset()) -> Stratum:
    """What a detection is drawn from.

    Args:
        detection: The detection.
        disputed: Keys of the detections about which two systems disagree.
    """
    band = min(BANDS - 1, max(0, int(detection.score * BANDS)))
    return detection.label, band, detection.key in disputed


def order(
    detections: Iterable[Detection], disputed: Collection[str] = frozenset(), seed: int = 0
) -> list[Detection]:
    """The order of review: one of every stratum, then a second of every stratum, and so on.

    The same detections come in the same order in every session. Within a stratum chance decides, so
    that any number of judgements is a random sample of each.

    Args:
        detections: All of them.
        disputed: Keys of those about which two systems disagree; they come first.
        seed: Of the order.
    """
    strata: dict[Stratum, list[Detection]] = {}
    for detection in detections:
        strata.setdefault(stratum(detection, disputed), []).append(detection)

    def chance(detection: Detection) -> str:
        return hashlib.sha256(f"{seed}|{detection.key}".encode()).hexdigest()

    ranked = [
        (not is_disputed, rank, chance(detection), detection)
        for (_, _, is_disputed), members in strata.items()
        for rank, detection in enumerate(sorted(members, key=chance))
    ]
    return [detection for *_, detection in sorted(ranked, key=lambda row: row[:3])]


def clip_of(detection: Detection, duration: float) -> tuple[float, float]:
    """The clip in which a detection is reviewed, in seconds of its recording.

    Clips begin at multiples of ``STEP_S``, so that neighbours are reviewed in the same one.

    Args:
        detection: The detection; the middle of a long one counts.
        duration: Of the recording.
    """
    if duration <= WHOLE_S:
        return 0.0, duration
    middle = (detection.onset + detection.offset) / 2
    start = STEP_S * round((middle - CLIP_S / 2) / STEP_S)
    start = min(max(0.0, start), duration - CLIP_S)
    return start, start + CLIP_S


@dataclass(frozen=True)
class ReviewPlan:
    """What is reviewed of an output folder of ``detect``, and in which order.

    Detections of recordings whose files are gone count for thresholds, but are not shown.
    """

    detected: DetectedFolder
    #: Detections of another system that overlap none of the same class of this one.
    others: tuple[Detection, ...]
    #: Keys of the detections about which two systems disagree.
    disputed: frozenset[str]
    #: The order of review, of the detections that can be heard.
    queue: tuple[Detection, ...]
    #: The same by recording, in order of time.
    of_recording: Mapping[str, tuple[Detection, ...]]
    #: Sentences about what cannot be heard or reviewed.
    notes: tuple[str, ...]

    def has(self, filename: str) -> bool:
        """Whether there is a recording, and its file."""
        recording = self.detected.recordings.get(filename)
        return recording is not None and recording.path is not None

    def inside(self, filename: str, start: float, end: float) -> list[Detection]:
        """The detections in a clip, in order of time; times in seconds."""
        return [
            detection
            for detection in self.of_recording.get(filename, ())
            if detection.overlaps(start, end)
        ]

    def next_clip(
        self, judgements: Mapping[str, Judgement], claimed: Collection[str] = frozenset()
    ) -> tuple[str, float, float] | None:
        """The clip to review next: the first in the order that is not complete.

        Args:
            judgements: The current ones, by key.
            claimed: Keys of the detections that other pages show.

        Returns:
            Recording, and start and end in seconds; None where all is reviewed.
        """
        done: dict[str, list[Judgement]] = {}
        for judgement in judgements.values():
            if judgement.verdict == COMPLETE:
                done.setdefault(judgement.filename, []).append(judgement)
        for detection in self.queue:
            if detection.key in claimed:
                continue
            clips = done.get(detection.filename, ())
            reviewed = any(detection.overlaps(clip.onset, clip.offset) for clip in clips)
            if not (reviewed and detection.key in judgements):
                duration = self.detected.recordings[detection.filename].duration
                return detection.filename, *clip_of(detection, duration)
        return None


def plan(
    detected: DetectedFolder, other: DetectedFolder | None = None, by_disagreement: bool = False
) -> ReviewPlan:
    """Plan a review.

    Args:
        detected: What is reviewed.
        other: Of another system on the same recordings; what it detected of classes that the reviewed
            one lacks is left out, with a note.
        by_disagreement: Whether what the two disagree about comes first.
    """
    theirs = (
        []
        if other is None
        else [
            detection for detection in other.detections if detection.filename in detected.recordings
        ]
    )
    known = [detection for detection in theirs if detection.label in detected.labels]
    foreign = [detection for detection in theirs if detection.label not in detected.labels]
    ours, others = disagreeing(detected.detections, known) if other else ([], [])
    disputed = frozenset(detection.key for detection in (*ours, *others))
    every = [
        detection
        for detection in (*detected.detections, *others)
        if detected.recordings[detection.filename].path is not None
    ]
    notes = list(detected.notes)
    if other and foreign:
        notes.append(
            f"{len(foreign)} detections of {other.system} are left out: {detected.system} does not have "
            f"their classes, such as {foreign[0].label}."
        )
    of_recording: dict[str, list[Detection]] = {}
    for detection in sorted(every, key=lambda detection: (detection.onset, detection.label)):
        of_recording.setdefault(detection.filename, []).append(detection)
    return ReviewPlan(
        detected,
        tuple(others),
        disputed,
        tuple(order(every, disputed if by_disagreement else frozenset())),
        {name: tuple(members) for name, members in of_recording.items()},
        tuple(notes),
    )
