"""DESED's folder layouts, 2021 to 2024: reading them with their quirks, and writing their TSVs.

``audio/<folder>/<file>`` is mirrored by ``metadata/<folder>.tsv``, with or without a folder
``dataset`` above, and the synthetic part may lie by itself in ``dcase_synth``. Isolated sources lie
beside a clip in ``<stem>_events/background0_<label>`` and ``foreground<n>_<label>``, as Scaper
writes them. Where a folder has a copy at 16 kHz beside it (``weak_16k``, as the DCASE baselines
make them), its files come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from jss import audio
from jss.data.clip import Clip, Event
from jss.errors import JssError
from jss.io.inputs import is_audio, without_suffix
from jss.io.notes import warn
from jss.io.tables import open_table, read_table, write_table
from jss.io.truth import within
from jss.io.tsv import read_events

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
#: Where ``audio`` and ``metadata`` may lie.
HOMES = ("", "dataset", "dcase_synth", "dataset/dcase_synth")
#: Where a table or the audio of a subset lies elsewhere in some years.
TABLES: Mapping[str, str] = {"strong_label_real": "train/audioset_strong"}
ELSEWHERE: Mapping[str, str] = {"validation": "validation"}
#: Length of a clip in seconds. Shorter ones (88 of 1168 in ``validation``) are padded with zeros to
#: it before they are analysed, as the DCASE baselines do: a clip's mel is scaled and the GRU runs
#: over all 10 s.
SECONDS = 10.0
#: The clips of ``weak`` that select a model; where no TSV names them, a tenth as the DCASE baseline
#: draws it.
WEAK_VALIDATION = "weak_validation"
_SOURCE = re.compile(r"(background|foreground)(\d+)(?:_(.*))?$")
#: What a YouTube clip was cut from: the name, and its first and last second.
_CUT = re.compile(r"_(\d+(?:\.\d+)?)_(\d+(?:\.\d+)?)$")


def prepare(root: str | Path) -> dict[str, list[Clip]]:
    """The subsets of a data set in DESED's layout; those that are not there are left out.

    root: the folder with one or more of HOMES. Clips keep the order of their TSV. A clip whose
    audio is missing has the path None; a row without an event is a clip without events; offsets far
    beyond the clip's end are clamped to it; weak labels named twice count once. ``weak_validation``
    is cut from ``weak``, and ``synthetic21_validation`` from ``synthetic21_train`` where it is not
    there by itself. Raises JssError where there is no subset, or a TSV is damaged.
    """
    base = find(root)
    if base is None:
        raise JssError(
            f"{root} is not in DESED's layout: it needs metadata/train/weak.tsv and the like, and audio."
        )
    subsets = {name: _read(base, name) for name in FOLDERS}
    found = {name: clips for name, clips in subsets.items() if clips}
    if not found:
        raise JssError(
            f"{base} has DESED's folders, but neither a TSV nor audio of {', '.join(FOLDERS)} in them."
        )
    if "weak" in found:
        found["weak"], found[WEAK_VALIDATION] = _divide_weak(base, found["weak"])
    if "synthetic21_train" in found and "synthetic21_validation" not in found:
        found["synthetic21_train"], held_out = _draw(found["synthetic21_train"], 0.8, 26)
        if held_out:
            found["synthetic21_validation"] = held_out
    return found


def find(root: str | Path) -> Path | None:
    """ROOT where it has ``metadata`` or ``audio`` in DESED's layout, at one of HOMES; None where it
    has not.
    """
    parts = {folder.split("/")[0] for folder in FOLDERS.values()}
    there = any(
        (Path(root) / home / kind / part).is_dir()
        for home in HOMES
        for kind in ("metadata", "audio")
        for part in parts
    )
    return Path(root) if there else None


def core(name: str) -> str:
    """Y1GMWn4IxVro_100.000_110.000.wav -> 1GMWn4IxVro_100.000_110.000: what the years agree on."""
    return re.sub(r"^Y(?=.{11}_\d)", "", without_suffix(Path(name).name))


def seconds_named(name: str) -> float | None:
    """Y1GMWn4IxVro_100.000_110.000.wav -> 10.0; None for a name that does not tell."""
    cut = _CUT.search(without_suffix(Path(name).name))
    return float(cut[2]) - float(cut[1]) if cut else None


def missing(subsets: Mapping[str, Sequence[Clip]]) -> dict[str, int]:
    """How many clips of each subset have no audio; every score must say on how many files it
    stands.
    """
    return {name: sum(clip.path is None for clip in clips) for name, clips in subsets.items()}


def write_strong(path: Path, clips: Iterable[Clip]) -> None:
    """``filename onset offset event_label``, seconds with three decimals; an empty row for a clip
    without events.
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
    """``filename event_labels``, the labels joined by commas."""
    write_table(
        path,
        ("filename", "event_labels"),
        [(clip.filename, ",".join(clip.tags or ())) for clip in clips],
    )


def write_names(path: Path, clips: Iterable[Clip]) -> None:
    """``filename`` alone: nothing is known about the clips."""
    write_table(path, ("filename",), [(clip.filename,) for clip in clips])


def write_durations(path: Path, clips: Iterable[Clip]) -> None:
    """``filename duration``, in seconds."""
    write_table(
        path, ("filename", "duration"), [(clip.filename, f"{clip.duration:.3f}") for clip in clips]
    )


