from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import true_layouts as layouts

from jss import audio
from jss.config import load_preset
from jss.data.clip import Clip, Event
from jss.data.datasets import desed, labelled, sets
from jss.data.training.training_data import training_data
from jss.errors import JssError
from jss.evaluation import external, run
from jss.io import tsv as tsv_io
from jss.io.truth import SLACK
from jss.labels import DESED_LABELS

REAL = Path(__file__).parents[4] / "shared" / "evaluation" / "desed-metadata" / "real"


def save(path: Path, seconds: float = 1.0) -> None:
    audio.save(path, np.zeros(round(seconds * 16000), np.float32))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The true layout with the true quirks, one or two clips a subset."""
    metadata, sound = tmp_path / "metadata", tmp_path / "audio"
    for folder in ("train/synthetic21_train", "validation", "eval"):
        (metadata / folder).mkdir(parents=True)
    (metadata / "train/weak.tsv").write_text(
        "filename\tevent_labels\nYone_0_10.wav\tSpeech,Dog\nYtwo_0_10.wav\tRunning_water,Running_water\n"
    )
    (metadata / "train/unlabel_in_domain.tsv").write_text("filename\nYthree.wav\nYfour.wav\n")
    (metadata / "train/synthetic21_train/soundscapes.tsv").write_text(
        "filename\tonset\toffset\tevent_label\n7.wav\t1.5\t3.25\tDog\n7.wav\t0.5\t0.75\tCat\n"
    )
    (metadata / "validation/validation.tsv").write_text(
        "filename\tonset\toffset\tevent_label\r\nYa.wav\t0.000\t9.000\tSpeech\r\nYempty.wav\t\t\t\r\nYgone.wav\t1\t2\tDog\r\n"
    )
    (metadata / "eval/public.tsv").write_text(
        "filename\tonset\toffset\tevent_label\nb.wav\t0.25\t11.000\tFrying\nb.wav\t10.5\t10.9\tDog\n"
    )
    (metadata / "eval/public_durations.tsv").write_text("filename\tduration\nb.wav\t10.0\n")
    for name in (
        "train/weak/Yone_0_10.wav",
        "train/weak/Ytwo_0_10.flac",
        "train/unlabel_in_domain/Ythree.wav",
        "train/synthetic21_train/soundscapes/7.wav",
        "train/synthetic21_train/soundscapes/7_events/foreground1_Electric_shaver_toothbrush.wav",
        "train/synthetic21_train/soundscapes/7_events/foreground0_Dog.wav",
        "train/synthetic21_train/soundscapes/7_events/background0_rain.wav",
        "validation/validation/Yempty.wav",
        "eval/public/Yb.wav",
    ):
        save(sound / name)
    save(sound / "validation/validation/Ya.wav", 4.0)
    return tmp_path


def by_name(clips: list[Clip]) -> dict[str, Clip]:
    return {clip.filename: clip for clip in clips}


def test_strong_labels_and_sources(root: Path) -> None:
    (clip,) = desed.prepare(root)["synthetic21_train"]
    assert clip.events == (Event(0.5, 0.75, "Cat"),)
    assert clip.duration == 1.0
    assert [label for label, _ in clip.sources] == [
        "background",
        "Dog",
        "Electric_shaver_toothbrush",
    ]
    assert all(path.is_file() for _, path in clip.sources)


def test_empty_rows_late_offsets_and_missing_files(root: Path) -> None:
    subsets = desed.prepare(root)
    validation = by_name(subsets["validation"])
    assert validation["Yempty.wav"].events == ()
    assert validation["Yempty.wav"].tags == ()
    assert validation["Ya.wav"].events == (Event(0.0, 4.0, "Speech"),)
    assert validation["Ygone.wav"].path is None
    assert validation["Ygone.wav"].events == (Event(1.0, 2.0, "Dog"),)
    assert desed.missing(subsets)["validation"] == 1
    (public,) = subsets["public"]
    assert public.path is not None
    assert public.events == (Event(0.25, 10.0, "Frying"),)


def test_weak_and_unlabelled(root: Path) -> None:
    subsets = desed.prepare(root)
    weak = by_name(subsets["weak"] + subsets["weak_validation"])
    assert weak["Yone_0_10.wav"].tags == ("Dog", "Speech")
    assert weak["Yone_0_10.wav"].events is None
    assert weak["Ytwo_0_10.wav"].tags == ("Running_water",)
    assert weak["Ytwo_0_10.wav"].path is not None
    three, four = subsets["unlabel_in_domain"]
    assert three.tags is None
    assert three.path is not None
    assert four.path is None


def test_weak_validation_is_that_of_the_baseline(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = "".join(f"Y{i}.wav\tDog\n" for i in range(1578))
    (root / "metadata/train/weak.tsv").write_text("filename\tevent_labels\n" + rows)
    subsets = desed.prepare(root)
    assert (len(subsets["weak"]), len(subsets["weak_validation"])) == (1420, 158)
    (root / "metadata/train/weak_validation.tsv").write_text(
        "filename\tevent_labels\nY5.wav\tDog\n5.wav\tDog\n"
    )
    assert [clip.filename for clip in desed.prepare(root)["weak_validation"]] == ["Y5.wav"]
    assert (
        "weak_validation.tsv: 1 of 2 clips are not in weak.tsv and are left out, such as 5.wav."
        in caplog.text
    )
    layouts.text(root / "metadata/train/weak_validation.tsv", "filename\tevent_labels\n\tDog\n")
    with pytest.raises(JssError, match=r"weak_validation\.tsv, line 2: the filename is missing"):
        desed.prepare(root)


def test_nested_folders_and_audio_without_a_table(root: Path, tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    (above / "dataset").symlink_to(root)
    (root / "metadata/train/unlabel_in_domain.tsv").unlink()
    assert [clip.filename for clip in desed.prepare(above)["unlabel_in_domain"]] == ["Ythree.wav"]


def test_sentences_of_errors(tmp_path: Path, root: Path) -> None:
    empty = tmp_path / "eval"
    with pytest.raises(JssError, match="There is no folder"):
        desed.prepare(empty)
    empty.mkdir()
    with pytest.raises(JssError, match="not in DESED's layout"):
        desed.prepare(empty)
    tsv = root / "metadata/validation/validation.tsv"
    tsv.write_text("filename\tonset\toffset\tevent_label\nYa.wav\tsoon\t9\tDog\n")
    with pytest.raises(JssError, match=r"line 2: the onset .soon. is not a number"):
        desed.prepare(root)
    tsv.write_text("filename\tonset\tevent_label\n")
    with pytest.raises(JssError, match="the column 'offset' is missing"):
        desed.prepare(root)


def test_a_labelled_folder_with_folders_of_the_same_names(tmp_path: Path, root: Path) -> None:
    """DESED's own folder stays DESED with a list of labels beside it."""
    mine = tmp_path / "mine"
    for n in range(4):
        save(mine / f"audio/train/{n}.wav")
    (mine / "strong.tsv").write_text(
        "filename\tonset\toffset\tevent_label\n"
        + "".join(f"audio/train/{n}.wav\t0.1\t0.2\tDog\n" for n in range(4))
    )
    for folder in (mine, root):
        (folder / "labels.yaml").write_text("[Dog]\n")
    assert sets.recognise(mine) == "labelled"
    assert sum(len(clips) for clips in sets.subsets(mine).values()) == 4
    assert len(training_data([str(mine)], load_preset("smoke"), used=()).synthetic) == 3
    assert sets.recognise(root) == "desed"


