"""A queue of long work: one job at a time, whoever asks; the same job is done once; given up when
nobody waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
#: Is called with the share done, from 0 to 1, and what is being done.
Report = Callable[[float, str], None]


class GivenUp(Exception):
    """Raised by ``report`` within work that nobody waits for any more, or that makes room."""


class _Job(Generic[T]):
    def __init__(self, work: Callable[[Report], T], idle: bool = False) -> None:
        self.work = work
        self.idle = idle  # begun only while nobody waits for another
        self.waiting = 0  # how many wait for it
        self.left = 0.0  # when the last of them left, in seconds
        self.state = (0.0, "")
        self.done = threading.Event()
        self.result: T | None = None
        self.error: BaseException | None = None


class Queue(Generic[T]):
    """Jobs in the order in which they were asked for, done by one thread that lives while there are
    any. Those for idle times come last, and make room when another is asked for.
    """

    def __init__(self, grace: float = 1.0) -> None:
        """An empty queue.

        Args:
            grace: Seconds after which a job is given up that nobody waits for. A page that runs
                again leaves its job for a moment.
        """
        self._grace = grace
        self._jobs: dict[str, _Job[T]] = {}
        self._lock = threading.Lock()
        self._busy = self._stopped = False

    def do(self, key: str, work: Callable[[Report], T], report: Report, every: float = 0.15) -> T:
        """The result of the work, once it is done; what the work raises is raised here.

        Args:
            key: Of the job: work of a key that is already in the queue is not done twice.
            work: Returns the result, and may report its progress at any time.
            report: Gets the progress of the work, or what is waited for; where it raises, this
                caller gives up.
            every: Seconds between two reports.
        """
        with self._lock:
            job = self._jobs.setdefault(key, _Job(work))
            job.waiting += 1
            self._start()
        try:
            while not job.done.wait(every):
                report(*self._state(key, job))
        finally:
            with self._lock:
                job.waiting -= 1
                job.left = time.monotonic()
        if isinstance(job.error, GivenUp):  # it was, just as this caller came: begin again
            return self.do(key, work, report, every)
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[return-value]

    def do_when_idle(self, key: str, work: Callable[[Report], T]) -> None:
        """Wait until the work is done, while nobody waits for another job.

        Where somebody asks for another, it is given up and begun again later. What it raises is
        raised here.

        Args:
            key: As of :meth:`do`.
            work: As of :meth:`do`.
        """
        with self._lock:
            job = self._jobs.setdefault(key, _Job(work, idle=True))
            self._start()
        job.done.wait()
        if job.error is not None and not isinstance(job.error, GivenUp):
            raise job.error

    def stop(self, patience: float = 5.0) -> None:
        """End all jobs for good, as far as they do so within so many seconds: the server ends."""
        self._stopped = True
        until = time.monotonic() + patience
        while self._busy and time.monotonic() < until:
            time.sleep(0.02)

    def _start(self) -> None:
        if not self._busy:
            self._busy = True
            threading.Thread(target=self._run, daemon=True).start()

    def _in_order(self) -> list[tuple[str, _Job[T]]]:
        """The one that is being done, or will be next, first."""
        jobs = self._jobs.items()
        return sorted(jobs, key=lambda item: item[1].idle and not item[1].waiting)

    def _state(self, key: str, job: _Job[T]) -> tuple[float, str]:
        with self._lock:
            before = [known for known, _ in self._in_order()].index(key) if key in self._jobs else 0
        if before:
            return (
                0.0,
                f"Waiting for {before} other {'analysis' if before == 1 else 'analyses'}",
            )
        return job.state

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._stopped or not self._jobs:
                    self._busy = False
                    return
                key, job = self._in_order()[0]

            def report(share: float, what: str, job: _Job[T] = job) -> None:
                job.state = (share, what)
                if self._stopped or (not job.waiting and self._is_over(job)):
                    raise GivenUp

            try:
                report(0.0, "")
                job.result = job.work(report)
            except BaseException as error:
                job.error = error
            with self._lock:
                if job.idle and isinstance(job.error, GivenUp):
                    job.error = None
                    continue
                del self._jobs[key]
            job.done.set()

    def _is_over(self, job: _Job[T]) -> bool:
        """Whether a job that nobody waits for is not to go on."""
        if job.idle:
            return any(other.waiting for other in list(self._jobs.values()))
        return time.monotonic() - job.left >= self._grace
