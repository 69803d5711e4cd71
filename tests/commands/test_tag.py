"""The verb that scores whole recordings, with a system that hears how loud they are."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from jss import audio
from jss.cli import main
from jss.inference import system


class Loud:
    """Its first class is loudness, its second the opposite."""

    labels = ("Cat", "Dog", "Speech")
    name, selection, cards = "Loud", "teacher", {}

    def __call__(self, source: np.ndarray, filename: str) -> SimpleNamespace:
        level = float(np.abs(source).max())
        return SimpleNamespace(weak=np.array([level, 1 - level, 0.5]))


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    for label, levels in (
        ("Cat", (0.9, 0.8, 0.2)),
        ("Dog", (0.1, 0.15, 0.85)),
        ("other_cough", (0.5,)),
    ):
        for i, level in enumerate(levels):
            audio.save(tmp_path / "bank" / label / f"{i}.flac", np.full(1600, level, np.float32))
    rows = ["file\tclass\trecording\tsplit"]
    files = sorted((tmp_path / "bank").rglob("*.flac"))
    rows += [f"{p.parent.name}/{p.name}\t{p.parent.name}\t{p}\ttest" for p in files]
    (tmp_path / "bank" / "catalog.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path / "bank"


def test_the_average_precision_of_each_class_and_their_mean(bank, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(system, "load_system", lambda *a: Loud())
    assert (
        main(["tag", "--system", "Loud", "--soundbank", str(bank), "--out", str(tmp_path / "out")])
        == 0
    )
    report = json.loads((tmp_path / "out" / "Loud.json").read_text())
    # ranked by loudness: cat .9, dog .85, cat .8, cat .2, dog .15, dog .1
    cat, dog = (1 + 2 / 3 + 3 / 4) / 3, (1 + 1 + 3 / 5) / 3
    assert report["classwise"]["Cat"]["average_precision"] == pytest.approx(cat)
    assert report["classwise"]["Dog"]["average_precision"] == pytest.approx(dog)
    assert report["macro"] == pytest.approx((cat + dog) / 2)
    assert report["without"] == {"Cat": pytest.approx(dog), "Dog": pytest.approx(cat)}
    assert set(report["classwise"]) == {"Cat", "Dog"}, "a class without a recording is left out"
    assert report["n_files"] == 6
    assert report["interval"][0] <= report["macro"] <= report["interval"][1]
    assert f"{(cat + dog) / 2:.3f}" in capsys.readouterr().out


def test_a_split_without_recordings_is_a_sentence(bank, monkeypatch, capsys):
    monkeypatch.setattr(system, "load_system", lambda *a: Loud())
    assert main(["tag", "--system", "Loud", "--soundbank", str(bank), "--split", "train"]) == 2
    assert "no recording" in capsys.readouterr().err


def test_a_fusion_of_taggers_of_other_classes(bank, tmp_path, monkeypatch, capsys):
    class Quiet(Loud):
        """The opposite, by two classes of which one is common."""

        name, labels = "Quiet", ("Water", "Dog", "Cat")

        def __call__(self, source, filename):
            level = float(np.abs(source).max())
            return SimpleNamespace(weak=np.array([0.0, level, 1 - level]))

    monkeypatch.setattr(
        system, "load_system", lambda name, *a: Loud() if name == "Loud" else Quiet()
    )
    command = ["tag", "--system", "Loud", "--system", "Quiet", "--fusion", "--mean", "logits"]
    assert main([*command, "--soundbank", str(bank), "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "Loud+Quiet(logits).json").read_text())
    assert report["labels"] == ["Cat", "Dog"]
    assert report["files"]["Cat/0.flac"] == pytest.approx([0.5, 0.5])
    assert main(["tag", "--system", "Loud", "--fusion", "--soundbank", str(bank)]) == 2
    assert "two systems or more" in capsys.readouterr().err
    command = ["tag", "--system", "Loud", "--system", "Quiet", "--mean", "logits"]
    assert main([*command, "--soundbank", str(bank)]) == 2
    assert "add --fusion" in capsys.readouterr().err
