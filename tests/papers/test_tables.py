from jss.papers.claims import in_paper
from jss.papers.tables import (
    jss_results,
    printed_table,
    weak_classification,
    weak_separation,
)


def test_jss_tables_are_as_printed():
    figures = jss_results()
    assert figures.groupby("table").size().to_dict() == {2: 9 * 2 * 2, 3: 8 * 2, 4: 9 * 2, 5: 8}
    assert not figures.isna().any().any()
    row = figures.query(
        "table == 2 and set == 'DESED Public' and system == 'DESED-S2' and selection == 'teacher'"
    )
    assert row[["psds1", "psds2", "event_f1"]].to_numpy().tolist() == [[0.391, 0.638, 0.4341]]
    last = figures.query("table == 5 and system == 'SED Bs + DESED(S1+S2+JT)'")
    assert last[["psds1", "psds2", "event_f1"]].to_numpy().tolist() == [[0.205, 0.397, 0.2759]]


def test_weak_label_tables_are_as_printed():
    one, two = weak_separation(), weak_classification()
    assert one.groupby("row").label.nunique().to_dict() == {
        "input": 6,
        "strong": 6,
        "frame": 6,
        "clip": 6,
    }
    overall = one[one.label == "overall"].set_index("row")
    assert overall["mean"].to_dict() == {"input": -4.5, "strong": 9.0, "frame": 6.8, "clip": 5.6}
    assert overall["sd"].to_dict() == {"input": 4.9, "strong": 8.6, "frame": 6.3, "clip": 5.9}
    assert two.query("level == 'clip' and label == 'gun_shot'").f_measure.tolist() == [0.949]
    assert len(two) == 10


def test_names_of_the_paper():
    assert in_paper("MixIT-S1") == "DESED-S1"
    assert in_paper("SED + MixIT-S2 + MixIT-JT") == "SED Bs + DESED(S2+JT)"
    assert in_paper("SED + MixIT-JT+") is None


def test_tables_in_the_papers_arrangement():
    frame, best = printed_table(jss_results(), 2)
    assert frame.shape == (9, 1 + 2 * 2 * 3)
    row = frame.set_index(("", "System")).loc["DESED-S2"]
    assert row["DESED Validation, teacher"].tolist() == ["0.362", "0.572", "43.40"]
    assert best["DESED Validation, teacher", "PSDS1"].tolist() == [False] * 8 + [True]
    frame, best = printed_table(jss_results(), 3)
    assert frame["", "System"].iloc[0] == "SSep-SED Bs"
    assert best["DESED Public", "F1 (%)"].tolist() == [True] + [False] * 7
