"""Tables of scores: groups, order, decimals, best values, and what cannot be measured."""

from __future__ import annotations

from jss.reports import HEADLINE_GROUPS, HEADLINES, EvalReport
from jss.viz.score_tables import best_cells, rounded, score_table


def report(system: str, psds1: float, **more: object) -> EvalReport:
    return EvalReport(
        "tones",
        "test",
        system,
        "teacher",
        2,
        2,
        psds1=psds1,
        intervals={"psds1": [0.1, 0.5]},
        **more,
    )


def test_groups_hold_every_headline_figure_in_its_order():
    assert [name for names in HEADLINE_GROUPS.values() for name in names] == list(HEADLINES)


def test_figures_in_groups_with_the_best_marked():
    separated = {"si_sdri": -0.001, "msi": 2.0, "under": 0.1, "over": 0.5}
    other = {"si_sdri": 3.0, "msi": 2.0, "under": 0.2, "over": 0.4}
    reports = [
        report("A", 0.3001, separation=separated, similarity={"mean": 0.9, "per_clip": {}}),
        report("B", 0.2999, separation=other, similarity={"mean": 0.5, "per_clip": {}}),
        report("C", 0.1),
    ]
    frame = score_table(reports)
    assert list(frame.columns) == [
        ("", "System"),
        ("PSDS, 50 thresholds", "PSDS1"),
        ("Sources", "similarity (Eq. 30)"),
        ("Separation", "SI-SDRi (dB)"),
        ("Separation", "MSi (dB)"),
        ("Separation", "under (share)"),
        ("Separation", "over (share)"),
    ]
    best = best_cells(frame)
    assert best["PSDS, 50 thresholds", "PSDS1"].tolist() == [True, True, False], "equal as shown"
    assert best["Separation", "SI-SDRi (dB)"].tolist() == [False, True, False]
    assert best["Separation", "under (share)"].tolist() == [True, False, False], "less is better"
    assert not best["Sources", "similarity (Eq. 30)"].any()
    written = score_table(reports, ["psds1"], intervals=True)
    assert written.iloc[2].tolist() == ["C", "0.100 (0.100 to 0.500)"]


def test_no_minus_before_zero():
    assert rounded(-0.0001) == "0.000"
    assert rounded(-0.004, 2, sign=True) == "+0.00"
