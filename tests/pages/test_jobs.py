"""The queue: one job at a time, the same one once, given up when nobody waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.ui.cache.jobs import GivenUp, Queue


def quiet(share: float, what: str) -> None:
    """A visitor who only waits."""


def test_ten_visitors_start_no_two_jobs_at_once():
    queue: Queue[int] = Queue()
    running, most, done = set(), [], []

    def work(number: int):
        def run(report):
            running.add(number)
            most.append(len(running))
            report(0.5, "half")
            running.discard(number)
            done.append(number)
            return number * number

        return run

    with ThreadPoolExecutor(10) as pool:
        result = list(pool.map(lambda n: queue.do(str(n % 5), work(n % 5), quiet, 0.01), range(10)))
    assert result == [(n % 5) ** 2 for n in range(10)]
    assert max(most) == 1


def test_the_same_job_is_done_once():
    queue: Queue[str] = Queue()
    begin, both, times = threading.Event(), threading.Event(), []

    def work(report):
        times.append(1)
        begin.set()
        assert both.wait(10)
        return "result"

    def joined(share, what):
        both.set()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(queue.do, "clip", work, quiet, 0.01)
        assert begin.wait(10)
        second = pool.submit(queue.do, "clip", work, joined, 0.01)
        assert first.result(10) == second.result(10) == "result"
    assert times == [1]


class Cancelled(Exception):
    pass


def test_who_gives_up_stops_the_work_and_the_next_one_runs():
    queue: Queue[str] = Queue(grace=0.0)
    left, given_up, said = threading.Event(), threading.Event(), []

    def endless(report):
        try:
            while True:
                left.wait(0.01)
                report(0.1, "on and on")
        except GivenUp:
            given_up.set()
            raise

    def cancel(share, what):
        said.append(what)
        if what == "on and on":
            raise Cancelled

    with pytest.raises(Cancelled):
        queue.do("a", endless, cancel, 0.01)
    assert given_up.wait(10)
    assert queue.do("b", lambda report: "done", quiet, 0.01) == "done"
    assert queue.do("a", lambda report: "begun again", quiet, 0.01) == "begun again"


def test_a_page_that_runs_again_finds_its_job_going_on():
    queue: Queue[int] = Queue(grace=10.0)
    times, left = [], threading.Event()

    def work(report):
        times.append(1)
        assert left.wait(10)
        report(0.5, "half")
        return len(times)

    def interrupted(share, what):
        raise Cancelled

    with pytest.raises(Cancelled):
        queue.do("a", work, interrupted, 0.01)
    left.set()
    assert queue.do("a", work, quiet, 0.01) == 1
    assert times == [1]


def test_who_waits_is_told_how_many_are_before():
    queue: Queue[int] = Queue()
    begun, released, reports = threading.Event(), threading.Event(), []

    def first(report):
        begun.set()
        assert released.wait(10)
        return 1

    def tell(share, what):
        reports.append(what)
        released.set()

    with ThreadPoolExecutor(1) as pool:
        one = pool.submit(queue.do, "a", first, quiet, 0.01)
        assert begun.wait(10)
        assert queue.do("b", lambda report: 2, tell, 0.01) == 2
        assert one.result(10) == 1
    assert reports[0] == "Waiting for 1 other analysis"


def test_a_mistake_reaches_all_who_wait_and_the_queue_goes_on():
    queue: Queue[int] = Queue()

    def fail(report):
        raise ValueError("no sound")

    with pytest.raises(ValueError, match="no sound"):
        queue.do("a", fail, quiet, 0.01)
    assert queue.do("a", lambda report: 3, quiet, 0.01) == 3


def test_a_job_for_idle_times_makes_room_and_is_begun_again():
    queue: Queue[str] = Queue()
    begun, times, order = threading.Event(), [], []

    def idle(report):
        times.append(1)
        begun.set()
        while len(times) == 1:
            report(0.5, "half")
        order.append("idle")
        return "idle"

    def wanted(report):
        order.append("wanted")
        return "wanted"

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.do_when_idle, "examples", idle)
        assert begun.wait(10)
        assert queue.do("a user's", wanted, quiet, 0.01) == "wanted"
        waiting.result(10)
    assert order == ["wanted", "idle"]
    assert len(times) == 2


def test_a_queue_that_stops_ends_its_job():
    queue: Queue[str] = Queue()
    begun, given_up = threading.Event(), []

    def endless(report):
        begun.set()
        try:
            while True:
                report(0.5, "half")
        except GivenUp:
            given_up.append(1)
            raise

    thread = threading.Thread(target=queue.do_when_idle, args=("a", endless), daemon=True)
    thread.start()
    assert begun.wait(10)
    queue.stop()
    assert given_up == [1]


def test_a_user_who_asks_for_the_job_of_idle_times_gets_it():
    queue: Queue[str] = Queue()
    begun, asked = threading.Event(), threading.Event()

    def idle(report):
        begun.set()
        assert asked.wait(10)
        report(0.5, "half")
        return "one"

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.do_when_idle, "clip", idle)
        assert begun.wait(10)
        value = queue.do("clip", idle, lambda share, what: asked.set(), 0.01)
        waiting.result(10)
    assert value == "one"
