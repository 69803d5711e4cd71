"""Tables can contain every name that a file may have, and tables without quoting are read."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jss.errors import JssError
from jss.io import cells, tsv
from jss.io.tsv import ClipNames

#: All possible file names: any bytes but a slash and a zero byte.
NAMES = st.binary(min_size=1, max_size=60).map(os.fsdecode).filter(
    lambda name: "/" not in name and "\0" not in name and name not in (".", "..")
)  # fmt: skip
ODD = ['5" pipe.wav', '"', '""', '"a"', "a\tb", "a\nb.wav", "a\r\nb", " a", "a ", "\ud8ff"[:0] + "x",
       "\udce9t\udce9.wav", "日本.wav", "a,b;c", '"a\tb" c', "\u2028", "\x85", "\x0c", "-", "#x"]  # fmt: skip


@given(st.lists(st.lists(NAMES | st.sampled_from(ODD), min_size=2, max_size=4), max_size=5))
def test_round_trip(table):
    text = "".join(map(cells.row, table))
    assert [row for _, row in cells.rows(text)] == table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('5" pipe.wav\t1\n', ['5" pipe.wav', "1"]),
        ('"5"" pipe.wav"\t1\n', ['5" pipe.wav', "1"]),
        ('"x" y.wav\t"z\n', ['"x" y.wav', '"z']),
        (' a \t" b"\r\n', ["a", " b"]),
        ('\t"\t\n', ["", '"', ""]),
    ],
)
def test_foreign_tables(text, expected):
    assert [row for _, row in cells.rows(text)] == [expected]


def test_line_numbers_after_multiline_cells():
    text = 'h\tx\r\n"a\nb"\t1\n\n"c\r\nd"\t2\re\t"3\n'
    result = list(cells.rows(text))
    assert [number for number, _ in result] == [1, 2, 5, 7]
    assert [row[0] for _, row in result] == ["h", "a\nb", "c\r\nd", "e"]


@pytest.mark.parametrize("name", ODD)
def test_round_trip_through_a_file(tmp_path, name):
    path = tmp_path / "a.tsv"
    tsv.write_table(path, ("filename", "duration"), [(name, "1"), ("other", "2")])
    assert tsv.read_durations(path) == {name: 1.0, "other": 2.0}
    assert tsv.read_table(path, ("filename",))["filename"].tolist() == [name, "other"]


def test_names_in_folders():
    known = ClipNames(["mon/0001.flac", "tue/0001.flac", "tue/0002.flac", "x.wav"])
    assert known.find("tue/0001.wav") == "tue/0001.flac"
    assert known.find("scores/mon/0001") == "mon/0001.flac"
    assert known.find("tue\\0001.flac") == "tue/0001.flac"
    assert known.find("0002") == "tue/0002.flac"
    assert known.find("mon/0002") is None
    assert known.find("audio/real/x") == "x.wav"
    with pytest.raises(JssError, match="may be any of 2 files"):
        known.find("0001.flac")


def test_names_that_differ_in_the_suffix():
    known = ClipNames(["a.wav", "a.flac", "Yb_1.000_2.000"])
    assert known.find("a.flac") == "a.flac"
    assert known.find("b_1.000_2.000.wav") == "Yb_1.000_2.000"
    # As a program names it that was given the folder above.
    assert known.find("rec/a.wav") == known.find("rec\\a.wav") == "a.wav"
    assert ClipNames(["mon/a.wav", "mon/a.flac"]).find("a.flac") == "mon/a.flac"
    with pytest.raises(JssError, match="may be any of 2 files"):
        known.find("a")
    with pytest.raises(JssError, match="may be any of 2 files"):
        known.find("rec/a.mp3")


@given(st.floats(min_value=0, max_value=1))
def test_thresholds_as_python_prints_them(value):
    result = tsv._POINT.search(f"det_th_{value}.tsv")
    assert result is not None
    assert float(result[1]) == value
