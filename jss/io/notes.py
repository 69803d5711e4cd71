"""Warnings about data that is not used as it was written, each logged once."""

from __future__ import annotations

import logging
from functools import lru_cache

from jss.errors import printable

_log = logging.getLogger(__name__)


@lru_cache(maxsize=4096)
def warn(sentence: str) -> None:
    """Log a warning, unless it was logged before."""
    _log.warning("%s", printable(sentence))
