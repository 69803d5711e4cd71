"""Events that do not fit their clip are reported, in the same way by every command."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

from jss import audio
from jss.cli import main
from jss.config import load_preset
from jss.data.datasets import desed, labelled
from jss.data.training.training_data import training_data
from jss.errors import JssError
from jss.io import notes
from jss.io.truth import within
from jss.io.tsv import read_events

HEADER = "filename\tonset\toffset\tevent_label\n"


@pytest.fixture(autouse=True)
def _every_note():
    notes.warn.cache_clear()


def table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def clips(root, count=10, seconds=2.0):
    for number in range(count):
        audio.save(root / f"{number}.wav", np.zeros(round(seconds * 16000), np.float32))


def test_misfit_events_are_left_out_and_counted(tmp_path):
    path = table(
        tmp_path / "a.tsv",
        ("a.wav", 0, 1, "Dog"),
        ("a.wav", 1, 1, "Dog"),  # no length
        ("b.wav", "", "", ""),
        ("c.wav", 0, 0, "Cat"),  # no length
        ("c.wav", 1, 9, "Cat"),  # cut
        ("c.wav", 5, 9, "Cat"),  # outside
        ("c.wav", 1, 2.2, "Cat"),  # a rounding
        ("c.wav", 2.05, 2.15, "Cat"),  # outside, however little
    )
    events = within(read_events(path), [2.0] * 8, "a.tsv")
    assert events.table[["onset", "offset"]].to_numpy().tolist() == [[0, 1], [1, 2], [1, 2.2]]
    assert events.lost == {"a.wav": 1, "c.wav": 3}
    assert events.notes == (
        "a.tsv: 2 of 7 events have no length and are left out (the first in line 3).",
        "a.tsv: 2 of 7 events begin after the end of their clip and are left out (the first in line 7).",
        "a.tsv: 1 of 7 events end more than 0.2 s after their clip and are clamped to its end (the first "
        "in line 6).",
    )
    assert len(within(read_events(path), [np.nan] * 8, "a.tsv").table) == 5


WRONG = [
    (("0.wav", 1.5, 0.2, "Dog"), "line 2: the offset 0.2 lies before the onset 1.5"),
    (("0.wav", 0, 1, ""), "line 2: the event_label is missing"),
    (("0.wav", "soon", 1, "Dog"), "line 2: the onset 'soon' is not a number"),
    (("0.wav", -1, 1, "Dog"), "line 2: the onset -1 is negative"),
]


@pytest.mark.parametrize(("row", "sentence"), WRONG)
@pytest.mark.parametrize("door", ["train", "evaluate", "score", "prepare", "statistics", "app"])
def test_invalid_rows_stop_every_command(tmp_path, capsys, row, sentence, door):
    if door in ("evaluate", "prepare"):
        clips(tmp_path / "audio" / "validation" / "validation")
        path = table(tmp_path / "metadata" / "validation" / "validation.tsv", row)
    else:
        clips(tmp_path)
        name = {"score": "truth.tsv", "app": "ground_truth.tsv"}.get(door, "strong.tsv")
        path = table(tmp_path / name, row)
        (tmp_path / "labels.yaml").write_text("[Dog, Cat]")
    if door == "app":
        from pages.ui.clip.recordings import folder_sets

        with pytest.raises(JssError) as caught:
            folder_sets(tmp_path)
        assert sentence in str(caught.value)
        return
    (tmp_path / "durations.tsv").write_text("filename\tduration\n0.wav\t2\n")
    (tmp_path / "scores").mkdir()
    arguments = {
        "train": ["smoke", "--data", tmp_path, "--out", tmp_path / "run"],
        "evaluate": ["--system", "SED", "--data", tmp_path, "--subset", "validation"],
        "score": ["--ground-truth", path, "--durations", tmp_path / "durations.tsv", "--labels",
                  "Dog,Cat", "--scores", tmp_path / "scores"],
        "prepare": ["desed", tmp_path],
        "statistics": [tmp_path],
    }[door]  # fmt: skip
    if door == "score":
        (tmp_path / "scores" / "0.tsv").write_text("onset\toffset\tDog\tCat\n0\t2\t0.5\t0.5\n")
    assert main([door, *map(str, arguments)]) == 2
    error = capsys.readouterr().err
    assert f"{path}, {sentence}" in error


def test_every_command_reports_zero_lengths(tmp_path, caplog, capsys):
    rows = [("0.wav", 1, 1, "Dog"), ("0.wav", 0, 1, "Dog"), ("1.wav", 0.5, 1.5, "Cat")]
    clips(tmp_path / "mine", 4)
    table(tmp_path / "mine" / "strong.tsv", *rows)
    (tmp_path / "mine" / "labels.yaml").write_text("[Dog, Cat]")
    clips(tmp_path / "set" / "audio" / "validation" / "validation", 2)
    table(tmp_path / "set" / "metadata" / "validation" / "validation.tsv", *rows)
    caplog.set_level(logging.WARNING)
    result = labelled.prepare(tmp_path / "mine")
    assert sum(clip.lost for members in result.values() for clip in members) == 1
    (clip, _) = desed.prepare(tmp_path / "set")["validation"]
    assert (clip.lost, len(clip.events)) == (1, 1)
    output = [record.getMessage() for record in caplog.records]
    assert sum("1 of 3 events have no length" in line for line in output) == 2
    (tmp_path / "d.tsv").write_text("filename\tduration\n0.wav\t2\n1.wav\t2\n")
    (tmp_path / "points").mkdir()
    table(tmp_path / "points" / "a_th_0.5.tsv", ("0.wav", 0, 1, "Dog"))
    arguments = [
        "--ground-truth",
        tmp_path / "mine" / "strong.tsv",
        "--durations",
        tmp_path / "d.tsv",
        "--detections",
        tmp_path / "points",
        "--resamples",
        0,
        "--out",
        tmp_path / "r.json",
    ]
    assert main(["score", *map(str, arguments)]) == 0
    assert "1 of 3 events have no length" in capsys.readouterr().out
    report = json.loads((tmp_path / "r.json").read_text())
    assert any("have no length" in note for note in report["settings"]["notes"])


@pytest.mark.parametrize("lost", [1, 3])
def test_training_stops_where_a_tenth_of_the_events_is_lost(tmp_path, lost):
    clips(tmp_path, 20)
    rows = [(f"{n}.wav", 0.5, 0.5 if n < lost else 1.5, ("Dog", "Cat")[n % 2]) for n in range(20)]
    table(tmp_path / "strong.tsv", *rows)
    (tmp_path / "labels.yaml").write_text("[Dog, Cat]")
    settings = ["data.seconds=1"]
    if lost > 2:
        with pytest.raises(JssError, match=r"3 of 20 labels would be lost .*lost_labels=0\.15"):
            training_data(str(tmp_path), load_preset("smoke", settings))
        settings.append("data.lost_labels=0.15")
    training_data(str(tmp_path), load_preset("smoke", settings))


def test_training_stops_where_the_audio_of_labels_is_missing(tmp_path):
    clips(tmp_path, 20)
    rows = [(f"{n + 5}.wav", 0.5, 1.5, ("Dog", "Cat")[n % 2]) for n in range(20)]
    table(tmp_path / "strong.tsv", *rows)
    (tmp_path / "labels.yaml").write_text("[Dog, Cat]")
    with pytest.raises(JssError, match="5 of clips whose audio is missing"):
        training_data(str(tmp_path), load_preset("smoke", ["data.seconds=1"]))
