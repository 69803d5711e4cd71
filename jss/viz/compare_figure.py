"""One clip through several systems, for print: events under the truth, similarity, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

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
from jss.viz.mel import SHOWN_DB
from jss.viz.style import INKS, LABEL, TICK, WIDTH, Ink, dress, sentence, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Decibels at which a difference of two spectrograms may have its full colour.
_SCALES_DB = (1.0, 2.0, 3.0, 6.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0)
#: This share of a difference, where either spectrogram is visible, lies within its scale.
_WITHIN = 0.99
_LESS, _MORE = "#b25806", "#2b75be"
_DASHES = ((0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 2)))


def above(results: Sequence[ClipResult], threshold: Threshold) -> str:
    """The thresholds of several systems in words: "above 0.50"."""
    different = {result.decoder(threshold).above for result in results}
    return different.pop() if len(different) == 1 else "each above its own thresholds"


def comparison(
    results: Sequence[ClipResult],
    ground_truth: Any = None,
    theme: Theme = "light",
    *,
    shown: str,
    threshold: Threshold,
    similarity: Mapping[str, Float32],
    against: str = "",
    beside: Literal["scores", "difference"] = "scores",
    span: tuple[float, float] | None = None,
) -> Figure:
    """The figure of a clip through several systems, on one time axis in seconds.

    Left: the mixture's mel, Eq. 30 over time of every system, the sources of ``shown``. Right: a
    line per system under the truth of each class, the pooled scores of ``shown``, and beside its
    sources their scores or, in dB, their level above those of ``against``.

    Args:
        results: The clip through each system.
        ground_truth: As of :func:`jss.viz.clip_figure.figure`.
        theme: "light" or "dark".
        shown: The system whose sources and scores are drawn.
        threshold: As of :meth:`jss.results.ClipResult.events`.
        similarity: System -> (frames,) Eq. 30, of those that have sources.
        against: The system that ``shown`` is compared with in a difference.
        beside: What is drawn beside the sources.
        span: The seconds to show, from and to; None for all.

    Returns:
        A matplotlib Figure.

    Raises:
        JssError: ``shown`` is not among the results.
    """
    from matplotlib.figure import Figure

    of = {result.system: result for result in results}
    if shown not in of:
        raise JssError(f"{shown} is not among the systems compared: {', '.join(of) or 'none'}.")
    ink, main, other = INKS[theme], of[shown], of.get(against)
    truth = None if ground_truth is None else events_of(ground_truth)
    detected = {name: events_of(result.events(threshold)) for name, result in of.items()}
    events = [event for each in (truth or [], *detected.values()) for event in each]
    labels = [*main.labels, *sorted({event[2] for event in events} - set(main.labels))]
    kinds = {label: sound_class(label, k) for k, label in enumerate(labels)}
    lanes = [k for k in labels if any(event[2] == k for event in events)]
    rolls = 0.3 + max(1, len(lanes)) * 0.085 * (2.2 + len(of))
    heights = [max(1.0, rolls), 0.85, *[0.85] * main.n_sources]
    total = sum(heights) + 0.24 * (len(heights) - 1)
    height = total + 1.4
    fig = Figure(figsize=(WIDTH, height), facecolor=ink.paper)
    grid = fig.add_gridspec(
        len(heights),
        2,
        left=0.075,
        right=0.985,
        top=1 - 0.44 / height,
        bottom=0.96 / height,
        hspace=0.24 * len(heights) / sum(heights),
        wspace=0.17,
        height_ratios=heights,
    )
    first: Axes = fig.add_subplot(grid[0, 0])
    panels = [
        [first if (r, c) == (0, 0) else fig.add_subplot(grid[r, c], sharex=first) for c in (0, 1)]
        for r in range(len(heights))
    ]
    for axes in (a for row in panels for a in row):
        dress(axes, ink)
    span = span or (0.0, main.duration)
    full = difference_scale(results, other)

    image = mel_panel(first, main.mel, main, "mixture", ink)
    _rolls(panels[0][1], detected, truth, lanes, kinds, shown, theme)
    _similarities(panels[1][0], similarity, main, ink)
    pooled = f"{'pooled scores' if main.n_sources else 'scores'} of {shown}"
    score_panel(
        panels[1][1],
        main.scores,
        main,
        kinds,
        theme,
        pooled,
        line_of(main.decoder(threshold)),
        span,
    )
    for m, name in enumerate(name.lower() for name in main.source_names):
        mel_panel(panels[2 + m][0], main.source_mels[m], main, f"{name} of {shown}", ink)
        if (
            beside == "difference"
            and other is not None
            and other.n_sources > m
            and other is not main
        ):
            _difference(fig, panels[2 + m][1], main, other, m, full, ink)
        else:
            score_panel(
                panels[2 + m][1],
                main.source_scores[m],
                main,
                kinds,
                theme,
                f"scores of {name}",
                None,
                span,
            )
    first.set_xlim(span)
    for axes in (a for row in panels[:-1] for a in row):
        axes.tick_params(labelbottom=False)
    for axes in panels[-1]:
        axes.set_xlabel("time (s)", fontsize=LABEL, color=ink.text, labelpad=1)
    head: dict[str, Any] = {"va": "center", "parse_math": False}
    fig.text(
        0.075,
        1 - 0.13 / height,
        main.filename,
        fontsize=LABEL + 0.5,
        color=ink.text,
        fontweight="bold",
        **head,
    )
    fig.text(
        0.985,
        1 - 0.13 / height,
        f"{shown} shown, {main.selection}, events {above(results, threshold)}",
        fontsize=LABEL,
        color=ink.soft,
        ha="right",
        **head,
    )
    if truth is not None and lanes:
        outcome_legend(fig, height, ink)
    colour_bar(fig, image, height, ink)
    class_legend(fig, list(kinds.values()), theme, ink)
    return fig


def _rolls(
    axes: Axes,
    detected: Mapping[str, list[Event]],
    truth: list[Event] | None,
    lanes: Sequence[str],
    kinds: Mapping[str, SoundClass],
    shown: str,
    theme: Theme,
) -> None:
    """A group of lines per class: the truth, then each system's events, coloured by outcome."""
    ink, each = INKS[theme], len(detected) + 2.2
    ticks: list[tuple[float, str]] = []
    for row, label in enumerate(lanes):
        top, colour = row * each, kinds[label].color(theme)
        ticks.append((top + 0.5, kinds[label].short))
        for onset, offset in [(a, b) for a, b, k in truth or [] if k == label]:
            event_bar(axes, (onset, offset, top, 1.0), "truth", ink, colour)
        for n, (name, events) in enumerate(detected.items()):
            y = top + 1.25 + n
            events_of_class = [event for event in events if event[2] == label]
            if truth is None:
                for onset, offset, _ in events_of_class:
                    event_bar(axes, (onset, offset, y, 0.75), "detected", ink, colour, name)
            else:
                same = [event for event in truth if event[2] == label]
                for onset, offset, _, kind in agreement(events_of_class, same):
                    event_bar(axes, (onset, offset, y, 0.75), kind, ink, of=name)
            axes.annotate(
                str(n + 1),
                (0, y + 0.4),
                (-2, 0),
                xycoords=("axes fraction", "data"),
                ha="right",
                textcoords="offset points",
                va="center",
                fontsize=4.5,
                color=ink.text if name == shown else ink.soft,
                fontweight="bold" if name == shown else None,
            )
        if row:
            axes.axhline(top - 0.45, color=ink.line, linewidth=0.5)
    axes.set_ylim(max(1, len(lanes)) * each - 0.3, -0.6)
    axes.set_yticks([at for at, _ in ticks], [text for _, text in ticks])
    axes.tick_params(axis="y", length=0, pad=3)
    if not lanes:
        sentence(axes, "no event in any of the systems", ink, LABEL)
    names = "  ".join(f"{n} {name}" for n, name in enumerate(detected, 1))
    tag(axes, ("ground truth, then " if truth is not None else "no ground truth; ") + names, ink)