def test_what_is_desed_and_what_is_a_labelled_folder(tmp_path: Path, root: Path, caplog) -> None:
    """Labels at the top make a labelled folder, unless it has tables of DESED: for every command."""
    mine = tmp_path / "mine"
    for n in range(2):
        save(mine / f"audio/validation/{n}.wav")
    assert sets.recognise(mine) == "desed"
    for folder in (mine, root):
        (folder / "weak.tsv").write_text("filename\tevent_labels\naudio/validation/0.wav\tDog\n")
    assert (sets.recognise(mine), sets.recognise(root)) == ("labelled", "desed")
    assert (desed.find(mine), labelled.find(root)) == (None, None)
    for read in (
        sets.subsets,
        lambda place: training_data([str(place)], load_preset("smoke"), used=()),
        lambda place: run.subset(place, "validation"),
    ):
        with pytest.raises(JssError, match=r"has no labels\.yaml: write it"):
            read(mine)
    assert "Ya.wav" in {clip.filename for clip in run.subset(root, "validation")}
    assert (
        f"{root} is read as DESED, by its tables: weak.tsv beside them is not read." in caplog.text
    )


def test_tables_beside_those_of_desed_are_not_read_and_may_be_several(root: Path, caplog) -> None:
    for name in ("strong.tsv", "strong.csv", "strong/a.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("")
    desed.prepare(root)
    for name in ("strong.tsv", "strong.csv", "strong"):
        assert f"by its tables: {name} beside them is not read." in caplog.text


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ('"filename"\t"onset"\t"offset"\t"event_label"\n', '"filename"\t"event_labels"\n'),
        ("filename\tonset \toffset\tevent_label\n", "filename\t event_labels\n"),
        ("\nfilename\tonset\toffset\tevent_label\n", "\r\nfilename\tevent_labels\r\n"),
    ],
    ids=["quoted", "blanks", "empty first line"],
)
def test_headers_of_any_writer(tmp_path: Path, strong: str, weak: str) -> None:
    metadata = tmp_path / "metadata"
    layouts.text(metadata / "validation/validation.tsv", strong + "a.wav\t1\t2\tDog\n")
    layouts.text(metadata / "train/weak.tsv", weak + "b.wav\tDog,Cat\n")
    subsets = desed.prepare(tmp_path)
    assert subsets["validation"][0].events == (Event(1.0, 2.0, "Dog"),)
    assert [clip.tags for clip in subsets["weak"] + subsets["weak_validation"]] == [("Cat", "Dog")]


