from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from jss.config import load_preset
from jss.errors import JssError
from jss.io import histories
from jss.training import runs
from jss.training.cards import save_note


def note(folder, system, epochs):
    save_note(folder, system, ("bank", "FUSS"), epochs, load_preset("smoke"))


def test_going_on_with_other_settings_is_reported(tmp_path, caplog):
    """A resumed run took the new settings in silence."""
    note(tmp_path, "SED", 3)
    note(tmp_path, "SED", 3)
    assert not caplog.messages
    config = load_preset("smoke", ("seed=7", "detection.ema=0.5"))
    save_note(tmp_path, "SED", ("bank", "FUSS"), 4, config)
    (message,) = caplog.messages
    assert message == (
        f"{tmp_path} goes on with other settings than before: epochs 3, now 4; config.seed 42, now 7; "
        f"config.detection.ema {load_preset('smoke').detection.ema}, now 0.5"
    )


def test_the_epochs_that_the_equations_choose():
    history = [
        {"epoch": 1.0, "student_objective": 0.5, "teacher_objective": math.nan},
        {"epoch": 2.0, "student_objective": 0.7, "teacher_objective": 0.6},
        {"epoch": 3.0, "student_objective": 0.6, "teacher_objective": 0.8},
    ]
    assert runs.selected_epochs(history) == {"student": 2, "teacher": 3}
    assert runs.selected_epochs(
        [{"epoch": 1.0, "validation_loss": -3.0}, {"epoch": 2.0, "validation_loss": -4.0}]
    ) == {"separator": 2}
    assert (
        runs.selected_epochs([])
        == runs.selected_epochs([{"epoch": 1.0, "student_objective": math.nan}])
        == {}
    )


def test_runs_are_found_with_their_plan_and_those_that_run_first(tmp_path):
    note(tmp_path / "desk" / "SED", "SED", 40)
    note(tmp_path / "desk" / "MixIT", "MixIT", 12)
    note(tmp_path / "desk" / "MixIT-S1", "MixIT-S1", 2)
    histories.save(
        tmp_path / "desk" / "MixIT-S1" / "history.csv", [{"epoch": e} for e in (1.0, 2.0)]
    )
    histories.save(tmp_path / "desk" / "SED" / "history.csv", [{"epoch": 1.0}])
    for path in (tmp_path / "desk" / "MixIT").iterdir():
        os.utime(path, (1e9, 1e9))
    result = runs.find(tmp_path)
    assert result.faults == []
    assert {run.data for run in result.runs} == {"bank, FUSS"}
    assert [(run.name, run.system, run.epochs, run.state) for run in result.runs] == [
        ("desk/SED", "SED", 40, "running"),
        ("desk/MixIT-S1", "MixIT-S1", 2, "ended"),
        ("desk/MixIT", "MixIT", 12, "interrupted"),
    ]


@pytest.mark.slow
def test_a_run_runs_as_long_as_its_process(tmp_path):
    note(tmp_path / "SED", "SED", 40)

    def state():
        return runs.read(tmp_path / "SED", tmp_path).state

    code = (
        "import sys, time; from pathlib import Path; from jss.training import runs\n"
        "with runs.training(Path(sys.argv[1])): print(flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "SED")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert state() == "running"
        with pytest.raises(JssError, match="is being trained by another process"):
            runs.training(tmp_path / "SED").__enter__()
        process.kill()
    assert state() == "interrupted"
    with pytest.raises(KeyboardInterrupt), runs.training(tmp_path / "SED"):
        raise KeyboardInterrupt
    assert state() == "interrupted"
    with runs.training(tmp_path / "SED"):  # resumed
        assert state() == "running"
    assert state() == "ended", "also where it ended before the planned epochs"


def test_a_damaged_run_is_a_sentence_and_the_others_are_found(tmp_path):
    note(tmp_path / "SED", "SED", 40)
    for name, text in (("foreign", "model: big\n"), ("half", "system: [SED")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text)
    note(tmp_path / "table", "SED", 40)
    (tmp_path / "table" / "history.csv").write_text("epoch,loss\n1,x,2\n")
    result = runs.find(tmp_path)
    assert [run.name for run in result.runs] == ["SED"]
    foreign, half, table = result.faults
    assert "The run foreign is left out" in foreign
    assert "is not of a training run" in foreign
    assert "cannot be read as YAML" in half
    assert "is not the history of a training run" in table
