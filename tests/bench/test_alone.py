"""The peak of a command is its own, not that of whoever started it."""

import sys

import pytest

from jss.bench.alone import alone
from jss.errors import JssError


def test_a_large_parent_does_not_count():
    ballast = bytearray(400_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    done = alone([sys.executable, "-c", "print('done')"])
    assert done.output == "done\n"
    assert done.gb < 0.1 < len(ballast) / 1e9
    assert done.seconds > 0


def test_what_the_command_takes_counts():
    done = alone(
        [sys.executable, "-c", "x = bytearray(300_000_000); x[::4096] = b'x' * len(x[::4096])"]
    )
    assert 0.3 < done.gb < 0.4


def test_a_command_that_fails_is_told():
    with pytest.raises(JssError, match="whose memory is measured failed: "):
        alone([sys.executable, "-c", "1 / 0"])
