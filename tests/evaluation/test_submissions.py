from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from jss.data.clip import Clip, Event
from jss.errors import JssError
from jss.evaluation import submissions
from jss.labels import DESED_LABELS
from jss.results import score_table

CLIPS = [
    Clip("a.flac", None, 2.0, (Event(0.512, 1.024, "Dog"),)),
    Clip("b.flac", None, 2.0, ()),
    Clip("c.flac", None, 2.0, (Event(0.0, 2.0, "Speech"),)),
]


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
    ],
)
def test_mistakes_are_sentences(files, why):
    with pytest.raises(JssError, match=why):
        submissions.score(files, CLIPS, system="mine")


def test_a_zip_that_swells_is_turned_down(monkeypatch):
    monkeypatch.setattr(submissions, "MOST_BYTES", 1000)
    with pytest.raises(JssError, match="unpacks to more than"):
        submissions.score([("mine.zip", zipped(a=b"0" * 5000))], CLIPS, system="mine")
