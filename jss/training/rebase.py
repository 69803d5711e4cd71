"""A trained block moved to a parent that was trained on since.

It is the block plus what its parent has learned since (task arithmetic: Ilharco et al., ICLR 2023,
arXiv 2212.04089). A stage then goes on from where it was in place of starting again from its parent.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from jss import checkpoints
from jss.checkpoints import Card, Folder, root
from jss.errors import JssError


def rebase(name: str, before: Folder, after: Folder) -> Card:
    """Move a block and write it to ``after``.

    Args:
        name: Of the block; its card names the parent.
        before: Folder of checkpoints with the block and the very parent that it was trained from; a
            card that was written before cards had the parent's hash does not say which of its
            trainings that is.
        after: Folder with the parent as it is now.

    Returns:
        The card of the moved block.

    Raises:
        JssError: A block is missing, has no parent, the parent is another one than it was trained
            from or the same in both folders, or the networks have different shapes.
    """
    card, block = checkpoints.load_block(name, before)
    if card.parent is None:
        raise JssError(f"{name} was trained from random weights: it has no parent to follow.")
    old_card, old = checkpoints.load_block(card.parent, before)
    new_card, new = checkpoints.load_block(card.parent, after)
    if card.parent_sha256 not in ("", old_card.sha256):
        raise JssError(
            f"{name} was trained from another {card.parent} than that of {root(before)}: name the "
            "checkpoints that have both first."
        )
    if old_card.sha256 == new_card.sha256:
        raise JssError(f"{card.parent} was not trained on: {name} has nothing to follow.")
    if not _shapes(block) == _shapes(old) == _shapes(new):
        raise JssError(f"{name} and {card.parent} are networks of different sizes.")
    state = {key: _moved(key, block[key], old[key], new[key]) for key in block}
    note = f"Plus what {card.parent} has learned since this block was trained (arXiv 2212.04089)."
    moved = replace(card, note=f"{card.note} {note}".strip(), parent_sha256=new_card.sha256)
    return checkpoints.save_block(state, moved, after)


def _shapes(state: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {key: tensor.shape for key, tensor in state.items()}


def _moved(key: str, block: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """block + new - old. A variance stays at least half of the smaller one; counters stay."""
    if not block.is_floating_point():
        return block
    moved = block + new - old
    return torch.maximum(moved, torch.minimum(block, new) / 2) if "running_var" in key else moved
