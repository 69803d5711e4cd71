from __future__ import annotations

import errno
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jss import cli
from jss.data.clip import Clip, Event
from jss.errors import DiskError, JssError
from jss.evaluation import submissions
from jss.labels import DESED_LABELS
from jss.reports import HEADLINES, EvalReport
from jss.results import score_table

CLIPS = [
    Clip("a.flac", None, 2.0, (Event(0.512, 1.024, "Dog"),)),
    Clip("b.flac", None, 2.0, ()),
    Clip("c.flac", None, 2.0, (Event(0.0, 2.0, "Speech"),)),
]


EVENTS = b"filename\tonset\toffset\tevent_label\na.flac\t0.512\t1.024\tDog\nc.flac\t0\t2\tSpeech\n"
DURATIONS = b"filename\tduration\na.flac\t2\nb.flac\t2\nc.flac\t2\n"


def table(events) -> bytes:
    """Perfect scores of a clip's events."""
    scores = np.full((10, 32), 0.01)
    for event in events:
        scores[
            DESED_LABELS.index(event.label),
            round(event.onset / 0.064) : round(event.offset / 0.064),
        ] = 0.99
    return (
        score_table(scores.astype(np.float32), DESED_LABELS, hop=0.064, duration=2.0)
        .to_csv(sep="\t", index=False)
        .encode()
    )


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"../scores/{name}.tsv", content)
        archive.writestr("readme.txt", b"hello")
    return buffer.getvalue()


def test_perfect_scores_in_a_zip_and_beside_it_are_perfect():
    files = [
        ("mine.zip", zipped(a=table(CLIPS[0].events), b=table(()))),
        ("c.tsv", table(CLIPS[2].events)),
    ]
    report = submissions.score(
        files, CLIPS, system="mine", dataset="tiny", subset="all", resamples=0
    )
    assert (report.system, report.dataset, report.n_files, report.n_files_expected) == (
        "mine",
        "tiny",
        3,
        3,
    )
    assert report.classwise["Dog"]["psds1_exact"] == report.classwise["Speech"]["event_f1"] == 1.0
    assert report.event_f1["micro"] == 1.0


def test_a_truth_of_ones_own_and_detections_give_what_jss_score_gives(tmp_path, capsys):
    points = {f"det_th_{t}.tsv": EVENTS for t in ("0.25", "0.5")}
    points["det_th_0.75.tsv"] = EVENTS.rpartition(b"c.flac")[0]
    report = submissions.score(
        [*points.items(), ("final.csv", EVENTS.replace(b"\t", b","))],
        submissions.TruthTables(("my truth.tsv", EVENTS), ("lengths.tsv", DURATIONS)),
        system="mine",
    )
    (tmp_path / "points").mkdir()
    for name, content in {**points, "../t.tsv": EVENTS, "../d.tsv": DURATIONS}.items():
        (tmp_path / "points" / name).write_bytes(content)
    arguments = ["--ground-truth", "t.tsv", "--durations", "d.tsv", "--detections", "points"]
    arguments = [arg if arg[0] == "-" else str(tmp_path / arg) for arg in arguments]
    out = tmp_path / "out.json"
    cli.main(["score", *arguments, "--decisions", str(tmp_path / "t.tsv"), "--out", str(out)])
    same = EvalReport.load(out)
    assert report.classwise == same.classwise
    assert report.intervals == same.intervals
    assert [report.headline(key) for key in HEADLINES] == [same.headline(key) for key in HEADLINES]
    assert report.psds1 is not None
    assert report.event_f1["macro"] == 1.0
    with pytest.raises(JssError, match=r"^my truth.tsv, line 1: "):
        submissions.score(
            [("a.tsv", EVENTS)],
            submissions.TruthTables(("my truth.tsv", b"file\n"), ("lengths.tsv", DURATIONS)),
            system="mine",
        )


def test_a_zip_of_what_detect_wrote_has_a_table_of_lengths():
    lengths = ("out/durations.tsv", DURATIONS)
    report = submissions.score(
        [("a.tsv", table(CLIPS[0].events)), lengths], CLIPS, system="mine", resamples=0
    )
    assert not report.settings["notes"]


def test_clips_without_a_table_are_counted():
    report = submissions.score(
        [("a.tsv", table(CLIPS[0].events))], CLIPS, system="mine", resamples=0
    )
    assert (report.n_files, report.n_files_expected, report.missing) == (1, 3, ["b.flac", "c.flac"])


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("notes.txt", b"hello")], "no table among these files"),
        ([("mine.zip", b"PK\3\4 cut off")], "mine.zip is no ZIP file"),
        (
            [("a.tsv", b"onset\toffset\tDog\n0\t1\tmuch\n")],
            r"^a.tsv, line 2: the Dog 'much' is not a number",
        ),
        (
            [("z.tsv", b"onset\toffset\tDog\n0\t1\t0.5\n")],
            "^the files: no table is of a file with a duration: z.tsv",
        ),
        ([("x/a.tsv", b""), ("y/a.tsv", b"")], "two tables named a.tsv"),
        ([("a.tsv", b"onset"), ("d_th_0.5.tsv", EVENTS)], "send one of the two"),
        ([("x.tsv", EVENTS), ("y.csv", EVENTS)], "x.tsv and y.csv both hold events"),
        (
            [("x.tsv", EVENTS + b"a.flac\t2\t1\tDog\n")],
            "^x.tsv, line 4: the offset 1 lies before the onset 2",
        ),
    ],
)
def test_mistakes_are_sentences(files, why):
    with pytest.raises(JssError, match=why):
        submissions.score(files, CLIPS, system="mine")


@pytest.mark.parametrize("names", [("a.tsv", "a.tsv/b.tsv"), ("x" * 300 + ".tsv",)])
def test_names_in_a_zip_that_no_file_can_have(names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, table(()))
    with pytest.raises(JssError, match=f"^{names[-1]} cannot be unpacked .*: give each table"):
        submissions.score([("mine.zip", buffer.getvalue())], CLIPS, system="mine")


def test_a_full_disk_is_no_matter_of_names(monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskError, match=r"^a\.tsv cannot be written: No space left on device\.$"):
        submissions.score([("a.tsv", table(()))], CLIPS, system="mine")


def test_a_zip_that_swells_is_turned_down(monkeypatch):
    monkeypatch.setattr(submissions, "MOST_BYTES", 1000)
    with pytest.raises(JssError, match="unpacks to more than"):
        submissions.score([("mine.zip", zipped(a=b"0" * 5000))], CLIPS, system="mine")
