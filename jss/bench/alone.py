"""Run a command so that its own peak memory can be measured.

On Linux ``ru_maxrss`` of a new process begins with that of its parent, so a small process stands
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
    """Result of a command."""

    #: Standard output.
    output: str
    #: Largest resident set in GB.
    gb: float
    #: Wall-clock time.
    seconds: float


def alone(command: Sequence[str]) -> Done:
    """Run a command to its end.

    Raises:
        JssError: It fails; with the end of its messages.
    """
    process = subprocess.run(
        [sys.executable, "-c", _BETWEEN, *command], capture_output=True, text=True, check=True
    )
    code, output, message, peak, seconds = json.loads(process.stdout)
    if code:
        raise JssError(f"The run whose memory is measured failed: {message.strip()[-300:]}")
    return Done(output, gigabytes(peak), seconds)


def gigabytes(maxrss: float) -> float:
    """``ru_maxrss`` in GB; Linux counts kB, macOS bytes."""
    return maxrss * (1.0 if sys.platform == "darwin" else 1024.0) / 1e9
