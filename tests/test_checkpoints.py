"""Blocks and manifests survive a round trip, and whatever is wrong with them is said in one
sentence.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from jss import checkpoints
from jss.checkpoints import Card, load_block, load_network, manifest, save_block, systems
from jss.decoding import BoxPoint, MedianPoint, OperatingPoints
from jss.errors import JssError
from jss.labels import DESED_LABELS

CARD = Card(
    "block",
    "conv_tasnet",
    {"n_src": 2, "n_filters": 16, "bn_chan": 8, "hid_chan": 16, "skip_chan": 8, "n_blocks": 1},
    "separator",
    "student",
    "synthscapes",
    "MIT",
    seed=3,
    epoch=7,
    metrics={"si_sdr_improvement": 1.5},
)


@pytest.fixture
def folder(tiny_checkpoints, tmp_path):
    return shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")


def refused(function, *arguments) -> str:
    with pytest.raises(JssError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_round_trip(tmp_path):
    network = checkpoints.build(CARD.kind, CARD.config)
    written = save_block(network.state_dict(), CARD, tmp_path)
    card, state = load_block("block", tmp_path)
    assert card == written
    assert len(card.sha256) == 64
    assert card.created.endswith("Z")
    assert replace(card, sha256="", created="") == CARD
    for key, tensor in network.state_dict().items():
        torch.testing.assert_close(state[key], tensor, rtol=0, atol=0)
    loaded, _ = load_network("block", tmp_path)
    assert not loaded.training
    assert sorted(p.name for p in (tmp_path / "blocks").iterdir()) == [
        "block.json",
        "block.safetensors",
    ]


def test_half_precision_keeps_statistics(tmp_path):
    state = {
        "weight": torch.randn(64, 64),
        "running_var": torch.full((64,), 1e-9),
        "huge": torch.full((2, 2), 1e6),
        "num_batches_tracked": torch.tensor(5),
    }
    save_block(state, CARD, tmp_path)
    full = (tmp_path / "blocks" / "block.safetensors").stat().st_size
    save_block(state, CARD, tmp_path, half=True)
    assert (tmp_path / "blocks" / "block.safetensors").stat().st_size < 0.6 * full
    _, loaded = load_block("block", tmp_path)
    assert loaded["weight"].dtype == torch.float32
    torch.testing.assert_close(loaded["weight"], state["weight"], rtol=1e-3, atol=1e-6)
    for key in ("running_var", "huge", "num_batches_tracked"):
        torch.testing.assert_close(loaded[key], state[key], rtol=0, atol=0)


def test_damaged_weights(folder):
    path = folder / "blocks" / "tiny-separator.safetensors"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for data in (bytes(flipped), whole[:-10], b""):
        path.write_bytes(data)
        assert "checksum" in refused(load_network, "tiny-separator", folder)
    path.unlink()
    assert "no weights" in refused(load_network, "tiny-separator", folder)


def test_no_safetensors(folder):
    """Right checksum, wrong contents."""
    path = folder / "blocks" / "tiny-separator.safetensors"
    path.write_bytes(b"not weights")
    edit(folder, "tiny-separator", sha256=checkpoints.hashlib.sha256(b"not weights").hexdigest())
    assert "no safetensors" in refused(load_network, "tiny-separator", folder)


def edit(folder, block, /, **changes):
    path = folder / "blocks" / f"{block}.json"
    data = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not ...}))


def test_weights_of_another_shape(folder):
    card, _ = load_block("tiny-separator", folder)
    edit(folder, "tiny-separator", config=card.config | {"n_src": 3})
    assert "mask_net" in refused(load_network, "tiny-separator", folder)
    edit(folder, "tiny-separator", config=card.config | {"n_blocks": 3})
    assert "does not fit" in refused(load_network, "tiny-separator", folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"speed": 3}, "unknown key 'speed'"),
        ({"stage": ...}, "lacks the key 'stage'"),
        ({"seed": "three"}, "seed must be"),
        ({"config": [1]}, "config must be"),
        ({"name": "other"}, "block other"),
        ({"kind": "transformer"}, "no kind of block"),
        ({"config": {"n_source": 4}}, "unknown key 'n_source'"),
    ],
)
def test_cards_that_are_wrong(folder, changes, said):
    edit(folder, "tiny-separator", **changes)
    assert said in refused(load_network, "tiny-separator", folder)


def test_detector_of_unknown_sizes(folder):
    edit(folder, "tiny-detector-teacher", config={"cells": "many"})
    assert "cells must be a whole number" in refused(load_network, "tiny-detector-teacher", folder)


def test_cards_that_are_missing_or_no_json(folder):
    path = folder / "blocks" / "tiny-separator.json"
    path.write_text("{")
    assert "cannot be read" in refused(load_network, "tiny-separator", folder)
    path.write_text("[]")
    assert "keys and values" in refused(load_network, "tiny-separator", folder)
    path.unlink()
    assert "no card" in refused(load_network, "tiny-separator", folder)
    assert "cannot name" in refused(load_network, "../tiny-separator", folder)


def test_systems_in_order(folder):
    text = (folder / "systems" / "MixIT-S1.yaml").read_text()
    for name in ("MixIT-JT", "MixIT-S0", "PIT-S0", "MixIT-X"):
        (folder / "systems" / f"{name}.yaml").write_text(text.replace("MixIT-S1", name))
    assert [s.name for s in systems(folder)] == [
        "SED",
        "MixIT-S0",
        "MixIT-S1",
        "MixIT-JT",
        "MixIT-X",
        "PIT-S0",
    ]


def test_manifest(folder, monkeypatch):
    system = manifest("MixIT-S1", folder)
    assert system.labels == DESED_LABELS
    assert system.selections["teacher"].separator == "tiny-separator"
    assert system.separates
    assert system.report is None
    assert not manifest("SED", folder).separates
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    assert manifest("MixIT-S1") == system


def test_a_block_may_be_called_mixture(folder):
    """It was dropped, as the value of mixture_input that is left out."""
    system = manifest("MixIT-S1", folder)
    teacher = replace(system.selections["teacher"], detector="mixture")
    path = checkpoints.save_manifest(replace(system, selections={"teacher": teacher}), folder)
    assert "detector: mixture\n" in path.read_text()
    assert "mixture_input" not in path.read_text()


def test_operating_points(folder, monkeypatch, caplog):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    system = manifest("MixIT-S1")
    cards = [checkpoints.load_card(block) for block in system.selections["teacher"].blocks]
    chosen = OperatingPoints(
        "clips",
        3,
        checkpoints.weights_fingerprint(cards),
        {label: MedianPoint(9, 0.31) for label in DESED_LABELS},
        {label: BoxPoint(5, 2.0, 0.4) for label in DESED_LABELS},
    )
    teacher = replace(system.selections["teacher"], operating=chosen)
    system = replace(system, selections={**system.selections, "teacher": teacher})
    path = checkpoints.save_manifest(system)
    assert "Cat: {half: 5, ratio: 2.0, threshold: 0.4}" in path.read_text()
    assert manifest("MixIT-S1") == system
    assert checkpoints.operating_points(system, "teacher", cards) == chosen
    assert checkpoints.operating_points(system, "student", cards) is None
    # Of other weights they are not used.
    cards[0] = replace(cards[0], sha256="another")
    with caplog.at_level("WARNING"):
        assert checkpoints.operating_points(system, "teacher", cards) is None
    assert "tune MixIT-S1" in caplog.text
    path.write_text(path.read_text().replace("      Cat: {frames", "      Lion: {frames"))
    assert "each of the labels" in refused(manifest, "MixIT-S1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pooling: max", "poolling: max", "unknown key 'poolling'"),
        ("pooling: max", "pooling: 1e-4", None),
        ("pooling: max", "pooling: 3", "pooling must be text"),
        ("description: Separates, then detects.\n", "", "lacks the key 'description'"),
        ("labels: desed", "labels: esc50", "labels must be"),
        ("labels: desed", "labels: [Dog, Dog]", "labels must be"),
        ("labels: desed", "labels: [Dog, Cat]", None),
        ("  student:", "  expert:", "selections must"),
        (
            "detector: tiny-detector-student",
            "detectors: x",
            "unknown key 'selections.student.detectors'",
        ),
        ("detector: tiny-detector-student", "detector: null", "detector must be text"),
        ("name: MixIT-S1", "name: MixIT-S2", "must have name"),
        ("name: MixIT-S1", "name: [", "read as YAML"),
        ("name: MixIT-S1", "!!python/object:os.system", "read as YAML"),
    ],
)
def test_manifests_that_are_wrong(folder, old, new, said):
    path = folder / "systems" / "MixIT-S1.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    if said is None:
        manifest("MixIT-S1", folder)
    else:
        assert said in refused(manifest, "MixIT-S1", folder)


def test_systems_that_are_not_there(folder, tmp_path):
    assert "MixIT-S1, SED" in refused(manifest, "MixIT-S9", folder)
    assert "MixIT-S1, SED" in refused(manifest, "../SED", folder)
    assert "none in" in refused(manifest, "SED", tmp_path / "nowhere")
    assert systems(tmp_path / "nowhere") == []


def test_listing_needs_no_torch():
    code = "import sys, jss, jss.checkpoints; jss.checkpoints.systems(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_mixture_branch_takes_the_mixture_where_a_manifest_does_not_say(tmp_path):
    """The shipped SSep-SED block was trained so; what is trained now says "sources"."""
    assert checkpoints.Selection("a", "b", "c", 0.5).mixture_input == "mixture"
    shipped = checkpoints.manifest("SSep-SED").selections["teacher"]
    assert shipped.mixture_input == "mixture"
    assert "sum of the sources" in shipped.note
