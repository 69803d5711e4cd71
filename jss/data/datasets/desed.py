"""The folder layouts of DESED, 2021 to 2024: reading them, and writing their tables.

``audio/<folder>/<file>`` is mirrored by ``metadata/<folder>.tsv``, with or without a folder
``dataset`` above, and the synthetic part may be alone in ``dcase_synth``. Isolated sources are
beside a clip in ``<stem>_events/background0_<label>`` and ``foreground<n>_<label>``, as Scaper
writes them. Where a folder has a copy at 16 kHz beside it (``weak_16k``, made by the DCASE
baselines), its files have precedence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from jss import audio
from jss.data.clip import Clip, Event
from jss.data.datasets.folder import LABELS, STRONG, WEAK, label_files
from jss.errors import JssError, number_of
from jss.io import cells
from jss.io.annotations import formats
from jss.io.inputs import is_audio, without_suffix
from jss.io.notes import warn
from jss.io.truth import within
from jss.io.tsv import (
    DURATION_COLUMNS,
    check_filled,
    read_durations,
    read_events,
    read_table,
    read_text,
    write_table,
)

#: Subset -> its folder under ``audio`` and ``metadata``.
FOLDERS: Mapping[str, str] = {
    "weak": "train/weak",
    "unlabel_in_domain": "train/unlabel_in_domain",
    "strong_label_real": "train/strong_label_real",
    "synthetic21_train": "train/synthetic21_train/soundscapes",
    "synthetic21_validation": "validation/synthetic21_validation/soundscapes",
    "validation": "validation/validation",
    "public": "eval/public",
}
#: Folders that ``audio`` and ``metadata`` may be in, relative to the root.
BASES = ("", "dataset", "dcase_synth", "dataset/dcase_synth")
#: Other places of a subset's table or audio in some years.
OTHER_TABLES: Mapping[str, str] = {"strong_label_real": "train/audioset_strong"}
OTHER_FOLDERS: Mapping[str, str] = {"validation": "validation"}
#: Length of a clip in seconds. Shorter ones (88 of 1168 in ``validation``) are padded with zeros
#: before the analysis, as in the DCASE baselines: the scaling of a clip's mel spectrogram and the
#: GRU cover all 10 s.
SECONDS = 10.0
#: The clips of ``weak`` that select a model; where no table lists them, a tenth is drawn as in the
#: DCASE baseline.
WEAK_VALIDATION = "weak_validation"
#: File name of an isolated source.
_SOURCE = re.compile(r"(background|foreground)(\d+)(?:_(.*))?$")
#: End of a YouTube clip's name: first and last second in the video.
_CUT = re.compile(r"_(\d+(?:\.\d+)?)_(\d+(?:\.\d+)?)$")


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """Read the subsets of a data set in DESED's layout; absent ones are left out.

    Clips keep the order of their table. Offsets far beyond the clip's end are clamped, and a weak
    label that is listed twice counts once. ``weak_validation`` is drawn from ``weak``, and
    ``synthetic21_validation`` from ``synthetic21_train`` where it is absent.

    Args:
        root: The folder that has one or more of BASES.

    Returns:
        Clips of each subset. A clip whose audio is missing has the path None; a row without an
        event is a clip without events.

    Raises:
        JssError: There is no such folder, no subset in it, or a table is damaged.
    """
    if not Path(root).is_dir():
        raise JssError(f"There is no folder {root}.")
    base = find(root)
    if base is None:
        raise JssError(
            f"{root} is not in DESED's layout: it needs metadata/train/weak.tsv and the like, and audio."
        )
    subsets = {name: _read(base, name) for name in FOLDERS}
    present = {name: clips for name, clips in subsets.items() if clips}
    if not present:
        raise JssError(
            f"{base} has DESED's folders, but neither a TSV nor audio of {', '.join(FOLDERS)} in them."
        )
    strong = base / Path(STRONG).stem
    beside = [path for path in (base / LABELS, base / WEAK) if path.is_file()]
    beside += [strong] if strong.is_dir() and formats.files(strong) else []
    for path in (*beside, *sorted(base.glob(f"{strong.name}.*"))):
        warn(f"{base} is read as DESED, by its tables: {path.name} beside them is not read.")
    if "weak" in present:
        present["weak"], present[WEAK_VALIDATION] = _divide_weak(base, present["weak"])
    if "synthetic21_train" in present and "synthetic21_validation" not in present:
        present["synthetic21_train"], held_out = _draw(present["synthetic21_train"], 0.8, 26)
        if held_out:
            present["synthetic21_validation"] = held_out
    return present


def find(root: str | Path) -> Path | None:
    """Return ROOT where it has DESED's layout at one of BASES, else None.

    One of DESED's tables makes it DESED. A folder with none of them, but with labels at its top, is
    a labelled folder, whatever the folders in it are called.
    """
    root = Path(root)
    if has_tables(root):
        return root
    if label_files(root):
        return None
    parts = {folder.split("/")[0] for folder in FOLDERS.values()}
    exists = any(
        (root / base / kind / part).is_dir()
        for base in BASES
        for kind in ("metadata", "audio")
        for part in parts
    )
    return root if exists else None


def has_tables(root: str | Path) -> bool:
    """Whether a folder has a table of one of DESED's subsets, at one of BASES."""
    return any(_table(Path(root), name) is not None for name in FOLDERS)


