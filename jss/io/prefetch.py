"""Work of threads ahead of its reader: the next blocks of a stream, or the next results of jobs."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
#: Default for the number of blocks that are read ahead.
READY_BLOCKS = 8
#: Seconds to wait for the thread to end: it may be in the middle of an analysis.
TIMEOUT = 60.0
_BEGIN, _END, _LAST = object(), object(), object()


def prefetch(
    streams: Iterable[Iterable[T]], blocks: int = READY_BLOCKS
) -> Generator[Iterator[T], None, None]:
    """Iterate over the same streams, read by a thread that is at most some blocks ahead.

    An error of a stream is raised where its reader would have met it; the streams after it
    continue. A stream that its reader leaves is read no further. When this iterator ends or is
    closed, it waits for the thread, so that none uses torch while the interpreter ends.

    Args:
        streams: Streams of blocks, one after the other.
        blocks: Number of blocks that are read ahead at most.

    Yields:
        Each stream in order.
    """
    ready: queue.Queue[tuple[object, BaseException | None]] = queue.Queue(blocks)
    stopped = threading.Event()
    left = -1  # number of the last stream that its reader has left
    ended = -1  # number of the last stream whose end was received

    def put(block: object, error: BaseException | None = None) -> bool:
        while not stopped.is_set():
            try:
                ready.put((block, error), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def read() -> None:
        error: BaseException | None = None
        try:
            for number, stream in enumerate(streams):
                put(_BEGIN)
                try:
                    for block in stream:
                        if number <= left or not put(block):
                            break
                except BaseException as raised:
                    put(_END, raised)
                else:
                    put(_END)
                if stopped.is_set():
                    break
        except BaseException as raised:
            error = raised
        finally:
            if isinstance(streams, Generator):
                streams.close()  # it may have a thread too
        put(_LAST, error)

    def blocks_of(number: int) -> Iterator[T]:
        nonlocal ended
        while True:
            block, error = ready.get()
            if block is _END:
                ended = number
                if error is not None:
                    raise error
                return
            yield block  # type: ignore[misc]

    reader = threading.Thread(target=read, name="jss-prefetch", daemon=True)
    reader.start()
    try:
        while True:
            block, error = ready.get()
            if error is not None:
                raise error
            if block is _LAST:
                return
            number = left + 1
            yield blocks_of(number)
            left = number
            while ended < number and ready.get()[0] is not _END:
                pass
    finally:
        stopped.set()
        reader.join(TIMEOUT)


def in_order(jobs: Iterable[Callable[[], T]], workers: int = 1) -> Generator[T, None, None]:
    """The results of jobs in their order, at most twice as many jobs ahead as there are workers.

    An error of a job is raised in the place of its result, and ends the rest. When this iterator
    ends or is closed, it waits for the jobs that have begun; no other one begins.

    Args:
        jobs: Functions without arguments; advanced in the reader's thread.
        workers: Threads; 1: none, each job is done when its result is asked for.
    """
    if workers == 1:
        for job in jobs:
            yield job()
        return
    ahead: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(workers, "jss-worker")
    try:
        for job in jobs:
            ahead.append(pool.submit(job))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        if isinstance(jobs, Generator):
            jobs.close()
