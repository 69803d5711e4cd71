"""Reviewed clips as a labelled folder, which ``train --data`` and ``evaluate`` read.

A clip is truth where all of its detections were judged, the reviewer said that nothing is missed in
it, and none of its events, detected or added, is unsure. Its events are those accepted, trimmed,
relabelled or added, where they lie in the clip; overlapping ones of one class are joined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from jss import audio
from jss.data.clip import Event
from jss.data.datasets.folder import LABELS, STRONG
from jss.data.datasets.labelled import SPLITS
from jss.errors import JssError, number_of
from jss.io.atomic import atomic_write
from jss.io.notes import warn
from jss.io.tsv import read_table, write_table
from jss.review.detections import DetectedFolder, Detection
from jss.review.judgements import COMPLETE, EVENTS, UNSURE, Judgement

#: Shares of the recordings that are left out for the comparison, and that select the model.
TEST, VALIDATION = 0.25, 0.15
#: Shorter pieces of an event, at the edge of a clip, are left out, in seconds.
SHORTEST_S = 0.05


@dataclass(frozen=True)
class ReviewedClip:
    """A clip whose truth is known."""

    #: Of the recording.
    filename: str
    #: Seconds in the recording.
    start: float
    end: float
    #: Times in seconds from the start of the clip.
    events: tuple[Event, ...]

    @property
    def name(self) -> str:
        """Its file in the folder."""
        return f"audio/{self.filename}/{self.start:.2f}-{self.end:.2f}.flac"


@dataclass(frozen=True)
class Written:
    """What was written."""

    clips: int
    events: int
    recordings: int
    #: Clips called complete of which a detection is not judged, or an event unsure.
    open: int
    #: Sentences for the user.
    notes: tuple[str, ...]


def clips(
    judgements: Mapping[str, Judgement], detections: Iterable[Detection]
) -> tuple[list[ReviewedClip], int]:
    """The clips whose truth is known, and how many are called complete but are not.

    Args:
        judgements: The current ones, by key.
        detections: All that can be reviewed.
    """
    of_file: dict[str, list[Detection]] = {}
    for detection in detections:
        of_file.setdefault(detection.filename, []).append(detection)
    events: dict[str, list[Judgement]] = {}
    unsure: dict[str, list[Judgement]] = {}
    for judgement in judgements.values():
        if judgement.verdict in EVENTS:
            events.setdefault(judgement.filename, []).append(judgement)
        elif judgement.is_added and judgement.verdict == UNSURE:
            unsure.setdefault(judgement.filename, []).append(judgement)
    known = []
    unfinished = 0
    for clip in judgements.values():
        if clip.verdict != COMPLETE:
            continue
        name, start, end = clip.filename, clip.onset, clip.offset
        inside = [
            detection for detection in of_file.get(name, ()) if detection.overlaps(start, end)
        ]
        if any(
            d.key not in judgements or judgements[d.key].verdict == UNSURE for d in inside
        ) or any(added.overlaps(start, end) for added in unsure.get(name, ())):
            unfinished += 1
            continue
        known.append(ReviewedClip(name, start, end, _events(events.get(name, ()), start, end)))
    # Clips that differ by milliseconds, as at the end of a recording of 15.004 s, are one file.
    by_name = {clip.name: clip for clip in known}
    return sorted(by_name.values(), key=lambda clip: (clip.filename, clip.start)), unfinished


def _events(judgements: Sequence[Judgement], start: float, end: float) -> tuple[Event, ...]:
    """The events in a clip, cut to it; overlapping ones of a class are one."""
    joined: dict[str, list[tuple[float, float]]] = {}
    for judgement in sorted(judgements, key=lambda judgement: judgement.onset):
        onset, offset = max(judgement.onset, start) - start, min(judgement.offset, end) - start
        is_cut = judgement.onset < start or judgement.offset > end
        if is_cut and offset - onset < SHORTEST_S:
            continue
        spans = joined.setdefault(judgement.label, [])
        if spans and onset <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], offset)
        else:
            spans.append((onset, offset))
    return tuple(
        sorted(
            Event(round(onset, 6), round(offset, 6), label)
            for label, spans in joined.items()
            for onset, offset in spans
        )
    )


def splits(clips: Sequence[ReviewedClip]) -> tuple[dict[str, str], str]:
    """The split of each clip, by recording, and a note where there are too few recordings.

    A recording's split follows from its name, except where a split would be empty.

    Args:
        clips: All of them.

    Returns:
        "train", "validation" or "test" by the clip's name, and a sentence, or "".
    """
    recordings = sorted({clip.filename for clip in clips}, key=_share)
    note = ""
    unit = {clip.name: clip.filename for clip in clips}
    if len(recordings) < 3:
        recordings = sorted(unit, key=_share)
        unit = {name: name for name in unit}
        note = (
            "The clips are of fewer than three recordings, so those left out are of the same recordings as "
            "those trained on: a comparison on them flatters the training."
        )
    n_test = max(1, sum(_share(name) < TEST for name in recordings))
    n_validation = max(1, sum(_share(name) < TEST + VALIDATION for name in recordings) - n_test)
    n_test = max(1, min(n_test, len(recordings) - 2))
    n_validation = max(1, min(n_validation, len(recordings) - n_test - 1))
    split = dict.fromkeys(recordings, "train")
    split |= dict.fromkeys(recordings[:n_test], "test")
    split |= dict.fromkeys(recordings[n_test : n_test + n_validation], "validation")
    return {name: split[of] for name, of in unit.items()}, note


def _share(name: str) -> float:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 0x1_0000_0000


def write(
    folder: str | Path,
    detected: DetectedFolder,
    judgements: Mapping[str, Judgement],
    others: Iterable[Detection] = (),
) -> Written:
    """Write the reviewed clips: their audio, labels.yaml, strong.tsv and splits.tsv.

    Args:
        folder: A new folder, or one that was written before, which is brought up to date. A clip
            in it whose recording has gone keeps its audio.
        detected: What was reviewed.
        judgements: The current ones, by key.
        others: Detections of another system that were reviewed too.

    Returns:
        What was written.

    Raises:
        JssError: No clip is complete, or only those whose recordings have gone; the folder holds
            something else or cannot be written; or a recording cannot be read.
    """
    base = Path(folder)
    foreign = {
        key: judgement.label
        for key, judgement in judgements.items()
        if judgement.verdict in EVENTS and judgement.label not in detected.labels
    }
    known = {key: judgement for key, judgement in judgements.items() if key not in foreign}
    reviewed, unfinished = clips(known, [*detected.detections, *others])
    if not reviewed:
        raise JssError(
            "No clip is complete yet: judge all of its detections, add what is missed, and press Enter."
        )
    before = _before(base)
    paths = {name: recording.path for name, recording in detected.recordings.items()}
    present: list[ReviewedClip] = []
    gone: list[ReviewedClip] = []
    for clip in reviewed:
        available = paths.get(clip.filename) is not None or clip.name in before
        (present if available else gone).append(clip)
    lost = (
        f"{len(gone)} complete clips are left out: their recordings, such as {gone[0].filename}, are no "
        "longer where they were analysed. Give the folder of the recordings with --data."
        if gone
        else ""
    )
    if not present:
        raise JssError(lost)
    split, note = splits(present)
    if not (base / SPLITS).is_file():  # the folder is known by it, also where a recording fails
        write_table(base / SPLITS, ("filename", "split"), sorted(split.items()))
    for clip in present:
        path = paths.get(clip.filename)
        if path is not None:
            audio.save(base / clip.name, audio.excerpt(path, clip.start, clip.end - clip.start))
    removed = sorted(before - {clip.name for clip in present})
    notes = [sentence for sentence in (note, lost) if sentence]
    if removed:
        notes.append(
            f"Removed: {number_of(len(removed), 'clips')} written before, such as {removed[0]}, not complete "
            "in this review."
        )
    if foreign:
        notes.append(
            f"{len(foreign)} judged events are left out: {detected.system} does not have their classes, "
            f"such as {next(iter(foreign.values()))}."
        )
    for note in notes:
        warn(note)
    rows = [
        (clip.name, *cells)
        for clip in present
        for cells in (
            [(f"{e.onset:.6f}", f"{e.offset:.6f}", e.label) for e in clip.events] or [("", "", "")]
        )
    ]
    with atomic_write(base / LABELS) as part:
        part.write_text(yaml.safe_dump(list(detected.labels), allow_unicode=True), encoding="utf-8")
    write_table(base / SPLITS, ("filename", "split"), sorted(split.items()))
    write_table(base / STRONG, ("filename", "onset", "offset", "event_label"), rows)
    for name in removed:
        (base / name).unlink(missing_ok=True)
    return Written(
        len(present),
        sum(len(clip.events) for clip in present),
        len({clip.filename for clip in present}),
        unfinished,
        tuple(notes),
    )


def _before(base: Path) -> set[str]:
    """The clips that were written into a folder before and are still there.

    Raises:
        JssError: It holds something else.
    """
    if not base.exists() or (base.is_dir() and not any(base.iterdir())):
        return set()
    if not (base / SPLITS).is_file():
        raise JssError(f"{base} is not a folder of reviewed clips: name a new one.")
    names = set(read_table(base / SPLITS, ("filename", "split"))["filename"])
    return {
        name
        for name in names
        if name.startswith("audio/") and ".." not in name.split("/") and (base / name).is_file()
    }
