from __future__ import annotations

import math
import os

import pytest

from jss import checkpoints
from jss.config import load_preset
from jss.errors import JssError
from jss.io import histories
from jss.training import runs
from jss.training.cards import save_note


def note(folder, system, epochs):
    save_note(folder, system, ("bank", "FUSS"), epochs, load_preset("smoke"))


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


def test_runs_are_found_with_their_plan_and_whether_they_go_on(tmp_path):
    note(tmp_path / "desk" / "SED", "SED", 40)
    note(tmp_path / "desk" / "MixIT", "MixIT", 12)
    note(tmp_path / "desk" / "MixIT-S1", "MixIT-S1", 2)
    histories.save(
        tmp_path / "desk" / "MixIT-S1" / "history.csv", [{"epoch": e} for e in (1.0, 2.0)]
    )
    histories.save(tmp_path / "desk" / "SED" / "history.csv", [{"epoch": 1.0}])
    for path in (tmp_path / "desk" / "MixIT").iterdir():
        os.utime(path, (1e9, 1e9))
    found = {run.name: run for run in runs.find(tmp_path)}
    assert list(found)[-1] == "desk/MixIT", "the last written come first"
    assert {run.data for run in found.values()} == {"bank, FUSS"}
    assert {name: (run.system, run.epochs, run.running) for name, run in found.items()} == {
        "desk/SED": ("SED", 40, True),
        "desk/MixIT": ("MixIT", 12, False),
        "desk/MixIT-S1": ("MixIT-S1", 2, False),
    }


def test_a_foreign_config_is_told(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "config.yaml").write_text("model: big\n")
    with pytest.raises(JssError, match="is not of a training run"):
        runs.find(tmp_path)


@pytest.mark.slow
def test_a_trained_block_keeps_its_epochs_beside_its_card(smoke):
    kept = checkpoints.load_history("mixit-s1-detector-teacher", smoke.checkpoints)
    (run,) = (run for run in runs.find(smoke.out) if run.system == "MixIT-S1-teacher")
    assert len(kept) == len(run.history) == smoke.config.detection.epochs
    assert kept[0]["teacher_objective"] == pytest.approx(
        run.history[0]["teacher_objective"], rel=1e-4
    )
    assert (
        runs.selected_epochs(kept)["teacher"]
        == checkpoints.load_card("mixit-s1-detector-teacher", smoke.checkpoints).epoch
    )
    assert checkpoints.load_history("nobody", smoke.checkpoints) == []
