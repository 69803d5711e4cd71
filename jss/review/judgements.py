"""Every judgement of a reviewer, in an SQLite file, committed as it is made.

Nothing is changed or deleted: a later row of the same event takes the place of an earlier one, so
that two open pages add to one another, and an undo is a row too.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from jss.errors import JssError
from jss.review.detections import Detection

#: Name of the file in an output folder of ``detect``.
FILE = "review.sqlite"
#: Verdicts on a detection. TRIMMED: right, at other times; RELABELLED: an event, of another class.
ACCEPTED, TRIMMED, RELABELLED, REJECTED, UNSURE = (
    "accepted",
    "trimmed",
    "relabelled",
    "rejected",
    "unsure",
)
#: An event that was not detected; a clip in which nothing is missed; a row that was undone.
MISSED, COMPLETE, WITHDRAWN = "missed", "complete", "withdrawn"
VERDICTS = (ACCEPTED, TRIMMED, RELABELLED, REJECTED, UNSURE, MISSED, COMPLETE, WITHDRAWN)
#: Those that say that there is an event.
EVENTS = (ACCEPTED, TRIMMED, RELABELLED, MISSED)
#: Seconds for which an event that one page shows is not offered to another.
CLAIM_S = 120.0
#: How the keys of missed events begin.
_ADDED = "missed|"

_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS judgements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made TEXT NOT NULL,             -- UTC
    reviewer TEXT NOT NULL,         -- a page that was open
    action TEXT UNIQUE,             -- of the page, which may report it twice
    event TEXT NOT NULL,            -- the key of a detection, of a missed event or of a clip
    verdict TEXT NOT NULL CHECK (verdict IN {VERDICTS}),
    filename TEXT NOT NULL,
    onset REAL NOT NULL,            -- seconds in the recording, as judged
    offset REAL NOT NULL,
    label TEXT NOT NULL             -- as judged; empty for a clip
);
CREATE INDEX IF NOT EXISTS by_event ON judgements (event, id);
CREATE TABLE IF NOT EXISTS claims (event TEXT PRIMARY KEY, reviewer TEXT NOT NULL, until REAL NOT NULL);
PRAGMA user_version = {_VERSION};
COMMIT;
"""


@dataclass(frozen=True)
class Judgement:
    """What a person says of a detection, a missed event or a clip."""

    #: Key of the detection, the missed event or the clip.
    event: str
    #: One of ``VERDICTS``.
    verdict: str
    #: Name of the recording.
    filename: str
    #: Seconds in the recording, as judged.
    onset: float
    offset: float
    #: Class as judged; empty for a clip.
    label: str

    @property
    def is_added(self) -> bool:
        """Whether it is of an event that the reviewer added."""
        return self.event.startswith(_ADDED)

    def overlaps(self, start: float, end: float) -> bool:
        """Whether any of it lies in a stretch of its recording, in seconds."""
        return self.onset < end and self.offset > start


def of(
    detection: Detection,
    verdict: str,
    *,
    onset: float | None = None,
    offset: float | None = None,
    label: str | None = None,
) -> Judgement:
    """A judgement of a detection, with what it corrects.

    Args:
        detection: The detection.
        verdict: One of ``VERDICTS``.
        onset: Corrected, in seconds.
        offset: Corrected, in seconds.
        label: Corrected.
    """
    return Judgement(
        detection.key,
        verdict,
        detection.filename,
        detection.onset if onset is None else onset,
        detection.offset if offset is None else offset,
        detection.label if label is None else label,
    )


def missed(filename: str, onset: float, offset: float, label: str) -> Judgement:
    """A judgement that there is an event that was not detected; times in seconds."""
    return Judgement(f"{_ADDED}{uuid.uuid4().hex}", MISSED, filename, onset, offset, label)


def complete(filename: str, start: float, end: float) -> Judgement:
    """A judgement that nothing is missed in a clip; times in seconds."""
    return Judgement(clip_key(filename, start, end), COMPLETE, filename, start, end, "")


def clip_key(filename: str, start: float, end: float) -> str:
    """What names a clip among the judgements."""
    return f"clip|{filename}|{start:.3f}|{end:.3f}"


