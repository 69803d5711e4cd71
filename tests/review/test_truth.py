"""Which clips are truth, and the folder that they are written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jss.data.clip import Event
from jss.data.datasets import labelled
from jss.errors import JssError
from jss.evaluation.run import subset
from jss.review import truth
from jss.review.detections import Analysed, DetectedFolder, Detection
from jss.review.judgements import (
    ACCEPTED,
    REJECTED,
    RELABELLED,
    TRIMMED,
    UNSURE,
    Judgement,
    complete,
    missed,
    of,
)
from jss.review.truth import ReviewedClip, clips, splits, write

LABELS = ("Cat", "Dog")


def detection(name: str, onset: float, offset: float, label: str = "Dog") -> Detection:
    return Detection(name, onset, offset, label, 0.7, "SED")


def current(*judgements: Judgement) -> dict[str, Judgement]:
    return {judgement.event: judgement for judgement in judgements}


def test_clips_that_differ_by_milliseconds_are_written_once():
    """The last clip of a recording of 15.004 s begins 4 ms after its neighbour: one file of both."""
    dog = detection("a", 12.0, 13.0)
    known, _ = clips(
        current(of(dog, ACCEPTED), complete("a", 5.0, 15.0), complete("a", 5.004, 15.004)), [dog]
    )
    assert [(clip.name, len(clip.events)) for clip in known] == [("audio/a/5.00-15.00.flac", 1)]


def test_events_of_a_clip_are_cut_joined_and_relabelled():
    a, b, c = (
        detection("a", 18.0, 22.0),
        detection("a", 24.0, 25.0, "Cat"),
        detection("a", 26.0, 27.0),
    )
    known, unfinished = clips(
        current(
            of(a, ACCEPTED),
            of(b, RELABELLED, label="Dog"),
            of(c, REJECTED),
            missed("a", 21.5, 23.0, "Dog"),
            missed("a", 29.0, 33.0, "Cat"),
            missed("b", 21.0, 22.0, "Cat"),
            complete("a", 20.0, 30.0),
        ),
        [a, b, c],
    )
    assert unfinished == 0
    assert [clip.events for clip in known] == [
        (Event(0.0, 3.0, "Dog"), Event(4.0, 5.0, "Dog"), Event(9.0, 10.0, "Cat"))
    ]


def test_a_short_event_is_left_out_only_where_the_clip_cuts_it():
    """Within a clip, one below 50 ms was lost."""
    known, _ = clips(
        current(
            missed("a", 12.0, 12.03, "Dog"),
            missed("a", 9.0, 10.03, "Dog"),
            missed("a", 19.97, 21.0, "Cat"),
            complete("a", 10.0, 20.0),
        ),
        [],
    )
    assert [clip.events for clip in known] == [(Event(2.0, 2.03, "Dog"),)]


def test_a_clip_is_truth_only_where_everything_in_it_is_judged():
    a, b = detection("a", 1.0, 2.0), detection("a", 9.5, 12.0)
    whole = complete("a", 0.0, 10.0)
    assert clips(current(of(a, ACCEPTED), of(b, REJECTED)), [a, b]) == ([], 0)
    assert clips(current(of(a, ACCEPTED), whole), [a, b]) == ([], 1)
    assert clips(current(of(a, ACCEPTED), of(b, UNSURE), whole), [a, b]) == ([], 1)
    known, unfinished = clips(current(of(a, REJECTED), of(b, REJECTED), whole), [a, b])
    assert [clip.events for clip in known] == [()]
    assert unfinished == 0


def test_a_clip_with_an_added_event_that_is_unsure_is_not_truth():
    added = missed("a", 9.0, 12.0, "Dog")
    doubt = replace(added, verdict=UNSURE)
    first, second, third = (complete("a", start, start + 10.0) for start in (0.0, 10.0, 20.0))
    known, unfinished = clips(current(doubt, first, second, third), [])
    assert ([clip.start for clip in known], unfinished) == ([20.0], 2)
    assert clips(current(added, first, second, third), [])[1] == 0


def folder(tmp_path: Path, count: int) -> tuple[DetectedFolder, dict[str, Judgement]]:
    """Recordings of 25 s, of each of which 10 to 20 s are reviewed."""
    rng = np.random.default_rng(0)
    recordings, detections, judgements = {}, [], []
    for n in range(count):
        name = f"day 1/{n} \u00e9.wav"
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * rng.standard_normal(25 * 8000), 8000)
        recordings[name] = Analysed(path, 25.0)
        detections.append(detection(name, 12.0, 14.0))
        judgements += [
            of(detections[-1], TRIMMED, offset=13.5) if n else of(detections[-1], REJECTED),
            complete(name, 10.0, 20.0),
        ]
    made = DetectedFolder(
        tmp_path / "out", "SED", "teacher", 0.5, LABELS, recordings, tuple(detections)
    )
    return made, current(*judgements)


def test_the_folder_is_read_by_training_and_evaluation(tmp_path):
    detected, judgements = folder(tmp_path, 8)
    root = tmp_path / "reviewed"
    written = write(root, detected, judgements)
    assert (written.clips, written.events, written.recordings, written.open) == (8, 7, 8, 0)
    subsets = labelled.prepare(root)
    assert set(subsets) == {"strong", "strong_validation", "strong_test"}
    every = [clip for clips in subsets.values() for clip in clips]
    assert len(every) == 8
    assert sum(clip.events == () for clip in every) == 1
    assert {e for clip in every for e in clip.events or ()} == {Event(2.0, 3.5, "Dog")}
    assert {clip.duration for clip in every} == {10.0}
    assert len(subset(root, "strong_test")) == len(subsets["strong_test"])
    # The samples are those of the recording.
    (one,) = [clip for clip in every if "/3 " in clip.filename]
    result = soundfile.read(one.path)[0]
    from jss import audio

    assert (
        np.abs(result - audio.load(tmp_path / "in" / "day 1/3 \u00e9.wav")[160000:320000]).std()
        < 0.02
    )

    # A judgement is withdrawn: the clip goes, with its audio.
    gone = next(key for key, one in judgements.items() if one.verdict == TRIMMED)
    again = write(root, detected, {k: j for k, j in judgements.items() if k != gone})
    assert (again.clips, again.open) == (7, 1)
    assert sum(len(clips) for clips in labelled.prepare(root).values()) == 7


def test_a_very_short_event_keeps_its_length(tmp_path):
    """Times had three decimals, so that one below half a millisecond had none."""
    detected, judgements = folder(tmp_path, 1)
    short = missed("day 1/0 \u00e9.wav", 15.0001, 15.0004, "Cat")
    write(tmp_path / "reviewed", detected, judgements | current(short))
    ((clip,),) = labelled.prepare(tmp_path / "reviewed").values()
    assert clip.events == (Event(5.0001, 5.0004, "Cat"),)


def test_a_folder_whose_writing_failed_is_written_again(tmp_path):
    """It was taken for a folder of something else."""
    detected, judgements = folder(tmp_path, 4)
    root, damaged = tmp_path / "reviewed", tmp_path / "in" / "day 1" / "2 \u00e9.wav"
    content = damaged.read_bytes()
    damaged.write_bytes(b"no sound")
    with pytest.raises(JssError, match=r"2 \u00e9\.wav"):
        write(root, detected, judgements)
    assert list(root.rglob("*.flac"))
    damaged.write_bytes(content)
    assert write(root, detected, judgements).clips == 4
    assert sum(len(clips) for clips in labelled.prepare(root).values()) == 4


def test_events_of_classes_that_the_system_lacks_are_left_out_with_a_note(tmp_path):
    """Reviews against another system once took them."""
    detected, judgements = folder(tmp_path, 3)
    siren = detection("day 1/1 \u00e9.wav", 15.0, 16.0, "siren")
    written = write(tmp_path / "reviewed", detected, judgements | current(of(siren, ACCEPTED)))
    assert (written.clips, written.events) == (3, 2)
    assert written.notes == (
        "1 judged events are left out: SED does not have their classes, such as siren.",
    )
    assert set(labelled.prepare(tmp_path / "reviewed")) == {
        "strong",
        "strong_validation",
        "strong_test",
    }


def test_clips_of_recordings_that_are_gone_stay_where_they_were_written(tmp_path):
    """They were deleted in silence."""
    detected, judgements = folder(tmp_path, 4)
    root = tmp_path / "reviewed"
    names = list(detected.recordings)
    missing = replace(
        detected,
        recordings=dict.fromkeys(names[:2], Analysed(None, 25.0))
        | {name: detected.recordings[name] for name in names[2:]},
    )
    first = write(root, missing, judgements)
    assert first.clips == 2
    assert first.notes[-1] == (
        f"2 complete clips are left out: their recordings, such as {names[0]}, are no longer where they "
        "were analysed. Give the folder of the recordings with --data."
    )
    assert write(root, detected, judgements).clips == 4
    gone = replace(detected, recordings=dict.fromkeys(names, Analysed(None, 25.0)))
    relabelled = {
        key: replace(judgement, label="Cat") if judgement.verdict == TRIMMED else judgement
        for key, judgement in judgements.items()
    }
    for recordings in (missing, gone):
        written = write(root, recordings, relabelled)
        assert (written.clips, written.recordings, written.notes) == (4, 4, ())
        every = [clip for clips in labelled.prepare(root).values() for clip in clips]
        assert [clip.path is not None for clip in every] == [True] * 4
        assert {event.label for clip in every for event in clip.events or ()} == {"Cat"}
    with pytest.raises(JssError, match=r"^4 complete clips are left out.* with --data\.$"):
        write(tmp_path / "new", gone, judgements)
    assert not (tmp_path / "new").exists()


def test_clips_of_another_review_are_not_removed_in_silence(tmp_path):
    detected, judgements = folder(tmp_path, 4)
    root = tmp_path / "reviewed"
    write(root, detected, judgements)
    first = {k: j for k, j in judgements.items() if "/0 " not in j.filename}
    assert write(root, detected, first).notes == (
        "Removed: 1 clip written before, such as audio/day 1/0 \u00e9.wav/10.00-20.00.flac, not complete "
        "in this review.",
    )


def test_a_folder_of_something_else_is_refused(tmp_path):
    detected, judgements = folder(tmp_path, 1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(JssError, match="is not a folder of reviewed clips"):
        write(tmp_path / "other", detected, judgements)
    with pytest.raises(JssError, match="No clip is complete yet"):
        write(tmp_path / "new", detected, {})


def reviewed(*names: str) -> list[ReviewedClip]:
    return [ReviewedClip(name, start, start + 10.0, ()) for name in names for start in (0.0, 10.0)]


def test_a_recording_is_on_one_side_only():
    many = reviewed(*(f"{n}.wav" for n in range(40)))
    result, note = splits(many)
    assert not note
    for clip in many:
        assert result[clip.name] == result[ReviewedClip(clip.filename, 0.0, 10.0, ()).name]
    assert set(result.values()) == {"train", "validation", "test"}
    # More recordings move none of them.
    more, _ = splits(many + reviewed(*(f"{n}.wav" for n in range(40, 60))))
    assert {name: more[name] for name in result} == result


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_recordings_give_every_split(count):
    result, note = splits(reviewed(*(f"{n}.wav" for n in range(count))))
    assert set(result.values()) == {"train", "validation", "test"}
    assert bool(note) == (count < 3)


def test_shares_are_those_said():
    result, _ = splits(reviewed(*(f"{n}.wav" for n in range(400))))
    counts = [list(result.values()).count(split) / len(result) for split in ("test", "validation")]
    assert counts == pytest.approx([truth.TEST, truth.VALIDATION], abs=0.06)
