"""Counts by hour, across midnight and across files; recordings on one clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.errors import JssError
from jss.io.journal import DETECTED, EVENTS, Journal
from jss.review import timeline
from jss.review.timeline import Timeline

#: Recordings by name: seconds, and the events.
EVENING = {
    "m/20240131_230000.WAV": (3600.0, [(10.0, 20.0, "Dog"), (3590.0, 3600.0, "Speech")]),
    "m/20240201_000000.WAV": (1800.0, [(0.0, 5.0, "Speech"), (100.0, 102.0, "Dog")]),
    "n/20240131_235500.WAV": (600.0, [(290.0, 310.0, "Dog")]),
}


def written(folder: Path, recordings: dict[str, tuple[float, list]]) -> Path:
    """What detect writes of some recordings."""
    settings = {
        "version": 3, "system": "SED", "selection": "teacher", "threshold": 0.5, "labels": ["Dog", "Speech"],
    }  # fmt: skip
    with Journal(folder / DETECTED, settings) as journal:
        for name, (seconds, events) in recordings.items():
            (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "in" / name).write_bytes(b"")
            journal.add(
                name,
                {
                    "filename": name,
                    "audio": str(folder / "in" / name),
                    "duration": seconds,
                    "files": [],
                    "events": [list(event) for event in events],
                    "peaks": [0.9] * len(events),
                },
            )
    return folder


@pytest.fixture
def evening(tmp_path: Path) -> Timeline:
    return timeline.read(written(tmp_path, EVENING))


def test_counts_per_hour_go_on_across_midnight_and_files(evening: Timeline):
    table = timeline.summary(evening, "hour")
    rows = [tuple(row) for row in table.itertuples(index=False)]
    assert rows == [
        ("2024-01-31 23:00:00", "Dog", 2, 20.0, 3900.0),
        ("2024-01-31 23:00:00", "Speech", 1, 10.0, 3900.0),
        ("2024-02-01 00:00:00", "Dog", 1, 12.0, 2100.0),
        ("2024-02-01 00:00:00", "Speech", 1, 5.0, 2100.0),
    ]
    days = timeline.summary(evening, "day")
    assert days["start"].unique().tolist() == ["2024-01-31 00:00:00", "2024-02-01 00:00:00"]
    assert days["events"].tolist() == [2, 1, 1, 1]


def test_events_of_earlier_runs_and_of_recordings_that_are_gone_are_counted(tmp_path: Path):
    """events.tsv is of the last run's inputs; the folder is of every run's."""
    folder = written(tmp_path, EVENING)
    (folder / EVENTS).write_text("filename\tonset\toffset\tevent_label\n")
    (folder / "in" / "n" / "20240131_235500.WAV").unlink()
    table = timeline.summary(timeline.read(folder), "day")
    assert table["events"].tolist() == [2, 1, 1, 1]
    assert table["active_s"].tolist() == [20.0, 10.0, 12.0, 5.0]


def test_a_recording_that_two_runs_name_differently_is_counted_once(tmp_path: Path):
    """Of the folder above it, then of its own: it was there twice, with twice the events."""
    event = (1.0, 2.0, "Dog")
    folder = written(tmp_path, {"n/20240131_220000.WAV": (60.0, [event])})
    path = folder / DETECTED
    first, line = path.read_text().splitlines()
    path.write_text("\n".join((first, line, line.replace('"n/2024', '"2024'))) + "\n")
    days = timeline.read(folder)
    assert days.recordings["filename"].tolist() == ["n/20240131_220000.WAV"]
    assert len(days.events) == 1


def test_recordings_of_two_folders_that_had_one_name_are_both_there(tmp_path: Path):
    """Two folders one after the other, each with an a.wav, and then the folder above both."""
    name = "20240131_220000.WAV"
    folder = written(
        tmp_path, {f"{day}/{name}": (60.0, [(1.0, 2.0, "Dog")]) for day in ("mon", "tue")}
    )
    path = folder / DETECTED
    first, mon, tue = path.read_text().splitlines()
    alone = [line.replace(f'"{day}/2024', '"2024') for day, line in (("mon", mon), ("tue", tue))]
    for runs in ([*alone, mon, tue], [alone[0], mon, tue]):
        path.write_text("\n".join((first, *runs)) + "\n")
        days = timeline.read(folder)
        assert len(days.recordings) == len(days.events) == 2


def test_damaged_lines_are_counted_in_a_note(tmp_path: Path):
    """One event more than peaks, half a line; not files that were claimed, nor the line being written."""
    folder = written(tmp_path, EVENING)
    path = folder / DETECTED
    first, a, b, c = path.read_text().splitlines()
    assert timeline.read(folder).notes == ()
    claim = '{"key": "d", "files": ["scores/d.tsv"]}'
    lines = (first, a.replace('"peaks": [0.9, ', '"peaks": ['), b[:60], claim, c, a[:60])
    path.write_text("\n".join(lines))
    days = timeline.read(folder)
    assert days.recordings["filename"].tolist() == ["n/20240131_235500.WAV"]
    assert [note.partition(" of ")[0] for note in days.notes] == ["2 lines"]
    path.write_text("\n".join((*lines[:-1], b, a[:60])))  # b was analysed again
    (note,) = timeline.read(folder).notes
    assert note == (
        f"1 line of {path} cannot be read, and recordings may be missing: run the same jss detect command "
        "again, into this folder."
    )
    path.write_text("\n".join((first.replace("0.5", "[0.5]"), a, b, c)))
    with pytest.raises(JssError, match="damaged"):
        timeline.read(folder)


@pytest.mark.parametrize("by", timeline.BINS)
def test_nothing_is_lost_or_counted_twice(evening: Timeline, by: str):
    table = timeline.summary(evening, by)
    assert table["events"].sum() == 5
    assert table["active_s"].sum() == pytest.approx(47.0)
    assert table[table["event_label"] == "Dog"]["recorded_s"].sum() == pytest.approx(6000.0)


def test_random_spans_are_divided_exactly():
    rng = np.random.default_rng(0)
    begins = rng.uniform(-20, 120, 200)
    ends = begins + rng.exponential(20, 200)
    got = np.zeros((1, 10))
    timeline._add(got, np.zeros(200, int), begins, ends, 10.0)
    want = [
        sum(
            max(0.0, min(e, 10 * b + 10) - max(s, 10 * b))
            for s, e in zip(begins, ends, strict=True)
        )
        for b in range(10)
    ]
    assert np.allclose(got[0], want)


def test_names_without_time_follow_one_another(tmp_path: Path):
    mixed = timeline.read(
        written(tmp_path / "mixed", {"b.wav": (60.0, [(1.0, 2.0, "Dog")]), **EVENING})
    )
    assert mixed.recordings["filename"].tolist()[-1] == "b.wav"
    assert mixed.clock(mixed.events["start"].iloc[-1]) == "2024-02-01 00:30:01"
    assert mixed.notes == (
        "1 of 4 recordings have no time in their names, such as b.wav: they stand one after the other, after "
        "all that have one.",
    )
    plain = timeline.read(
        written(tmp_path / "plain", {"b.wav": (3599.0, []), "a.wav": (60.0, [(2.0, 3.0, "Dog")])})
    )
    assert plain.origin is None
    assert plain.recordings["start"].tolist() == [0.0, 3599.0]
    assert plain.clock(plain.events["start"].iloc[0]) == "01:00:01"
    assert "one after the other" in plain.notes[0]


def test_windows_hold_every_recording(evening: Timeline):
    assert timeline.bins_of(evening) == (["hour", "10 minutes", "minute"], "minute")
    (window,) = timeline.windows(evening, "hour")
    assert (window.end - window.start) / window.step == 2
    minutes = timeline.windows(evening, "minute")
    assert [evening.clock(one.start) for one in minutes] == [
        "2024-01-31 23:00:00",
        "2024-02-01 00:00:00",
    ]


def test_a_day_opens_at_its_first_recording(tmp_path: Path):
    folder = written(
        tmp_path, {f"202402{day}_063000.WAV": (600.0, [(1.0, 2.0, "Dog")]) for day in ("01", "03")}
    )
    days = timeline.read(folder)
    assert days.clock(0.0) == "2024-02-01 00:00:00"
    window = timeline.shorter_window(days, 0.0, 86400.0, "hour")
    assert days.clock(window.start) == "2024-02-01 06:00:00"


def test_a_cell_is_heard_from_the_file(evening: Timeline):
    events = timeline.inside(evening, "Dog", 23 * 3600, 24 * 3600)
    assert events["onset"].tolist() == [290.0, 10.0], "the longest first"
    part = timeline.excerpt(evening, "n/20240131_235500.WAV", 290.0, 310.0)
    assert (part.start, part.end, part.sources) == (289.5, 299.5, ())
    assert part.path is not None
    assert timeline.recording_at(evening, 24 * 3600 + 1700, 25 * 3600) == (
        "m/20240201_000000.WAV",
        1700.0,
    )
    assert timeline.recording_at(evening, 0, 3600) is None


def test_a_folder_that_is_not_of_detect_is_refused(tmp_path: Path):
    with pytest.raises(JssError, match="not an output folder of detect"):
        timeline.read(tmp_path)


@pytest.mark.usefixtures("tiny_installed")
def test_summary_of_what_detect_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """From the audio to the table, with sources at hand."""
    from jss import cli

    rng = np.random.default_rng(0)
    for name in ("20240131_235955.WAV", "20240201_000005.WAV"):
        audio.save(tmp_path / "in" / name.lower(), 0.1 * rng.standard_normal(160000))
    out = tmp_path / "out"
    detect = ["detect", str(tmp_path / "in"), "--out", str(out), "--system", "MixIT-S1"]
    assert cli.main([*detect, "--save-sources", "--threshold", "0.2"]) == 0
    capsys.readouterr()
    assert cli.main(["summary", str(out), "--by", "day", "--csv", str(tmp_path / "day.csv")]) == 0
    assert "in 2 recordings, 20 s of sound from 2024-01-31 23:59:55 to 2024-02-01 00:00:15" in (
        capsys.readouterr().out
    )
    lines = (tmp_path / "day.csv").read_text().splitlines()
    assert lines[0] == "start,event_label,events,active_s,recorded_s"
    assert len(lines) == 21
    assert {line.rpartition(",")[2] for line in lines[1:]} == {"5.0", "15.0"}
    days = timeline.read(out)
    (first, _) = days.recordings["sources"]
    assert [path.name for path in first] == [f"20240131_235955_s{m}.flac" for m in (1, 2, 3, 4)]
