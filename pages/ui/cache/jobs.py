"""A queue of long work: one job at a time, whoever asks; the same job is done once; given up when
nobody waits for it.

queue.do("clip|system", work, tell)         work(report) -> result; report(share, what) may be
called at any time
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Report = Callable[[float, str], None]


class GivenUp(Exception):
    """Raised by ``report`` within work that nobody waits for any more."""


class _Job(Generic[T]):
    def __init__(self, work: Callable[[Report], T]) -> None:
        self.work = work
        self.waiting = 0  # how many wait for it
        self.left = 0.0  # when the last of them left, in seconds
        self.state = (0.0, "")
        self.done = threading.Event()
        self.result: T | None = None
        self.error: BaseException | None = None


class Queue(Generic[T]):
    """Jobs in the order in which they were asked for, done by one thread that lives while there are
    any.
    """

    def __init__(self, grace: float = 1.0) -> None:
        """grace: a job is given up where nobody has waited for it for so many seconds. A page that
        runs again leaves its job for a moment.
        """
        self._grace = grace
        self._jobs: dict[str, _Job[T]] = {}  # the first one is being done
        self._lock = threading.Lock()
        self._busy = False

    def do(self, key: str, work: Callable[[Report], T], tell: Report, every: float = 0.15) -> T:
        """The result of the work, once it is done.

        tell: called ``every`` so many seconds with the share done, from 0 to 1, and what is being
        done or waited for; where it raises, this caller gives up. What the work raises is raised
        here.
        """
        with self._lock:
            job = self._jobs.setdefault(key, _Job(work))
            job.waiting += 1
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._run, daemon=True).start()
        try:
            while not job.done.wait(every):
                tell(*self._state(key, job))
        finally:
            with self._lock:
                job.waiting -= 1
                job.left = time.monotonic()
        if isinstance(job.error, GivenUp):  # it was, just as this caller came: begin again
            return self.do(key, work, tell, every)
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[return-value]

    def _state(self, key: str, job: _Job[T]) -> tuple[float, str]:
        with self._lock:
            before = list(self._jobs).index(key) if key in self._jobs else 0
        if before:
            return (
                0.0,
                f"Waiting for {before} other {'analysis' if before == 1 else 'analyses'} to end",
            )
        return job.state

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._busy = False
                    return
                key, job = next(iter(self._jobs.items()))

            def report(share: float, what: str, job: _Job[T] = job) -> None:
                job.state = (share, what)
                if not job.waiting and time.monotonic() - job.left >= self._grace:
                    raise GivenUp

            try:
                report(0.0, "")
                job.result = job.work(report)
            except BaseException as error:
                job.error = error
            with self._lock:
                del self._jobs[key]
            job.done.set()