def test_written_tables_are_read_back(root: Path) -> None:
    events = (Event(0.5, 1.0, "Dog"), Event(0.75, 2.5, "Cat"))
    clips = [Clip("Ya.wav", None, 4.0, events), Clip("Yempty.wav", None, 1.0, ())]
    tsv = root / "metadata/validation/validation.tsv"
    desed.write_strong(tsv, clips)
    desed.write_durations(tsv.with_name("validation_durations.tsv"), clips)
    read = desed.prepare(root)["validation"]
    assert [(c.filename, c.duration, c.events) for c in read] == [
        (c.filename, c.duration, c.events) for c in clips
    ]
    durations = tsv.with_name("validation_durations.tsv")
    content = durations.read_text()
    durations.write_text(content.replace("4.000", "4_0"))
    with pytest.raises(JssError, match="line 2: the duration '4_0' is not a number"):
        desed.prepare(root)
    desed.write_strong(tsv, [])  # as render writes a subset without clips
    desed.write_durations(durations, [])
    assert "validation" not in desed.prepare(root)
    desed.write_strong(tsv, clips)
    assert desed.prepare(root)["validation"][0].duration == 4.0  # that of the audio
    durations.write_text(content.replace("1.000", "-1.000"))
    with pytest.raises(JssError, match=r"line 3: the duration -1\.000 is not above 0"):
        desed.prepare(root)


def test_weak_labels_without_a_clip_are_refused(root: Path) -> None:
    layouts.text(root / "metadata/train/weak.tsv", "filename\tevent_labels\n\tDog\n")
    with pytest.raises(JssError, match=r"weak\.tsv, line 2: the filename is missing"):
        desed.prepare(root)


def test_a_row_is_of_the_file_that_has_its_very_name(tmp_path: Path) -> None:
    for name, seconds in (("a.wav", 1.0), ("a.wav.wav", 2.0)):
        layouts.sound(tmp_path / "audio/validation/validation" / name, seconds)
    rows = "a.wav\t0\t1\tDog\na.wav.wav\t1\t2\tCat\n"
    table = tmp_path / "metadata/validation/validation.tsv"
    layouts.text(table, f"filename\tonset\toffset\tevent_label\n{rows}")
    clips = desed.prepare(tmp_path)["validation"]
    assert [clip.path.name for clip in clips if clip.path] == ["a.wav", "a.wav.wav"]


def test_layout_of_2021(tmp_path: Path) -> None:
    subsets = desed.prepare(layouts.desed(tmp_path))
    assert {name: len(clips) for name, clips in subsets.items()} == {
        "weak": 9,
        "weak_validation": 1,
        "unlabel_in_domain": 3,
        "synthetic21_train": 2,
        "synthetic21_validation": 2,
        "validation": 3,
        "public": 1,
    }
    assert desed.missing(subsets) | {"unlabel_in_domain": 1, "validation": 1} == desed.missing(
        subsets
    )
    assert subsets["unlabel_in_domain"][2].duration == 10.0  # gone, but its name tells
    assert [label for label, _ in subsets["synthetic21_train"][0].sources] == ["background", "Dog"]


def test_layout_of_2023(tmp_path: Path) -> None:
    subsets = desed.prepare(layouts.desed_2023(tmp_path))
    strong = subsets["strong_label_real"]
    assert [(clip.filename, clip.path is None) for clip in strong] == [
        ("Y--4gqARaEJE_0.000_10.000.wav", False),
        ("Y-lost_0.000_10.000.wav", True),
    ]
    assert all("dcase_synth" in str(clip.path) for clip in subsets["synthetic21_train"])
    assert desed.missing(subsets)["validation"] == 1  # audio right below audio/validation
    at_16k = [
        clip.filename
        for name in ("weak", "weak_validation")
        for clip in subsets[name]
        if clip.path is not None and clip.path.parent.name == "weak_16k"
    ]
    assert at_16k == ["Y-weak3_30.000_40.000.wav"]