def core(name: str) -> str:
    """Reduce a name to what all years share: Y1GMWn4IxVro_1.wav becomes 1GMWn4IxVro_1."""
    return re.sub(r"^Y(?=.{11}_\d)", "", without_suffix(Path(name).name))


def seconds_named(name: str) -> float | None:
    """Seconds that a name states: 10.0 for Y1GMWn4IxVro_100.000_110.000.wav; else None."""
    cut = _CUT.search(without_suffix(Path(name).name))
    return float(cut[2]) - float(cut[1]) if cut else None


def missing(subsets: Mapping[str, Sequence[Clip]]) -> dict[str, int]:
    """Count the clips without audio in each subset."""
    return {name: sum(clip.path is None for clip in clips) for name, clips in subsets.items()}


def write_strong(path: Path, clips: Iterable[Clip]) -> None:
    """Write a table of filename, onset, offset, event_label; an empty row for no events.

    Args:
        path: The table.
        clips: The clips; times are written with three decimals.
    """
    rows: list[Sequence[str]] = []
    for clip in clips:
        rows += [
            (clip.filename, f"{e.onset:.3f}", f"{e.offset:.3f}", e.label) for e in clip.events or ()
        ]
        if not clip.events:
            rows.append((clip.filename, "", "", ""))
    write_table(path, ("filename", "onset", "offset", "event_label"), rows)


def write_weak(path: Path, clips: Iterable[Clip]) -> None:
    """Write a table of filename and event_labels, joined by commas.

    Args:
        path: The table.
        clips: The clips.
    """
    write_table(
        path,
        ("filename", "event_labels"),
        [(clip.filename, ",".join(clip.tags or ())) for clip in clips],
    )


def write_names(path: Path, clips: Iterable[Clip]) -> None:
    """Write a table of filename alone, for unlabelled clips.

    Args:
        path: The table.
        clips: The clips.
    """
    write_table(path, ("filename",), [(clip.filename,) for clip in clips])


def write_durations(path: Path, clips: Iterable[Clip]) -> None:
    """Write a table of filename and duration in seconds.

    Args:
        path: The table.
        clips: The clips.
    """
    write_table(path, DURATION_COLUMNS, [(clip.filename, f"{clip.duration:.3f}") for clip in clips])


def _read(base: Path, name: str) -> list[Clip]:
    """Clips of one subset: from its table, or from its audio alone where it has no table."""
    files, sources = _audio(base, name)
    tsv = _table(base, name)
    if tsv is None:
        return [
            Clip(path.name, path, duration(path), sources=sources.get(stem, ()), padded_to=SECONDS)
            for stem, paths in sorted(files.items())
            for path in paths
        ]
    _, header = next(cells.rows(read_text(tsv)), (1, []))
    strong, weak = "onset" in header, "event_labels" in header
    columns = ("filename", "event_labels") if weak else ("filename",)
    tags: dict[str, set[str]] = {}
    table = read_events(tsv) if strong else None
    if table is not None:
        tags = {name: set() for name in table["filename"]}
    else:
        listed = read_table(tsv, columns)
        check_filled(tsv, listed, "filename")
        for _, filename, *labels in listed.itertuples():
            named = {tag.strip() for tag in ",".join(labels).split(",")}
            tags.setdefault(filename, set()).update(named - {""})
    durations = _durations(tsv)
    clips: list[Clip] = []
    for filename, named in tags.items():
        stem = _find_stem(Path(filename).name, files)
        path = _match(filename, files.get(stem, []), tsv)
        seconds = durations.get(filename) or (
            duration(path) if path else seconds_named(filename) or SECONDS
        )
        clip_tags = tuple(sorted(named)) if weak and not strong else None
        clips.append(
            Clip(filename, path, seconds, None, clip_tags, sources.get(stem, ()), padded_to=SECONDS)
        )
    return clips if table is None else with_events(clips, table, tsv)


def _table(base: Path, name: str) -> Path | None:
    """Table of a subset; None where there is none."""
    tables = (
        base / home / "metadata" / f"{folder}.tsv"
        for home in BASES
        for folder in (FOLDERS[name], OTHER_TABLES.get(name, FOLDERS[name]))
    )
    return next((table for table in tables if table.is_file()), None)


