"""What visitors have uploaded, in memory, so that it is still there after a reload."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from pages.ui.clip.recordings import Recording

#: Most bytes of all recordings of a visit, and of all visits together.
MOST_BYTES = 1 << 30


@dataclass
class Visit:
    """What one visitor has uploaded: what several sessions of one browser share.

    token: known to the browser alone; recordings: by their names in the address.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    recordings: dict[str, Recording] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of its recordings."""
        sounds = (item.audio for item in self.recordings.values())
        return sum(len(sound) for sound in sounds if isinstance(sound, bytes))


class Visits:
    """The visits of a server; those that were kept longest ago are forgotten for lack of room."""

    def __init__(self) -> None:
        self._visits, self._lock = OrderedDict[str, Visit](), threading.Lock()

    def find(self, token: str | None) -> Visit | None:
        """Return the visit of a token, or None."""
        with self._lock:
            return self._visits.get(token or "")

    def keep(self, visit: Visit) -> None:
        """Keep a visit for a later session."""
        with self._lock:
            self._visits[visit.token] = visit
            self._visits.move_to_end(visit.token)
            while len(self._visits) > 1 and self._nbytes() > MOST_BYTES:
                self._visits.popitem(last=False)

    def _nbytes(self) -> int:
        return sum(visit.nbytes for visit in self._visits.values())
