"""The user's systems: from any folder below runs/ or one that was named, whole or left out."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from pathlib import Path

import pytest
import yaml
from tiny import write_weak

from jss import checkpoints
from jss.evaluation.saved_scores import SUFFIX
from jss.reports import EvalReport
from pages.ui.cache import loaders, model_folders, weak_loaders

MINE = "MixIT-S1 (runs/mine)"


@pytest.fixture
def runs(tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs, empty; the tiny systems are the shipped ones, nothing is remembered."""
    import streamlit as st

    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    monkeypatch.setenv("JSS_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("JSS_MODELS", raising=False)
    monkeypatch.setattr(model_folders, "_FRESH_S", 0.0)
    st.cache_data.clear()
    st.cache_resource.clear()
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def names() -> list[str]:
    return [item.name for item in loaders.systems()]


def test_without_runs_there_are_the_shipped_ones(runs: Path):
    runs.rmdir()
    assert names() == ["SED", "MixIT-S1"]
    assert model_folders.faults() == []


def test_a_run_shows_beside_the_shipped_ones_as_soon_as_it_is_there(
    runs: Path, tiny_checkpoints: Path
):
    assert names() == ["SED", "MixIT-S1"]
    shutil.copytree(tiny_checkpoints, runs / "mine" / "checkpoints")
    assert names() == ["SED", "MixIT-S1", "SED (runs/mine)", MINE]
    assert model_folders.place(MINE) == dataclasses.replace(
        model_folders.place(MINE), folder=runs / "mine" / "checkpoints", name="MixIT-S1"
    )
    assert model_folders.place("MixIT-S1").folder is None
    shutil.rmtree(runs / "mine")
    assert names() == ["SED", "MixIT-S1"]


def test_named_folders_and_shipped_ones_are_shown_once(
    runs: Path, tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(tiny_checkpoints, tmp_path / "exp, 06:15" / "checkpoints")
    monkeypatch.setenv("JSS_MODELS", str(tmp_path / "exp, 06:15" / "checkpoints"))
    assert names()[2:] == ["SED (exp_06_15)", "MixIT-S1 (exp_06_15)"]
    monkeypatch.setenv("JSS_MODELS", str(tiny_checkpoints))
    assert names() == ["SED", "MixIT-S1"]


def test_two_folders_of_one_name_have_different_names(
    runs: Path, tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(tiny_checkpoints, runs / "mine")
    shutil.copytree(tiny_checkpoints, tmp_path / "other" / "runs" / "mine")
    monkeypatch.setenv("JSS_MODELS", str(tmp_path / "other" / "runs"))
    assert len(set(names())) == 6
    folders = {model_folders.place(name).folder for name in names()[2:]}
    assert folders == {runs / "mine", tmp_path / "other" / "runs" / "mine"}


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: (f / "blocks" / "tiny-separator.safetensors").unlink(), "there are no weights"),
        (
            lambda f: (f / "blocks" / "tiny-separator.safetensors").write_bytes(b"half"),
            "do not match the checksum",
        ),
        (lambda f: (f / "blocks" / "tiny-separator.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "systems" / "MixIT-S1.yaml").write_text("name: [Mi"), "cannot be read"),
        (lambda f: (f / "systems" / "MixIT-S1.yaml").write_bytes(b"\x80"), "cannot be read"),
    ],
)
def test_what_is_damaged_is_one_sentence(damage, sentence, runs: Path, tiny_checkpoints: Path):
    folder = runs / "mine"
    shutil.copytree(tiny_checkpoints, folder)
    damage(folder)
    assert names() == ["SED", "MixIT-S1", "SED (runs/mine)"]
    (fault,) = model_folders.faults()
    assert fault.startswith("runs/mine: MixIT-S1 is left out. ") or "tiny-separator" in fault
    assert sentence in fault
    shutil.rmtree(folder)
    shutil.copytree(tiny_checkpoints, folder)
    assert MINE in names()
    assert model_folders.faults() == []


def test_detectors_of_others_are_there_and_checked(runs: Path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from jss.inference.onnx_files import export_onnx, import_onnx
    from pages.ui.cache.fingerprint import system_fingerprint

    folder = runs / "theirs" / "checkpoints"
    description = export_onnx("MixIT-S1", "teacher", runs / "mixit.onnx")
    import_onnx(runs / "mixit.onnx", description, folder)
    name = "MixIT-S1-onnx (runs/theirs)"
    assert name in names()
    assert loaders.cards(name)["mixit-s1-onnx"].kind == "onnx"
    assert len(system_fingerprint(name, "teacher")) > 64
    block = folder / "blocks" / "mixit-s1-onnx.onnx"
    block.write_bytes(block.read_bytes()[:-9])
    assert name not in names()
    assert "do not match the checksum" in model_folders.faults()[0]


def test_a_name_that_the_address_cannot_hold_is_left_out(runs: Path, tiny_checkpoints: Path):
    folder = runs / "mine"
    shutil.copytree(tiny_checkpoints, folder)
    (folder / "systems" / "SED.yaml").rename(folder / "systems" / "a,b.yaml")
    assert names()[2:] == [MINE]
    assert "a,b is left out" in model_folders.faults()[0]


def test_order_and_parts_of_names():
    some = ["SED (runs/a)", "MixIT-JT", "MixIT-S1 (runs/b-2)", "MixIT-S1 (runs/a)", "SED"]
    assert sorted(some, key=model_folders.position) == [
        "SED",
        "MixIT-JT",
        "SED (runs/a)",
        "MixIT-S1 (runs/a)",
        "MixIT-S1 (runs/b-2)",
    ]
    assert model_folders.split("MixIT-JT+ (runs/a)") == ("MixIT-JT+", "runs/a")
    assert model_folders.split("MixIT-JT+") == ("MixIT-JT+", "")


def test_compared_are_the_shipped_counterpart_and_the_baseline():
    from pages.ui import systems

    every = ["SED", "MixIT-S0", "MixIT-S1", "PIT-S1", "SED (runs/a)", "MixIT-S0 (runs/a)"]
    every.append("MixIT-S1 (runs/a)")
    related = systems.related("MixIT-S1 (runs/a)", every, "MixIT-S1", 4)
    assert related == ["SED", "MixIT-S1", "MixIT-S0 (runs/a)", "MixIT-S1 (runs/a)"]


def test_the_fingerprint_follows_weights_that_are_written_in_place(
    runs: Path, tiny_checkpoints: Path
):
    from pages.ui.cache.fingerprint import system_fingerprint

    folder = runs / "mine"
    shutil.copytree(tiny_checkpoints, folder)
    first = system_fingerprint(MINE, "teacher")
    assert first == system_fingerprint("MixIT-S1", "teacher")
    card, state = checkpoints.load_block("tiny-separator", folder)
    other = folder.parent / "other"
    checkpoints.save_block({key: value + 1 for key, value in state.items()}, card, other)
    for suffix in ("json", "safetensors"):  # as cp does
        text = (other / "blocks" / f"tiny-separator.{suffix}").read_bytes()
        (folder / "blocks" / f"tiny-separator.{suffix}").write_bytes(text)
    assert system_fingerprint(MINE, "teacher") != first


def report(system: str, **changes: object) -> EvalReport:
    facts = {"dataset": "mine", "subset": "eval", "selection": "teacher"}
    return EvalReport(system=system, n_files=2, n_files_expected=2, **(facts | changes))


def test_reports_beside_a_run_are_read_and_damaged_ones_are_a_sentence(
    runs: Path, tiny_checkpoints: Path
):
    shutil.copytree(tiny_checkpoints, runs / "mine" / "checkpoints")
    report("MixIT-S1").save(runs / "mine" / "reports" / "eval" / "MixIT-S1-teacher.json")
    report("SED").save(runs / "mine" / "sed.json")
    (runs / "mine" / "notes.json").write_text('{"what": "no report"}')
    assert [r.system for r in loaders.reports()] == ["SED (runs/mine)", MINE]
    assert loaders.damaged_reports() == []
    (runs / "mine" / "sed.json").write_text("{")
    assert [r.system for r in loaders.reports()] == [MINE]
    (sentence,) = loaders.damaged_reports()
    assert sentence.startswith("runs/mine: ")
    assert "sed.json is damaged: evaluate again." in sentence
    both = {"reports": [json.loads(json.dumps(report(name).as_dict())) for name in ("A", "B")]}
    (runs / "mine" / "sed.json").write_text(json.dumps(both))
    assert [r.system for r in loaders.reports()] == ["A (runs/mine)", "B (runs/mine)", MINE]


def test_scores_beside_a_report_can_be_fused(runs: Path, tiny_checkpoints: Path):
    folder = runs / "mine" / "checkpoints"
    shutil.copytree(tiny_checkpoints, folder)
    shipped = next((Path(__file__).parents[2] / "checkpoints" / "reports").rglob(f"*{SUFFIX}"))
    target = folder / "reports" / "set" / shipped.name
    target.parent.mkdir(parents=True)
    shutil.copy(shipped, target)
    (scores,) = loaders.saved_scores().values()
    (name,) = scores
    assert name.endswith(" (runs/mine)")
    assert scores[name].outputs.system == name
    target.write_bytes(b"half")
    assert loaders.saved_scores() == {}


def test_separators_of_weak_labels(runs: Path):
    write_weak(runs / "weak" / "checkpoints", ("critic-frame", "weak-strong", "weak-frame"))
    assert weak_loaders.separators() == ("weak-strong (runs/weak)", "weak-frame (runs/weak)")
    assert weak_loaders.critics() == ("critic-frame (runs/weak)",)
    result = weak_loaders._system("weak-frame (runs/weak)", "")
    assert result.name == "weak-frame (runs/weak)"
    blocks = runs / "weak" / "checkpoints" / "blocks"
    (blocks / "weak-strong.safetensors").write_bytes(b"half")
    (blocks / "other.json").write_text("{")
    assert weak_loaders.separators() == ("weak-frame (runs/weak)",)
    weak_loaders._system.clear()
    assert weak_loaders._system("weak-frame (runs/weak)", "again").name == result.name
    (blocks / "critic-frame.safetensors").unlink()
    assert weak_loaders.separators() == weak_loaders.critics() == ()
    (sentence,) = model_folders.faults()
    assert sentence.startswith("runs/weak: ")
    assert sentence.endswith(" more of this folder are left out.")


def test_whether_a_training_runs(runs: Path):
    import os

    import fake

    assert not model_folders.training()
    for name in ("SED", "S1"):
        (runs / "mine" / name).mkdir(parents=True)
    fake.write_run(runs / "mine" / "SED", epochs=3)
    assert not model_folders.training()
    fake.write_run(runs / "mine" / "S1", epochs=5)
    assert model_folders.training()
    for name in ("config.yaml", "history.csv"):
        os.utime(runs / "mine" / "S1" / name, (time.time() - 9000,) * 2)
    assert not model_folders.training()
    (runs / "mine" / "S1" / "config.yaml").write_text("[")
    assert not model_folders.training()


def test_systems_of_other_classes_have_their_own(runs: Path, tiny_checkpoints: Path):
    folder = runs / "mine"
    shutil.copytree(tiny_checkpoints, folder)
    path = folder / "systems" / "MixIT-S1.yaml"
    labels = [f"Class {k}" for k in range(10)]
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"labels": labels}))
    assert loaders.manifest(MINE).labels == tuple(labels)
