"""How long work reports how far it is, so that a progress bar can show it.

What is merely to be read goes through ``logging`` instead: every module's logger is named after it,
and the command line shows those of ``jss`` on standard error.
"""

from __future__ import annotations

from collections.abc import Callable

#: Called with what was worked on (a clip, a file) and how much more of the work is done, in the
#: unit of the work: clips, seconds of sound, bytes; negative where something is to be done again.
Progress = Callable[[str, float], None]


def silent(what: str, amount: float) -> None:
    """A Progress that nobody watches."""
