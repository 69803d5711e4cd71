"""A folder of the user's clips with the user's classes, strongly or weakly labelled, or both.

Audio is anywhere in it. ``labels.yaml`` lists the labels in the order of the score matrices;
``strong.tsv`` has filename, onset, offset, event_label; or ``strong.*`` is a file of annotations of
another format, or ``strong/`` a folder of them. ``weak.tsv`` has filename and event_labels, joined by
commas. A filename is the path in the folder, or the bare name where it is unique; rows of one file
under both are of one clip.
``splits.tsv`` (filename, split: train, validation or test) says which clips select the model and
which are left out; without it, one clip in five selects the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from jss.data.clip import Clip
from jss.data.datasets import folder
from jss.data.datasets.desed import duration, has_tables, with_events
from jss.data.datasets.folder import LABELS, STRONG, WEAK
from jss.data.recordings import SPLITS as SPLIT_NAMES
from jss.data.recordings import hashed_split
from jss.errors import JssError
from jss.io.annotations import formats
from jss.io.notes import warn
from jss.io.schema import parse_yaml
from jss.io.tsv import ClipNames, check_filled, read_table

SPLITS = "splits.tsv"


def find(root: str | Path) -> Path | None:
    """Return ROOT where it has a list of labels, or labelled audio, and no table of DESED; else None."""
    root = Path(root)
    if has_tables(root):
        return None
    files = folder.label_files(root)
    if root / LABELS in files or (files and folder.find(root) is not None):
        return root
    return None


def labels(root: str | Path) -> tuple[str, ...]:
    """Read the classes of ``labels.yaml``, in order.

    Raises:
        JssError: It is missing, or not a list of different labels.
    """
    path = Path(root) / LABELS
    try:
        classes = parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JssError(
            f"{root} has no {LABELS}: write it, a list of the labels in its TSVs."
        ) from error
    except (OSError, ValueError) as error:
        raise JssError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}.") from error
    valid = (
        isinstance(classes, list)
        and classes
        and all(isinstance(label, str) and label for label in classes)
    )
    if not valid or len({*classes}) < len(classes):
        raise JssError(
            f"{path} must be a list of different labels, such as [Kettle, Door]; put quotes around those "
            "that YAML takes for something else, such as yes or 1."
        )
    return tuple(classes)


def prepare(root: str | Path, known: Sequence[str] | None = None) -> dict[str, list[Clip]]:
    """Read the subsets ``strong``, ``weak``, ``unlabelled``, and ``<subset>_validation`` of each.

    ``unlabelled`` is the audio that no table lists. Validation is one clip in five, by a hash of
    its path without suffix, and at least one of two. Where there is a ``splits.tsv``, it says
    instead which clips are for validation, and which are those of ``<subset>_test``.

    Args:
        root: The folder.
        known: Labels that are allowed; None for those of ``labels.yaml``.

    Returns:
        Clips of each subset; a clip whose audio is missing has the path None.

    Raises:
        JssError: A label is not allowed, or there are no labels or no audio.
    """
    base, known = Path(root), labels(root) if known is None else known
    paths = {
        clip.filename: clip.path
        for clips in folder.prepare(base).values()
        for clip in clips
        if clip.path
    }
    subsets = {
        "strong": _strong(formats.find(base, Path(STRONG).stem), paths, known),
        "weak": _weak(base / WEAK, paths, known),
    }
    if not any(subsets.values()):
        raise JssError(
            f"{root} has no labels: write {STRONG} (filename, onset, offset, event_label) or {WEAK} "
            "(filename, event_labels), a row a clip at least."
        )
    listed = {clip.path for clips in subsets.values() for clip in clips}
    subsets["unlabelled"] = [
        Clip(name, path) for name, path in sorted(paths.items()) if path not in listed
    ]
    splits = _splits(base / SPLITS, paths)
    if splits is not None:
        return _divided(subsets, splits)
    stems = folder.stems_of(paths)
    held_out = {path for name, path in paths.items() if hashed_split(stems[name]) != "train"}
    for clips in subsets.values():
        present = [clip.path for clip in clips if clip.path]
        if len(present) > 1 and not held_out & {*present}:
            held_out.add(present[-1])
        elif len(present) > 1 and held_out >= {*present}:
            held_out.remove(present[0])
    divided: dict[str, list[Clip]] = {}
    for name, clips in subsets.items():
        divided[name] = [clip for clip in clips if clip.path not in held_out]
        divided[f"{name}_validation"] = [clip for clip in clips if clip.path in held_out]
    return {name: clips for name, clips in divided.items() if clips}


def _splits(tsv: Path, paths: Mapping[str, Path]) -> dict[Path, str] | None:
    """Split of each file that the table lists; None where there is no table.

    Raises:
        JssError: A split is unknown, or a file is in two.
    """
    if not tsv.is_file():
        return None
    table = read_table(tsv, ("filename", "split"))
    files = _files(table["filename"], paths, tsv)
    absent = [name for name in table["filename"] if files[name][1] is None]
    if absent:
        warn(
            f"{tsv}: {len(absent)} of {len(table)} rows name no recording that is there, such as {absent[0]}."
        )
    first: dict[str, tuple[str, int]] = {}
    splits = {}
    for line, name, split in table.itertuples():
        if split not in SPLIT_NAMES:
            raise JssError(
                f"{tsv}, line {line}: the split {split!r} of {name} is not one of "
                f"{', '.join(SPLIT_NAMES)}."
            )
        clip, path = files[name]
        other, earlier = first.setdefault(clip, (split, line))
        if split != other:
            raise JssError(
                f"{tsv}, line {line}: {name} is in the split {split}, but in {other} by line {earlier}: "
                "delete one of the rows."
            )
        if path is not None:
            splits[path] = split
    return splits


def _divided(
    subsets: Mapping[str, Sequence[Clip]], splits: Mapping[Path, str]
) -> dict[str, list[Clip]]:
    """The subsets by their splits; a clip that no row lists is for training."""
    divided: dict[str, list[Clip]] = {}
    for name, clips in subsets.items():
        for clip in clips:
            split = splits.get(clip.path, "train") if clip.path else "train"
            divided.setdefault(name if split == "train" else f"{name}_{split}", []).append(clip)
    return divided


def _strong(tsv: Path | None, paths: Mapping[str, Path], known: Sequence[str]) -> list[Clip]:
    if tsv is None:
        return []
    table = formats.read(tsv)
    for line, (name, label) in table[["filename", "event_label"]].iterrows():
        if label is not None:
            place = f"{tsv}, line {line}" if tsv.is_file() else str(tsv)
            _check([label], name, place, known)
    files = _files(table["filename"], paths, tsv)
    clips = [
        Clip(name, path, duration(path) if path else 10.0)
        for name, path in dict(files.values()).items()
    ]
    names = [files[name][0] for name in table["filename"]]
    return with_events(clips, table.assign(filename=names), tsv)


def _weak(tsv: Path, paths: Mapping[str, Path], known: Sequence[str]) -> list[Clip]:
    if not tsv.is_file():
        return []
    table = read_table(tsv, ("filename", "event_labels"))
    check_filled(tsv, table, "filename")
    files = _files(table["filename"], paths, tsv)
    tags: dict[str, set[str]] = {name: set() for name, _ in files.values()}
    for line, filename, labels in table.itertuples():
        named = {tag.strip() for tag in labels.split(",")} - {""}
        _check(sorted(named), filename, f"{tsv}, line {line}", known)
        tags[files[filename][0]].update(named)
    return [
        Clip(name, path, duration(path) if path else 10.0, tags=tuple(sorted(tags[name])))
        for name, path in dict(files.values()).items()
    ]


def _check(used: Sequence[str], filename: str, place: str, known: Sequence[str]) -> None:
    unknown = [label for label in used if label and label not in known]
    if unknown:
        raise JssError(
            f"{place}: {filename} has the label {unknown[0]!r}, which is not among the classes "
            f"({', '.join(known)}): add it to {LABELS}, or correct the row."
        )


def _files(
    names: Iterable[str], paths: Mapping[str, Path], tsv: Path
) -> dict[str, tuple[str, Path | None]]:
    """Name of the clip and its audio by the names of a table; names of one file are one clip."""
    clip_names = ClipNames(paths)
    by_name: dict[str, list[Path]] = {}
    for path in paths.values():
        by_name.setdefault(path.name, []).append(path)
    names_of: dict[Path, str] = {}
    files: dict[str, tuple[str, Path | None]] = {}
    for name in dict.fromkeys(names):
        audio = _path(name, paths, by_name, clip_names, tsv)
        files[name] = (name if audio is None else names_of.setdefault(audio, name), audio)
    return files


def _path(
    name: str,
    paths: Mapping[str, Path],
    by_name: Mapping[str, Sequence[Path]],
    clip_names: ClipNames,
    tsv: Path,
) -> Path | None:
    """Audio of a row, by its path in the folder or by its bare name."""
    if name in paths:
        return paths[name]
    same = by_name.get(name)
    if same is None:
        match = clip_names.of_table(name)  # a.flac is a.flac.wav in a copy that has a.wav too
        return None if match is None else paths[match]
    if len(same) > 1:
        raise JssError(
            f"{tsv}: {name} may be any of {len(same)} files: write its path below {tsv.parent}."
        )
    return same[0]
