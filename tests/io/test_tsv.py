import unicodedata

import numpy as np
import pytest

from jss.errors import JssError
from jss.io import tsv
from jss.io.tsv import ClipNames

LABELS = ["Dog", "Cat", "Speech"]
HEADER = "filename\tonset\toffset\tevent_label\n"


def write(tmp_path, text, name="table.tsv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_events_in_the_forms_of_real_files(tmp_path):
    text = (
        "\ufeff"
        + HEADER
        + "a.wav\t0.0\t1.5\tDog\r\n\r\nb.wav\t\t\t\nc.wav\n a.wav \t 2 \t3e0\tSpeech\n"
    )
    table = tsv.read_events(write(tmp_path, text), LABELS)
    assert table["filename"].tolist() == ["a.wav", "b.wav", "c.wav", "a.wav"]
    assert table["onset"].tolist()[::3] == [0.0, 2.0]
    assert table["event_label"].isna().tolist() == [False, True, True, False]
    assert table.index.tolist() == [2, 4, 5, 6]  # lines


def test_events_with_commas_and_an_index(tmp_path):
    path = write(tmp_path, ",event_label,onset,offset,filename\n0,Dog,0.0,9.984,a.wav\n")
    table = tsv.read_events(path, LABELS, separators="\t,")
    assert table.iloc[0].tolist() == ["a.wav", 0.0, 9.984, "Dog"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("filename\tonset\tevent_label\na\t0\tDog\n", "line 1: the column 'offset' is missing"),
        (
            "filename,onset,offset,event_label\na,0,1,Dog\n",
            "line 1: the columns are separated by commas",
        ),
        ("filename;onset;offset;event_label\na;0;1;Dog\n", "separated by semicolons"),
        (HEADER + "a\t0\t1\tDog\nb\t2\t1\tDog\n", "line 3: the offset 1 lies before the onset 2"),
        (HEADER + "a\t0\t1\tDogs\n", "line 2: unknown class 'Dogs': did you mean Dog"),
        (HEADER + "a\t0\t1\tXylophone\n", "unknown class 'Xylophone': known are Dog, Cat, Speech"),
        (HEADER + "a\tnow\t1\tDog\n", "line 2: the onset 'now' is not a number"),
        (HEADER + "a\tinf\t1\tDog\n", "line 2: the onset 'inf' is not a number"),
        (HEADER + "a\t0\t\tDog\n", "line 2: the offset is missing"),
        (HEADER + "a\t0\t1\t\n", "line 2: the event_label is missing"),
        (HEADER + "\t0\t1\tDog\n", "line 2: the filename is missing"),
        (HEADER + "a\t-1\t1\tDog\n", "line 2: the onset -1 is negative"),
        (HEADER + "a\t0\t1\tDog\textra\n", "line 2: 5 fields where the header has 4"),
        (HEADER.strip() + "\tonset\na\t0\t1\tDog\t0\n", "the column 'onset' is there twice"),
        (
            HEADER.encode() + b"a\t0\t1\tDog\nb\t0\t1\tD\xe9g\n",
            "line 3: the text is not UTF-8",
        ),
        (HEADER.encode("utf-16"), "line 1: the text is UTF-16"),
        ("", "line 1: the file is empty"),
        ('""\n', "line 1: the column 'filename' is missing"),
        (HEADER + "a\0\t0\t1\tDog\n", "line 2: this is not text"),
    ],
)
def test_sentence_of_a_mistake_in_events(tmp_path, text, sentence):
    path = write(tmp_path, text)
    with pytest.raises(JssError) as caught:
        tsv.read_events(path, LABELS)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "filename\tduration\na.wav\t10\nb.wav\t9\na.wav\t10\n",
            "line 4: the file a.wav was listed before",
        ),
        ("filename\tduration\na.wav\t0\n", "line 2: the duration 0 is not above 0"),
        ("filename\tduration\n", "lists no file"),
        ("filename\tlength\na\t1\n", "the column 'duration' is missing"),
    ],
)
def test_durations(tmp_path, text, sentence):
    with pytest.raises(JssError, match=sentence):
        tsv.read_durations(write(tmp_path, text))


def test_operating_points(tmp_path):
    for name in ("x_th_0.5.tsv", "x_th_0.07.tsv"):
        write(tmp_path, HEADER + "a\t0\t1\tDog\n", name)
    write(tmp_path, "notes", "readme.txt")
    assert [threshold for threshold, _ in tsv.read_operating_points(tmp_path, LABELS)] == [
        0.07,
        0.5,
    ]
    write(tmp_path, HEADER, "y_th_0.50.tsv")
    with pytest.raises(JssError, match="both of the threshold"):
        tsv.read_operating_points(tmp_path, LABELS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(JssError, match="holds no detections"):
        tsv.read_operating_points(tmp_path / "empty", LABELS)
    with pytest.raises(JssError, match="no folder"):
        tsv.read_operating_points(tmp_path / "nowhere", LABELS)


def test_score_tables(tmp_path):
    path = write(tmp_path, "onset\toffset\tDog\tCat\n0.0\t0.5\t0.1\t0.9\n0.5\t1.0\t0.2\t0.8\n")
    (scores, edges), labels = tsv.read_scores(path)
    assert labels == ("Dog", "Cat")
    assert scores.tolist() == [[0.1, 0.2], [0.9, 0.8]]
    assert edges.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("offset\tonset\tDog\n1\t0\t0.5\n", "line 1: the columns must be onset, offset"),
        ("onset,offset,Dog\n0,1,0.5\n", "line 1: the columns are separated by commas"),
        ("onset\toffset\tDog\n0\t1\thigh\n", "line 2: the Dog 'high' is not a number"),
        ("onset\toffset\tDog\n0\t1\tnan\n", "line 2: the Dog 'nan' is not a number"),
        ("onset\toffset\tDog\n0\t1\t1_0\n", "line 2: the Dog '1_0' is not a number"),
        ("onset\toffset\tDog\n0\t1\t\u0661\n", "line 2: the Dog '\u0661' is not a number"),
        ("onset\toffset\tDog\n0\t1\n", "line 2: the Dog is missing"),
        (
            "onset\toffset\tDog\n0\t1\t0.5\n2\t3\t0.5\n",
            "line 3: the frame does not begin where the last one ended",
        ),
        (
            "onset\toffset\tDog\n0\t1\t0.5\n1\t0.5\t0.5\n",
            "line 3: the offset lies before the onset",
        ),
        ("onset\toffset\tDog\n", "holds no frame"),
        ("onset\toffset\tCat\n0\t1\t0.5\n", "the other tables: only one of them has 'Cat'"),
        ("onset\toffset\t{x}\n0\t1\thigh\n", "its classes"),
    ],
)
def test_sentence_of_a_mistake_in_scores(tmp_path, text, sentence):
    with pytest.raises(JssError, match=sentence):
        tsv.read_scores(write(tmp_path, text), ["Dog"])


