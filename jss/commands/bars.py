"""Progress bars on the terminal; none where standard error is not a terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jss.errors import printable

#: Format of a bar that counts seconds of sound.
SECONDS = (
    "{percentage:3.0f}%|{bar}| {n:.0f}/{total_fmt} s of sound [{elapsed}<{remaining}{postfix}]"
)


class Bar:
    """A ``jss.io.progress.Progress`` that moves a bar of tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, what: str, amount: float) -> None:
        """Move the bar.

        Args:
            what: Name of the item that was worked on, shown beside the bar.
            amount: In the unit of the total.
        """
        self._bar.set_postfix_str(printable(what[-40:]), refresh=False)
        self._bar.update(amount)

    def expect(self, total: float) -> None:
        """Set the total, where it was not known at first."""
        self._bar.total = total


@contextmanager
def progress(total: float | None = None, title: str = "", **options: Any) -> Iterator[Bar]:
    """A bar on standard error; lines that are logged meanwhile are printed above it.

    Args:
        total: The whole work, in its unit; None where it is not known yet.
        title: Text before the bar.
        options: More of tqdm's.
    """
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    with (
        tqdm(total=total, desc=title or None, disable=None, **options) as bar,
        logging_redirect_tqdm([logging.getLogger("jss")]),
    ):
        yield Bar(bar)
