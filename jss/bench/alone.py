"""A command in a process whose peak memory is its own.

On Linux ``ru_maxrss`` begins with that of the process that starts another, so a small one stands
between.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

from jss.errors import JssError

_BETWEEN = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, done.stdout, done.stderr, most, time.perf_counter() - start]))
"""


class Done(NamedTuple):
    """What a command printed, its largest resident set in GB, and how many seconds it took."""

    output: str
    gb: float
    seconds: float


def alone(command: Sequence[str]) -> Done:
    """Run it to its end. Raises JssError with the end of what it said where it fails."""
    told = subprocess.run(
        [sys.executable, "-c", _BETWEEN, *command], capture_output=True, text=True, check=True
    )
    code, output, said, most, seconds = json.loads(told.stdout)
    if code:
        raise JssError(f"The run whose memory is measured failed: {said.strip()[-300:]}")
    return Done(output, gigabytes(most), seconds)


def gigabytes(maxrss: float) -> float:
    """``ru_maxrss`` in GB; the system counts kB, macOS bytes."""
    return maxrss * (1.0 if sys.platform == "darwin" else 1024.0) / 1e9
