"""A block follows its parent: block + what the parent has learned since."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from jss import checkpoints
from jss.checkpoints import Card
from jss.errors import JssError
from jss.training import campaign
from jss.training.rebase import rebase

CONFIG = {"n_classes": 10}


def _save(folder, name, parent=None, parent_sha256="", **state):
    card = Card(
        name, "crnn", CONFIG, "S1", "teacher", "", "", parent=parent, parent_sha256=parent_sha256
    )
    return checkpoints.save_block({k: torch.tensor(v) for k, v in state.items()}, card, folder)


def test_a_block_gains_what_its_parent_gained(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    _save(before, "sed", weight=[1.0, 2.0], running_var=[4.0, 1.0], seen=3)
    _save(before, "s1", "sed", weight=[1.5, 1.0], running_var=[1.0, 1.0], seen=7)
    _save(after, "sed", weight=[2.0, 2.0], running_var=[1.0, 3.0], seen=5)
    rebase("s1", before, after)
    card, state = checkpoints.load_block("s1", after)
    assert state["weight"].tolist() == [2.5, 1.0]
    assert state["running_var"].tolist() == [0.5, 3.0]  # 1 + 1 - 4 would be no variance
    assert state["seen"] == 7
    assert "sed has learned since" in card.note


@pytest.mark.parametrize(
    ("parent", "weight", "sentence"),
    [
        (None, [1.0], "no parent to follow"),
        ("sed", [1.0, 2.0], "different sizes"),
        ("same", [1.0], "was not trained on"),
    ],
)
def test_a_block_that_cannot_follow_is_a_sentence(tmp_path, parent, weight, sentence):
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, values in ((before, [1.0]), (after, [3.0])):
        _save(folder, "sed", weight=values)
        _save(folder, "same", weight=[1.0])
    _save(before, "s1", parent, weight=weight)
    with pytest.raises(JssError, match=sentence):
        rebase("s1", before, after)


def test_a_parent_that_a_block_was_not_trained_from_is_refused(tmp_path):
    """A moved block is of the parent that it has followed."""
    before, after = tmp_path / "before", tmp_path / "after"
    old, new = (_save(folder, "sed", weight=[w]) for folder, w in ((before, 1.0), (after, 2.0)))
    _save(before, "s1", "sed", old.sha256, weight=[1.5])
    assert rebase("s1", before, after).parent_sha256 == new.sha256
    _save(before, "sed", weight=[3.0])
    with pytest.raises(JssError, match="s1 was trained from another sed than that of"):
        rebase("s1", before, after)


def test_a_row_of_a_campaign_moves_the_block_of_its_first_start(tmp_path, monkeypatch):
    """Over the parent of its last start."""
    shipped, first = tmp_path / "shipped", tmp_path / "out" / "first" / "checkpoints"
    _save(shipped, "sed", weight=[1.0])
    _save(shipped, "s1", "sed", weight=[1.5])
    _save(first, "sed", weight=[2.0])
    for folder in (shipped, first):
        (folder / "systems").mkdir()
    monkeypatch.setenv("JSS_CHECKPOINTS", str(shipped))
    row = campaign.Row("second", "MixIT-S1-teacher", ("shipped", "first"), rebases=("s1",))
    folder = campaign._prepared(row, tmp_path / "out")
    assert checkpoints.load_block("s1", folder)[1]["weight"].tolist() == [2.5]
    with pytest.raises(JssError, match="second rebases s2, which none of its starts has"):
        campaign._prepared(replace(row, rebases=("s2",)), tmp_path / "out")
