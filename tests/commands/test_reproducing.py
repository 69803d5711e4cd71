"""What is shipped says how it was measured, and measures the same again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from jss.cli import main
from jss.data.manifest import rendered_by
from jss.errors import JssError
from jss.reports import HEADLINES, EvalReport

pytest.importorskip("torch")

SHIPPED = Path(__file__).parents[2] / "checkpoints" / "reports"
REPORTS = sorted(SHIPPED.rglob("*.json"))


@pytest.fixture(autouse=True)
def _shipped(monkeypatch):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(SHIPPED.parent))


@pytest.mark.slow
def test_every_shipped_report_has_its_commands():
    assert REPORTS
    for path in REPORTS:
        report = EvalReport.load(path)
        render, evaluate = report.settings["reproduce"]
        assert render.startswith(f"python -m jss render {report.dataset} DATA ")
        assert f"{report.subset.removesuffix('_overlap')}=" in render
        assert f" --system {report.system} --selection {report.selection} --data DATA " in evaluate
        assert f" --subset {report.subset} --dataset {report.dataset} " in evaluate


@pytest.mark.slow
def test_the_commands_of_a_shipped_report_give_its_figures(tmp_path, capsys):
    """Of the baseline on synthscapes, which needs no recordings: 1e-3 on any machine."""
    shipped_report = EvalReport.load(SHIPPED / "synthscapes" / "SED.json")
    places = {"DATA": str(tmp_path / "set"), "{system}.json": str(tmp_path / "report.json")}
    for command in shipped_report.settings["reproduce"]:
        words = shlex.split(command.removeprefix("python -m jss "))
        words += ["--no-cache"] if words[0] == "evaluate" else []
        assert main([places.get(word, word) for word in words]) == 0
    again = EvalReport.load(tmp_path / "report.json")
    assert again.bootstrap["clips"] == shipped_report.bootstrap["clips"]
    assert again.settings["reproduce"] == shipped_report.settings["reproduce"]
    for name in HEADLINES:
        assert again.headline(name) == pytest.approx(shipped_report.headline(name), abs=1e-3), name


@pytest.mark.slow
def test_listed(capsys):
    assert main(["list", "reports"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "synthscapes validation, SED (teacher), 50 of 50 files" in lines
    assert sum(line.startswith("  python -m jss evaluate ") for line in lines) == len(REPORTS)


def test_nobodys_manifest_becomes_a_command_of_the_shell(tmp_path):
    good = {
        "set": "synthscapes",
        "seed": 1,
        "sources": False,
        "clips": {"validation": 2, "weak": 0},
    }
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(good))
    assert (
        rendered_by(tmp_path)
        == "python -m jss render synthscapes DATA --clips 0 validation=2 --seed 1 --no-sources"
    )
    for bad in (
        {"set": "homescapes DATA; touch x #\n"},
        {"clips": {"$(touch x)": 1}},
        {"seed": "x"},
        {"clips": []},
    ):
        manifest.write_text(json.dumps(good | bad))
        assert rendered_by(tmp_path) is None
    assert rendered_by(tmp_path / "nowhere") is None


def test_commands_that_are_no_list_are_no_report():
    stored = EvalReport.load(REPORTS[0]).as_dict()
    stored["settings"]["reproduce"] = "abc"
    with pytest.raises(JssError, match="evaluate again"):
        EvalReport.from_dict(stored)
