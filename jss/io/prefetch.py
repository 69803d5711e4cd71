"""Working ahead: a thread reads and decodes what comes next, or analyses it, while the present is
used.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
#: Blocks that lie ready at most.
HELD = 8
#: Seconds that its thread has to end, at most: it may be in the middle of an analysis.
PATIENCE = 60.0
_BEGIN, _END, _LAST = object(), object(), object()


def ahead(streams: Iterable[Iterable[T]], held: int = HELD) -> Generator[Iterator[T], None, None]:
    """The same streams, one after the other, read by a thread that is at most ``held`` blocks
    ahead.

    What a stream raises is raised where its reader would have met it; the streams after it go on. A
    stream that is left before its end is read no further. The thread ends when this iterator does,
    or is closed: that waits for it, so that none works in torch while the interpreter ends.
    """
    ready: queue.Queue[tuple[object, BaseException | None]] = queue.Queue(held)
    stopped = threading.Event()
    left = (
        ended
    ) = (
        -1
    )  # numbers of the last stream that nobody reads any more, and of the last whose end was met

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
                streams.close()  # it may have a thread of its own
        put(_LAST, error)

    def blocks(number: int) -> Iterator[T]:
        nonlocal ended
        while True:
            block, error = ready.get()
            if block is _END:
                ended = number
                if error is not None:
                    raise error
                return
            yield block  # type: ignore[misc]

    reader = threading.Thread(target=read, name="jss-ahead", daemon=True)
    reader.start()
    try:
        while True:
            block, error = ready.get()
            if error is not None:
                raise error
            if block is _LAST:
                return
            number = left + 1
            yield blocks(number)
            left = number
            while ended < number and ready.get()[0] is not _END:
                pass
    finally:
        stopped.set()
        reader.join(PATIENCE)
