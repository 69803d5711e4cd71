"""UrbanSound8K: slices of Freesound recordings in ten folds, as clips and as a soundbank.

``audio/fold1`` to ``audio/fold10`` hold the slices; ``metadata/UrbanSound8K.csv`` lists their
class, fold, salience and the Freesound id (fsID) of the recording that they were cut from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jss.data.clip import Clip
from jss.data.recordings import Recording
from jss.errors import JssError
from jss.io import cells
from jss.io.inputs import audio_files
from jss.io.tsv import ClipNames, read_table

TABLE = "metadata/UrbanSound8K.csv"
COLUMNS = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "class")
#: Split -> folds, as in the weak-label paper.
FOLDS: Mapping[str, tuple[int, ...]] = {
    "train": (1, 2, 3, 4, 5, 6, 7, 8),
    "validation": (9,),
    "test": (10,),
}
#: Classes that keep their name in a soundbank; the others become ``other_drilling`` and so on.
CLASSES = ("car_horn", "dog_bark", "gun_shot", "jackhammer", "siren")
FOREGROUND, BACKGROUND = 1, 2
LICENCE = "CC BY-NC 3.0"


@dataclass(frozen=True)
class Slice:
    """One row of the table."""

    filename: str
    #: Freesound id of the original recording.
    fsid: str
    #: Seconds in the original recording.
    start: float
    end: float
    #: FOREGROUND or BACKGROUND.
    salience: int
    fold: int
    label: str
    #: Path within the data set; None where the audio is missing.
    path: str | None


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """Read the weakly labelled clips of each split.

    Args:
        root: The folder with ``audio`` and ``metadata``, or the one above it.

    Returns:
        Clips of each split; a clip whose audio is missing has the path None.

    Raises:
        JssError: The folder is not UrbanSound8K, or its table is damaged.
    """
    base = _base(root)
    return {
        split: [_clip(base, item) for item in items]
        for split, items in divide(read_slices(base)).items()
    }


def recordings(root: str | Path, salience: int | None = None) -> list[Recording]:
    """List the slices whose audio exists as recordings of a soundbank.

    Args:
        root: The folder with ``audio`` and ``metadata``, or the one above it.
        salience: FOREGROUND or BACKGROUND; None for both.

    Returns:
        The recordings; the fsID is the original recording.

    Raises:
        JssError: The folder is not UrbanSound8K, or its table is damaged.
    """
    base = _base(root)
    return [
        Recording(
            bank_label(item.label),
            item.path,
            f"freesound:{item.fsid}",
            split,
            LICENCE,
            "urbansound8k",
            round(item.end - item.start, 6),
        )
        for split, items in divide(read_slices(base)).items()
        for item in items
        if item.path is not None and salience in (None, item.salience)
    ]


def bank_label(label: str) -> str:
    """Label in a soundbank: siren -> siren, drilling -> other_drilling."""
    return label if label in CLASSES else f"other_{label}"


def divide(slices: Sequence[Slice]) -> dict[str, list[Slice]]:
    """Divide slices by split, so that no fsID is in two.

    A recording that a held-out fold has is left out of the splits before it.
    """
    split_of = {fold: split for split, folds in FOLDS.items() for fold in folds}
    divided: dict[str, list[Slice]] = {split: [] for split in FOLDS}
    for item in slices:
        divided[split_of[item.fold]].append(item)
    held_out: set[str] = set()
    for split in reversed(tuple(FOLDS)):
        divided[split] = [item for item in divided[split] if item.fsid not in held_out]
        held_out |= {item.fsid for item in divided[split]}
    return divided


def read_slices(base: Path) -> list[Slice]:
    """Read the rows of the table, in its order.

    Raises:
        JssError: A row is invalid.
    """
    folders = {
        fold: ClipNames(path.name for path in audio_files(base / "audio" / f"fold{fold}"))
        for folds in FOLDS.values()
        for fold in folds
    }
    slices: list[Slice] = []
    for line, name, fsid, *numbers, label in read_table(base / TABLE, COLUMNS, ",").itertuples():
        try:
            start, end, salience, fold = map(cells.number, numbers)
        except ValueError as error:
            raise JssError(
                f"{base / TABLE}, line {line}: start, end, salience and fold must be numbers."
            ) from error
        if fold not in folders or salience not in (FOREGROUND, BACKGROUND):
            raise JssError(
                f"{base / TABLE}, line {line}: the fold is 1 to 10 and the salience 1 or 2, not "
                f"{fold:g} and {salience:g}."
            )
        try:
            file = folders[int(fold)].of_table(Path(name).name)
        except JssError as error:
            raise JssError(f"{base / TABLE}, line {line}: {error}") from error
        path = None if file is None else f"audio/fold{int(fold)}/{file}"
        slices.append(Slice(name, fsid, start, end, int(salience), int(fold), label, path))
    return slices


def find(root: str | Path) -> Path | None:
    """Folder with the table: ROOT or ROOT/UrbanSound8K; None where there is none."""
    bases = (Path(root) / name for name in ("", "UrbanSound8K"))
    return next((base for base in bases if (base / TABLE).is_file()), None)


def _base(root: str | Path) -> Path:
    base = find(root)
    if base is None:
        raise JssError(
            f"{root} is not UrbanSound8K: it needs {TABLE} and audio/fold1 to audio/fold10."
        )
    return base


def _clip(base: Path, item: Slice) -> Clip:
    path = None if item.path is None else base / item.path
    return Clip(item.filename, path, item.end - item.start, tags=(item.label,))
