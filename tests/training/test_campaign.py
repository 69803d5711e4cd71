"""A campaign trains its rows in order, each from what the rows above it selected."""

from __future__ import annotations

import pytest

from jss import checkpoints, cli
from jss.commands.campaign import CAMPAIGNS
from jss.config import load_preset
from jss.errors import JssError
from jss.training import campaign, experiment
from jss.training.stages import split
from jss.training.weak_stages import WEAK_STAGES

PLAN = """
preset: smoke
settings: [data.workers=0, detection.epochs=1]
rows:
  - {name: first, trains: SED}
  - {name: second, trains: SED, start: [first], settings: [stages.SED.detector=sed-detector-student]}
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


@pytest.mark.slow
def test_rows_go_on_from_one_another(plan, tmp_path, one_thread, capsys):
    out = tmp_path / "out"
    assert cli.main(["campaign", str(plan), "--out", str(out), "--status"]) == 0
    assert capsys.readouterr().out.count("waiting") == 2
    assert cli.main(["campaign", str(plan), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("finished") == 2
    assert "teacher objective" in printed
    second = checkpoints.load_card("sed-detector-teacher", out / "second" / "checkpoints")
    first = checkpoints.load_card("sed-detector-teacher", out / "first" / "checkpoints")
    assert second.settings["stage"]["detector"] == second.parent == "sed-detector-student"
    assert first.sha256 != second.sha256
    student = checkpoints.load_card("sed-detector-student", out / "second" / "checkpoints")
    assert student.parent is None  # it goes on with its own training
    rows = list(campaign.progress(campaign.read(plan), out))
    assert rows[0].clips == rows[1].clips > 0
    assert rows[0].hours > 0


def test_finished_rows_are_not_trained_again(plan, tmp_path, one_thread, monkeypatch):
    for name in ("first", "second"):
        systems = tmp_path / "out" / name / "checkpoints" / "systems"
        systems.mkdir(parents=True)
        (systems / "SED.yaml").write_text("")
    monkeypatch.setattr(experiment, "JointTrainings", None)
    campaign.run(campaign.read(plan), "synthscapes", tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "trains", "block", "setting"),
    [
        ("smoke", "MixIT", "mixit-separator", "stages.MixIT.separator=mixit-separator"),
        ("weak_smoke", "weak-strong", "weak-strong", "stages.weak-strong.start=weak-strong"),
    ],
)
def test_a_block_goes_on_with_its_own_training(
    tmp_path, one_thread, preset, trains, block, setting
):
    path, out = tmp_path / "plan.yaml", tmp_path / "out"
    path.write_text(
        f"preset: {preset}\nsettings: [data.workers=0, separation.epochs=1, weak.epochs=1]\nrows:\n"
        f"  - {{name: first, trains: {trains}}}\n"
        f"  - {{name: second, trains: {trains}, start: [first], settings: [{setting}]}}\n"
    )
    assert cli.main(["campaign", str(path), "--out", str(out)]) == 0
    rows = list(campaign.progress(campaign.read(path), out))
    assert [row.state for row in rows] == ["finished", "finished"]
    assert rows[0].clips == rows[1].clips > 0
    first, second = (
        checkpoints.load_card(block, out / name / "checkpoints") for name in ("first", "second")
    )
    assert first.sha256 != second.sha256
    assert second.parent is None  # it goes on with its own training


def test_a_row_that_ends_while_blocks_are_copied_is_not_finished(tmp_path, monkeypatch):
    """Its folder has the block that it was to go on from, and nothing that it has trained."""
    path, out = tmp_path / "plan.yaml", tmp_path / "out"
    path.write_text(
        "preset: weak_smoke\nrows:\n  - {name: first, trains: weak-strong}\n"
        "  - {name: second, trains: weak-strong, start: [first]}\n"
    )
    blocks = out / "first" / "checkpoints" / "blocks"
    blocks.mkdir(parents=True)
    for name in ("weak-strong.json", "weak-strong.safetensors"):
        (blocks / name).write_text("")

    def copy_one_and_die(source, target):
        target.write_text("")
        raise KeyboardInterrupt

    monkeypatch.setattr(campaign.shutil, "copy2", copy_one_and_die)
    plan = campaign.read(path)
    with pytest.raises(KeyboardInterrupt):
        campaign.run(plan, "synthscapes", out)
    assert [row.state for row in campaign.progress(plan, out)] == ["finished", "waiting"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("start: [first]", "start: [third]"),
            "second starts from third, which is no row above it",
        ),
        (("name: second", "name: first"), "two rows are named first"),
        (
            ("trains: SED, start", "trains: weak-frmae, start"),
            "second: There is no way .*weak-frame",
        ),
        (
            ("trains: SED, start", "trian: SED, start"),
            r"unknown key 'rows\[1\].trian': known are name, trains",
        ),
        (
            ("preset: smoke", "colour: red"),
            "unknown key 'colour': known are preset, rows, settings",
        ),
    ],
)
def test_a_wrong_file_is_a_sentence(plan, change, sentence):
    plan.write_text(PLAN.replace(*change))
    with pytest.raises(JssError, match=sentence):
        campaign.read(plan)


@pytest.mark.parametrize(("name", "preset"), [("desk", "gpu"), ("weak", "weak_desk")])
def test_a_shipped_campaign_is_whole(name, preset):
    shipped = campaign.read(CAMPAIGNS / f"{name}.yaml")
    assert [shipped.config(row).name for row in shipped.rows] == [preset] * len(shipped.rows)


def test_the_status_of_a_history_without_numbers(tmp_path, capsys):
    path, run = tmp_path / "plan.yaml", tmp_path / "out" / "first" / "MixIT"
    path.write_text("preset: smoke\nrows:\n- {name: first, trains: MixIT}\n")
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("{system: MixIT, config: {}, epochs: 2}\n")
    (run / "history.csv").write_text("epoch,steps,validation_loss\n1,2,inf\n")
    for expected in ("0.0  \n", "validation loss -1.500"):
        assert cli.main(["campaign", str(path), "--out", str(tmp_path / "out"), "--status"]) == 0
        assert expected in capsys.readouterr().out
        (run / "history.csv").write_text("epoch,steps,validation_loss\n1,2,inf\n2,4,-1.5\n")


def test_the_columns_of_a_status_are_as_wide_as_their_names(tmp_path, capsys):
    out = ["--out", str(tmp_path / "out"), "--status"]
    assert cli.main(["campaign", "desk", *out]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert {row.index(" waiting") for row in rows} == {head.index(" state")}


def test_each_judged_separator_starts_from_a_row_of_its_critic():
    rows = campaign.read(CAMPAIGNS / "weak.yaml").rows
    for row in rows:
        critic = WEAK_STAGES[row.trains].critic
        assert critic is None or critic in row.start


def test_no_student_of_the_shipped_campaign_comes_from_a_teacher():
    for row in campaign.read(CAMPAIGNS / "desk.yaml").rows:
        if split(row.trains)[1] != "teacher":
            assert not [word for word in row.settings if "-teacher" in word], row.name


@pytest.mark.parametrize(
    ("trains", "setting", "clips"),
    [
        ("SED", "detection.batch=[3, 2, 1]", 6),
        ("SSep-SED-DCASE", "detection.batch=[3, 2, 1]", 320),  # its row has a batch of its own
        ("SSep-SED-DCASE", "stages.SSep-SED-DCASE.batch=[3, 2, 1]", 6),
        ("MixIT", "separation.batch=3", 3),
        ("weak-frame", "stages.weak-frame.batch=5", 5),
    ],
)
def test_clips_of_a_step(trains, setting, clips):
    assert campaign._batch(trains, load_preset("smoke", (setting,))) == clips
