"""BatchNorm statistics as plain averages over many clips.

With the reference's momentum (0.99 as PyTorch counts it), the last batch decides them. That is a
good estimate with the paper's 48 clips a batch, and a poor one with 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn


def has_norms(block: nn.Module) -> bool:
    """Whether a block has BatchNorm layers that are not frozen."""
    return any(
        isinstance(module, nn.BatchNorm2d) and module.weight.requires_grad
        for module in block.modules()
    )


@contextmanager
def averaging(blocks: Sequence[nn.Module]) -> Iterator[None]:
    """In the ``with`` block, BatchNorm layers average over all that passes through them.

    All other layers stay in evaluation mode, so that dropout does not widen the variances. Frozen
    layers (jss.models.joint.freeze) do not change.

    Args:
        blocks: Networks in evaluation mode, in which they are afterwards too. At least one batch
            must pass through each.
    """
    norms = [
        module
        for block in blocks
        for module in block.modules()
        if isinstance(module, nn.BatchNorm2d) and module.train().training
    ]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch then weighs all batches alike
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()
