"""The known data sets: how each is recognised and read, and what is published about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jss.data.clip import Clip
from jss.data.datasets import desed, esc50, folder, fuss, labelled, urbansound
from jss.errors import JssError

#: Shortest and longest allowed file in seconds.
Length = tuple[float, float]


@dataclass(frozen=True)
class Published:
    """Published facts of a subset."""

    #: Number of clips.
    files: int
    #: Fingerprint of their names, where known.
    names: str | None = None


@dataclass(frozen=True)
class DataSet:
    """One data set."""

    title: str
    #: Description for users.
    about: str
    licence: str
    #: ROOT -> folder of the data set; None where it is not there.
    find: Callable[[str | Path], Path | None]
    #: ROOT -> clips of each subset.
    prepare: Callable[[str | Path], dict[str, list[Clip]]]
    #: Patterns of the tables that belong to the audio, relative to the folder; they may match audio too.
    tables: tuple[str, ...] = ()
    #: Allowed length of a clip's file; None for any.
    length: Callable[[Clip], Length | None] = lambda clip: None
    #: Published facts, by subset.
    published: Mapping[str, Published] = field(default_factory=dict)


def _desed_length(clip: Clip) -> Length:
    """Allowed length of a DESED file.

    Synthetic clips have 10 s. YouTube clips have what their name states, and up to a second less,
    as measured on the published durations of the validation set.
    """
    named = desed.seconds_named(clip.filename)
    return (9.95, 10.05) if named is None else (named - 1.05, named + 0.2)


def _near(clip: Clip) -> Length:
    return clip.duration - 0.05, clip.duration + 0.05


#: Data sets by name, in the order in which a folder is tried.
DATASETS: Mapping[str, DataSet] = {
    "desed": DataSet(
        "DESED",
        "10 s of domestic sound in ten classes: weak, unlabelled, strong, synthetic, validation, public",
        "CC BY 4.0; YouTube clips for research only",
        desed.find,
        desed.prepare,
        tuple(f"{base}/metadata/**/*.tsv".removeprefix("/") for base in desed.BASES),
        _desed_length,
        {
            "weak": Published(1420, "d62b2470189311e0"),
            "weak_validation": Published(158, "6b9bd071bb3444dc"),
            "unlabel_in_domain": Published(14412, "a0c438ca19c88d2e"),
            "synthetic21_train": Published(10000),
            "synthetic21_validation": Published(2500),
            "validation": Published(1168, "c00a24d4af9e06db"),
            "public": Published(692, "f78dd852fc45ca2a"),
        },
    ),
    "fuss": DataSet(
        "FUSS",
        "10 s mixtures of a background and up to three sounds, with every source, reverberant and dry",
        "CC BY 4.0",
        fuss.find,
        fuss.prepare,
        ("ssdata*/*.txt", "ssdata*/*/*.jams", "ssdata*/*/*.txt"),
        _near,
        {
            f"{split}{end}": Published(files)
            for end in fuss.VERSIONS
            for split, files in zip(fuss.SPLITS, (20000, 1000, 1000), strict=True)
        },
    ),
    "urbansound8k": DataSet(
        "UrbanSound8K",
        "slices of up to 4 s in ten classes and ten folds, weakly labelled; a soundbank too",
        urbansound.LICENCE,
        urbansound.find,
        urbansound.prepare,
        (urbansound.TABLE,),
        _near,
        {"train": Published(7079), "validation": Published(816), "test": Published(837)},
    ),
    "esc50": DataSet(
        "ESC-50",
        "5 s recordings in 50 classes and five folds; a soundbank too",
        esc50.LICENCE,
        esc50.find,
        esc50.prepare,
        (esc50.TABLE,),
        _near,
        {"train": Published(1200), "validation": Published(400), "test": Published(400)},
    ),
    "labelled": DataSet(
        "a labelled folder",
        "your own clips and classes: audio, labels.yaml, and strong.tsv, weak.tsv or both",
        "the licence of the recordings",
        labelled.find,
        labelled.prepare,
        (folder.LABELS, "strong.*", "strong/**/*", folder.WEAK, labelled.SPLITS),
    ),
    "folder": DataSet(
        "a folder of audio",
        "any recordings without labels, nested or not (YFCC100M style), for MixIT",
        "the licence of the recordings",
        folder.find,
        folder.prepare,
    ),
}


def dataset(name: str) -> DataSet:
    """Data set of a name.

    Raises:
        JssError: There is no such data set.
    """
    if name not in DATASETS:
        raise JssError(f"There is no data set '{name}': use one of {', '.join(DATASETS)}.")
    return DATASETS[name]


def locate(name: str, root: Path) -> Path:
    """Find the folder of a data set.

    Args:
        name: The data set.
        root: Folder given by the user.

    Returns:
        The folder.

    Raises:
        JssError: ROOT holds another data set, or the folder is above or below ROOT.
    """
    known = dataset(name)
    if not root.is_dir():
        raise JssError(f"There is no folder {root}.")
    base = known.find(root)
    if base is not None:
        return base
    other = recognise(root)
    if other is not None:
        raise JssError(
            f"{root} is not {known.title} but holds {DATASETS[other].title}: use the name {other}, or give "
            "another folder."
        )
    candidates = [
        *(folder for folder in root.iterdir() if folder.is_dir()),
        *root.resolve().parents[:3],
    ]
    folder_near = next(
        (
            candidate
            for candidate in candidates
            if name != "folder" and known.find(candidate) is not None
        ),
        None,
    )
    if folder_near is not None:
        raise JssError(f"{root} is not the folder of {known.title}: give {folder_near}.")
    known.prepare(root)  # raises the error that says what is missing
    raise AssertionError(f"{root} became {name} while it was read")


def subsets(root: str | Path) -> dict[str, list[Clip]]:
    """Read the subsets of the data set in ROOT, or the audio in it where it has no known layout.

    Raises:
        JssError: There is none.
    """
    root = Path(root)
    name = recognise(root) or "folder"
    return DATASETS[name].prepare(locate(name, root))


def recognise(root: Path) -> str | None:
    """Name of the data set whose layout ROOT has; None for any other folder."""
    return next(
        (
            name
            for name, known in DATASETS.items()
            if name != "folder" and known.find(root) is not None
        ),
        None,
    )


def fingerprint(clips: Iterable[Clip]) -> str:
    """Hash the clips' names; order, suffixes and the leading Y of YouTube names have no effect."""
    names = sorted(desed.core(clip.filename) for clip in clips)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
