"""Other people's systems: their tables and the ground truth's, as input of ``measure``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from jss.arrays import Float64
from jss.errors import JssError, number_of
from jss.evaluation.measure import THRESHOLD, Findings, Reference
from jss.io import tsv
from jss.io.annotations.formats import read
from jss.io.score_arrays import LAYOUT, SUFFIX, Layout, read_array, read_layout
from jss.io.truth import SLACK, within
from jss.io.tsv import ClipNames, Curves
from jss.metrics.counts import Truth
from jss.metrics.events import EventArrays, from_table, from_tables, union
from jss.metrics.scores import ScoreSet


def reference(
    truth: pd.DataFrame,
    durations: Mapping[str, float],
    labels: Sequence[str],
    *,
    dataset: str = "",
    subset: str = "",
    present: ClipNames | None = None,
    source: str = "The ground truth",
) -> Reference:
    """A set from its tables.

    Clips without a duration or without scores are missing. Names match with and without an audio
    suffix and the leading "Y".

    Args:
        truth: Table filename, onset, offset (seconds), event_label.
        durations: Seconds by file name.
        labels: The K classes.
        dataset: Name of the data set.
        subset: Name of the subset.
        present: The clips that a system gave scores for; None: all.
        source: Name of the table in messages.

    Raises:
        JssError: No file has both a duration and scores.
    """
    clip_names = ClipNames(durations)
    named = {
        file: name for file in dict.fromkeys(truth["filename"]) if (name := clip_names.find(file))
    }
    unknown = [file for file in dict.fromkeys(truth["filename"]) if file not in named]
    unscored = [n for n in clip_names.names if present is not None and present.find(n) is None]
    missing = sorted([*unknown, *unscored])
    names = sorted(set(clip_names.names) - set(missing))
    if not names:
        raise JssError(
            "No file of the ground truth has both a duration and scores: are the names those of one set?"
        )
    table = truth.assign(filename=truth["filename"].map(named))
    causes = {"without a duration": len(unknown), "without scores": len(unscored)}
    given = {cause: number for cause, number in causes.items() if number}
    why = (
        ", ".join(f"{n} {cause}" for cause, n in given.items())
        if len(given) > 1
        else "".join(given)
    )
    return build(
        table,
        names,
        np.array([durations[n] for n in names]),
        labels,
        dataset,
        subset,
        missing,
        why,
        source,
    )


def build(
    table: pd.DataFrame,
    names: Sequence[str],
    seconds: Float64,
    labels: Sequence[str],
    dataset: str,
    subset: str,
    missing: Sequence[str] = (),
    why_missing: str = "",
    source: str = "The ground truth",
) -> Reference:
    """A set from events of known clips, by the rules of ``jss.io.truth``; overlaps are merged.

    Args:
        table: Filename, onset, offset (seconds), event_label.
        names: Of the N clips, sorted.
        seconds: (N,) lengths of the clips.
        labels: The K classes.
        dataset: Name of the data set.
        subset: Name of the subset.
        missing: Names of clips that cannot be scored.
        why_missing: What those lack, such as "without a duration"; "" where that is not known.
        source: Name of the table in messages.
    """
    length = dict(zip(names, seconds, strict=True))
    inside = within(table, table["filename"].map(length).to_numpy(float), source)
    events = from_table(inside.table, names, labels)
    notes = [note.rstrip(".") for note in inside.notes]
    merged = union(events)
    if len(merged) < len(events):
        notes.append(
            number_of(
                len(events) - len(merged), "overlapping ground-truth events of one class merged"
            )
        )
    truth = Truth(merged, seconds, len(labels))
    return Reference(
        dataset,
        subset,
        tuple(labels),
        tuple(names),
        truth,
        tuple(missing),
        tuple(notes),
        why_missing,
    )


def detections(
    tables: Sequence[pd.DataFrame], reference: Reference
) -> tuple[EventArrays, list[str]]:
    """Events of operating points, matched by name and without overlaps within a class.

    Args:
        tables: Events of each operating point.
        reference: The set.

    Returns:
        The events, and notes about what was ignored or merged.
    """
    clip_names = ClipNames(reference.names)
    named = [
        t.assign(filename=np.array(clip_names.map(t["filename"].tolist()), object)) for t in tables
    ]
    unknown = {
        f for t, n in zip(tables, named, strict=True) for f in t["filename"][n["filename"].isna()]
    }
    missing = ClipNames(reference.missing)
    unknown -= {f for f in unknown if missing.find(f)}
    events = from_tables(named, reference.names, reference.labels)
    merged = union(events)
    notes = []
    if unknown:
        notes.append(
            f"detections in {number_of(len(unknown), 'files')} outside the set, such as {min(unknown)}, ignored"
        )
    if len(merged) < len(events):
        notes.append(
            number_of(len(events) - len(merged), "overlapping detections of one class merged")
        )
    return merged, notes


@dataclass(frozen=True)
class ScoreFolder:
    """Scores of clips in a folder."""

    #: Table or array by clip name.
    paths: Mapping[str, Path]
    #: The classes of the first table, or of all arrays.
    labels: tuple[str, ...]
    #: Of arrays; None for tables.
    layout: Layout | None
    #: About files that were not read.
    notes: tuple[str, ...]

    def read(self, name: str, seconds: float, labels: Sequence[str]) -> Curves:
        """Scores (K, T) of a clip, and its frame boundaries (T + 1,).

        Args:
            name: Of the clip.
            seconds: Its length.
            labels: The K classes that it must have.

        Raises:
            JssError: The file is wrong.
        """
        if self.layout is not None:
            return read_array(self.paths[name], self.layout, seconds)
        return tsv.read_scores(self.paths[name], labels)[0]


def score_folder(folder: Path, durations: Mapping[str, float]) -> ScoreFolder:
    """Find the scores in a folder: tables, or arrays where a ``scores.yaml`` describes them.

    Args:
        folder: Holds one table or array per clip.
        durations: Seconds by file name.

    Raises:
        JssError: There are two tables of one clip, or none of a known clip.
    """
    layout = read_layout(folder)
    clip_names = ClipNames(durations)
    paths: dict[str, Path] = {}
    unknown: list[str] = []
    tables, others = tsv.score_files(folder, ".tsv" if layout is None else SUFFIX)
    for table, file in tables.items():
        try:
            name = clip_names.of_table(table)
        except JssError as error:
            raise JssError(
                f"{error} Its scores are in {file}: rename that file, or delete it if an earlier run of "
                "detect left it."
            ) from error
        if name is None:
            unknown.append(table + file.suffix)
        elif name in paths:
            raise JssError(f"{file} and {paths[name].name} are both of the clip {name}: keep one.")
        else:
            paths[name] = file
    if not paths:
        raise JssError(
            f"{folder}: no table is of a file with a duration: {unknown[0]} is of none of them."
        )
    unread = [name for name in others if layout is None or name != LAYOUT]
    notes = (
        *_count_note("score tables without a duration, not scored", unknown),
        *_count_note("files beside the score tables that were not read", unread),
    )
    labels = tsv.read_scores(next(iter(paths.values())))[1] if layout is None else layout.labels
    return ScoreFolder(paths, labels, layout, notes)


def score_curves(
    scores: ScoreFolder, reference: Reference, median: int
) -> tuple[ScoreSet, list[str]]:
    """Score curves of the clips of a set; those of arrays stay on the disk.

    Args:
        scores: Of the clips.
        reference: The set.
        median: Length of the median filter in frames.

    Returns:
        The curves, and notes about scores that are not probabilities and time without a score.

    Raises:
        JssError: A file is wrong, or the classes are others than those of the set.
    """
    labels = reference.labels
    if scores.layout is not None and scores.labels != labels:
        other = sorted(set(scores.labels) ^ set(labels))
        why = f"only one of them has '{other[0]}'" if other else "their order differs"
        raise JssError(f"{LAYOUT}: its labels are not those of the set: {why}.")
    lowest, highest, n_outside = np.inf, -np.inf, 0
    unscored: dict[str, float] = {}

    def read(n: int) -> Curves:
        name, seconds = reference.names[n], float(reference.truth.durations[n])
        return scores.read(name, seconds, labels)

    def checked(n: int) -> Curves:
        nonlocal lowest, highest, n_outside
        values, edges = read(n)
        low, high = float(values.min()), float(values.max())
        name, seconds = reference.names[n], reference.truth.durations[n]
        if not np.isfinite(low) or not np.isfinite(high):
            raise JssError(f"{scores.paths[name]} holds a score that is not a finite number.")
        lowest, highest = min(lowest, low), max(highest, high)
        n_outside += low < 0 or high > 1
        uncovered = max(edges[0], 0.0) + max(seconds - edges[-1], 0.0)
        if uncovered > SLACK:
            unscored[name] = float(uncovered)
        return values, edges

    score_set = ScoreSet.build(
        map(checked, range(len(reference.names))),
        len(labels),
        median=median,
        again=None if scores.layout is None else read,
    )
    notes = []
    if n_outside:
        notes.append(
            f"scores from {lowest:g} to {highest:g} in {n_outside} of "
            f"{number_of(len(reference.names), 'tables')} are no probabilities: figures at fixed "
            "thresholds (PSDS at 50 thresholds, F1, precision and recall) "
            "say nothing; the exact PSDS stand"
        )
    if unscored:
        worst = max(unscored, key=lambda name: unscored[name])
        notes.append(
            f"{sum(unscored.values()):.1f} s of {number_of(len(unscored), 'files')} have no score and count as silence, such as "
            f"{unscored[worst]:.1f} s of {worst}"
        )
    return score_set, notes


def _count_note(what: str, names: Sequence[str]) -> list[str]:
    """A note with the number of names and the first three of them; empty where there are none."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"{number_of(len(names), what)}: {', '.join(names[:3])}{more}"] if names else []


