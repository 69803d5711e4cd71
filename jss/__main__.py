"""``python -m jss COMMAND``, and what is installed as ``jss``."""

import os
import signal
from types import FrameType


def _stop(number: int, frame: FrameType | None) -> None:
    """Ctrl-C while everything is imported: there is nothing to put away."""
    os.write(2, b"\njss: Stopped.\n")
    os._exit(130)


signal.signal(signal.SIGINT, _stop)

from jss.cli import program  # noqa: E402

if __name__ == "__main__":
    program()
