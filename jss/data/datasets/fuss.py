"""FUSS: mixtures of a background and up to three sounds with sources, reverberant and dry.

``ssdata_reverb/<split>/exampleNNNNN.wav`` (``ssdata`` is the dry version) has its sources in
``exampleNNNNN_sources/{background0,foreground0..2}_sound.wav`` and .jams and .txt beside it. Each
line of ``<split>_example_list.txt`` lists mixture, background and foregrounds, relative to its
folder. The background is a source too, so there are up to four.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jss.data.clip import Clip
from jss.errors import JssError
from jss.io.inputs import is_audio

#: Suffix of a subset's name -> folder; systems are trained on the reverberant version.
VERSIONS: Mapping[str, str] = {"": "ssdata_reverb", "_dry": "ssdata"}
SPLITS = ("train", "validation", "eval")
SECONDS = 10.0
LIST = "{split}_example_list.txt"


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """Read the subsets that exist: train, validation, eval; train_dry and so on if dry.

    Args:
        root: The folder with ``ssdata_reverb`` or ``ssdata``, or one of these.

    Returns:
        Clips of each subset, in the order of their list, or sorted by name where there is no list.
        A clip that lacks its mixture or a source has the path None.

    Raises:
        JssError: There is no subset, or a list is damaged.
    """
    base = find(root)
    if base is None:
        raise JssError(
            f"{root} is not FUSS: it needs ssdata_reverb (or ssdata) with train, validation and eval in it."
        )
    subsets = {
        f"{split}{suffix}": _read(base / folder, split)
        for suffix, folder in VERSIONS.items()
        for split in SPLITS
    }
    present = {name: clips for name, clips in subsets.items() if clips}
    if not present:
        raise JssError(
            f"{base} has FUSS's folders, but no example in them: unpack its archives there."
        )
    return present


def find(root: str | Path) -> Path | None:
    """Folder with ``ssdata_reverb`` or ``ssdata``: ROOT or the one above; else None."""
    root = Path(root)
    bases = (root, root.parent) if root.name in VERSIONS.values() else (root,)
    return next(
        (base for base in bases for folder in VERSIONS.values() if (base / folder).is_dir()), None
    )


def _read(folder: Path, split: str) -> list[Clip]:
    table = folder / LIST.format(split=split)
    if table.is_file():
        try:
            lines = table.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise JssError(
                f"{table} cannot be read: it should be a text file with tabs."
            ) from error
        return [_clip(folder, line.split("\t"), table) for line in lines if line.strip()]
    mixtures = sorted(p for p in (folder / split).glob("example*.*") if is_audio(p.name))
    return [
        _clip(folder, [f"{split}/{path.name}", *_sources_of(folder, path)], table)
        for path in mixtures
    ]


def _sources_of(folder: Path, mixture: Path) -> list[str]:
    """Sources of a mixture, the background first, relative to ``folder``."""
    paths = sorted((mixture.parent / f"{mixture.stem}_sources").glob("*ground*.*"))
    return [path.relative_to(folder).as_posix() for path in paths if is_audio(path.name)]


def _clip(folder: Path, names: list[str], table: Path) -> Clip:
    mixture, *parts = (_present(folder / name.strip()) for name in names)
    if not parts or not parts[0].name.startswith("background"):
        raise JssError(
            f"{table}: {names[0]} must be followed by its background and its foregrounds, with tabs."
        )
    complete = all(path.is_file() for path in (mixture, *parts))
    labels = ("background", *(path.stem.partition("_")[0] for path in parts[1:]))
    sources = tuple(zip(labels, parts, strict=True)) if complete else ()
    return Clip(mixture.name, mixture if complete else None, SECONDS, sources=sources)


def _present(path: Path) -> Path:
    """File that a list names, or its converted copy where that has another suffix."""
    copy = path.with_suffix(".wav")
    return copy if not path.is_file() and copy.is_file() else path