def _labels(ground_truth: Path, points: Path | None, decisions: Path | None) -> tuple[str, ...]:
    """The classes of the ground truth; where it has no events, those of the detections."""

    def of(tables: Sequence[pd.DataFrame]) -> tuple[str, ...]:
        every = (label for table in tables for label in table["event_label"].dropna())
        return tsv.guess_labels(every)

    if labels := of([read(ground_truth)]):
        return labels
    tables = [] if points is None else [table for _, table in tsv.read_operating_points(points)]
    return of(tables if decisions is None else [*tables, read(decisions)])


def score(
    ground_truth: Path,
    durations: Path,
    *,
    scores: Path | None = None,
    points: Path | None = None,
    decisions: Path | None = None,
    labels: Sequence[str] | None = None,
    median: int = 1,
    system: str = "",
    dataset: str = "",
    subset: str = "",
) -> tuple[Reference, Findings]:
    """A set and a system's results on it, from files.

    Args:
        ground_truth: Table of events, or annotations of any format.
        durations: Table of durations.
        scores: Folder of score tables or arrays.
        points: Folder of ``..._th_<threshold>.tsv``.
        decisions: Events at the operating threshold, in any format.
        labels: The classes; None: those of the scores, else of the ground truth, else of the
            detections.
        median: Length of the median filter over the score curves in frames; 1: no filter.
        system: Name of the system.
        dataset: Name of the data set.
        subset: Name of the subset.

    Raises:
        JssError: A file is missing or wrong, or there are no classes or one of them twice.
    """
    seconds = tsv.read_durations(durations)
    found = None if scores is None else score_folder(scores, seconds)
    if labels is None:
        labels = found.labels if found is not None else _labels(ground_truth, points, decisions)
    if not labels:
        raise JssError(
            "Neither the ground truth nor the detections have events: name the classes (--labels)."
        )
    twice = [label for label in labels if list(labels).count(label) > 1]
    if twice:
        raise JssError(f"{twice[0]} is there twice among the classes: name it once.")
    truth = read(ground_truth, labels=labels)
    present = None if found is None else ClipNames(found.paths)
    reference_set = reference(
        truth,
        seconds,
        labels,
        dataset=dataset,
        subset=subset,
        present=present,
        source=ground_truth.name,
    )
    notes = [*reference_set.notes, *(found.notes if found is not None else ())]
    findings = Findings(system)
    if found is not None:
        curves, more_notes = score_curves(found, reference_set, median)
        notes += more_notes
        findings = replace(findings, scores=curves, settings={"median_frames": median})
    if points is not None:
        operating_points = tsv.read_operating_points(points, labels)
        events, more_notes = detections([table for _, table in operating_points], reference_set)
        notes += more_notes
        notes += _count_note(
            "files beside the detections that were not read", tsv.unread_points(points)
        )
        thresholds = np.array([threshold for threshold, _ in operating_points])
        findings = replace(findings, points=events, thresholds=thresholds)
        if found is None and THRESHOLD in thresholds:
            decided = events.take(np.flatnonzero(thresholds[events.point] == THRESHOLD))
            findings = replace(findings, decisions=decided)
    if decisions is not None:
        events, more_notes = detections([read(decisions, labels=labels)], reference_set)
        notes += more_notes
        findings = replace(findings, decisions=events)
    return replace(reference_set, notes=tuple(dict.fromkeys(notes))), findings
