from jss.published import tables


def test_the_tables_are_complete_and_as_printed():
    figures = tables()
    assert figures.groupby("table").size().to_dict() == {2: 9 * 2 * 2, 3: 8 * 2, 4: 9 * 2, 5: 8}
    assert not figures.isna().any().any()
    row = figures.query("table == 2 and set == 'DESED Public' and system == 'DESED-S2' and selection == 'teacher'")
    assert row[["psds1", "psds2", "event_f1"]].to_numpy().tolist() == [[0.391, 0.638, 0.4341]]
    last = figures.query("table == 5 and system == 'SED Bs + DESED(S1+S2+JT)'")
    assert last[["psds1", "psds2", "event_f1"]].to_numpy().tolist() == [[0.205, 0.397, 0.2759]]
