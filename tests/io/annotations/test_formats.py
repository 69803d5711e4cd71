"""Annotation formats: round trips, readers that are not ours, and files as people have them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from odd_names import part

from jss.errors import JssError
from jss.io.annotations import formats, label_studio
from jss.io.annotations.formats import FORMATS

pytestmark = pytest.mark.filterwarnings("ignore")
ODD = ["mon/a b.wav", 'tue/5" pipe.wav', "tue/a\tb.wav", "日本/ünï.flac", "mon/empty.wav"]
DURATIONS = dict.fromkeys(ODD, 60.25)


def plain(rows):
    return pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])


@pytest.fixture
def events():
    rows = [
        (ODD[0], 0.0, 1.5, "Speech"),
        (ODD[0], 1.0, 2.25, "Speech"),  # overlaps its own class
        (ODD[0], 1.5, 9.123456, 'Door "front", open'),
        (ODD[1], 3.5, 3.5, "Kettle\xa0é"),  # no length
        (ODD[2], 59.0, 60.25, "猫 it's"),
        (ODD[3], 0.1, 0.1004, "Speech"),
        (ODD[4], np.nan, np.nan, None),
    ]
    return plain(rows)


def sorted_rows(table):
    rows = [
        (f.removesuffix(".wav").removesuffix(".flac"), on, off, label or "")
        for f, on, off, label in table[["filename", "onset", "offset", "event_label"]].itertuples(
            index=False
        )
    ]
    return sorted(rows, key=lambda r: (r[0], r[3], r[1] if r[3] else 0.0, r[2] if r[3] else 0.0))


def assert_same(a, b):
    a, b = sorted_rows(a), sorted_rows(b)
    assert [(r[0], r[3]) for r in a] == [(r[0], r[3]) for r in b]
    for x, y in zip(a, b, strict=True):
        assert x[1:3] == pytest.approx(y[1:3], abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("name", FORMATS)
def test_round_trip(name, events, tmp_path):
    formats.write(events, FORMATS[name], tmp_path / "out", DURATIONS)
    assert_same(formats.read(tmp_path / "out"), events)  # recognised by what it begins like
    assert_same(formats.read(tmp_path / "out", name), events)


@pytest.mark.parametrize("name", [name for name, f in FORMATS.items() if f.several])
def test_round_trip_in_one_file_keeps_names_and_confidence(name, events, tmp_path):
    events = events[events["event_label"].notna()]
    events["confidence"] = np.linspace(0.5, 1, len(events))
    out = tmp_path / f"all{FORMATS[name].suffix}"
    formats.write(events, FORMATS[name], out, DURATIONS)
    back = formats.read(out)
    assert_same(back, events)
    assert set(back["filename"]) == set(events["filename"])
    assert sorted(back["confidence"]) == pytest.approx(sorted(events["confidence"]), abs=1e-5)


TIMES = st.floats(0, 1e5).map(lambda t: round(t, 4))
NAMES = st.lists(part(6), min_size=1, max_size=2).map("/".join)
LABELS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NAMES, TIMES, TIMES, LABELS), min_size=1, max_size=4))
@example([("a", 0.0, 0.0, "0"), ("a/a", 1.2031, 1.2031, "0")])  # no length, after another file
def test_any_legal_name_survives(tmp_path_factory, rows):
    rows = [
        (f"{n}.wav", min(a, b), max(a, b), label)
        for n, a, b, label in rows
        if n.strip() == n and n not in (".", "..") and "\n" not in n and "\r" not in n
    ]
    for name in ("tsv", "raven", "labelstudio") if rows else ():
        out = tmp_path_factory.mktemp("x") / f"all{FORMATS[name].suffix}"
        formats.write(plain(rows), FORMATS[name], out, {r[0]: 1e5 for r in rows})
        assert_same(formats.read(out, name), plain(rows))


def test_praatio_reads_our_textgrids(events, tmp_path):
    textgrid = pytest.importorskip("praatio.textgrid")
    formats.write(events, FORMATS["textgrid"], tmp_path, DURATIONS)
    grid = textgrid.openTextgrid(str(tmp_path / "mon/a b.TextGrid"), includeEmptyIntervals=False)
    assert grid.maxTimestamp == 60.25
    entries = [entry for tier in grid.tiers for entry in tier.entries]
    assert [(e.start, e.end, e.label) for e in entries] == [
        (0.0, 1.5, "Speech"),
        (1.0, 2.25, "Speech"),
        (1.5, 9.123456, 'Door "front", open'),
    ]
    points = textgrid.openTextgrid(str(tmp_path / 'tue/5" pipe.TextGrid'), False)
    assert [tuple(e) for tier in points.tiers for e in tier.entries] == [(3.5, "Kettle\xa0é")]
    assert textgrid.openTextgrid(str(tmp_path / "mon/empty.TextGrid"), False).maxTimestamp == 60.25


@pytest.mark.parametrize("kind", ["short_textgrid", "long_textgrid"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_we_read_what_praatio_writes(tmp_path, kind, encoding):
    textgrid = pytest.importorskip("praatio.textgrid")
    grid = textgrid.Textgrid(0, 4)
    grid.addTier(
        textgrid.IntervalTier("x ! y", [(0.5, 1.25, 'say "!"'), (2, 3, "é <1>")], minT=0, maxT=4)
    )
    grid.addTier(textgrid.PointTier("bell", [(3.5, "ding")], minT=0, maxT=4))
    path = tmp_path / "a.TextGrid"
    grid.save(str(path), kind, includeBlankSpaces=True)
    path.write_text(
        path.read_text(encoding="utf-8").replace("\n", "\r\n"), encoding=encoding, newline=""
    )
    rows = [("a", 0.5, 1.25, 'say "!"'), ("a", 2, 3, "é <1>"), ("a", 3.5, 3.5, "ding")]
    assert_same(formats.read(path), plain(rows))


def test_crowsetta_reads_ours(events, tmp_path):
    crowsetta = pytest.importorskip("crowsetta")
    for name in ("raven", "audacity", "textgrid"):
        formats.write(events, FORMATS[name], tmp_path / name, DURATIONS)
    times = [(0.0, 1.5), (1.0, 2.25), (1.5, 9.123456)]
    boxes = crowsetta.formats.bbox.Raven.from_file(tmp_path / "raven/mon/a b.selections.txt")
    assert [(b.onset, b.offset) for b in boxes.to_bbox()] == times
    assert [b.label for b in boxes.to_bbox()] == ["Speech", "Speech", 'Door "front", open']
    labels = crowsetta.formats.seq.AudSeq.from_file(tmp_path / "audacity/mon/a b.txt")
    assert [*zip(labels.start_times, labels.end_times, strict=True)] == times
    grid = crowsetta.formats.seq.TextGrid.from_file(tmp_path / "textgrid/tue/a\tb.TextGrid")
    assert [(i.xmin, i.xmax, i.text) for i in grid.tiers[0].intervals] == [(59.0, 60.25, "猫 it's")]


def test_label_studio_tasks_have_the_published_layout(events, tmp_path):
    formats.write(events, FORMATS["labelstudio"], tmp_path, DURATIONS)
    tasks = json.loads((tmp_path / "events.json").read_text())
    assert tasks[0]["data"]["audio"] == "/data/local-files/?d=mon/a%20b.wav"
    assert tasks[0]["predictions"][0]["result"][2] == {
        "id": "event3",
        "from_name": "label",
        "to_name": "audio",
        "type": "labels",
        "original_length": 60.25,
        "value": {
            "start": 1.5,
            "end": 9.123456,
            "channel": 0,
            "labels": ['Door "front", open'],
        },
    }
    config = label_studio.configuration(events)
    assert "<Label value='Door \"front\", open'/>" in config


def test_label_studio_exports(tmp_path):
    region = {"start": 1, "end": 2.5, "channel": 0, "labels": ["Dog", "Cat"]}
    result = [
        {"type": "labels", "value": region, "original_length": 9},
        {"type": "choices", "value": {"choices": ["noisy"]}},
    ]
    other = [{"type": "labels", "value": region | {"labels": ["Fox"]}}]
    tasks = [
        {
            "id": 1,
            "data": {"audio": "/data/upload/3/0a1b2c3d-my%20dog.wav"},
            "annotations": [
                {"result": result},
                {"result": other, "was_cancelled": True},
            ],
            "predictions": [{"result": other}],
        },
        {"data": {"audio": "https://x.org/s/b.mp3?t=1"}, "annotations": [{"result": []}]},
        {"data": {"url": "s3://bucket/c.wav"}, "predictions": [{"result": other}]},
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    want = [
        ("my dog", 1, 2.5, "Dog"),
        ("my dog", 1, 2.5, "Cat"),
        ("s/b.mp3", np.nan, np.nan, None),
        ("c", 1, 2.5, "Fox"),
    ]
    assert_same(formats.read(path), plain(want))
    small = [{"audio": "/data/upload/3/0a1b2c3d-d.wav", "id": 1, "label": [region]}]
    path.write_text(json.dumps(small))
    assert_same(formats.read(path), plain([("d", 1, 2.5, "Dog"), ("d", 1, 2.5, "Cat")]))


def test_label_studio_regions_without_a_label_are_counted(tmp_path, caplog):
    """Not choices of the recording, and not the texts and choices of a region that has a label."""
    span, drawn = {"start": 1, "end": 2.5, "channel": 0}, {"start": 4, "end": 5}
    values = [
        span | {"text": ["barks"]},
        span | {"labels": ["Dog"]},
        span | {"choices": ["near"]},
        {"choices": ["noisy"]},
        drawn,
        drawn | {"text": ["what is it?"]},
        {"start": 6, "end": 7, "labels": []},
    ]
    task = {
        "data": {"audio": "a.wav"},
        "annotations": [{"result": [{"value": value} for value in values]}],
    }
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]))
    assert_same(formats.read(path), plain([("a", 1, 2.5, "Dog")]))
    said = "export.json has 2 regions without a label, left out here:"
    assert said in caplog.text
    path = tmp_path / "min.json"
    path.write_text(json.dumps([{"audio": "a.wav", "label": values}]))
    assert_same(formats.read(path), plain([("a", 1, 2.5, "Dog")]))
    assert said.replace("export", "min") in caplog.text


def test_label_studio_recordings_that_begin_with_their_date(tmp_path):
    addresses = (
        "/data/local-files/?d=20240101-120000.wav",
        "/data/local-files/?d=20240102-120000.wav",
        "https://x.org/20240103-120000.wav",
        "/data/upload/3/0a1b2c3d-20240104-120000.wav",
    )
    path = tmp_path / "export.json"
    path.write_text(
        json.dumps([{"data": {"audio": address}, "annotations": []} for address in addresses])
    )
    assert formats.read(path)["filename"].tolist() == [
        f"2024010{day}-120000.wav" for day in (1, 2, 3, 4)
    ]


RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)"


def test_raven_counts_within_each_file(tmp_path):
    path = tmp_path / "all.selections.txt"
    path.write_text(
        RAVEN + "\tBegin Path\tBegin File\tFile Offset (s)\tSpecies\tScore\r\n"
        "1\tWaveform 1\t1\t61,5\t63,0\tC:\\r\\mon\\b.wav\tb.wav\t1,5\tOwl\t0,9\r\n"
        "1\tSpectrogram 1\t1\t61,5\t63,0\tC:\\r\\mon\\b.wav\tb.wav\t1,5\tOwl\t0,9\r\n"
        "2\tSpectrogram 1\t1\t2\t3\tC:\\r\\tue\\a.wav\ta.wav\t2\tWren\t\r\n",
        encoding="utf-8-sig",
        newline="",
    )
    table = formats.read(path)
    assert_same(table, plain([("mon/b", 1.5, 3.0, "Owl"), ("tue/a", 2, 3, "Wren")]))
    assert table["confidence"].tolist()[0] == 0.9
    events = plain([("mon/a.wav", 1, 2, "Owl"), ("tue/a.wav", 3, 4, "Owl")])
    formats.write(events, FORMATS["raven"], path, {"mon/a.wav": 60.0})
    written = pd.read_csv(path, sep="\t")
    assert written["Begin Time (s)"].tolist() == [1, 63]
    assert written["File Offset (s)"].tolist() == [1, 3]
    with pytest.raises(JssError, match=r"that of mon/a.wav is not known"):
        formats.write(events, FORMATS["raven"], path, {})


def test_names_that_programs_give(tmp_path):
    for name in ("a.Table.1.selections.txt", "b.BirdNET.selection.table.txt", "c.wav.txt"):
        (tmp_path / name).write_text(f"{RAVEN}\tAnnotation\n1\tS\t1\t0\t1\tOwl\n")
    (tmp_path / "README.txt").write_text("These are owls.\n")
    assert formats.read(tmp_path)["filename"].tolist() == ["a", "b", "c.wav"]


def test_audacity_as_people_have_it(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("0,5\t1,25\tDog\r\n\\\t100\t200\r\n3.0\t3.0\tpoint\r\n4\told\r\n", newline="")
    rows = [("x", 0.5, 1.25, "Dog"), ("x", 3, 3, "point"), ("x", 4, 4, "old")]
    assert_same(formats.read(path), plain(rows))
    path.write_text("1\t2\ta\u2028b\x85c\n", newline="")  # no line ends of a file of labels
    assert_same(formats.read(path), plain([("x", 1, 2, "a\u2028b\x85c")]))
    path.write_bytes(b"")
    assert_same(formats.read(path), plain([("x", np.nan, np.nan, None)]))


@pytest.mark.parametrize(
    ("name", "content", "format", "said"),
    [
        ("a.txt", "hello\n", None, "none of DCASE TSV, CSV, Audacity labels"),
        ("a.txt", "Begin Time (s),End Time (s)\n1,2\n", None, "none of DCASE TSV, CSV"),
        ("a.txt", "1.0\t2.0\t\n", None, "line 1: the event has no label"),
        ("a.txt", "2.0\t1.0\tDog\n", None, "offset 1 lies before the onset 2"),
        ("a.txt", "1\t2\tDog\nx\t2\tDog\n", None, "line 2: the onset 'x' is not a number"),
        ("a.txt", "1\t2\tDog\n1_0\t12\tDog\n", None, "line 2: the onset '1_0' is not a number"),
        ("a.txt", "1\t2\tDog\n", "raven", "looks like Audacity labels"),
        ("a.txt", "1\t2\tD\0g\n", None, "this is not text"),
        ("a.txt", RAVEN + "\n1\tS\t1\t0\t1\n", None, "no column holds the class"),
        (
            "a.txt",
            RAVEN + "\tBegin File\tAnnotation\n1\tS\t1\t0\t1\ta.wav\tX\n2\tS\t1\t0\t1\tb.wav\tX\n",
            None,
            "add the measurement File Offset",
        ),
        ("a.TextGrid", 'File type = "ooTextFile"\nObject class = "Pitch"\n', None, "a Pitch"),
        ("a.TextGrid", 'File type = "ooTextFile"\nObject class = "TextGrid"\n0\n', None, "ends"),
        ("a.TextGrid", "ooBinaryFile\x08TextGrid\0\0", None, "binary file of Praat"),
        ("a.json", "[1", None, "not JSON"),
        ("a.json", "[{}]", None, "task 1: this is not a task"),
        ("a.tsv", "filename\tonset\toffset\tevent_label\na\t0,5\t1\tDog\n", None, "decimal comma"),
        ("a.csv", "filename;onset;offset;event_label\n", None, "separated by semicolons"),
        ("a.txt", "1\t2\tDgo\n", None, "unknown class 'Dgo': did you mean Dog"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_says_gets_a_sentence(tmp_path, name, content, format, said):
    path = tmp_path / name
    path.write_text(content, newline="")
    with pytest.raises(JssError, match=said) as error:
        formats.read(path, format, ["Dog", "Cat"] if "Dgo" in content else None)
    assert str(error.value).count(".\n") == 0
    assert name in str(error.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "lines",
    [
        ["filename\tonset\toffset\tevent_label\tconfidence", "x\t0.5\t1.25\tDog\t0.9"],
        ["Annotation\tConfidence\tEnd Time (s)\tBegin Time (s)", "Dog\t0.9\t1.25\t0.5"],
        ['"Begin Time (s)"\t"End Time (s)"\t"Annotation"\t"Score"', '0.5\t1.25\t"Dog"\t0.9'],
    ],
)
def test_a_header_with_any_line_end_and_with_quotes(tmp_path, lines, end):
    """Line ends of old spreadsheets; quotes as R writes them."""
    path = tmp_path / "x.txt"
    path.write_text(end.join([*lines, ""]), newline="")
    events = formats.read(path)
    assert_same(events, plain([("x", 0.5, 1.25, "Dog")]))
    assert events["confidence"].tolist() == [0.9]


@pytest.mark.parametrize(
    ("score", "why"), [("0,9", "has a decimal comma: write a point"), ("high", "is not a number")]
)
def test_a_confidence_that_is_no_number_is_not_lost(tmp_path, score, why):
    path = tmp_path / "events.tsv"
    rows = f"a.wav\t0\t1\tDog\t\na.wav\t1\t2\tDog\t{score}\nb.wav\t\t\t\t\n"
    path.write_text(f"filename\tonset\toffset\tevent_label\tconfidence\n{rows}")
    with pytest.raises(JssError, match=f"line 3: the confidence '{score}' {why}"):
        formats.read(path)
    path.write_text(path.read_text().replace(score, "0.9"))
    assert formats.read(path)["confidence"].tolist() == pytest.approx(
        [np.nan, 0.9, np.nan], nan_ok=True
    )


def test_two_files_of_one_recording_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("1\t2\tDog\n")
    (tmp_path / "a.tsv").write_text("filename\tonset\toffset\tevent_label\na\t0\t1\tDog\n")
    with pytest.raises(JssError, match=r"a has events in a.tsv and in a.txt"):
        formats.read(tmp_path)


def test_nothing_is_written_outside_the_folder(tmp_path):
    events = plain([("../a.wav", 0, 1, "Dog")])
    with pytest.raises(JssError, match="leads out"):
        formats.write(events, FORMATS["audacity"], tmp_path / "out", {})
    formats.write(plain([("/a.wav", 0, 1, "Dog")]), FORMATS["audacity"], tmp_path / "out", {})
    assert (tmp_path / "out" / "a.txt").is_file()