def test_separately_downloaded_parts_are_one_set(tmp_path: Path) -> None:
    base = layouts.desed_2023(tmp_path) / "dataset"
    (base / "dcase_synth").rename(tmp_path / "dcase_synth")
    assert {"weak", "public", "synthetic21_train", "synthetic21_validation"} <= set(
        desed.prepare(tmp_path)
    )


def test_clamping_of_offsets(tmp_path: Path) -> None:
    subsets = desed.prepare(layouts.desed(tmp_path))
    assert Event(9.865, 10.115, "Dog") in (
        by_name(subsets["validation"])["Ya_350.000_360.000.wav"].events or ()
    )
    assert by_name(subsets["public"])["1Ro0FgMWTUE_120_130.wav"].events == (
        Event(0.0, 2.081, "Speech"),
        Event(3.847, 10.0, "Frying"),
    )


def test_draws_equal_those_of_pandas(root: Path) -> None:
    frame = pd.DataFrame({"filename": [f"Y{i}.wav" for i in range(101)], "event_labels": "Dog"})
    frame.to_csv(root / "metadata/train/weak.tsv", sep="\t", index=False)
    drawn = frame.sample(frac=0.9, random_state=42)
    assert [c.filename for c in desed.prepare(root)["weak_validation"]] == list(
        frame.drop(drawn.index)["filename"]
    )
    rows = pd.DataFrame(
        {
            "filename": [f"{i // 2}.wav" for i in range(100)],
            "onset": 0.0,
            "offset": 1.0,
            "event_label": "Dog",
        }
    )
    rows.to_csv(root / "metadata/train/synthetic21_train/soundscapes.tsv", sep="\t", index=False)
    train = set(rows["filename"].drop_duplicates().sample(frac=0.8, random_state=26))
    subsets = desed.prepare(root)
    assert {c.filename for c in subsets["synthetic21_train"]} == train
    assert len(subsets["synthetic21_validation"]) == 10


@pytest.mark.skipif(
    not REAL.is_dir(), reason="needs ../shared/evaluation, DESED's published metadata"
)
def test_real_metadata(tmp_path: Path) -> None:
    (tmp_path / "metadata").symlink_to(REAL)
    subsets = desed.prepare(tmp_path)
    assert (len(subsets["weak"]), len(subsets["weak_validation"])) == (1420, 158)
    assert len(subsets["unlabel_in_domain"]) == 14412
    for name, files, events, empty in (("validation", 1168, 4224, 15), ("public", 692, 2765, 0)):
        clips = subsets[name]
        assert len(clips) == files
        assert sum(len(clip.events or ()) for clip in clips) == events
        assert sum(clip.events == () for clip in clips) == empty
        assert {e.label for clip in clips for e in clip.events or ()} == set(DESED_LABELS)
    assert (
        max(e.offset - clip.duration for clip in subsets["public"] for e in clip.events or ())
        <= SLACK
    )


@pytest.mark.skipif(
    not REAL.is_dir(), reason="needs ../shared/evaluation, DESED's published metadata"
)
def test_evaluate_and_score_use_the_same_events(tmp_path: Path) -> None:
    published = REAL.parents[1] / "desed-baseline-student"
    tsv = layouts.text(
        tmp_path / "metadata/validation/validation.tsv",
        (published / "ground_truth.tsv").read_text(),
    )
    layouts.text(
        tsv.with_name("validation_durations.tsv"), (published / "durations.tsv").read_text()
    )
    clips = desed.prepare(tmp_path)["validation"]
    ours = [(c.filename, e.onset, e.offset, e.label) for c in clips for e in c.events or ()]
    seconds = tsv_io.read_durations(published / "durations.tsv")
    truth = tsv_io.read_events(published / "ground_truth.tsv")
    names = sorted(seconds)
    lengths = np.array([seconds[name] for name in names])
    built = [
        external.build(table, names, lengths, DESED_LABELS, "", "")
        for table in (
            truth,
            pd.DataFrame(ours, columns=["filename", "onset", "offset", "event_label"]),
        )
    ]
    for name in ("clip", "label", "onset", "offset"):
        first, second = (getattr(reference.truth.events, name) for reference in built)
        np.testing.assert_array_equal(first, second)
    assert any(e.offset > c.duration for c in clips for e in c.events or ())  # roundings stay
