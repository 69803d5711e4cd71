"""ESC-50 and data sets in its layout, which serve as soundbanks.

Five-second recordings are in ``audio``, their classes and folds in ``meta/esc50.csv``. Categories
keep their names, except those that are a class of DESED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jss.data.clip import Clip
from jss.data.recordings import Recording
from jss.errors import JssError
from jss.io.inputs import audio_files
from jss.io.tsv import ClipNames, read_table

TABLE = "meta/esc50.csv"
COLUMNS = ("filename", "fold", "category", "src_file")
SECONDS = 5.0
#: Fold -> split. Clips of one Freesound recording (src_file) share a fold.
SPLITS: Mapping[int, str] = {1: "train", 2: "train", 3: "train", 4: "validation", 5: "test"}
#: Category -> label in jss, where they differ.
LABELS: Mapping[str, str] = {
    "cat": "Cat",
    "dog": "Dog",
    "vacuum_cleaner": "Vacuum_cleaner",
    "clock_alarm": "Alarm_bell_ringing",
    "siren": "siren",
    "car_horn": "car_horn",
    "rain": "background",
    "wind": "background",
    "sea_waves": "background",
    "crying_baby": "other_baby_cry",
    "clapping": "other_clap",
    "coughing": "other_cough",
    "door_wood_knock": "other_knock",
    "engine": "other_engine_idling",
    "crackling_fire": "other_fire_crackling",
    "laughing": "other_laugh",
    "sneezing": "other_sneeze",
    "thunderstorm": "other_thunder",
}
LICENCE = "CC BY-NC 3.0"


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    filename: str
    fold: int
    #: Class as ESC-50 names it.
    category: str
    #: Freesound id of the original recording.
    source: str
    #: Path within the data set; None where the audio is missing.
    path: str | None


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """Read the clips of each split, with weak labels as in a soundbank.

    Args:
        root: The folder with ``audio`` and ``meta``, or the one above it.

    Returns:
        Clips of each split; a clip whose audio is missing has the path None.

    Raises:
        JssError: The folder is not in this layout, or its table is damaged.
    """
    base = _base(root)
    subsets: dict[str, list[Clip]] = {split: [] for split in SPLITS.values()}
    for row in _rows(base):
        path = None if row.path is None else base / row.path
        subsets[SPLITS[row.fold]].append(
            Clip(row.filename, path, SECONDS, tags=(label(row.category),))
        )
    return subsets


def recordings(root: str | Path) -> list[Recording]:
    """List the recordings whose audio exists.

    Raises:
        JssError: The folder is not in this layout, or its table is damaged.
    """
    return [
        Recording(
            label(row.category),
            row.path,
            f"freesound:{row.source}",
            SPLITS[row.fold],
            LICENCE,
            "esc50",
            SECONDS,
        )
        for row in _rows(_base(root))
        if row.path is not None
    ]


def label(category: str) -> str:
    """Label of a category: dog -> Dog, rain -> background, rooster -> other_rooster."""
    return LABELS.get(category, f"other_{category}")


def find(root: str | Path) -> Path | None:
    """Folder with the table: ROOT, ROOT/ESC-50-master or ROOT/ESC-50; None where there is none."""
    bases = (Path(root) / name for name in ("", "ESC-50-master", "ESC-50"))
    return next((base for base in bases if (base / TABLE).is_file()), None)


def _base(root: str | Path) -> Path:
    base = find(root)
    if base is None:
        raise JssError(f"{root} is not in ESC-50's layout: it needs {TABLE} and the folder audio.")
    return base


def _rows(base: Path) -> list[Row]:
    names = ClipNames(path.name for path in audio_files(base / "audio"))
    rows: list[Row] = []
    table = read_table(base / TABLE, COLUMNS, ",")
    for line, filename, fold, category, source in table.itertuples():
        if fold not in map(str, SPLITS):
            raise JssError(f"{base / TABLE}, line {line}: the fold is 1 to 5, not {fold!r}.")
        try:
            name = names.of_table(Path(filename).name)
        except JssError as error:
            raise JssError(f"{base / TABLE}, line {line}: {error}") from error
        path = None if name is None else f"audio/{name}"
        rows.append(Row(filename, int(fold), category, source, path))
    return rows
