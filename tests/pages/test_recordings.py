"""Sets of clips: examples, DESED's layout, any folder of audio; what is looked up, found and
measured.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.errors import JssError
from pages.ui.cache import disk
from pages.ui.cache.memory import MemoryCache
from pages.ui.clip import recordings
from pages.ui.clip.recordings import Recording


def sound(path: Path, seconds: float = 0.2) -> None:
    audio.save(
        path, 0.1 * np.random.default_rng(len(path.name)).standard_normal(int(16000 * seconds))
    )


def test_any_folder_of_audio_is_a_set(tmp_path: Path):
    root = tmp_path / "mine"
    for name in ("b.wav", "a.flac", "deep/c.wav", "a_events/background0_x.wav", ".hidden/d.wav"):
        sound(root / name)
    (root / "notes.txt").write_text("no audio")
    (root / "ground_truth.tsv").write_text(
        "filename\tonset\toffset\tevent_label\na.flac\t0.1\t0.2\tDog\na.flac\t0.0\t0.1\tCat\ndeep/c.wav\t\t\t\n"
    )
    (result,) = recordings.folder_sets(root)
    assert [item.clip for item in result.clips] == ["mine/a.flac", "mine/b.wav", "mine/deep/c.wav"]
    a, b, c = result.clips
    assert a.truth == ((0.0, 0.1, "Cat"), (0.1, 0.2, "Dog"))
    assert (b.truth, c.truth) == (None, ())
    assert a.open().name == "a.flac"


def test_rows_that_are_not_shown_stand_in_the_note_of_the_set(tmp_path: Path):
    sound(tmp_path / "a.wav")
    place = tmp_path / "ground_truth.tsv"
    place.write_text(
        "filename\tonset\toffset\tevent_label\na.wav\t0.1\t0.2\tDog\na.wav\t0.1\t0.1\tCat\n"
        "gone.wav\t1\t2\tDog\nlost.wav\t1\t2\tDog\n"
    )
    (result,) = recordings.folder_sets(tmp_path)
    assert result.clips[0].truth == ((0.1, 0.2, "Dog"),)
    assert result.note.endswith(
        f"{place}: 2 of 4 rows name none of the recordings (the first, in line 4, names gone.wav). "
        f"{place}: 1 of 2 events have no length and are left out (the first in line 3)."
    )
    place.write_text("filename\tonset\toffset\tevent_label\na.wav\t0.1\t0.2\tDog\n")
    (result,) = recordings.folder_sets(tmp_path)
    assert result.note == "2 names in all: 1 to open, 1 not audio (1 .tsv)."


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("labels.yaml", "names: {0: Dog}\n", "labels.yaml must be a list of different labels"),
        ("strong.txt", "A poem.\n", "strong.txt, line 1: this is none of DCASE TSV"),
        ("strong.csv", "colour,weight\nred,1\n", "strong.csv, line 1: the column 'filename' is"),
    ],
)
def test_files_of_other_programs_in_a_plain_folder_are_left_out_with_a_note(
    tmp_path: Path, name: str, text: str, sentence: str
):
    sound(tmp_path / "a.wav")
    (tmp_path / name).write_text(text)
    (result,) = recordings.folder_sets(tmp_path)
    assert [(item.title, item.truth) for item in result.clips] == [("a.wav", None)]
    assert result.labels is None
    assert "left out: " in result.note
    assert sentence in result.note


def test_a_folder_of_annotations_that_is_not_read_stands_in_the_note_of_the_set(tmp_path: Path):
    sound(tmp_path / "a.wav")
    (tmp_path / "strong").mkdir()
    (tmp_path / "strong" / "a.txt").write_text("0.1\t0.2\tDog\n")
    (tmp_path / "strong.tsv").write_text(
        "filename\tonset\toffset\tevent_label\na.wav\t0\t0.1\tCat\n"
    )
    (result,) = recordings.folder_sets(tmp_path)
    assert result.clips[0].truth == ((0.0, 0.1, "Cat"),)
    assert f"the annotations in the folder {tmp_path / 'strong'} are not." in result.note


def test_desed_layout_is_a_set_for_each_subset_and_missing_audio_is_kept(tmp_path: Path):
    root = tmp_path / "DESED"
    sound(root / "audio" / "validation" / "validation" / "Yone.wav")
    metadata = root / "metadata" / "validation"
    metadata.mkdir(parents=True)
    (metadata / "validation.tsv").write_text(
        "filename\tonset\toffset\tevent_label\nYone.wav\t0.0\t0.1\tDog\nYgone.wav\t1.0\t3.0\tCat\nYgone.wav\t2.0\t4.0\tDog\n"
    )
    (result,) = recordings.folder_sets(root)
    assert (result.name, result.title) == ("validation", "DESED: validation")
    one, gone = result.clips
    assert one.digest == Recording("x", "x", one.open().getvalue()).digest
    assert gone.audio is None
    assert gone.classes == ("Cat", "Dog")
    assert gone.overlap == pytest.approx(1.0)
    with pytest.raises(JssError, match=r"Ygone\.wav is not on this disk"):
        gone.open()


@pytest.mark.parametrize(
    "table", ["metadata/UrbanSound8K.csv", "metadata/notes.txt", "audio/train/notes.txt"]
)
def test_folders_that_desed_has_too_do_not_make_a_folder_desed(tmp_path: Path, table: str):
    sound(tmp_path / "mine" / "audio" / "fold1" / "a.wav")
    (tmp_path / "mine" / table).parent.mkdir(exist_ok=True)
    (tmp_path / "mine" / table).write_text("no table of DESED")
    (result,) = recordings.folder_sets(tmp_path / "mine")
    assert [item.clip for item in result.clips] == ["mine/audio/fold1/a.wav"]


@pytest.mark.parametrize("name", ["examples", "uploaded", "synthscapes"])
@pytest.mark.usefixtures("fakes")
def test_a_folder_of_the_name_of_a_set_of_ours_is_a_set_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    from pages.ui.cache import loaders

    number = len(loaders.clip_sets())
    sound(tmp_path / name / "validation" / "a.wav")
    monkeypatch.setenv("JSS_DATA", str(tmp_path / name))
    loaders.clip_sets.clear()
    sets = loaders.clip_sets()
    assert len(sets) == number + 1
    users = sets[f"user-{name}"]
    assert users.title == name
    assert [item.clip for item in users.clips] == [f"user-{name}/validation/a.wav"]


def test_nothing_to_open_is_a_sentence(tmp_path: Path):
    with pytest.raises(JssError, match="holds no audio"):
        recordings.folder_sets(tmp_path)
    with pytest.raises(JssError, match="There is no folder"):
        recordings.folder_sets(tmp_path / "none")


def test_a_clip_is_known_by_its_sound_also_after_a_change(tmp_path: Path):
    sound(tmp_path / "a.wav")
    item = Recording("a", "a", tmp_path / "a.wav")
    before = item.digest
    sound(tmp_path / "a.wav", 0.3)
    assert item.digest != before


def test_words_are_found_in_title_note_and_classes():
    clips = [
        Recording("a", "One", b"", "loud", ((0.0, 1.0, "Dog"),)),
        Recording("b", "Two", b"", "", tags=("Cat",)),
    ]
    assert [c.clip for c in recordings.matching(clips, "LOUD dog")] == ["a"]
    assert [c.clip for c in recordings.matching(clips, "cat")] == ["b"]
    assert len(recordings.matching(clips, " ")) == 2


def test_overlap_is_of_different_classes():
    truth = ((0.0, 2.0, "Dog"), (1.0, 3.0, "Dog"), (2.5, 4.0, "Cat"))
    assert Recording("a", "a", b"", truth=truth).overlap == pytest.approx(0.5)


class Thing:
    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


def test_the_cache_keeps_the_last_used_and_always_the_newest():
    cache: MemoryCache[Thing] = MemoryCache(100)
    for name in "abc":
        cache.put(name, Thing(40))
        cache.get("a")
    assert [bool(cache.get(name)) for name in "abc"] == [True, False, True]
    cache.put("huge", Thing(1000))
    assert cache.get("huge")
    assert not cache.get("a")
    several: MemoryCache[Thing] = MemoryCache(100, 2)
    for name in "abc":
        several.put(name, Thing(1000))
    assert [bool(several.get(name)) for name in "abc"] == [False, True, True]


def test_the_store_forgets_what_was_used_longest_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import os

    import fake

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    system = fake.FakeSystem("SED", "teacher")
    sound(tmp_path / "a.wav", 1.0)
    result = system.join(list(system.pieces(str(tmp_path / "a.wav"))), "a.wav")
    disk.put("one", result)
    size = disk._path("one").stat().st_size
    monkeypatch.setattr(disk, "MAX_BYTES", int(2.5 * size))
    os.utime(disk._path("one"), (1, 1))
    for key in ("two", "three"):
        disk.put(key, result)
    assert [disk.has(key) for key in ("one", "two", "three")] == [False, True, True]
    np.testing.assert_array_equal(disk.get("three").scores, result.scores)
    np.testing.assert_array_equal(
        disk.scores("one").scores, result.scores
    )  # its scores are small, and stay
    disk._path("two").write_bytes(b"half a file")
    assert disk.get("two") is None


def test_results_of_other_code_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import fake

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    system = fake.FakeSystem("SED", "teacher")
    sound(tmp_path / "a.wav", 1.0)
    disk.put("one", system.join(list(system.pieces(str(tmp_path / "a.wav"))), "a.wav"))
    assert disk.get("one") is not None
    monkeypatch.setattr(disk, "code_fingerprint", lambda: "another version")
    assert disk.get("one") is None
    assert disk.scores("one") is None
    assert not disk.has("one")


def test_uploaded_labels_become_the_truth_of_uploads():
    a, b = recordings.uploaded("a.wav", b"1"), recordings.uploaded("b.flac", b"2")
    assert recordings.with_truth([a], "Label Track.txt", b"0,5\t1\tDog\r\n") == (
        [dataclasses.replace(a, truth=((0.5, 1.0, "Dog"),))],
        [],
    )
    table = b"filename,onset,offset,event_label\nb.wav,1,2,Cat\nx.wav,1,2,Cat\n"
    labelled, unused = recordings.with_truth([a, b], "t.csv", table)
    assert [(r.title, r.truth) for r in labelled] == [("b.flac", ((1.0, 2.0, "Cat"),))]
    assert unused == [
        "t.csv: 1 of 2 rows name none of the recordings (the first, in line 3, names x.wav)."
    ]
    with pytest.raises(JssError, match=r"^c.txt matches none of the recordings"):
        recordings.with_truth([a, b], "c.txt", b"1\t2\tDog\n")
    with pytest.raises(JssError, match=r"^a.txt, line 1: the event has no label"):
        recordings.with_truth([a, b], "a.txt", b"1\t2\n")


def test_a_folder_opens_with_labels_of_other_programs(tmp_path):
    for name in ("mon/a.wav", "tue/a.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "ground_truth" / "tue").mkdir(parents=True)
    (tmp_path / "ground_truth" / "tue" / "a.txt").write_text("1\t2\tDog\n")
    clips = {c.title: c.truth for c in recordings.folder_sets(tmp_path)[0].clips}
    assert clips == {"mon/a.wav": None, "tue/a.wav": ((1.0, 2.0, "Dog"),)}
