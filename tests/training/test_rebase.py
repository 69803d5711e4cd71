"""A block follows its parent: block + what the parent has learned since."""

from __future__ import annotations

import pytest
import torch

from jss import checkpoints
from jss.checkpoints import Card
from jss.errors import JssError
from jss.training.rebase import rebase

CONFIG = {"n_classes": 10}


def _save(folder, name, parent=None, **state):
    card = Card(name, "crnn", CONFIG, "S1", "teacher", "none", "none", parent=parent)
    checkpoints.save_block({k: torch.tensor(v) for k, v in state.items()}, card, folder)


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
    [(None, [1.0], "no parent to follow"), ("sed", [1.0, 2.0], "different sizes")],
)
def test_a_block_that_cannot_follow_is_a_sentence(tmp_path, parent, weight, sentence):
    _save(tmp_path, "sed", weight=[1.0])
    _save(tmp_path, "s1", parent, weight=weight)
    with pytest.raises(JssError, match=sentence):
        rebase("s1", tmp_path, tmp_path)
