"""Scores of uploaded tables, one by one or in a ZIP, on a known set."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from jss.data.clip import Clip
from jss.data.datasets.desed import write_durations, write_strong
from jss.errors import JssError
from jss.evaluation import external
from jss.evaluation.measure import measure
from jss.io.inputs import is_hidden
from jss.reports import EvalReport

#: Largest number of tables, and of bytes of all of them unpacked.
MOST_TABLES, MOST_BYTES = 20_000, 1 << 30


def score(
    files: Iterable[tuple[str, bytes]],
    clips: Sequence[Clip],
    *,
    system: str,
    dataset: str = "",
    subset: str = "",
    median: int = 1,
    resamples: int = 200,
) -> EvalReport:
    """Metrics of score tables (``onset, offset, class...``) on clips whose events are known.

    Clips without a table are missing, and the report says how many.

    Args:
        files: Name and content of tables, one per clip, or of ZIPs of them.
        clips: Of the set.
        system: Name of the system.
        dataset: Name of the data set.
        subset: Name of the subset.
        median: Length of the median filter over the curves in frames; 1: no filter.
        resamples: Number of bootstrap resamples.

    Raises:
        JssError: A table is wrong; names the file and the line.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tables = root / "scores"
        tables.mkdir()
        for number, (name, content) in enumerate(unpacked(files)):
            if (tables / name).exists():
                raise JssError(f"There are two tables named {name}: send one for each clip.")
            if number >= MOST_TABLES:
                raise JssError(
                    f"These are more than {MOST_TABLES} tables: send those of the set alone."
                )
            (tables / name).parent.mkdir(parents=True, exist_ok=True)
            (tables / name).write_bytes(content)
        if not any(tables.iterdir()):
            raise JssError(
                "There is no table among these files: send a <clip>.tsv for each clip, or a ZIP of them."
            )
        write_strong(root / "truth.tsv", clips)
        write_durations(root / "durations.tsv", clips)
        try:
            reference, findings = external.score(
                root / "truth.tsv",
                root / "durations.tsv",
                scores=tables,
                median=median,
                system=system,
                dataset=dataset,
                subset=subset,
            )
        except JssError as error:
            raise JssError(
                str(error).replace(f"{tables}/", "").replace(str(tables), "the files")
            ) from error
        return measure(reference, findings, resamples=resamples)


def unpacked(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every .tsv, also of those in ZIPs, with their folders there.

    Args:
        files: Name and content.

    Raises:
        JssError: A ZIP is damaged, encrypted or too large.
    """
    remaining = MOST_BYTES
    for name, content in files:
        if not name.lower().endswith(".zip"):
            if name.lower().endswith(".tsv"):
                yield PurePosixPath(name.replace("\\", "/")).name, content
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for item in archive.infolist():
                    inner = PurePosixPath(item.filename.replace("\\", "/"))
                    parts = [part for part in inner.parts if part not in ("/", "..")]
                    if (
                        item.is_dir()
                        or inner.suffix.lower() != ".tsv"
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
