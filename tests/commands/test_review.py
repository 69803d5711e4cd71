"""Detect a folder, review thirty events, train on them, compare: the tutorial of docs/review.md."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from jss import checkpoints
from jss.cli import main
from jss.errors import JssError
from jss.inference.system import load_system
from jss.review import judgements as said
from jss.review.detections import read
from jss.review.judgements import Judgements
from jss.review.sampling import clip_of, order
from jss.review.thresholds import class_thresholds, is_right
from jss.training.finetuning import finetune

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("tiny_installed")]
EVENTS = 30


def recordings(folder: Path, count: int = 8) -> Path:
    """Tones of changing pitch over noise, 30 s each."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    time = np.arange(30 * 16000) / 16000
    for n in range(count):
        tone = np.sin(2 * np.pi * (300 + 200 * n + 40 * np.floor(time)) * time)
        x = 0.05 * rng.standard_normal(len(time)) + 0.3 * tone * (time % 4 < 2)
        soundfile.write(folder / f"{n}.wav", x, 16000)
    return folder


def review(out: Path) -> int:
    """Judge events in the order of the page, every third as wrong, and complete their clips."""
    detected, store = read(out), Judgements(out)
    count = 0
    for detection in order(detected.detections):
        start, end = clip_of(detection, detected.recordings[detection.filename].duration)
        inside = [
            one
            for one in detected.detections
            if one.filename == detection.filename and one.overlaps(start, end)
        ]
        for one in inside:
            if one.key not in store.current():
                store.add(said.of(one, said.REJECTED if count % 3 == 0 else said.ACCEPTED), "test")
                count += 1
        store.add(said.missed(detection.filename, start + 1.0, start + 2.0, "Dog"), "test")
        store.add(said.complete(detection.filename, start, end), "test")
        if count >= EVENTS and len({j.filename for j in store.current().values()}) > 4:
            break
    return count


def test_from_detections_to_a_better_system(tmp_path, capsys, monkeypatch, tiny_checkpoints):
    folder, out, clips = recordings(tmp_path / "in"), tmp_path / "out", tmp_path / "reviewed"
    # A tiny detector with random weights has scores around one half.
    assert (
        main(["detect", str(folder), "--system", "SED", "--out", str(out), "--threshold", "0.45"])
        == 0
    )
    assert main(["review", str(out)]) == 2
    assert "was not reviewed yet" in capsys.readouterr().err
    assert review(out) >= EVENTS
    assert main(["review", str(out), "--write", str(clips)]) == 0
    printed = capsys.readouterr().out
    assert "Thresholds at a precision of 90 %, with 95 % intervals:" in printed
    assert f"-> {clips}" in printed

    # Its thresholds become those of auto.
    systems = shutil.copytree(tiny_checkpoints, tmp_path / "tuned")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(systems))
    assert main(["tune", "SED", "--review", str(out), "--precision", "0.4"]) == 0
    assert f"written to {systems}" in capsys.readouterr().out
    points = load_system("SED").operating
    assert points is not None
    rows = class_thresholds(
        read(out).detections, is_right(Judgements(out).current()), 0.45, target=0.4
    )
    decided = {row.label: row.threshold for row in rows if row.threshold is not None}
    assert decided
    assert {k: p.threshold for k, p in points.median.items() if k in decided} == pytest.approx(
        decided
    )
    assert {p.threshold for k, p in points.median.items() if k not in decided} <= {0.5}
    assert main(["tune", "MixIT-S1", "--review", str(out)]) == 2
    assert "holds detections of SED, not of MixIT-S1" in capsys.readouterr().err
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))

    run = tmp_path / "a run"
    shipped = checkpoints.load_block("tiny-detector-teacher")[1]
    settings = ["detection.epochs=2", "detection.batch=[2,2,2]", "data.seconds=2"]
    assert (
        main(
            [
                "finetune",
                "SED",
                "--data",
                str(clips),
                "--out",
                str(run),
                "--resamples",
                "50",
                *settings,
            ]
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert "A: SED before (teacher)   B: SED after (teacher)" in printed
    assert "B - A" in printed
    selected = r"^Selected on \d+ files? left for validation: epoch [12]$"
    assert re.search(selected, printed, re.MULTILINE) is not None
    command = (
        f"JSS_CHECKPOINTS='{run / 'checkpoints'}' jss detect RECORDINGS --system SED --out FOLDER\n"
    )
    assert command in printed
    reports = [json.loads((run / f"{when}.json").read_text()) for when in ("before", "after")]
    assert reports[0]["bootstrap"]["clips"] == reports[1]["bootstrap"]["clips"]
    trained = checkpoints.load_block("sed-detector-teacher", run / "checkpoints")
    assert trained[0].parent == "start-tiny-detector-teacher"
    assert any(not np.array_equal(shipped[key], trained[1][key]) for key in shipped)
    assert load_system("SED", folder=run / "checkpoints")(folder / "0.wav").scores.shape[0] == 10

    # What it detects, as label tracks of Audacity.
    labels = tmp_path / "labels"
    monkeypatch.setenv("JSS_CHECKPOINTS", str(run / "checkpoints"))
    after = tmp_path / "after"
    assert main(["detect", str(folder), "--system", "SED", "--out", str(after)]) == 0
    events = str(after / "events.tsv")
    assert (
        main(["export", events, "--to", "audacity", "--audio", str(folder), "--out", str(labels)])
        == 0
    )
    assert len(list(labels.rglob("*.txt"))) == len(list(folder.iterdir()))
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))

    # The same for a system with sources: its separator is the shipped one.
    run = tmp_path / "separating"
    arguments = [
        "finetune",
        "MixIT-S1",
        "--data",
        str(clips),
        "--out",
        str(run),
        "--resamples",
        "50",
    ]
    assert main([*arguments, *settings, "detection.epochs=1"]) == 0
    assert "MixIT-S1 before" in capsys.readouterr().out
    assert not (run / "MixIT").exists()
    # evaluate reads the folder too.
    assert (
        main(
            [
                "evaluate",
                "--system",
                "SED",
                "--data",
                str(clips),
                "--subset",
                "strong_test",
                "--no-cache",
                "--resamples",
                "0",
            ]
        )
        == 0
    )


