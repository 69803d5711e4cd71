"""Reading ahead gives the same blocks and errors in the same order."""

from __future__ import annotations

import threading
import time
from functools import partial
from itertools import islice

import pytest

from jss.errors import JssError
from jss.io.prefetch import in_order, prefetch


def stream(number, blocks=3, wrong=False, log=None):
    for block in range(blocks):
        if log is not None:
            log.append((number, block))
        yield number, block
    if wrong:
        raise JssError(f"{number} is broken.")


def ended() -> bool:
    limit = time.monotonic() + 5
    while any(t.name == "jss-prefetch" for t in threading.enumerate()) and time.monotonic() < limit:
        time.sleep(0.01)
    return not any(t.name == "jss-prefetch" for t in threading.enumerate())


@pytest.mark.parametrize("blocks", [1, 2, 100])
def test_order_of_blocks_and_errors(blocks):
    results = []
    for part in prefetch([stream(0), stream(1, 2, wrong=True), iter(()), stream(3)], blocks):
        try:
            results.append(list(part))
        except JssError as error:
            results.append(str(error))
    assert results == [[(0, 0), (0, 1), (0, 2)], "1 is broken.", [], [(3, 0), (3, 1), (3, 2)]]
    assert list(prefetch([])) == []
    assert ended()


@pytest.mark.parametrize("blocks", [1, 5])
def test_a_stream_that_is_left_is_read_no_further(blocks):
    log = []
    first = []
    for part in prefetch([stream(0, 10_000, log=log), stream(1)], blocks):
        first.append(next(part))
    assert first == [(0, 0), (1, 0)]
    assert len(log) < 1000
    assert ended()


def test_limit_of_blocks_ahead_and_close():
    log = []
    streams = prefetch([stream(0, 1000, log=log)], 4)
    assert next(next(streams)) == (0, 0)
    time.sleep(0.2)
    assert 4 <= len(log) <= 7
    streams.close()
    assert ended()


def test_error_of_the_iterable_of_streams():
    def streams():
        yield stream(0, 1)
        raise JssError("No more.")

    with pytest.raises(JssError, match=r"No more\."):
        [list(blocks) for blocks in prefetch(streams())]


@pytest.mark.parametrize("workers", [1, 3])
def test_results_of_jobs_come_in_order_and_none_begins_after_the_end(workers):
    begun = []

    def job(number):
        begun.append(number)
        time.sleep(0.001 * (number % 3))
        if number == 20:
            raise JssError("20 is broken.")
        return number

    jobs = [partial(job, number) for number in range(100)]
    results = in_order(jobs, workers)
    assert list(islice(results, 20)) == list(range(20))
    with pytest.raises(JssError, match="20 is broken"):
        next(results)
    assert len(begun) <= 20 + 3 * workers
    begun.clear()
    some = in_order(jobs, workers)
    assert next(some) == 0
    some.close()
    assert len(begun) <= 3 * workers
