import numpy as np
import pandas as pd
import pytest
from metric_worlds import World, sed_scores_eval_value

from jss.bench import evaluation, strong_scores
from jss.bench.table import Row, lines
from jss.cli import main
from jss.metrics.psds import PSDS1, PSDS2


def test_rows_as_a_table():
    table = lines(
        [Row("x", "peer", 30.0, 1.0, 20.0), Row("y", "peer", 2.0, 4.0, unit="clips/s", rate=True)]
    )
    assert [cell.strip() for cell in table[2].split("|")[1:-1]] == [
        "x",
        "peer",
        "30 s",
        "1 s",
        "30.0",
        "20",
        "yes",
        "",
    ]
    assert "2.0" in table[3]
    assert Row("z", "peer", 1.0, 1.0, 2.0).met is False
    assert Row("z", "peer", 3.0, 1.0, 2.0).met is True
    assert Row("z", "peer", 3.0, 1.0, 2.0, agrees=False).met is False
    assert len({len(line) for line in table}) == 1


def test_published_detections_that_are_not_there_are_an_error(tmp_path, capsys):
    assert main(["bench", "evaluation", *evaluation.SMALL, "--student", str(tmp_path / "no")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_the_bench_compares_equal_values(monkeypatch, capsys):
    pytest.importorskip("psds_eval")
    pytest.importorskip("sed_scores_eval")
    monkeypatch.setattr(evaluation, "THRESHOLDS", np.array([0.3, 0.5, 0.7]))
    main(["bench", "evaluation", *evaluation.SMALL])
    printed = capsys.readouterr().out
    notes = [
        line.split("|")[8]
        for line in printed.splitlines()
        if "random scores" in line and "|" in line
    ]
    apart = [float(note.split("values differ by")[1].split(";")[0]) for note in notes]
    assert len(apart) == 2
    assert max(apart) < 1e-9
    budgets = [line for line in printed.splitlines() if "20 files x 447 classes" in line]
    assert ["| yes |" in line.replace("  ", "") for line in budgets] == [True] * 3


def test_the_scores_in_files_have_the_peers_values(tmp_path, monkeypatch):
    """Those that the bench draws at AudioSet-Strong's size, where the peer cannot run."""
    pytest.importorskip("sed_scores_eval")
    monkeypatch.setattr(strong_scores, "CLASSES", 12)
    strong_scores.write(tmp_path, 40)
    paths = sorted((tmp_path / "scores").glob("*.npy"))
    drawn = World(
        [f"class {k:03d}" for k in range(12)],
        [path.with_suffix(".wav").name for path in paths],
        np.full(40, strong_scores.SECONDS),
        [np.load(path).T for path in paths],
        pd.read_csv(tmp_path / "ground_truth.tsv", sep="\t"),
        strong_scores.HOP,
        strong_scores.SECONDS,
    )
    theirs = [sed_scores_eval_value(drawn, scenario)[0] for scenario in (PSDS1, PSDS2)]
    assert strong_scores.values(tmp_path) == pytest.approx(theirs, abs=1e-9)
    assert min(theirs) > 0.01