def _similarities(
    axes: Axes, similarity: Mapping[str, Float32], main: ClipResult, ink: Ink
) -> None:
    """A line per system; that of the system shown is thick."""
    for n, (name, row) in enumerate(similarity.items()):
        time = (np.arange(len(row)) + 0.5) * main.score_hop
        is_main = name == main.system
        axes.plot(
            time,
            row,
            color=ink.text if is_main else ink.soft,
            linewidth=1.3 if is_main else 0.7,
            gid=name,
            label=name,
            linestyle="-" if is_main else _DASHES[n % len(_DASHES)],
            zorder=3 if is_main else 2,
        )
    axes.set_ylim(SCORE_LIMITS)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.grid(axis="y", color=ink.line, linewidth=0.4)
    axes.set_ylabel("Eq. 30 (0-1)", fontsize=TICK, color=ink.soft, labelpad=1)
    tag(
        axes,
        "similarity of the sources" if similarity else "no system with sources: no similarity",
        ink,
    )
    if similarity:
        axes.legend(
            loc="lower left",
            ncols=len(similarity),
            frameon=False,
            fontsize=TICK - 1,
            labelcolor=ink.soft,
            handlelength=2.2,
            columnspacing=1.0,
            borderaxespad=0.2,
        )


def difference_scale(results: Sequence[ClipResult], other: ClipResult | None) -> float:
    """Return the decibels at which differences of sources have their full colour.

    Args:
        results: The clip through each system, all drawn on one scale.
        other: The clip through the system that is subtracted, None where there is none.
    """
    differences = [
        np.abs(a - b)[np.maximum(a, b) > SHOWN_DB[0]]
        for result in (() if other is None else results)
        for a, b in zip(result.source_mels, other.source_mels if other else (), strict=False)
    ]
    values = np.concatenate([d[d > 0] for d in differences]) if differences else np.empty(0)
    largest = float(np.quantile(values, _WITHIN)) if len(values) else 0.0
    return next((scale for scale in _SCALES_DB if scale >= largest), _SCALES_DB[-1])


