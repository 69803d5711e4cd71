"""One clip through one system, as in Figs 12-15 of the paper, for the screen and for print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jss.arrays import Float32
from jss.errors import JssError, optional
from jss.labels import SoundClass, Theme, sound_class
from jss.results import ClipResult
from jss.viz.agreement import events_of
from jss.viz.mel import SHOWN_DB, TICKS_HZ, hz_label, hz_to_row
from jss.viz.printed import Format, save
from jss.viz.style import INKS, LABEL, TICK, WIDTH, Ink, dress, line_style, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure(
    result: ClipResult,
    ground_truth: Any = None,
    theme: Theme = "light",
    *,
    threshold: float | None = None,
) -> Figure:
    """The figure of one clip on one time axis in seconds (Figs 12-15).

    Left: mixture waveform, mixture mel, M source mels, all in dB on one scale. Right: ground truth,
    pooled scores, M panels of source scores. Without a separation stage (M = 0) it is two rows, and
    says so. ground_truth: events in any form of :func:`jss.viz.agreement.events_of`, or None where
    nobody annotated the clip; threshold: where given, the events decoded at it are drawn beneath
    the truth, and the line across the scores. -> matplotlib Figure.
    """
    with optional():
        from matplotlib.figure import Figure

    if theme not in INKS:
        raise JssError(f"There is no theme '{theme}': choose {' or '.join(INKS)}.")
    ink, m = INKS[theme], result.n_sources
    truth = None if ground_truth is None else events_of(ground_truth)
    labels = [*result.labels, *sorted({event[2] for event in truth or []} - set(result.labels))]
    kinds = {label: sound_class(label, k) for k, label in enumerate(labels)}
    height = 1.35 + 0.95 * (2 + m) + (0.15 if not m else 0)
    fig = Figure(figsize=(WIDTH, height), facecolor=ink.paper)
    grid = fig.add_gridspec(
        2 + m,
        2,
        left=0.075,
        right=0.985,
        top=1 - 0.42 / height,
        bottom=0.92 / height,
        hspace=0.3,
        wspace=0.15,
        height_ratios=[0.8] + [1.0] * (1 + m),
    )
    first: Axes = fig.add_subplot(grid[0, 0])
    panels = [
        [
            first if (row, column) == (0, 0) else fig.add_subplot(grid[row, column], sharex=first)
            for column in (0, 1)
        ]
        for row in range(2 + m)
    ]
    for axes in (a for row in panels for a in row):
        dress(axes, ink)
    first.set_xlim(0, result.duration)

    _waveform(panels[0][0], result, ink)
    _events(panels[0][1], result, truth, threshold, kinds, theme)
    upper = "pooled scores" if m and not result.source_labels else "scores"
    image = mel_panel(panels[1][0], result.mel, result, "mixture", ink)
    score_panel(panels[1][1], result.scores, result, kinds, theme, upper, threshold)
    for i, name in enumerate(name.lower() for name in result.source_names):
        mel_panel(panels[2 + i][0], result.source_mels[i], result, name, ink)
        score_panel(
            panels[2 + i][1],
            result.source_scores[i],
            result,
            kinds,
            theme,
            f"scores of {name}",
            None,
        )
    for row in panels[:-1]:
        for axes in row:
            axes.tick_params(labelbottom=False)
    for axes in panels[-1]:
        axes.set_xlabel("time (s)", fontsize=LABEL, color=ink.text, labelpad=1)

    _headline(fig, result, height, ink)
    colour_bar(fig, image, height, ink)
    class_legend(fig, list(kinds.values()), theme, ink)
    return fig


def export(
    result: ClipResult,
    ground_truth: Any = None,
    *,
    format: Format = "pdf",
    theme: Theme = "light",
    threshold: float | None = None,
    dpi: int = 300,
) -> bytes:
    """The same figure as a file at print size (183 mm wide). format: svg and pdf (text stays text)
    or png at dpi.

    Raises JssError for any other format.
    """
    return save(figure(result, ground_truth, theme, threshold=threshold), format, dpi)


def _headline(fig: Figure, result: ClipResult, height: float, ink: Ink) -> None:
    stage = "" if result.n_sources else "  ·  no separation stage"
    fig.text(
        0.075,
        1 - 0.13 / height,
        result.filename,
        fontsize=LABEL + 0.5,
        color=ink.text,
        va="center",
        fontweight="bold",
        parse_math=False,
    )
    fig.text(
        0.985,
        1 - 0.13 / height,
        f"{result.system}, {result.selection}{stage}",
        fontsize=LABEL,
        color=ink.soft,
        va="center",
        ha="right",
        parse_math=False,
    )


def _waveform(axes: Axes, result: ClipResult, ink: Ink) -> None:
    """The least and the greatest sample of each of at most 1500 columns: all that print can show."""
    wave = result.mixture
    columns = min(1500, max(1, len(wave)))
    starts = np.linspace(0, len(wave), columns, endpoint=False).astype(int)
    if len(wave):
        low, high = np.minimum.reduceat(wave, starts), np.maximum.reduceat(wave, starts)
        axes.fill_between(
            starts / result.sample_rate, low, high, color=ink.soft, linewidth=0.3, step="post"
        )
        peak = float(np.abs(wave).max()) or 1.0
        axes.set_ylim(-1.1 * peak, 1.1 * peak)
    axes.set_ylabel("amplitude", fontsize=TICK, color=ink.soft, labelpad=1)
    axes.locator_params(axis="y", nbins=3)
    tag(axes, "mixture", ink)


def mel_panel(axes: Axes, mel: Float32, result: ClipResult, name: str, ink: Ink) -> Any:
    """Column j is centred on j * hop. -> the image."""
    n_mels, frames = mel.shape
    image = axes.imshow(
        mel,
        origin="lower",
        aspect="auto",
        cmap=ink.mel,
        vmin=SHOWN_DB[0],
        vmax=SHOWN_DB[1],
        interpolation="nearest",
        extent=(-0.5 * result.mel_hop, (frames - 0.5) * result.mel_hop, -0.5, n_mels - 0.5),
    )
    axes.set_xlim(0, result.duration)
    axes.set_yticks([hz_to_row(hz, n_mels) for hz in TICKS_HZ], [hz_label(hz) for hz in TICKS_HZ])
    tag(axes, name, ink)
    return image


def score_panel(
    axes: Axes,
    scores: Float32,
    result: ClipResult,
    kinds: dict[str, SoundClass],
    theme: Theme,
    name: str,
    threshold: float | None,
) -> None:
    """One curve a class, in its colour and dashes, named where it is high; frame i is centred on (i
    + 0.5) * hop.
    """
    from matplotlib.patheffects import withStroke

    ink = INKS[theme]
    time = (np.arange(scores.shape[1]) + 0.5) * result.score_hop
    for label, row in zip(result.labels, scores, strict=True):
        kind = kinds[label]
        axes.plot(
            time, row, color=kind.color(theme), linestyle=line_style(kind), linewidth=1.0, gid=label
        )
        if row.size and row.max() > 0.3:
            middle = float(time[row > 0.8 * row.max()].mean())
            text = axes.text(
                middle,
                float(row.max()),
                kind.short,
                fontsize=TICK,
                color=kind.color(theme),
                ha="center",
                va="center",
                clip_on=True,
                zorder=5,
            )
            text.set_path_effects([withStroke(linewidth=1.6, foreground=ink.paper)])
    if threshold is not None:
        axes.axhline(
            threshold, color=ink.text, linewidth=0.6, linestyle=(0, (1, 2)), gid="threshold"
        )
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.grid(axis="y", color=ink.line, linewidth=0.4)
    axes.set_ylabel("score (0-1)", fontsize=TICK, color=ink.soft, labelpad=1)
    tag(axes, name, ink)


def _events(
    axes: Axes,
    result: ClipResult,
    truth: list[tuple[float, float, str]] | None,
    threshold: float | None,
    kinds: dict[str, SoundClass],
    theme: Theme,
) -> None:
    """A lane a class: the truth as a bar in the class's colour, and the decoded events as a thin
    one beneath.
    """
    from matplotlib.patches import Rectangle

    ink = INKS[theme]
    found = [] if threshold is None else events_of(result.events(threshold))
    shown = [
        label for label in kinds if any(event[2] == label for event in [*(truth or []), *found])
    ]
    lanes = {label: len(shown) - 1 - row for row, label in enumerate(shown)}
    for events, centre, size in (
        (truth or [], 0.14 if found else 0.0, 0.3 if found else 0.5),
        (found, -0.24, 0.16),
    ):
        for onset, offset, label in events:
            box = (onset, lanes[label] + centre - size / 2)
            colour = kinds[label].color(theme)
            axes.add_patch(
                Rectangle(
                    box,
                    offset - onset,
                    size,
                    facecolor=colour,
                    linewidth=0,
                    gid="truth" if events is not found else "detected",
                )
            )
    if not shown:
        text = "no annotation" if truth is None else "no events"
        axes.text(
            0.5,
            0.5,
            text,
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=LABEL,
            color=ink.soft,
        )
    axes.set_ylim(-0.6, max(1, len(shown)) - 0.4)
    axes.set_yticks([lanes[label] for label in shown], [kinds[label].short for label in shown])
    titles = {
        (True, False): "ground truth",
        (False, False): "ground truth: none",
        (True, True): f"ground truth (thick) and events at {threshold} (thin)",
        (False, True): f"events at {threshold}; no ground truth",
    }
    tag(axes, titles[truth is not None, threshold is not None], ink)


def colour_bar(fig: Figure, image: Any, height: float, ink: Ink) -> None:
    """The key of all spectrograms, at the lower left of a figure of a height in inches."""
    axes = fig.add_axes((0.075, 0.36 / height, 0.16, 0.07 / height))
    bar = fig.colorbar(image, cax=axes, orientation="horizontal", ticks=[*SHOWN_DB])
    bar.outline.set_edgecolor(ink.line)
    axes.tick_params(length=1.5, pad=1, labelsize=TICK, color=ink.soft, labelcolor=ink.soft)
    axes.set_xlabel("level (dB)", fontsize=TICK, color=ink.soft, labelpad=-4)


def class_legend(fig: Figure, kinds: list[SoundClass], theme: Theme, ink: Ink) -> None:
    """The classes, at the lower right."""
    from matplotlib.lines import Line2D

    lines = [
        Line2D([], [], color=kind.color(theme), linestyle=line_style(kind, 1.4), linewidth=1.4)
        for kind in kinds
    ]
    fig.legend(
        lines,
        [kind.display for kind in kinds],
        loc="lower right",
        bbox_to_anchor=(0.99, 0.0),
        frameon=False,
        ncols=4,
        fontsize=TICK,
        labelcolor=ink.text,
        handlelength=2.4,
        columnspacing=1.4,
        labelspacing=0.35,
        borderaxespad=0.2,
    )
