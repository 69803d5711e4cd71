"""A system's fingerprint is read once, and again when one of its files was written."""

import shutil
from dataclasses import replace

import pytest
import streamlit as st
import yaml

from jss import checkpoints
from jss.decoding import BoxPoint, MedianPoint, OperatingPoints
from jss.errors import JssError
from pages.ui.cache import loaders
from pages.ui.cache.fingerprint import system_fingerprint


@pytest.fixture
def home(tiny_checkpoints, tmp_path, monkeypatch):
    shutil.copytree(tiny_checkpoints, tmp_path / "home")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path / "home"))
    st.cache_resource.clear()
    yield tmp_path / "home"
    st.cache_resource.clear()


def test_it_is_read_once(home, monkeypatch):
    first = system_fingerprint("SED", "teacher")
    monkeypatch.setattr(checkpoints, "manifest", None)
    assert system_fingerprint("SED", "teacher") == first


def test_other_weights_and_another_manifest_are_seen_at_once(home):
    first = system_fingerprint("SED", "teacher")
    block = checkpoints.manifest("SED").selections["teacher"].detector
    card, state = checkpoints.load_block(block)
    checkpoints.save_block({key: value + 1 for key, value in state.items()}, card)
    second = system_fingerprint("SED", "teacher")
    path = home / "systems" / "SED.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "consistent": True}))
    assert len({first, second, system_fingerprint("SED", "teacher")}) == 3


def test_operating_points_change_nothing_that_is_stored(home):
    """They are taken from the manifest when a result is shown."""
    first = system_fingerprint("SED", "teacher")
    manifest = checkpoints.manifest("SED")
    teacher = manifest.selections["teacher"]
    cards = [checkpoints.load_card(block) for block in teacher.blocks]
    points = OperatingPoints(
        "clips",
        3,
        checkpoints.weights_fingerprint(cards),
        {label: MedianPoint(9, 0.31) for label in manifest.labels},
        {label: BoxPoint(5, 2.0, 0.4) for label in manifest.labels},
    )
    selections = {**manifest.selections, "teacher": replace(teacher, operating=points)}
    checkpoints.save_manifest(replace(manifest, selections=selections))
    assert system_fingerprint("SED", "teacher") == first
    st.cache_resource.clear()
    assert loaders.operating_points("SED", "teacher") == points
    assert loaders.operating_points("SED", "student") is None
    assert loaders.decoder("SED", "teacher", "auto").median == (9,) * len(manifest.labels)
    assert loaders.decoder("SED", "teacher", 0.4).threshold == 0.4


def test_a_selection_that_there_is_not(home):
    path = home / "systems" / "SED.yaml"
    stored = yaml.safe_load(path.read_text())
    path.write_text(
        yaml.safe_dump({**stored, "selections": {"teacher": stored["selections"]["teacher"]}})
    )
    with pytest.raises(JssError, match="SED has no student: choose teacher"):
        system_fingerprint("SED", "student")
