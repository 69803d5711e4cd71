"""A folder of the user's clips: rows and files match by every spelling of a name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
import true_layouts as layouts

from jss import audio
from jss.data.clip import Event
from jss.data.datasets import labelled
from jss.errors import JssError

STRONG, WEAK = "filename\tonset\toffset\tevent_label\n", "filename\tevent_labels\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two recordings in a folder, and a list of two classes."""
    for name in ("a", "b"):
        audio.save(tmp_path / f"rec/{name}.wav", np.zeros(160000, np.float32))
    layouts.text(tmp_path / "labels.yaml", "[Dog, Cat]\n")
    return tmp_path


def test_rows_of_one_file_under_two_names_are_one_clip(root: Path) -> None:
    layouts.text(
        root / "strong.tsv", STRONG + "a.wav\t1\t2\tDog\nrec/a.wav\t5\t6\tCat\nrec/b.wav\t\t\t\n"
    )
    strong = [clip for clips in labelled.prepare(root).values() for clip in clips]
    assert {clip.filename for clip in strong} == {"a.wav", "rec/b.wav"}
    events = {clip.filename: clip.events for clip in strong}
    assert events["a.wav"] == (Event(1.0, 2.0, "Dog"), Event(5.0, 6.0, "Cat"))
    (root / "strong.tsv").unlink()
    layouts.text(root / "weak.tsv", WEAK + "rec/a.wav\tDog\na.wav\tCat\ngone.wav\tCat\n")
    weak = labelled.prepare(root)["weak"]
    assert [(clip.filename, clip.tags) for clip in weak] == [
        ("rec/a.wav", ("Cat", "Dog")),
        ("gone.wav", ("Cat",)),
    ]
    layouts.text(root / "weak.tsv", WEAK + "a.wav\tDog\ngone.wav\tCow\n")
    with pytest.raises(JssError, match=r"line 3: gone\.wav has the label 'Cow'"):
        labelled.prepare(root)


def test_weak_labels_without_a_recording_are_refused(root: Path) -> None:
    """They were passed over without a word."""
    layouts.text(root / "weak.tsv", WEAK + "rec/a.wav\tDog\n\tCat\n")
    with pytest.raises(JssError, match=r"weak\.tsv, line 3: the filename is missing"):
        labelled.prepare(root)


def test_an_unknown_class_in_a_folder_of_annotations_names_its_recording(root: Path) -> None:
    """Lines are of the files of the folder, which has none itself."""
    layouts.text(root / "strong/rec/a.txt", "1\t2\tDog\n")
    layouts.text(root / "strong/rec/b.txt", "1\t2\tCow\n")
    with pytest.raises(JssError, match=r"strong: rec/b has the label 'Cow', which is not among"):
        labelled.prepare(root)


def test_annotations_beside_a_table_are_named(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    layouts.text(root / "strong.tsv", STRONG + "rec/a.wav\t1\t2\tDog\n")
    layouts.text(root / "strong/rec/b.txt", "1\t2\tCat\n")
    labelled.prepare(root)
    assert "strong.tsv is read, and the annotations in the folder" in caplog.text


def test_names_of_a_mac(root: Path) -> None:
    """It stores an accent as a character of its own."""
    (root / "rec/a.wav").rename(root / "rec" / unicodedata.normalize("NFD", "café.wav"))
    layouts.text(root / "strong.tsv", STRONG + "rec/café.wav\t1\t2\tDog\nb.wav\t\t\t\n")
    layouts.text(root / "splits.tsv", "filename\tsplit\ncafé.wav\ttest\n")
    subsets = labelled.prepare(root)
    assert [clip.path is not None for clip in subsets["strong_test"]] == [True]


def test_splits(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file in two splits is refused, also under two names; rows of no recording are counted."""
    layouts.text(root / "strong.tsv", STRONG + "rec/a.wav\t1\t2\tDog\nrec/b.wav\t1\t2\tCat\n")
    splits = root / "splits.tsv"
    rows = "filename\tsplit\nrec/a.wav\ttest\na.wav\ttest\nrec/bb.wav\ttest\n"
    layouts.text(splits, rows)
    assert [clip.filename for clip in labelled.prepare(root)["strong_test"]] == ["rec/a.wav"]
    assert "1 of 3 rows name no recording that is there, such as rec/bb.wav" in caplog.text
    layouts.text(splits, f"{rows}a\ttrain\n")
    with pytest.raises(JssError, match="line 5: a is in the split train, but in test by line 2"):
        labelled.prepare(root)
    layouts.text(splits, "filename\tsplit\na.wav\ttest\nb.wav\ttrain\nrec/a.wav\ttest\n")
    assert len(labelled.prepare(root)["strong_test"]) == 1
    layouts.text(splits, "filename\tsplit\na.wav\ttest\n\nb.wav\ttrain\nrec/a.wav\ttrain\n")
    with pytest.raises(JssError) as error:
        labelled.prepare(root)
    assert str(error.value) == (
        f"{splits}, line 5: rec/a.wav is in the split train, but in test by line 2: delete one of the rows."
    )
    layouts.text(splits, "filename\tsplit\na.wav\tdev\n")
    with pytest.raises(JssError, match=r"splits.tsv, line 2: the split 'dev' of a.wav is not one"):
        labelled.prepare(root)


def test_bare_names_are_looked_up_without_going_through_all_files(root: Path) -> None:
    """Which took minutes for some ten thousand of them."""

    class Paths(dict[str, Path]):
        seen = 0

        def values(self):  # type: ignore[no-untyped-def]
            Paths.seen += 1
            return super().values()

    paths = Paths({f"rec/{n}.wav": root / f"rec/{n}.wav" for n in range(5)})
    files = labelled._files([f"{n}.wav" for n in range(6)], paths, root / "strong.tsv")
    assert Paths.seen == 1
    assert [path for _, path in files.values()] == [*paths.values(), None]
