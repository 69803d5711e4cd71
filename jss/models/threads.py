"""A clip's frames over the cores: a Python thread a part, each of which runs torch on one core.

torch would split every single product instead; with some two thousand products of a fifth of a millisecond in a clip,
its threads would wait for one another most of the time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")
_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}  # by process: a forked one has none of its parent's threads


def single() -> None:
    """Let torch use one core in the thread that calls this, and as many as before in the others."""
    with _lock:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # this thread's, and that of threads yet to start
        restorer = threading.Thread(target=torch.set_num_threads, args=(threads,))
        restorer.start()
        restorer.join()


def in_parts(frames: int, work: Callable[[int, int], T]) -> list[T]:
    """work(start, stop) on as many parts of 0 to ``frames`` as torch has threads here -> what each gave, in order."""
    threads = torch.get_num_threads()
    if threads == 1:
        return [work(0, frames)]
    parts = min(threads, max(1, frames // 1000))
    edges = [frames * part // parts for part in range(parts + 1)]
    with _lock:
        if os.getpid() not in _pools:
            _pools[os.getpid()] = ThreadPoolExecutor(os.cpu_count(), "jss-part", single)

    def inference(start: int, stop: int) -> T:
        with torch.inference_mode():
            return work(start, stop)

    return list(_pools[os.getpid()].map(inference, edges[:-1], edges[1:]))
