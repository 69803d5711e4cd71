"""BatchNorm statistics as plain averages over many clips.

The reference's momentum (0.99 the way PyTorch counts it) makes the last batch decide. That is a good estimate at the
paper's 48 clips and a poor one at 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn


@contextmanager
def averaging(blocks: Sequence[nn.Module]) -> Iterator[None]:
    """What passes through the blocks in the ``with`` block is what their BatchNorm layers average.

    All else stays in evaluation mode, so that dropout does not widen the variances. Layers that are frozen
    (jss.models.joint.freeze) are left as they are, bit for bit.

    Args:
        blocks: in evaluation mode, as they are afterwards. At least one batch must pass through each.
    """
    norms = [
        m
        for block in blocks
        for m in block.modules()
        if isinstance(m, nn.BatchNorm2d) and m.train().training
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
