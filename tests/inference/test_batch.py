"""``detect`` after a kill: no recording twice, none lost, and the same files to the byte as if
nothing had happened.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny import contents

from jss import audio
from jss.cli import main
from jss.errors import JssError
from jss.inference import batch
from jss.io.journal import DETECTED, DURATIONS, EVENTS, Journal
from jss.io.tsv import read_durations
from jss.review import detections

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("tiny_installed")


def recordings(folder, count, seconds=1.0):
    rng = np.random.default_rng(0)
    for number in range(count):
        audio.save(
            folder / f"{number % 3}" / f"{number:03d}.wav",
            rng.uniform(-0.3, 0.3, round(seconds * 16000)),
        )
    return folder


def arguments(folder, out, *more):
    return [
        "detect",
        str(folder),
        "--system",
        "MixIT-S1",
        "--out",
        str(out),
        "--device",
        "cpu",
        "--threshold",
        "0.45",
        *more,
    ]


def times(folder):
    """When each table of scores was written."""
    return {path: path.stat().st_mtime_ns for path in (folder / "scores").rglob("*.tsv")}


@pytest.mark.slow
def test_killed_and_called_again_it_ends_the_same(tmp_path, capsys):
    folder, killed, whole = (
        recordings(tmp_path / "in", 60, 0.5),
        tmp_path / "killed",
        tmp_path / "whole",
    )
    wanted = ("--save-sources", "--save-results")
    process = subprocess.Popen(
        [sys.executable, "-m", "jss", *arguments(folder, killed, *wanted)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while (
        len(list(killed.rglob("scores/*/*.tsv"))) < 5
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it ended before it could be killed"
    journal = killed / DETECTED
    assert not (killed / "events.tsv").exists()
    lines = journal.read_bytes().count(b"\n")
    assert 4 <= lines < 60
    with journal.open("ab") as file:  # as if it had been killed in the middle of a line
        file.write(b'{"key": "0123", "filename": "0/00')
    (killed / "scores" / ".0123456789abcdef.part").write_bytes(b"half a file")
    done = {
        killed / file
        for line in journal.read_text().splitlines()[1:-1]
        for file in json.loads(line)["files"]
    }
    before = {path: path.stat().st_mtime_ns for path in done}
    assert main(arguments(folder, killed, *wanted)) == 0
    assert f"60 recordings, {lines - 1} of them before" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in done} == before
    assert main(arguments(folder, whole, *wanted)) == 0
    assert contents(killed) == contents(whole)
    assert len(pd.read_csv(whole / "events.tsv", sep="\t")) > 60


def test_what_is_finished_is_not_done_again(tmp_path, capsys):
    folder, out = recordings(tmp_path / "in", 4, 0.2), tmp_path / "out"
    assert main(arguments(folder, out)) == 0
    first, stamps = contents(out), times(out)
    assert main(arguments(folder, out)) == 0
    assert contents(out) == first
    assert times(out) == stamps
    (out / "scores" / "1" / "001.tsv").unlink()  # lost
    audio.save(folder / "2" / "002.wav", 0.1 * np.ones(3200))  # another recording of this name
    (folder / "0" / "003.wav").unlink()  # gone
    audio.save(folder / "new.wav", 0.1 * np.ones(3200))
    capsys.readouterr()
    assert main(arguments(folder, out)) == 0
    assert "4 recordings, 1 of them before" in capsys.readouterr().out
    assert {path.stem for path, stamp in times(out).items() if stamp != stamps.get(path)} == {
        "001",
        "002",
        "new",
    }
    names = set(pd.read_csv(out / "events.tsv", sep="\t").filename)
    assert names <= {"0/000.wav", "1/001.wav", "2/002.wav", "new.wav"}
    assert read_durations(out / DURATIONS) == dict.fromkeys(
        ("0/000.wav", "1/001.wav", "2/002.wav", "new.wav"), 0.2
    )
    assert main(arguments(folder, out, "--save-sources")) == 0
    assert len(list((out / "sources").rglob("*.flac"))) == 16
    assert "(MixIT-S1" in capsys.readouterr().out


def test_sources_of_an_earlier_run_stay_those_of_the_recording(tmp_path, capsys):
    """A run for other files forgot them: Timeline and Review had none, though they were there."""
    folder, out = recordings(tmp_path / "in", 1, 0.2), tmp_path / "out"
    for wanted in ("--save-sources", "--save-results"):
        assert main(arguments(folder, out, wanted)) == 0
    (recording,) = detections.read(out).recordings.values()
    assert len(recording.sources) == 4
    capsys.readouterr()
    assert main(arguments(folder, out, "--save-sources", "--save-results")) == 0
    assert "1 of them before" in capsys.readouterr().out


def test_damaged_lines_are_analysed_again_into_the_same_folder(tmp_path, capsys):
    """Half a line, and one with fewer peaks than events; the note about them is then gone."""
    folder, out = recordings(tmp_path / "in", 3, 0.2), tmp_path / "out"
    assert main(arguments(folder, out)) == 0
    first, a, b, c = (out / DETECTED).read_text().splitlines()
    assert '"peaks": [0.' in b
    b = re.sub(r'"peaks": \[.*?\]', '"peaks": []', b)
    (out / DETECTED).write_text("\n".join((first, a[: len(a) // 2], b, c)) + "\n")
    (note,) = detections.read(out).notes
    assert note.startswith("2 lines of ")
    capsys.readouterr()
    assert main(arguments(folder, out)) == 0
    assert "3 recordings, 1 of them before" in capsys.readouterr().out
    result = detections.read(out)
    assert (len(result.recordings), result.notes) == (3, ())


def test_a_file_that_is_empty_is_written_again(tmp_path, capsys):
    """A power loss once left such files, which stayed empty."""
    folder, out = recordings(tmp_path / "in", 2, 0.2), tmp_path / "out"
    assert main(arguments(folder, out)) == 0
    emptied = out / "scores" / "1" / "001.tsv"
    scores = emptied.read_bytes()
    emptied.write_bytes(b"")
    capsys.readouterr()
    assert main(arguments(folder, out)) == 0
    assert "2 recordings, 1 of them before" in capsys.readouterr().out
    assert emptied.read_bytes() == scores


def other_of_this_name(tmp_path):
    """Two folders, each with a recording x.wav."""
    for name, level, seconds in (("A", 0.1, 0.2), ("B", 0.3, 0.4)):
        audio.save(tmp_path / name / "x.wav", level * np.ones(round(seconds * 16000)))
    return tmp_path / "A", tmp_path / "B", tmp_path / "out"


def test_files_are_claimed_on_disk_before_they_are_written_over(tmp_path, monkeypatch):
    """After a power loss, those of the other recording would have counted as its own."""
    first, second, out = other_of_this_name(tmp_path)
    assert main(arguments(first, out)) == 0
    synced, fsync = [], os.fsync

    def sync(file):
        path = Path(os.readlink(f"/proc/self/fd/{file}"))
        synced.append((path.name, path.read_bytes()))
        fsync(file)

    monkeypatch.setattr(os, "fsync", sync)
    assert main(arguments(second, out)) == 0
    name, content = synced[0]
    assert name == DETECTED
    assert json.loads(content.splitlines()[-1]).keys() == {"key", "files"}


def outputs(out):
    """Every file but the journal, by path."""
    return {name: content for name, content in contents(out).items() if name != DETECTED}


def test_a_recording_whose_files_another_one_took_is_done_again(tmp_path, capsys):
    a, b, out = other_of_this_name(tmp_path)
    assert main(arguments(a, out)) == 0
    first = outputs(out)
    assert main(arguments(b, out)) == 0
    capsys.readouterr()
    assert main(arguments(a, out)) == 0
    assert "1 recording (MixIT-S1" in capsys.readouterr().out
    assert outputs(out) == first
    assert main(arguments(a, out)) == 0
    assert "1 recording, 1 of them before" in capsys.readouterr().out


def test_a_recording_whose_files_a_killed_run_took_is_done_again(tmp_path, capsys, monkeypatch):
    a, b, out = other_of_this_name(tmp_path)
    assert main(arguments(a, out)) == 0
    first = outputs(out)
    write = batch.write

    class Killed(BaseException):
        pass

    def write_and_die(*task):
        write(*task)
        raise Killed

    monkeypatch.setattr(batch, "write", write_and_die)
    with pytest.raises(Killed):
        main(arguments(b, out))
    monkeypatch.setattr(batch, "write", write)
    assert (out / "scores" / "x.tsv").read_bytes() != first["scores/x.tsv"]
    assert (out / "events.tsv").read_bytes() == first["events.tsv"]
    capsys.readouterr()
    assert main(arguments(a, out)) == 0
    assert "1 recording (MixIT-S1" in capsys.readouterr().out
    assert outputs(out) == first


def test_an_unreadable_recording_of_this_name_leaves_the_events(tmp_path, capsys):
    a, b, out = other_of_this_name(tmp_path)
    assert main(arguments(a, out)) == 0
    first = outputs(out)
    (b / "x.wav").write_bytes(b"no sound")
    assert main(arguments(b, out)) == 2
    assert outputs(out) == first
    assert main(arguments(a, out)) == 0
    assert outputs(out) == first


def test_other_settings_do_not_mix_in(tmp_path, capsys):
    folder, out = recordings(tmp_path / "in", 1, 0.1), tmp_path / "out"
    assert main(arguments(folder, out)) == 0
    first = contents(out)
    for more, said in (
        (["--threshold", "0.6"], "another threshold"),
        (["--selection", "student"], "another selection"),
        (["--system", "SED"], "another system"),
    ):
        capsys.readouterr()
        assert main(arguments(folder, out, *more)) == 2
        text = capsys.readouterr().err
        assert said in text
        assert text.count("\n") == 1
        assert contents(out) == first


def test_a_recording_that_goes_and_an_output_that_cannot_be_written(tmp_path, capsys, monkeypatch):
    folder, out = recordings(tmp_path / "in", 4, 0.2), tmp_path / "out"
    (out / "scores" / "1").mkdir(parents=True)
    (out / "scores" / "1" / "001.tsv").mkdir()  # a folder where its file should be
    prefetch = batch.prefetch

    def remove_first(streams, **held):
        (folder / "0" / "003.wav").unlink(missing_ok=True)
        return prefetch(streams, **held)

    monkeypatch.setattr(batch, "prefetch", remove_first)
    assert main(arguments(folder, out)) == 1
    printed = capsys.readouterr()
    sentences = printed.err.strip().splitlines()
    assert len(sentences) == 2
    assert any("001.tsv cannot be written" in line for line in sentences)
    assert any("no file at" in line and "003.wav" in line for line in sentences)
    assert "in 2 recordings" in printed.out
    assert "2 failed" in printed.out
    (out / "scores" / "1" / "001.tsv").rmdir()
    assert main(arguments(folder, out)) == 0
    assert "3 recordings, 2 of them before" in capsys.readouterr().out


def test_a_target_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    folder = recordings(tmp_path / "in", 2, 0.1)
    (tmp_path / "file").write_text("no folder")
    assert main(arguments(folder, tmp_path / "file" / "out")) == 2
    text = capsys.readouterr().err
    assert "cannot be written" in text
    assert text.count("\n") == 1


def test_one_process_at_a_time_has_a_journal(tmp_path):
    with Journal(tmp_path / "out" / "a.jsonl", {"seed": 1}) as journal:
        journal.add("x", {"n": 1})
        with pytest.raises(JssError, match="another process"):
            Journal(tmp_path / "out" / "a.jsonl", {"seed": 1})
    with Journal(tmp_path / "out" / "a.jsonl", {"seed": 1}) as journal:
        journal.add("x", {"n": 2})
        assert journal["x"]["n"] == 2
        assert "y" not in journal


@pytest.mark.parametrize(
    "text", [b'{"seed": 1', b"", b'{"seed": 1}\n{"key": \n[1]\n{"no": 1}\n\xff\n']
)
def test_damaged_lines_are_as_if_not_there(tmp_path, text):
    path = tmp_path / "a.jsonl"
    path.write_bytes(text)
    with Journal(path, {"seed": 1}) as journal:
        journal.add("x", {"n": 1})
    with Journal(path, {"seed": 1}) as journal:
        assert journal["x"] == {"key": "x", "n": 1}


@pytest.mark.parametrize("text", [b"sound\n", b"[1]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"])
def test_a_file_that_is_no_journal(tmp_path, text):
    (tmp_path / "a.jsonl").write_bytes(text)
    with pytest.raises(JssError, match="is damaged"):
        Journal(tmp_path / "a.jsonl", {"seed": 1})
    assert (tmp_path / "a.jsonl").read_bytes() == text


@pytest.mark.parametrize(
    "line",
    [
        '{"files": 5, "events": []}',
        '{"files": [], "events": [[1]]}',
        '{"events": 1}',
        '{"files": ["scores/0/000.tsv"], "events": []}',  # no length
        '{"files": ["scores/0/000.tsv"], "events": [], "duration": -1}',
    ],
)
def test_a_line_that_makes_no_sense_is_done_again(tmp_path, line):
    folder, out = recordings(tmp_path / "in", 1, 0.1), tmp_path / "out"
    assert main(arguments(folder, out)) == 0
    first = contents(out)
    head, printed = (out / DETECTED).read_text().splitlines()
    (out / DETECTED).write_text(
        head + "\n" + json.dumps({"key": json.loads(printed)["key"], **json.loads(line)}) + "\n"
    )
    assert main(arguments(folder, out)) == 0
    again = contents(out)
    assert {k: v for k, v in again.items() if k != DETECTED} == {
        k: v for k, v in first.items() if k != DETECTED
    }


def test_a_folder_that_was_begun_without_lengths_gets_them(tmp_path):
    """As one of an earlier version: its journal holds them."""
    folder, out = recordings(tmp_path / "in", 3, 0.25), tmp_path / "out"
    assert main(arguments(folder, out)) == 0
    (out / DURATIONS).unlink()
    first = times(out)
    audio.save(folder / "odd name " / "new.wav", 0.1 * np.ones(3201))
    assert main(arguments(folder, out)) == 0
    assert first.items() <= times(out).items()
    assert read_durations(out / DURATIONS) == {
        "0/000.wav": 0.25,
        "1/001.wav": 0.25,
        "2/002.wav": 0.25,
        "odd name /new.wav": 0.200063,
    }
    assert main(arguments(folder / "1", out)) == 0  # as events.tsv, of the inputs of the last run
    assert set(read_durations(out / DURATIONS)) == {"001.wav"}
    assert set(pd.read_csv(out / EVENTS, sep="\t").filename) <= {"001.wav"}