class Judgements:
    """The judgements of an output folder of ``detect``.

    Args:
        folder: The folder; the file in it is made where there is none.

    Raises:
        JssError: The file is not one of judgements, or cannot be written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / FILE
        with self._open() as db:
            # One statement: between two, another page may make the tables.
            version, tables = db.execute(
                "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
            ).fetchone()
            if not version and not tables:
                db.executescript(_SCHEMA)  # which another page may do at the same moment
            elif version != _VERSION:
                raise JssError(f"{self.path} is not a file of judgements of this version.")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(self.path, timeout=30.0, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                yield connection
        except sqlite3.Error as error:
            raise JssError(
                f"The judgements in {self.path} cannot be read or written ({error}): is the disk full, or the "
                "file another program's?"
            ) from error

    def add(self, judgement: Judgement, reviewer: str, action: str | None = None) -> None:
        """Store a judgement; on disk when this returns.

        Args:
            judgement: What is said.
            reviewer: Names the page, for its undo.
            action: Names what the reviewer did; of a name that was stored before nothing is stored.

        Raises:
            JssError: The file cannot be written.
        """
        made = datetime.now(UTC).isoformat(timespec="microseconds")
        j = judgement
        with self._open() as db:
            db.execute(
                "INSERT INTO judgements (made, reviewer, action, event, verdict, filename, onset, offset, "
                "label) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (action) DO NOTHING",
                (
                    made,
                    reviewer,
                    action,
                    j.event,
                    j.verdict,
                    j.filename,
                    j.onset,
                    j.offset,
                    j.label,
                ),
            )

    def current(self) -> dict[str, Judgement]:
        """The last judgement of each event and clip, by its key, in the order in which they were made.

        Raises:
            JssError: The file cannot be read.
        """
        with self._open() as db:
            rows = db.execute(
                "SELECT event, verdict, filename, onset, offset, label FROM judgements "
                "WHERE id IN (SELECT max(id) FROM judgements GROUP BY event) AND verdict != ? ORDER BY id",
                (WITHDRAWN,),
            ).fetchall()
        return {row[0]: Judgement(*row) for row in rows}

    def undo(self, reviewer: str) -> Judgement | None:
        """Withdraw the last judgement of a page that still counts.

        A detection is to be judged again: what was said of it before does not come back. An event that
        was added is as it was before, also where the judgement removed it.

        Args:
            reviewer: The page.

        Returns:
            The judgement, or None where there is none.

        Raises:
            JssError: The file cannot be written.
        """
        with self._open() as db:
            # a row withdrawn by an undo has no action, one by the reviewer has
            row = db.execute(
                "SELECT made, event, verdict, filename, onset, offset, label FROM judgements "
                "WHERE id IN (SELECT max(id) FROM judgements GROUP BY event) "
                "AND (verdict != ? OR action IS NOT NULL) "
                "AND reviewer = ? ORDER BY made DESC, id DESC LIMIT 1",
                (WITHDRAWN, reviewer),
            ).fetchone()
            if row is None:
                return None
            made, last = row[0], Judgement(*row[1:])
            restored = 0
            if (
                last.is_added
            ):  # the row before comes again, with its time and its page, for their undo
                restored = db.execute(
                    "INSERT INTO judgements (made, reviewer, event, verdict, filename, onset, offset, label) "
                    "SELECT made, reviewer, event, verdict, filename, onset, offset, label FROM judgements "
                    "WHERE event = ? AND made < ? AND verdict != ? ORDER BY made DESC LIMIT 1",
                    (last.event, made, WITHDRAWN),
                ).rowcount
        if not restored:
            self.add(replace(last, verdict=WITHDRAWN), reviewer)
        return last

    def claim(self, event: str, reviewer: str) -> None:
        """Note that a page shows an event, so that others are offered another one.

        Args:
            event: Its key.
            reviewer: The page.

        Raises:
            JssError: The file cannot be written.
        """
        with self._open() as db:
            db.execute(
                "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (event) DO UPDATE "
                "SET reviewer = excluded.reviewer, until = excluded.until",
                (event, reviewer, time.time() + CLAIM_S),
            )

    def claimed(self, reviewer: str) -> set[str]:
        """Keys of the events that other pages show now.

        Args:
            reviewer: The page that asks.

        Raises:
            JssError: The file cannot be read.
        """
        with self._open() as db:
            rows = db.execute(
                "SELECT event FROM claims WHERE reviewer != ? AND until > ?",
                (reviewer, time.time()),
            )
            return {event for (event,) in rows}


def reviewed(folder: str | Path) -> Judgements:
    """The judgements of a folder that was reviewed; raises JssError where it was not yet."""
    if not (Path(folder) / FILE).is_file():
        raise JssError(
            f"{folder} was not reviewed yet: open the app with make app REVIEW={folder}, page Review."
        )
    return Judgements(folder)
