"""The verb: what it prints, writes and answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import true_layouts as layouts

from jss.cli import main
from jss.data.datasets.sets import DATASETS
from jss.io.inputs import MANIFEST


def test_the_help_names_every_data_set(capsys):
    assert main(["prepare", "--help"]) == 0
    assert ", ".join(DATASETS) in " ".join(capsys.readouterr().out.split())


def test_a_copy_is_checked_and_a_manifest_written(tmp_path, capsys):
    layouts.desed_2023(tmp_path)
    assert main(["prepare", "desed", str(tmp_path), "--workers", "2"]) == 1
    printed = capsys.readouterr().out
    assert "  validation, missing: Ygone_0.000_9.000.wav" in printed
    assert "weak: its list is not the published one of 1420 clips." in printed
    stored = json.loads((tmp_path / MANIFEST).read_text())
    assert stored["subsets"]["validation"]["missing"] == ["Ygone_0.000_9.000.wav"]
    assert stored["subsets"]["validation"]["fine"] == 2


def test_a_folder_that_is_fine(tmp_path, capsys):
    layouts.nested(tmp_path)
    assert (
        main(["prepare", "folder", str(tmp_path), "--manifest", str(tmp_path / "m/here.json")]) == 0
    )
    assert "in all" in capsys.readouterr().out
    assert json.loads((tmp_path / "m/here.json").read_text())["subsets"]["train"]["fine"] > 0


def test_the_manifest_is_no_name_of_the_users(tmp_path, capsys):
    layouts.nested(tmp_path)
    last = []
    for _ in range(2):
        assert main(["prepare", "folder", str(tmp_path)]) == 0
        last.append(capsys.readouterr().out.splitlines()[-1])
    assert (tmp_path / MANIFEST).is_file()
    assert last[0] == last[1]
    assert ".json" not in last[0]


def test_a_converted_copy_is_what_is_checked_and_the_broken_one_is_damaged(tmp_path, capsys):
    root = layouts.nested(tmp_path / "set")
    (root / "001/004/0000000004.wav").write_bytes(b"RIFF and no more")
    assert main(["prepare", "folder", str(root), "--convert", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr().out
    assert "damaged: 001/004/0000000004.wav:" in printed
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 11
    stored = json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert sum(len(subset["damaged"]) for subset in stored["subsets"].values()) == 1
    assert sum(subset["fine"] for subset in stored["subsets"].values()) == 11


def test_a_manifest_that_cannot_be_written_is_told_after_the_table(tmp_path, capsys):
    root = layouts.nested(tmp_path / "set")
    layouts.text(tmp_path / "file", "")
    assert main(["prepare", "folder", str(root), "--manifest", str(tmp_path / "file/m.json")]) == 2
    out, err = capsys.readouterr()
    assert "in all" in out
    assert err.startswith("jss: ")
    assert err.rstrip().endswith("Name another place for the manifest with --manifest FILE.")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["desed", "{}/us"], "holds UrbanSound8K: use the name urbansound8k"),
        (["esc50", "{}/nowhere"], "There is no folder"),
        (["urbansound8k", "{}/us", "--workers", "0"], "--workers is 1 or more"),
        (["urbansound8k", "{}/us", "--convert", "{}/us/16k"], "is in the other"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, capsys, arguments, text):
    layouts.urbansound(tmp_path / "us")
    assert main(["prepare", *(argument.format(tmp_path) for argument in arguments)]) == 2
    printed = capsys.readouterr().err
    assert text in printed
    assert printed.count("\n") == 1
