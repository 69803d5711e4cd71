"""A process that works for a test dies in the middle of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def first_child_dies(after: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Kill the first process that this one starts through multiprocessing, once ``after`` says so."""

    def kill() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            children = multiprocessing.active_children()
            if children and after():
                os.kill(children[0].pid, signal.SIGKILL)
                return
            time.sleep(0.005)

    thread = threading.Thread(target=kill)
    thread.start()
    yield
    thread.join()