def _difference(
    fig: Figure, axes: Axes, main: ClipResult, other: ClipResult, m: int, full: float, ink: Ink
) -> None:
    """Source m of one system minus that of another, in dB, with its key."""
    if not (main.source_mels[m] - other.source_mels[m]).any():
        sentence(axes, f"this source is the same in {main.system} and {other.system}", ink, LABEL)
    title = f"source {m + 1}: {main.system} minus {other.system}"
    difference_panel(axes, main, other, m, full, title, ink)
    box = axes.get_position()
    where = (0.72, 1.045, 0.2, 0.05)
    place = (
        box.x0 + where[0] * box.width,
        box.y0 + where[1] * box.height,
        where[2] * box.width,
        where[3] * box.height,
    )
    difference_key(fig, place, full, ink)


def difference_panel(
    axes: Axes, main: ClipResult, other: ClipResult, m: int, full: float, name: str, ink: Ink
) -> None:
    """Draw source m of one system minus that of another, in dB.

    Args:
        axes: Where.
        main: The clip through the one system.
        other: The clip through the system that is subtracted.
        m: The source.
        full: Of :func:`difference_scale`.
        name: Above the panel.
        ink: Colours of the theme.
    """
    less = main.source_mels[m] - other.source_mels[m]
    image = mel_panel(axes, less, main, name, ink)
    image.set(cmap=_colours(ink), clim=(-full, full))


def difference_key(
    fig: Figure, place: tuple[float, float, float, float], full: float, ink: Ink
) -> None:
    """Draw the key of differences.

    Args:
        fig: Where.
        place: Left, bottom, width and height, as shares of the figure.
        full: Of :func:`difference_scale`.
        ink: Colours of the theme.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    key = fig.add_axes(place)
    scale = ScalarMappable(Normalize(-full, full), _colours(ink))
    bar = fig.colorbar(scale, cax=key, orientation="horizontal", ticks=[])
    bar.outline.set_edgecolor(ink.line)
    for x, ha, text in ((-0.05, "right", f"\u2212{full:g}"), (1.05, "left", f"+{full:g} dB")):
        key.text(
            x,
            0.5,
            text,
            transform=key.transAxes,
            ha=ha,
            va="center",
            fontsize=TICK - 1,
            color=ink.soft,
        )


def _colours(ink: Ink) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("difference", [_LESS, ink.paper, _MORE])
