"""One clip through several systems as small multiples, for print: a column a system, a row a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from jss.arrays import Float32
from jss.decoding import Threshold
from jss.errors import JssError
from jss.labels import SoundClass, Theme, sound_class
from jss.results import ClipResult
from jss.viz.agreement import Event, agreement, events_of
from jss.viz.clip_figure import (
    SCORE_LIMITS,
    class_legend,
    colour_bar,
    event_bar,
    line_of,
    mel_panel,
    outcome_legend,
    score_panel,
)
from jss.viz.compare_figure import above, difference_key, difference_panel, difference_scale
from jss.viz.style import INKS, LABEL, TICK, WIDTH, Ink, dress, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Edges of the columns as shares of the width.
_LEFT, _RIGHT = 0.085, 0.99
#: Heights of the rows in inches; a class's lane in the events, and the gap between rows.
_MIXTURE, _POOLED, _MEL, _BESIDE, _SIMILARITY = 0.62, 0.72, 0.42, 0.5, 0.42
_LANE, _GAP = 0.15, 0.07


def columns(
    results: Sequence[ClipResult],
    ground_truth: Any = None,
    theme: Theme = "light",
    *,
    threshold: Threshold,
    similarity: Mapping[str, Float32],
    against: str = "",
    beside: Literal["scores", "difference"] = "scores",
    span: tuple[float, float] | None = None,
) -> Figure:
    """The figure of a clip through several systems, side by side on one scale.

    The mixture is on top. Every system has a column: its events under the ground truth, its pooled
    scores, each source with its scores or its difference, and the similarity of its sources.

    Args:
        results: The clip through each system.
        ground_truth: As of :func:`jss.viz.clip_figure.figure`.
        theme: "light" or "dark".
        threshold: As of :meth:`jss.results.ClipResult.events`.
        similarity: System -> (frames,) Eq. 30, of those that have sources.
        against: The system whose sources are subtracted in a difference.
        beside: What is drawn under each source: its scores, or in dB its level above that of the
            same source of ``against``.
        span: The seconds to show, from and to; None for all.

    Returns:
        A matplotlib Figure.

    Raises:
        JssError: There is no result.
    """
    from matplotlib.figure import Figure

    if not results:
        raise JssError("There is no system to compare: choose at least one.")
    ink, first, other = INKS[theme], results[0], {r.system: r for r in results}.get(against)
    truth = None if ground_truth is None else events_of(ground_truth)
    detected = [events_of(result.events(threshold)) for result in results]
    events = [event for each in (truth or [], *detected) for event in each]
    labels = [*first.labels, *sorted({event[2] for event in events} - set(first.labels))]
    kinds = {label: sound_class(label, k) for k, label in enumerate(labels)}
    lanes = [label for label in labels if any(event[2] == label for event in events)]
    sources = max((result.source_names for result in results), key=len)
    rows = ["mixture", "events", "pooled"]
    heights = [_MIXTURE, 0.1 + _LANE * max(1, len(lanes)), _POOLED]
    for name in sources:
        rows += [name.lower(), f"{beside} of {name.lower()}"]
        heights += [_MEL, _BESIDE]
    if similarity:
        rows, heights = [*rows, "similarity"], [*heights, _SIMILARITY]
    gaps = _GAP * (len(rows) - 1) + 0.22  # the names of the systems stand above their columns
    height = sum(heights) + gaps + 1.4
    fig = Figure(figsize=(WIDTH, height), facecolor=ink.paper)
    span = span or (0.0, first.duration)
    full = difference_scale(results, other)

    y, made = 1 - 0.36 / height, dict[tuple[str, int], "Axes"]()
    width = (_RIGHT - _LEFT + 0.012) / len(results) - 0.012
    for row, h in zip(rows, heights, strict=True):
        y -= h / height
        if row == "mixture":
            whole = fig.add_axes((_LEFT, y, _RIGHT - _LEFT, h / height))
        else:
            for i in range(len(results)):
                x = _LEFT + i * (width + 0.012)
                made[row, i] = fig.add_axes((x, y, width, h / height))
        fig.text(
            0.006,
            y + h / 2 / height,
            {"difference of " + s.lower(): "difference" for s in sources}.get(
                row, "scores" if row.startswith("scores of ") else row
            ),
            rotation=90,
            fontsize=TICK,
            color=ink.soft,
            va="center",
            ha="left",
        )
        y -= (_GAP + (0.22 if row == "mixture" else 0)) / height

    separator = next((i for i, result in enumerate(results) if result.n_sources), 0)
    dress(whole, ink)
    image = mel_panel(whole, first.mel, first, "", ink)
    whole.set_xlim(span)
    whole.tick_params(labelbottom=False)
    for i, result in enumerate(results):
        of = {row: made[row, i] for row in rows[1:]}
        for axes in of.values():
            dress(axes, ink)
        _events(of["events"], result, detected[i], truth, lanes, kinds, theme)
        score_panel(
            of["pooled"],
            result.scores,
            result,
            kinds,
            theme,
            "",
            line_of(result.decoder(threshold)),
            span,
        )
        for m, name in enumerate(name.lower() for name in sources):
            if m >= result.n_sources:
                of[name].set_axis_off()
                of[f"{beside} of {name}"].set_axis_off()
                continue
            mel_panel(of[name], result.source_mels[m], result, "", ink)
            axes = of[f"{beside} of {name}"]
            if beside == "difference":
                why = _no_difference(result, other, m)
                if why or other is None:
                    sentence(axes, why, ink)
                    axes.set_yticks([])
                else:
                    difference_panel(axes, result, other, m, full, "", ink)
            else:
                score_panel(axes, result.source_scores[m], result, kinds, theme, "", None, span)
        if similarity:
            _similarity(of["similarity"], result, similarity.get(result.system), ink)
        if not result.n_sources and sources:
            sentence(of[f"{beside} of {sources[0].lower()}"], "no separation stage", ink)
        visible = [axes for axes in of.values() if axes.axison]
        for axes in of.values():
            axes.set_xlim(span)
            axes.locator_params(axis="x", nbins=4, prune="upper")  # the next column begins there
            axes.set_ylabel("")
            axes.tick_params(labelbottom=axes is visible[-1])
            labelled = 0 if axes in (of["events"], of["pooled"]) else separator
            axes.tick_params(labelleft=i == labelled)
        visible[-1].set_xlabel("time (s)", fontsize=LABEL, color=ink.text, labelpad=1)
        of["events"].set_title(
            result.system, loc="left", fontsize=LABEL, fontweight="bold", color=ink.text, pad=3
        )
    head: dict[str, Any] = {"va": "center", "fontsize": LABEL, "parse_math": False}
    top = 1 - 0.13 / height
    fig.text(_LEFT, top, first.filename, color=ink.text, fontweight="bold", **head)
    minus = f", difference from {against}" if beside == "difference" and other is not None else ""
    said = f"{first.selection}, events {above(results, threshold)}{minus}"
    fig.text(_RIGHT, top, said, color=ink.soft, ha="right", **head)
    if truth is not None and lanes:
        outcome_legend(fig, height, ink)
    colour_bar(fig, image, height, ink)
    if minus:
        difference_key(fig, (0.4, 0.565 / height, 0.12, 0.07 / height), full, ink)
    class_legend(fig, list(kinds.values()), theme, ink)
    return fig


def _events(
    axes: Axes,
    result: ClipResult,
    detected: list[Event],
    truth: list[Event] | None,
    lanes: Sequence[str],
    kinds: Mapping[str, SoundClass],
    theme: Theme,
) -> None:
    """A lane per class: the truth above, this system's events beneath, by outcome."""
    ink = INKS[theme]
    for row, label in enumerate(lanes):
        colour, same = kinds[label].color(theme), [e for e in truth or [] if e[2] == label]
        mine = [event for event in detected if event[2] == label]
        for onset, offset, _ in same:
            event_bar(axes, (onset, offset, row + 0.1, 0.4), "truth", ink, colour)
        if truth is None:
            for onset, offset, _ in mine:
                bar = (onset, offset, row + 0.25, 0.5)
                event_bar(axes, bar, "detected", ink, colour, result.system)
        else:
            for onset, offset, _, kind in agreement(mine, same):
                event_bar(axes, (onset, offset, row + 0.56, 0.3), kind, ink, of=result.system)
    axes.set_ylim(max(1, len(lanes)), 0)
    axes.set_yticks([i + 0.5 for i in range(len(lanes))], [kinds[label].short for label in lanes])
    axes.tick_params(axis="y", length=0, pad=2)
    if not lanes:
        sentence(axes, "no event", ink)


def _similarity(axes: Axes, result: ClipResult, row: Float32 | None, ink: Ink) -> None:
    if row is None:
        axes.set_axis_off()
        return
    time = [(i + 0.5) * result.score_hop for i in range(len(row))]
    axes.plot(time, row, color=ink.text, linewidth=0.9, gid=result.system)
    axes.set_ylim(SCORE_LIMITS)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.grid(axis="y", color=ink.line, linewidth=0.4)


def _no_difference(result: ClipResult, other: ClipResult | None, m: int) -> str:
    """Why there is no difference, or ""."""
    if other is None or other.n_sources <= m:
        return "nothing to subtract"
    if other is result:
        return "subtracted from the others"
    same = not (result.source_mels[m] - other.source_mels[m]).any()
    return f"the same as in {other.system}" if same else ""
