"""What there is, a line each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jss.cli import main
from jss.commands.render import SETS
from jss.data.datasets.sets import DATASETS
from jss.data.soundscapes.homescapes import SUBSETS


def listed(capsys, what: str) -> list[str]:
    assert main(["list", what]) == 0
    return capsys.readouterr().out.splitlines()


def test_systems(capsys, monkeypatch, tiny_checkpoints, tmp_path):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    lines = listed(capsys, "systems")
    assert [line.split()[0] for line in lines] == ["SED", "MixIT-S1"]
    assert "Separates, then detects." in lines[1]
    assert "reports: none" in lines[1]
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    assert listed(capsys, "systems") == ["There are no systems here."]


def test_systems_with_reports(capsys, monkeypatch, tiny_checkpoints, tmp_path):
    import shutil

    folder = shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    for name in ("synthscapes", "homescapes"):
        (folder / "reports" / name).mkdir(parents=True)
        (folder / "reports" / name / "SED.json").write_text("{}")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    assert "teacher, student; reports: homescapes, synthscapes" in listed(capsys, "systems")[0]
    (folder / "systems" / "SED.yaml").write_text("name: SED\ncolour: red\n")
    assert main(["list", "systems"]) == 2
    assert "jss: " in capsys.readouterr().err


def test_a_remark_of_several_systems_stands_once(capsys):
    lines = listed(capsys, "systems")
    remark = (
        "Its training began from teacher networks; in the paper a student begins from students."
    )
    assert [line for line in lines if remark in line] == [f"(1) {remark}"]
    assert "[student (1), teacher; reports: " in lines[0]
    assert any("[student (1), teacher (3); reports: " in line for line in lines)  # MixIT-JT


def test_datasets(capsys):
    text = "\n".join(listed(capsys, "datasets"))
    for name in (*SETS, "examples", *SUBSETS, *DATASETS):
        assert name in text


def test_presets(capsys):
    lines = listed(capsys, "presets")
    assert {"desk", "paper", "smoke"} <= {line.split()[0] for line in lines}
    assert len({line.index(line.split(maxsplit=1)[1]) for line in lines}) == 1, "one column"


def test_the_seven_fusions_of_the_tables(capsys):
    heading, *lines = listed(capsys, "fusions")
    assert heading.startswith("DATA stands for")
    assert len(lines) == 2 * 7
    command = "evaluate --fusion --system SED --system MixIT-S1 --data DATA --subset validation"
    assert lines[0].endswith(f" jss {command}")
    assert any(line.startswith("SED + MixIT-S1 + MixIT-S2 + MixIT-JT ") for line in lines)


def test_equations(capsys):
    lines = listed(capsys, "equations")
    assert any(
        line.startswith("JSS Eq. 15") and "jss.losses.pit.pit_loss" in line for line in lines
    )


@pytest.mark.slow
def test_the_claims_of_the_documentation_are_those_of_the_reports(capsys):
    page = Path(__file__).parents[2] / "docs" / "claims.md"
    assert page.read_text(encoding="utf-8").splitlines() == listed(capsys, "claims"), (
        "the reports have changed: run jss list claims > docs/claims.md"
    )


def test_claims_without_a_report_of_single_clips(capsys, monkeypatch, tmp_path):
    """It was a traceback."""
    reports = Path(__file__).parents[2] / "checkpoints" / "reports" / "homescapes-overlap"
    (tmp_path / "reports").mkdir()
    shutil.copy(reports / "SED.json", tmp_path / "reports")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    assert listed(capsys, "claims") == ["There are no claims here."]