def _read(base: Path, name: str) -> list[Clip]:
    """The clips of one subset: from its TSV, or, where there is none, from its audio alone."""
    files, sources = _audio(base, name)
    tables = [
        base / home / "metadata" / f"{folder}.tsv"
        for home in HOMES
        for folder in (FOLDERS[name], TABLES.get(name, FOLDERS[name]))
    ]
    tsv = next((table for table in tables if table.is_file()), None)
    if tsv is None:
        return [
            Clip(path.name, path, duration(path), sources=sources.get(stem, ()), padded_to=SECONDS)
            for stem, paths in sorted(files.items())
            for path in paths
        ]
    with open_table(tsv) as file:
        header = file.readline().rstrip("\r\n").split("\t")
    strong, weak = "onset" in header, "event_labels" in header
    columns = (
        ("filename", "onset", "offset", "event_label")
        if strong
        else (("filename", "event_labels") if weak else ("filename",))
    )
    tags: dict[str, set[str]] = {}
    table = read_events(tsv) if strong else None
    if table is not None:
        tags = {name: set() for name in table["filename"]}
    else:
        for row in read_table(tsv, *columns):
            if row["filename"]:
                named = {tag.strip() for tag in row.get("event_labels", "").split(",")}
                tags.setdefault(row["filename"], set()).update(named - {""})
    durations = _durations(tsv)
    clips: list[Clip] = []
    for filename, named in tags.items():
        stem = _find(without_suffix(Path(filename).name), files)
        path = _one(filename, files.get(stem, []), tsv)
        seconds = durations.get(filename) or (
            duration(path) if path else seconds_named(filename) or SECONDS
        )
        weakly = tuple(sorted(named)) if weak and not strong else None
        clips.append(
            Clip(filename, path, seconds, None, weakly, sources.get(stem, ()), padded_to=SECONDS)
        )
    return clips if table is None else with_events(clips, table, tsv)


def with_events(clips: Sequence[Clip], table: pd.DataFrame, tsv: Path) -> list[Clip]:
    """Clips with their events, sorted, and the tags that follow; by the rules of ``jss.io.truth``."""
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
    """Training and selection clips: after metadata/train/weak_validation.tsv, or 90/10 as the DCASE
    baseline.
    """
    tables = (base / home / "metadata" / "train" / f"{WEAK_VALIDATION}.tsv" for home in HOMES)
    tsv = next((table for table in tables if table.is_file()), None)
    if tsv is None:
        return _draw(clips, 0.9, 42)
    names = {row["filename"] for row in read_table(tsv, "filename")}
    return [c for c in clips if c.filename not in names], [c for c in clips if c.filename in names]


def _draw(clips: list[Clip], share: float, seed: int) -> tuple[list[Clip], list[Clip]]:
    """Training and selection clips as the DCASE baselines draw them: of weak clips 0.9 with the
    seed 42 (2021), of synthetic ones that come without a validation set 0.8 with the seed 26 (2019,
    2020).
    """
    import pandas as pd

    kept = set(pd.Series(range(len(clips))).sample(frac=share, random_state=seed))
    return [c for i, c in enumerate(clips) if i in kept], [
        c for i, c in enumerate(clips) if i not in kept
    ]


def _audio(
    base: Path, name: str
) -> tuple[dict[str, list[Path]], dict[str, tuple[tuple[str, Path], ...]]]:
    """Stem -> audio files of it in one folder, and stem -> isolated sources, the background first."""
    files: dict[str, list[Path]] = {}
    sources: dict[str, tuple[tuple[str, Path], ...]] = {}
    for home in reversed(HOMES):
        for folder in (ELSEWHERE.get(name), FOLDERS[name], f"{FOLDERS[name]}_16k"):
            place = base / home / "audio" / folder if folder else None
            here: dict[str, list[Path]] = {}
            for path in sorted(place.iterdir()) if place is not None and place.is_dir() else ():
                if is_audio(path.name):
                    here.setdefault(without_suffix(path.name), []).append(path)
                elif path.name.endswith("_events") and path.is_dir():
                    sources[path.name.removesuffix("_events")] = _sources(path)
            files |= here
    return files, sources


def _one(filename: str, paths: Sequence[Path], tsv: Path) -> Path | None:
    """The audio of a row: the only file of its name, or the one whose suffix the row has too."""
    if len(paths) < 2:
        return next(iter(paths), None)
    same = [path for path in paths if path.suffix == Path(filename).suffix]
    if len(same) != 1:
        names = ", ".join(path.name for path in paths)
        raise JssError(f"{tsv}: {filename} may be any of {names}: write the suffix too.")
    return same[0]


def _sources(folder: Path) -> tuple[tuple[str, Path], ...]:
    found: list[tuple[str, int, str, Path]] = []
    for path in folder.iterdir():
        match = _SOURCE.match(without_suffix(path.name))
        if match and is_audio(path.name):
            kind, number, label = match[1], int(match[2]), match[3]
            found.append(
                (kind, number, "background" if kind == "background" else label or "unknown", path)
            )
    return tuple((label, path) for _, _, label, path in sorted(found))


def _find(stem: str, files: Mapping[str, Sequence[Path]]) -> str:
    """The stem of the audio: YouTube names come with and without the leading Y."""
    candidates = (stem, f"Y{stem}", stem.removeprefix("Y"))
    return next((candidate for candidate in candidates if candidate in files), stem)


def _durations(tsv: Path) -> dict[str, float]:
    """Seconds by file name, from ``<subset>_durations.tsv`` or ``durations.tsv`` beside the labels."""
    for path in (tsv.with_name(f"{tsv.stem}_durations.tsv"), tsv.with_name("durations.tsv")):
        if path.is_file():
            try:
                return {
                    row["filename"]: float(row["duration"])
                    for row in read_table(path, "filename", "duration")
                }
            except ValueError as error:
                raise JssError(f"{path}: a duration is not a number of seconds.") from error
    return {}


def duration(path: Path) -> float:
    """Seconds of a file, or 10 where it is damaged: loading it will say so."""
    try:
        return audio.duration(path)
    except JssError:
        return SECONDS
