"""How a long computation reports its progress.

Messages that are only read go through ``logging``: each module's logger has the module's name, and
the command line shows those of ``jss`` on standard error.
"""

from __future__ import annotations

from collections.abc import Callable

#: Called with what was worked on (a clip, a file) and the amount of work done since the last call,
#: in its unit: clips, seconds of sound, bytes; negative where work must be repeated.
Progress = Callable[[str, float], None]


def silent(what: str, amount: float) -> None:
    """Progress that shows nothing.

    Args:
        what: What was worked on.
        amount: Work done since the last call.
    """
