"""A folder of anybody's clips and classes: trained, shipped and heard without touching the code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from jss import checkpoints
from jss.cli import main
from jss.config import load_preset
from jss.data.datasets import labelled
from jss.data.training.training_data import class_list, training_data
from jss.errors import JssError
from jss.inference.system import load_system

pytestmark = pytest.mark.slow

CLASSES = ["Kettle", "Doorbell", "Parrot"]
COUNT = 24


def own(root: Path, strong: bool = True, weak: bool = True) -> Path:
    """Twelve strongly and twelve weakly labelled clips of a tone a class, in folders, and two
    without labels.
    """
    root.mkdir(parents=True)
    rng = np.random.default_rng(0)
    events, tags = ["filename\tonset\toffset\tevent_label"], ["filename\tevent_labels"]
    for number in range(COUNT + 2):
        k = number % 3
        path = root / f"day{k}" / f"clip{number:02}.wav"
        path.parent.mkdir(exist_ok=True)
        tone = np.sin(2 * np.pi * (400 + 900 * k) * np.arange(16000) / 16000) * 0.3
        x = 0.01 * rng.standard_normal(32000)
        x[8000:24000] += tone
        soundfile.write(path, x, 16000)
        if number < COUNT // 2:
            events.append(f"day{k}/{path.name}\t0.5\t1.5\t{CLASSES[k]}")
        elif number < COUNT:
            tags.append(f"{path.name}\t{CLASSES[k]}")
    (root / "labels.yaml").write_text(yaml.safe_dump(CLASSES))
    for there, name, rows in ((strong, "strong.tsv", events), (weak, "weak.tsv", tags)):
        if there:
            (root / name).write_text("\n".join(rows) + "\n")
    return root


def test_sed_and_mixit_s1_of_three_classes(tmp_path):
    root, out = own(tmp_path / "mine"), tmp_path / "run"
    assert (
        main(
            [
                "train",
                "smoke",
                "--data",
                str(root),
                "--only",
                "SED",
                "MixIT-S1",
                "--out",
                str(out),
            ]
        )
        == 0
    )
    for name in ("SED", "MixIT-S1"):
        assert checkpoints.manifest(name, out / "checkpoints").labels == tuple(CLASSES)
        system = load_system(name, folder=out / "checkpoints")
        result = system(soundfile.read(root / "day1/clip01.wav", dtype="float32")[0])
        assert result.labels == tuple(CLASSES)
        assert result.scores.shape[0] == 3
        assert {*result.events(threshold=0.0).event_label} == {*CLASSES}


def test_weak_labels_alone_train_where_the_batch_says_so(tmp_path):
    root, out = own(tmp_path / "mine", strong=False), tmp_path / "run"
    arguments = ["train", "smoke", "--data", str(root), "--only", "SED", "--out", str(out)]
    assert main([*arguments, "detection.batch=[0, 4, 2]", "detection.epochs=1"]) == 0
    card = checkpoints.load_card("sed-detector-teacher", out / "checkpoints")
    assert card.metrics["student_intersection_f1"] == 0
    assert "bce_weak" in card.metrics
    assert "bce_strong" not in card.metrics


def test_missing_strong_labels_are_told(tmp_path, capsys):
    root = own(tmp_path / "mine", strong=False)
    assert (
        main(
            ["train", "smoke", "--data", str(root), "--only", "SED", "--out", str(tmp_path / "run")]
        )
        != 0
    )
    assert "detection.batch=[0, 4, 2]" in capsys.readouterr().err


def test_tags_of_strong_clips_stand_in_for_weak_labels(tmp_path):
    data = training_data(str(own(tmp_path / "mine", weak=False)), load_preset("smoke"))
    assert len(data.weak) == len(data.synthetic) > 0
    assert len(data.weak[0].tags) == 1


def test_no_clip_is_on_both_sides(tmp_path):
    subsets = labelled.prepare(own(tmp_path / "mine"))
    side = {
        end: {
            clip.path
            for name, clips in subsets.items()
            if name.endswith("_validation") == end
            for clip in clips
        }
        for end in (False, True)
    }
    assert not side[False] & side[True]
    assert len(side[False] | side[True]) == COUNT + 2
    assert {"strong", "strong_validation", "weak", "weak_validation"} <= {*subsets}


def test_the_classes_are_those_of_the_preset_where_it_names_them(tmp_path):
    root = str(own(tmp_path / "mine"))
    assert class_list(root, load_preset("smoke")) == tuple(CLASSES)
    assert class_list("synthscapes", load_preset("smoke"))[4] == "Dog"
    more = load_preset("smoke", ("labels=[Kettle, Doorbell, Parrot, Drill]",))
    assert class_list(root, more)[3] == "Drill"
    with pytest.raises(JssError, match="no class set"):
        class_list(root, load_preset("smoke", ("labels=birds",)))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "strong.tsv",
            "filename\tonset\toffset\tevent_label\nclip01.wav\t0\t1\tDrill\n",
            "the label 'Drill'",
        ),
        ("weak.tsv", "filename\tevent_labels\nclip01.wav\tKettle,Drill\n", "the label 'Drill'"),
        (
            "strong.tsv",
            "filename\tonset\toffset\tevent_label\nclip01.wav\tsoon\t1\tKettle\n",
            "line 2: the onset .soon. is not a number",
        ),
        ("labels.yaml", "[yes, no]", "list of different labels"),
        ("labels.yaml", "[Kettle, Kettle]", "list of different labels"),
        ("labels.yaml", "Kettle", "list of different labels"),
    ],
)
def test_mistakes_are_told_in_a_sentence(tmp_path, name, text, message):
    root = own(tmp_path / "mine")
    (root / name).write_text(text)
    with pytest.raises(JssError, match=message):
        labelled.prepare(root)


def test_what_a_folder_lacks(tmp_path):
    root = own(tmp_path / "mine", strong=False, weak=False)
    with pytest.raises(JssError, match="has no labels: write strong"):
        labelled.prepare(root)
    (root / "weak.tsv").write_text("filename\tevent_labels\nclip01.wav\tDoorbell\n")
    (root / "labels.yaml").unlink()
    with pytest.raises(JssError, match=r"has no labels\.yaml"):
        labelled.prepare(root)