def test_class_names_with_braces(tmp_path):
    with pytest.raises(JssError, match=r"line 2: the \{a.b\} 'high' is not a number"):
        tsv.read_scores(write(tmp_path, "onset\toffset\t{a.b}\n0\t1\thigh\n"))


def test_clip_names_with_and_without_y_and_suffix():
    names = ClipNames(["Yabc_60.000_70.000.wav", "def_1_2.wav", "Yes.wav", "es.wav"])
    assert names.find("abc_60.000_70.000") == "Yabc_60.000_70.000.wav"
    assert names.find("audio/Yabc_60.000_70.000.flac") == "Yabc_60.000_70.000.wav"
    assert names.find("Ydef_1_2") == "def_1_2.wav"
    assert names.find("es") == "es.wav"
    assert names.find("Yes.wav") == "Yes.wav"
    assert names.find("other.wav") is None


def test_clip_names_with_accents_of_either_form():
    """Composed (NFC), or as a Mac stores them (NFD); a name that is there as it is comes first."""
    composed, mac = (unicodedata.normalize(form, "über/café.wav") for form in ("NFC", "NFD"))
    for here, there in ((composed, mac), (mac, composed)):
        assert ClipNames([here, "cafe.wav"]).find(there) == here
        assert ClipNames([here]).find(there.removesuffix(".wav").rpartition("/")[2]) == here
        assert ClipNames([here]).of_table(there.removesuffix(".wav")) == here
        assert ClipNames([here, here.replace(".wav", ".flac")]).find(there) == here
        assert ClipNames([here, there]).find(there) == there
        assert ClipNames([here, there]).find(there.removesuffix(".wav")) == there
    assert ClipNames([composed]).find("unter/" + mac.rpartition("/")[2]) is None


def test_guess_labels():
    assert tsv.guess_labels(["Dog", "Speech", "Spech"])[0] == "Alarm_bell_ringing"
    assert tsv.guess_labels(["b", "a", "b"]) == ("a", "b")


def test_columns_without_a_name_at_the_end_are_passed_over(tmp_path):
    header = HEADER.strip() + "\t\t\n"
    for row in ("a\t0\t1\tDog\t\t\n", "a\t0\t1\tDog\n", "a\t0\t1\tDog\tmy note\n"):
        path = write(tmp_path, header + row)
        assert tsv.read_events(path).to_numpy().tolist() == [["a", 0.0, 1.0, "Dog"]]
    for row in ("0\t1\t0.5\t\n", "0\t1\t0.5\n"):
        (scores, _), labels = tsv.read_scores(write(tmp_path, "onset\toffset\tDog\t\n" + row))
        assert (scores.tolist(), labels) == ([[0.5]], ("Dog",))


def test_a_table_is_read_by_the_columns_that_are_wanted(tmp_path):
    path = write(tmp_path, "x\tfile\t\t\tx\tclass\n1\ta\t2\t3\t4\tDog\n")
    table = tsv.read_table(path, ("class", "file"), optional=("licence",))
    assert table.loc[2].tolist() == ["Dog", "a", ""]
    with pytest.raises(JssError, match="the column 'x' is there twice"):
        tsv.read_table(path, ("x", "file"))
    with pytest.raises(JssError, match="separated by tabs: separate them by commas"):
        tsv.read_table(path, ("class", "file"), ",")
    assert tsv.read_table(path, ("class",), "\t,").shape == (1, 1)
    with pytest.raises(JssError, match="is missing"):
        tsv.read_scores(write(tmp_path, '""'))


def test_scores_with_the_line_ends_of_an_old_mac_after_blank_lines(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_bytes(b"\r\ronset\toffset\tDog\r0\t1\t0.5\r")
    (scores, edges), labels = tsv.read_scores(path)
    assert (scores.tolist(), edges.tolist(), labels) == ([[0.5]], [0, 1], ("Dog",))


def test_missing_file(tmp_path):
    with pytest.raises(JssError, match="no file"):
        tsv.read_events(tmp_path / "nothing.tsv")
    with pytest.raises(JssError, match="cannot be read"):
        tsv.read_events(tmp_path)


def test_long_tables_stay_numbers(tmp_path):
    rows = "".join(f"a.wav\t{i}\t{i + 1}\tDog\n" for i in range(2000))
    table = tsv.read_events(write(tmp_path, HEADER + rows), LABELS)
    assert table["offset"].to_numpy().dtype == np.float64
    assert len(table) == 2000