def test_wrong_folders_are_told_in_a_sentence(tmp_path, capsys):
    assert main(["review", str(tmp_path)]) == 2
    assert "is not an output folder of detect" in capsys.readouterr().err
    (tmp_path / "jss-detect.jsonl").write_text('{"version": 2, "system": "SED"}\n')
    assert main(["review", str(tmp_path)]) == 2
    assert "of an earlier version" in capsys.readouterr().err
    assert main(["finetune", "SED", "--data", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    assert "is no labelled folder" in capsys.readouterr().err
    nowhere = str(tmp_path / "nowhere")
    for command in (["review"], ["summary"], ["finetune", "SED", "--out", nowhere, "--data"]):
        assert main([*command, nowhere]) == 2
        assert f"There is no folder {nowhere}: " in capsys.readouterr().err


def test_a_finished_fine_tuning_is_not_taken_for_a_new_one(tmp_path, capsys, tiny_checkpoints):
    """Its clips may be others by now, as after some more review."""
    clips, run = tmp_path / "reviewed", tmp_path / "run"
    recordings(clips, 1)
    labels = checkpoints.manifest("SED").labels
    (clips / "labels.yaml").write_text(json.dumps(labels))
    (clips / "strong.tsv").write_text("filename\tonset\toffset\tevent_label\n0.wav\t0\t1\tDog\n")
    (clips / "splits.tsv").write_text("filename\tsplit\n0.wav\ttest\n")
    shutil.copytree(tiny_checkpoints, run / "checkpoints")
    arguments = ["finetune", "SED", "--data", str(clips), "--out", str(run), "--resamples", "1"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"{run} holds a fine-tuned SED" in error
    assert not (run / "before.json").exists()
    assert main([*arguments, "--resume"]) == 0
    assert (run / "after.json").exists()


def test_a_system_with_consistent_sources_is_not_fine_tuned(tmp_path, tiny_checkpoints):
    """Training does not know of them: the result would be a system of other sources."""
    shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    manifest = tmp_path / "checkpoints" / "systems" / "MixIT-S1.yaml"
    manifest.write_text(
        yaml.safe_dump({**yaml.safe_load(manifest.read_text()), "consistent": True})
    )
    with pytest.raises(JssError, match="MixIT-S1 cannot be fine-tuned: its sources are consistent"):
        finetune("MixIT-S1", "nowhere", tmp_path, folder=tmp_path / "checkpoints")


def test_a_command_of_review_again_takes_the_next_free_folder(tmp_path, capsys, monkeypatch):
    """The command that Review prints names no folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    home = Path("runs/finetune")
    folders = []
    monkeypatch.setattr(
        "jss.training.finetuning.finetune", lambda system, data, out, **_: _stop(folders, out)
    )
    again = ["finetune", "SED", "--data", "data"]
    for arguments in (again, again, again, [*again, "--resume"], [*again, "--out", "mine"]):
        assert main(arguments) == 2
        assert f"Folder of the run: {folders[-1]}\n" in capsys.readouterr().out
        folders[-1].mkdir(parents=True, exist_ok=True)
    names = ["SED", "SED-2", "SED-3", "SED-3"]
    assert folders == [*(home / name for name in names), Path("mine")]
    assert main([*again, "--device", "cuda:99"]) == 2  # not after hours of training
    assert "There is no device cuda:99" in capsys.readouterr().err
    assert len(folders) == 5


def test_nothing_of_a_system_is_read_before_it_is_fine_tuned(tmp_path, monkeypatch):
    """The system was read for its device alone, and again to measure it."""
    loaded, folders = [], []
    monkeypatch.setattr("jss.inference.system.load_system", lambda *_, **__: loaded.append(1))
    monkeypatch.setattr(
        "jss.training.finetuning.finetune", lambda system, data, out, **_: _stop(folders, out)
    )
    (tmp_path / "data").mkdir()
    arguments = ["finetune", "SED", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "a")]
    assert main(arguments) == 2
    assert folders
    assert not loaded


def _stop(folders, out):
    folders.append(out)
    raise JssError("Stopped.")