def with_events(clips: Sequence[Clip], table: pd.DataFrame, tsv: Path) -> list[Clip]:
    """Add events, sorted, and their tags to clips, by the rules of ``jss.io.truth``.

    Args:
        clips: Clips without events.
        table: Events by ``jss.io.tsv.read_events``.
        tsv: File of the table, for warnings.

    Returns:
        The clips with events.
    """
    seconds = {clip.filename: clip.duration for clip in clips}
    events = within(table, [seconds[name] for name in table["filename"]], str(tsv))
    for note in events.notes:
        warn(note)
    by_name: dict[str, list[Event]] = {}
    rows = events.table[["filename", "onset", "offset", "event_label"]].itertuples(index=False)
    for name, onset, offset, label in rows:
        by_name.setdefault(name, []).append(Event(onset, offset, label))
    return [
        replace(
            clip,
            events=tuple(sorted(by_name.get(clip.filename, ()))),
            tags=tuple(sorted({event.label for event in by_name.get(clip.filename, ())})),
            lost=events.lost.get(clip.filename, 0),
        )
        for clip in clips
    ]


def _divide_weak(base: Path, clips: list[Clip]) -> tuple[list[Clip], list[Clip]]:
    """Training and selection clips: by weak_validation.tsv, else 90/10 as in the DCASE baseline."""
    tables = (base / home / "metadata" / "train" / f"{WEAK_VALIDATION}.tsv" for home in BASES)
    tsv = next((table for table in tables if table.is_file()), None)
    if tsv is None:
        return _draw(clips, 0.9, 42)
    table = read_table(tsv, ("filename",))
    check_filled(tsv, table, "filename")
    names = set(table["filename"])
    absent = sorted(names - {clip.filename for clip in clips})
    if absent:
        warn(
            f"{tsv}: {len(absent)} of {number_of(len(names), 'clips')} are not in weak.tsv and are left out, "
            f"such as {absent[0]}."
        )
    return [c for c in clips if c.filename not in names], [c for c in clips if c.filename in names]


def _draw(clips: list[Clip], share: float, seed: int) -> tuple[list[Clip], list[Clip]]:
    """Draw training and selection clips as the DCASE baselines do.

    Weak clips: share 0.9, seed 42 (2021). Synthetic clips without a validation set: share 0.8, seed
    26 (2019, 2020).
    """
    drawn = set(pd.Series(range(len(clips))).sample(frac=share, random_state=seed))
    return [c for i, c in enumerate(clips) if i in drawn], [
        c for i, c in enumerate(clips) if i not in drawn
    ]


def _audio(
    base: Path, name: str
) -> tuple[dict[str, list[Path]], dict[str, tuple[tuple[str, Path], ...]]]:
    """Audio files and isolated sources of a subset by stem; sources have the background first."""
    files: dict[str, list[Path]] = {}
    sources: dict[str, tuple[tuple[str, Path], ...]] = {}
    for home in reversed(BASES):
        for folder in (OTHER_FOLDERS.get(name), FOLDERS[name], f"{FOLDERS[name]}_16k"):
            audio_folder = base / home / "audio" / folder if folder else None
            exists = audio_folder is not None and audio_folder.is_dir()
            found: dict[str, list[Path]] = {}
            for path in sorted(audio_folder.iterdir()) if audio_folder and exists else ():
                if is_audio(path.name):
                    found.setdefault(without_suffix(path.name), []).append(path)
                elif path.name.endswith("_events") and path.is_dir():
                    sources[path.name.removesuffix("_events")] = _sources(path)
            files |= found
    return files, sources


def _match(filename: str, paths: Sequence[Path], tsv: Path) -> Path | None:
    """Audio file of a row: the only one of its stem, or the one that also has the row's suffix."""
    if len(paths) < 2:
        return next(iter(paths), None)
    same = [path for path in paths if path.suffix == Path(filename).suffix]
    if len(same) != 1:
        names = ", ".join(path.name for path in paths)
        raise JssError(f"{tsv}: {filename} may be any of {names}: write the suffix too.")
    return same[0]


def _sources(folder: Path) -> tuple[tuple[str, Path], ...]:
    sources: list[tuple[str, int, str, Path]] = []
    for path in folder.iterdir():
        match = _SOURCE.match(without_suffix(path.name))
        if match and is_audio(path.name):
            kind, number, label = match[1], int(match[2]), match[3]
            sources.append(
                (kind, number, "background" if kind == "background" else label or "unknown", path)
            )
    return tuple((label, path) for _, _, label, path in sorted(sources))


def _find_stem(name: str, files: Mapping[str, Sequence[Path]]) -> str:
    """Stem of the audio file; YouTube names occur with and without the leading Y.

    In a copy (``jss prepare --convert``) that has a.wav too, a.flac is a.flac.wav.
    """
    stem = without_suffix(name)
    itself = any(path.name == name for path in files.get(stem, ()))
    candidates = (stem if itself else name, stem, f"Y{stem}", stem.removeprefix("Y"))
    return next((candidate for candidate in candidates if candidate in files), stem)


def _durations(tsv: Path) -> dict[str, float]:
    """Seconds by file name, from ``<subset>_durations.tsv`` or ``durations.tsv``."""
    paths = (tsv.with_name(f"{tsv.stem}_durations.tsv"), tsv.with_name("durations.tsv"))
    return next((read_durations(path, empty=True) for path in paths if path.is_file()), {})


def duration(path: Path) -> float:
    """Length of a file in seconds; 10 where it is damaged, which loading it will report."""
    try:
        return audio.duration(path)
    except JssError:
        return SECONDS
