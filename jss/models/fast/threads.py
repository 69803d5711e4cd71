"""Work over the cores: a Python thread a part of a clip's frames, each of which runs torch on one
core.

torch would split every single product instead; with some two thousand products of a fifth of a
millisecond in a clip, its threads would wait for one another most of the time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")
_lock = threading.Lock()
#: By process: a forked one has none of its parent's threads.
_pools: dict[int, ThreadPoolExecutor] = {}


def single(threads: int) -> None:
    """Let torch use one core in the thread that calls this, and ``threads`` in those yet to start."""
    with _lock:
        torch.set_num_threads(1)  # this thread's, but also that of threads yet to start
        restorer = threading.Thread(target=torch.set_num_threads, args=(threads,))
        restorer.start()
        restorer.join()


def in_parts(frames: int, work: Callable[[int, int], T]) -> list[T]:
    """work(start, stop) on as many parts of 0 to ``frames`` as torch has threads here -> what each
    gave, in order.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        return [work(0, frames)]
    parts = min(threads, max(1, frames // 1000))
    edges = [frames * part // parts for part in range(parts + 1)]

    def part_alone(start: int, stop: int) -> T:
        if torch.get_num_threads() != 1:  # a new thread, or what ran in it before has set it anew
            single(threads)
        with torch.inference_mode():
            return work(start, stop)

    return list(_pool().map(part_alone, edges[:-1], edges[1:]))


def each(jobs: Sequence[tuple[int, ...]], work: Callable[..., None]) -> None:
    """work(*job) for all jobs, at most as many at a time as torch has threads here. work: compiled,
    without torch.
    """
    threads = torch.get_num_threads()
    lanes = min(threads, len(jobs))

    def lane(number: int) -> None:
        for job in jobs[number::lanes]:
            work(*job)

    others = [_pool().submit(lane, number) for number in range(1, lanes)]
    lane(0)
    for other in others:
        other.result()


def _pool() -> ThreadPoolExecutor:
    """This process's threads."""
    with _lock:
        if os.getpid() not in _pools:
            _pools[os.getpid()] = ThreadPoolExecutor(os.cpu_count(), "jss-part")
        return _pools[os.getpid()]
