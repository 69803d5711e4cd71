"""Reading ahead changes nothing but who reads, and when."""

from __future__ import annotations

import threading
import time

import pytest

from jss.errors import JssError
from jss.io.prefetch import ahead


def stream(number, blocks=3, wrong=False, log=None):
    for block in range(blocks):
        if log is not None:
            log.append((number, block))
        yield number, block
    if wrong:
        raise JssError(f"{number} is broken.")


def ended() -> bool:
    limit = time.monotonic() + 5
    while any(t.name == "jss-ahead" for t in threading.enumerate()) and time.monotonic() < limit:
        time.sleep(0.01)
    return not any(t.name == "jss-ahead" for t in threading.enumerate())


@pytest.mark.parametrize("held", [1, 2, 100])
def test_everything_in_order_and_errors_where_they_belong(held):
    found = []
    for blocks in ahead([stream(0), stream(1, 2, wrong=True), iter(()), stream(3)], held):
        try:
            found.append(list(blocks))
        except JssError as error:
            found.append(str(error))
    assert found == [[(0, 0), (0, 1), (0, 2)], "1 is broken.", [], [(3, 0), (3, 1), (3, 2)]]
    assert list(ahead([])) == []
    assert ended()


@pytest.mark.parametrize("held", [1, 5])
def test_a_stream_that_is_left_is_read_no_further(held):
    log = []
    found = []
    for blocks in ahead([stream(0, 10_000, log=log), stream(1)], held):
        found.append(next(blocks))
    assert found == [(0, 0), (1, 0)]
    assert len(log) < 1000
    assert ended()


def test_it_is_no_further_ahead_than_it_may_and_ends_when_closed():
    log = []
    streams = ahead([stream(0, 1000, log=log)], 4)
    assert next(next(streams)) == (0, 0)
    time.sleep(0.2)
    assert 4 <= len(log) <= 7
    streams.close()
    assert ended()


def test_streams_that_cannot_be_had():
    def streams():
        yield stream(0, 1)
        raise JssError("No more.")

    with pytest.raises(JssError, match=r"No more\."):
        [list(blocks) for blocks in ahead(streams())]
