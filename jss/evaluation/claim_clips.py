"""The clips that show a claim of the papers best and worst."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from jss.arrays import Float64
from jss.evaluation.claims import Finding, statistic
from jss.evaluation.clip_figures import FIGURES, ClipFigures
from jss.papers.claims import SIMILAR, Comparison, Figure

#: Figure of a set -> what stands for it in one clip, and its sign.
IN_A_CLIP: Mapping[str, tuple[str, float]] = {
    "psds1": ("balance", 1.0),
    "psds2": ("balance", 1.0),
    "event_f1_macro": ("f1", 1.0),
    "event_precision_macro": ("false_alarm", -1.0),
    "intersection_f1_macro": ("balance", 1.0),
    "clip_f1": ("balance", 1.0),
    "similarity": ("similarity", 1.0),
    SIMILAR: ("similarity", 1.0),
    "si_sdri": ("similarity", -1.0),
}
#: A figure's system on the set that is asked -> its clips; None without scores.
Clips = Callable[[Figure], ClipFigures | None]


@dataclass(frozen=True)
class Example:
    """A clip that speaks for or against a claim."""

    #: Name of the clip.
    filename: str
    #: Which comparison of the claim it shows.
    comparison: Comparison
    #: By how much; positive speaks for the claim.
    value: float
    #: What stands for it in one clip, such as "event F1".
    figure: str


def examples(finding: Finding, clips: Clips) -> tuple[Example | None, Example | None]:
    """The clips that show a claim best and worst, of the comparisons clearest for and against it.

    Args:
        finding: The claim, judged.
        clips: Figures of the clips of the set to choose from.

    Returns:
        Best and worst; None where no comparison can be shown by one clip.
    """
    judged = [result.comparison for result in finding.clearest] or list(finding.claim.comparisons)
    return _extreme(judged, clips, best=True), _extreme(judged[::-1], clips, best=False)


def _extreme(comparisons: list[Comparison], clips: Clips, *, best: bool) -> Example | None:
    """The best or worst clip of the first comparison that clips can show."""
    for comparison in comparisons:
        names, values = clip_values(comparison, clips)
        if len(names):
            at = int(np.argmax(values) if best else np.argmin(values))
            figure = FIGURES[IN_A_CLIP[comparison.plus[0].name][0]]
            return Example(names[at], comparison, float(values[at]), figure)
    return None


def clip_values(comparison: Comparison, clips: Clips) -> tuple[tuple[str, ...], Float64]:
    """A comparison, clip by clip.

    Args:
        comparison: Of figures of one set.
        clips: Figures of the clips.

    Returns:
        Names of the clips in which the comparison has a value, and the values; none where a system
        has no scores, or the comparison is of two sets.
    """
    nothing: tuple[tuple[str, ...], Float64] = ((), np.zeros(0))
    sides = (comparison.plus, comparison.minus)
    every = [figure for side in sides for figure in side]
    if len({figure.on for figure in every}) > 1:
        return nothing
    by_figure = {figure: clips(figure) for figure in every}
    tables = {figure: table for figure, table in by_figure.items() if table is not None}
    if len(tables) < len(by_figure):
        return nothing
    shared = set.intersection(*(set(table.names) for table in tables.values()))
    names = tuple(name for name in tables[every[0]].names if name in shared)

    def rows(side: tuple[Figure, ...]) -> Float64:
        if not side:
            return np.zeros((0, len(names)))
        return np.stack([_row(tables[figure], figure, names) for figure in side])

    values = statistic(comparison, rows(comparison.plus), rows(comparison.minus))
    if comparison.within is not None:
        values = -np.abs(values)
    valid = np.flatnonzero(~np.isnan(values))
    return tuple(names[n] for n in valid), values[valid]


def _row(table: ClipFigures, figure: Figure, names: tuple[str, ...]) -> Float64:
    """(N,) of one figure; NaN where its class is not true."""
    kind, sign = IN_A_CLIP[figure.name]
    place = {name: n for n, name in enumerate(table.names)}
    at = [place[name] for name in names]
    values = sign * table.of(kind, figure.label)[at]
    if figure.label:
        values[table.true[at, table.labels.index(figure.label)] == 0] = np.nan
    return values
