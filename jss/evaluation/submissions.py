"""Scores of uploaded files, one by one or in a ZIP, on a known set or an uploaded ground truth."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jss.data.clip import Clip
from jss.data.datasets.desed import write_durations, write_strong
from jss.errors import JssError
from jss.evaluation import external
from jss.evaluation.measure import RESAMPLES, measure
from jss.io.atomic import DISK_FAILURES, unwritable
from jss.io.inputs import is_hidden
from jss.io.tsv import DURATION_COLUMNS, is_point
from jss.reports import EvalReport

#: Largest number of tables, and of bytes of all of them unpacked.
MOST_TABLES, MOST_BYTES = 20_000, 1 << 30
_TABLES = (".tsv", ".csv")
#: Name and content of a file.
File = tuple[str, bytes]


@dataclass(frozen=True)
class TruthTables:
    """A ground truth as it was uploaded."""

    #: Table of events: filename, onset, offset (seconds), event_label.
    events: File
    #: Table filename, duration (seconds): the files that count.
    durations: File


def score(
    files: Iterable[File],
    truth: Sequence[Clip] | TruthTables,
    *,
    system: str,
    dataset: str = "",
    subset: str = "",
    labels: Sequence[str] | None = None,
    median: int = 1,
    resamples: int = RESAMPLES,
) -> EvalReport:
    """Every metric that ``jss score`` computes, of uploaded results of a system.

    What a file holds is read from its name and header: ``..._th_<threshold>.tsv`` are detections at
    that threshold, another table with a column event_label holds the events at the operating
    threshold, and all others are score tables (``onset, offset, class...``), one per clip. Clips
    without a score table are missing, and the report says how many.

    Args:
        files: Name and content of tables, or of ZIPs of them.
        truth: The clips of a set, whose events are known, or an uploaded ground truth.
        system: Name of the system.
        dataset: Name of the data set.
        subset: Name of the subset.
        labels: The classes; None: those of the tables.
        median: Length of the median filter over the score curves in frames; 1: no filter.
        resamples: Number of bootstrap resamples.

    Raises:
        JssError: A table is wrong; names the file and the line.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        given = _Given(root)
        for name, content in unpacked(files):
            given.add(name, content)
        given.check()
        events, durations = _write_truth(root / "truth", truth)
        try:
            reference, findings = external.score(
                events,
                durations,
                scores=given.folder("scores"),
                points=given.folder("points"),
                decisions=given.decisions,
                labels=labels,
                median=median,
                system=system,
                dataset=dataset,
                subset=subset,
            )
        except JssError as error:
            raise JssError(_without_folders(str(error), root)) from error
        report = measure(reference, findings, resamples=resamples)
        return EvalReport.from_dict(report.as_dict(), system)  # as one that was saved and read


class _Given:
    """Uploaded results of a system, written into a folder for each kind.

    Args:
        root: The folder of these.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0
        self.decisions: Path | None = None

    def add(self, name: str, content: bytes) -> None:
        """Write a table.

        Raises:
            JssError: It was there before, is one too many, or has a name that no file can have.
        """
        self.count += 1
        if self.count > MOST_TABLES:
            raise JssError(
                f"These are more than {MOST_TABLES} tables: send those of the set alone."
            )
        kind = _kind(name, content)
        if kind is None:
            return
        if kind == "decisions" and self.decisions is not None:
            raise JssError(
                f"{self.decisions.name} and {name} both hold events at the operating threshold: "
                "send one, or name detections at several thresholds ..._th_<threshold>.tsv."
            )
        # Detections are read from one folder.
        path = self.root / kind / (name if kind == "scores" else PurePosixPath(name).name)
        try:
            if path.exists():
                raise JssError(f"There are two tables named {name}: send one for each clip.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            if error.errno in DISK_FAILURES:
                raise unwritable(name, error) from error
            raise JssError(
                f"{name} cannot be unpacked ({error.strerror}): give each table a short name of its own."
            ) from error
        if kind == "decisions":
            self.decisions = path

    def folder(self, kind: str) -> Path | None:
        """The folder of a kind, None where there is none."""
        return self.root / kind if (self.root / kind).is_dir() else None

    def check(self) -> None:
        """Raises JssError where there is nothing to score, or what excludes one another."""
        if self.folder("scores") and self.folder("points"):
            raise JssError(
                "These are score tables and detections at thresholds: send one of the two, since "
                "the PSDS is computed from either."
            )
        if not (self.folder("scores") or self.folder("points") or self.decisions):
            raise JssError(
                "There is no table among these files: send a <clip>.tsv of scores for each clip, "
                "detections, or a ZIP of them."
            )


def _kind(name: str, content: bytes) -> str | None:
    """ "points", "decisions" or "scores"; None for a table of lengths and a CSV file without events."""
    header = content[:4096].lstrip(b"\xef\xbb\xbf\r\n").split(b"\n")[0]
    if is_point(name):
        return "points"
    if b"event_label" in header:
        return "decisions"
    if not name.lower().endswith(".tsv") or header.decode("utf-8", "replace").split() == [
        *DURATION_COLUMNS
    ]:
        return None
    return "scores"


def _write_truth(folder: Path, truth: Sequence[Clip] | TruthTables) -> tuple[Path, Path]:
    """Write the tables of events and durations; returns their paths."""
    if isinstance(truth, TruthTables):
        paths = []
        for number, (name, content) in enumerate((truth.events, truth.durations)):
            path = folder / str(number) / (PurePosixPath(name.replace("\\", "/")).name or "table")
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            paths.append(path)
        return paths[0], paths[1]
    folder.mkdir()
    events, durations = folder / "truth.tsv", folder / "durations.tsv"
    write_strong(events, truth)
    write_durations(durations, truth)
    return events, durations


def _without_folders(text: str, root: Path) -> str:
    """A message in which files are called as they were uploaded."""
    for part in ("scores", "points", "decisions", "truth/0", "truth/1", "truth"):
        text = text.replace(f"{root / part}/", "").replace(str(root / part), "the files")
    return text


def unpacked(files: Iterable[File]) -> Iterator[File]:
    """Name and content of every table, also of those in ZIPs, with their folders there.

    Args:
        files: Name and content.

    Raises:
        JssError: A ZIP is damaged, encrypted or too large.
    """
    remaining = MOST_BYTES
    for name, content in files:
        if not name.lower().endswith(".zip"):
            if name.lower().endswith(_TABLES):
                yield PurePosixPath(name.replace("\\", "/")).name, content
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                items = archive.infolist()
                # Some programs on Windows write a backslash for each slash.
                slashed = any("/" in item.filename for item in items)
                for item in items:
                    inner = PurePosixPath(
                        item.filename if slashed else item.filename.replace("\\", "/")
                    )
                    parts = [part for part in inner.parts if part not in ("/", "..")]
                    if (
                        item.is_dir()
                        or inner.suffix.lower() not in _TABLES
                        or any(map(is_hidden, parts))
                    ):
                        continue
                    with archive.open(item) as member:
                        data = member.read(remaining + 1)
                    remaining -= len(data)
                    if remaining < 0:
                        raise JssError(
                            f"{name} unpacks to more than {MOST_BYTES >> 30} GB: send fewer tables."
                        )
                    yield "/".join(parts), data
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise JssError(
                f"{name} is no ZIP file, or it is damaged or encrypted: pack it again."
            ) from error
