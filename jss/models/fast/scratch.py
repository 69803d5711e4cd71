"""Memory that passes over a clip use one after the other: asked of the system anew, its pages cost
a twentieth more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

#: The most that is kept between passes, in bytes: a clip of 10 s in the paper's sizes takes 82 MB.
KEPT = 100 * 2**20

_lock = threading.Lock()
_spare: list[Tensor] = []  # one at most


@contextmanager
def scratch(*wanted: tuple[int, int, torch.dtype]) -> Iterator[list[Tensor]]:
    """Uninitialised matrices of (rows, columns, type), in the processor's memory, until the block
    ends.

    Each begins at a multiple of 64 bytes. One block's worth of memory is kept for the next, if it
    is no more than KEPT.
    """
    sizes = [-(-rows * columns * dtype.itemsize // 64) * 64 for rows, columns, dtype in wanted]
    with _lock:
        memory = _spare.pop() if _spare and _spare[0].numel() >= sum(sizes) else None
    if memory is None:
        with torch.inference_mode(
            False
        ):  # a tensor of inference mode could not be written outside of it
            memory = torch.empty(sum(sizes), dtype=torch.uint8)
    found, start = [], 0
    for (rows, columns, dtype), size in zip(wanted, sizes, strict=True):
        found.append(
            memory[start : start + rows * columns * dtype.itemsize].view(dtype).view(rows, columns)
        )
        start += size
    try:
        yield found
    finally:
        with _lock:
            if memory.numel() <= KEPT:
                _spare[:] = [max([memory, *_spare], key=Tensor.numel)]
