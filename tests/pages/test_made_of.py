"""What a system is made of is read once, and again when something of it was written."""

import shutil

import pytest
import yaml

from jss import checkpoints
from jss.errors import JssError
from pages.ui.cache.fingerprint import made_of


@pytest.fixture
def home(tiny_checkpoints, tmp_path, monkeypatch):
    shutil.copytree(tiny_checkpoints, tmp_path / "home")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path / "home"))
    return tmp_path / "home"


def test_it_is_read_once(home, monkeypatch):
    first = made_of("SED", "teacher")
    monkeypatch.setattr(checkpoints, "manifest", None)
    assert made_of("SED", "teacher") == first


def test_other_weights_and_another_manifest_are_seen_at_once(home):
    first = made_of("SED", "teacher")
    block = checkpoints.manifest("SED").selections["teacher"].detector
    card, state = checkpoints.load_block(block)
    checkpoints.save_block({key: value + 1 for key, value in state.items()}, card)
    second = made_of("SED", "teacher")
    path = home / "systems" / "SED.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "consistent": True}))
    assert len({first, second, made_of("SED", "teacher")}) == 3


def test_a_selection_that_there_is_not(home):
    path = home / "systems" / "SED.yaml"
    told = yaml.safe_load(path.read_text())
    path.write_text(
        yaml.safe_dump({**told, "selections": {"teacher": told["selections"]["teacher"]}})
    )
    with pytest.raises(JssError, match="SED has no student: choose teacher"):
        made_of("SED", "student")
