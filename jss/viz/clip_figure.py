"""One clip through one system, as in Figs 12-15 of the paper, for the screen and for print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jss.arrays import Float32
from jss.decoding import Decoder, Threshold
from jss.errors import JssError, optional
from jss.labels import SoundClass, Theme, sound_class
from jss.results import ClipResult
from jss.viz.agreement import agreement, events_of
from jss.viz.mel import SHOWN_DB, TICKS_HZ, hz_label, hz_to_row
from jss.viz.names import place_names
from jss.viz.printed import Format, save
from jss.viz.style import INKS, LABEL, TICK, WIDTH, Ink, dress, line_style, sentence, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Scores at the edges of a panel.
SCORE_LIMITS = (-0.03, 1.03)
#: Curves that reach less are not named.
NAMED_FROM = 0.3


def figure(
    result: ClipResult,
    ground_truth: Any = None,
    theme: Theme = "light",
    *,
    threshold: Threshold | None = None,
    span: tuple[float, float] | None = None,
) -> Figure:
    """The figure of one clip on one time axis in seconds (Figs 12-15).

    Left: mixture waveform, mixture mel, M source mels, all in dB on one scale. Right: ground truth,
    pooled scores, M panels of source scores. Without a separation stage (M = 0) it is two rows, and
    says so.

    Args:
        result: The clip through a system.
        ground_truth: Events in any form of :func:`jss.viz.agreement.events_of`, or None where
            nobody annotated the clip.
        theme: "light" or "dark".
        threshold: Where given, the events decoded at it are drawn beneath the truth: as hits, false
            alarms and misses where there is a truth; and, where it is a number, the line across the
            scores. "auto": the system's operating points.
        span: The seconds to show, from and to; None for all.

    Returns:
        A matplotlib Figure.
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
    start, end = span = span or (0.0, result.duration)

    _waveform(panels[0][0], result, ink)
    chosen = None if threshold is None else result.decoder(threshold)
    _events(panels[0][1], result, truth, chosen, kinds, theme)
    upper = "pooled scores" if m and not result.source_labels else "scores"
    image = mel_panel(panels[1][0], result.mel, result, "mixture", ink)
    score_panel(panels[1][1], result.scores, result, kinds, theme, upper, line_of(chosen), span)
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
            span,
        )
    first.set_xlim(start, end)
    for row in panels[:-1]:
        for axes in row:
            axes.tick_params(labelbottom=False)
    for axes in panels[-1]:
        axes.set_xlabel("time (s)", fontsize=LABEL, color=ink.text, labelpad=1)

    _headline(fig, result, height, ink)
    if truth is not None and threshold is not None:
        outcome_legend(fig, height, ink)
    colour_bar(fig, image, height, ink)
    class_legend(fig, list(kinds.values()), theme, ink)
    return fig


def export(
    result: ClipResult,
    ground_truth: Any = None,
    *,
    format: Format = "pdf",
    theme: Theme = "light",
    threshold: Threshold | None = None,
    span: tuple[float, float] | None = None,
    dpi: int = 300,
) -> bytes:
    """The figure of :func:`figure` as a file at print size (183 mm wide).

    Args:
        result: The clip through a system.
        ground_truth: As of :func:`figure`.
        format: svg and pdf (text stays text), or png.
        theme: "light" or "dark".
        threshold: As of :func:`figure`.
        span: The seconds to show, from and to; None for all.
        dpi: Of a png.

    Raises:
        JssError: Another format.
    """
    drawn = figure(result, ground_truth, theme, threshold=threshold, span=span)
    return save(drawn, format, dpi)


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
    """Minimum and maximum of each of at most 1500 columns, which is all that print can show."""
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
    """Draw a mel spectrogram; column j is centred on j * hop.

    Args:
        axes: Where.
        mel: (mels, frames) in dB.
        result: The clip that it is of.
        name: Above the panel.
        ink: Colours of the theme.

    Returns:
        The image.
    """
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


def line_of(decoder: Decoder | None) -> float | None:
    """Where the threshold's line is; None where there is none, or one for each class."""
    return None if decoder is None or isinstance(decoder.threshold, tuple) else decoder.threshold


def score_panel(
    axes: Axes,
    scores: Float32,
    result: ClipResult,
    kinds: dict[str, SoundClass],
    theme: Theme,
    name: str,
    threshold: float | None,
    span: tuple[float, float],
) -> None:
    """Draw a curve per class, named where it is high; frame i is centred on (i + 0.5) * hop.

    Args:
        axes: Where.
        scores: (K, T) in [0, 1].
        result: The clip that they are of.
        kinds: Class by label.
        theme: "light" or "dark".
        name: Above the panel.
        threshold: A line across the panel; None: no line.
        span: The seconds shown, from and to.
    """
    ink = INKS[theme]
    time = ((np.arange(scores.shape[1]) + 0.5) * result.score_hop).astype(np.float32)
    for label, row in zip(result.labels, scores, strict=True):
        kind = kinds[label]
        axes.plot(
            time, row, color=kind.color(theme), linestyle=line_style(kind), linewidth=1.0, gid=label
        )
    _name_curves(axes, scores, time, [kinds[label] for label in result.labels], theme, span)
    if threshold is not None:
        axes.axhline(
            threshold, color=ink.text, linewidth=0.6, linestyle=(0, (1, 2)), gid="threshold"
        )
    axes.set_ylim(SCORE_LIMITS)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.grid(axis="y", color=ink.line, linewidth=0.4)
    axes.set_ylabel("score (0-1)", fontsize=TICK, color=ink.soft, labelpad=1)
    tag(axes, name, ink)


def _name_curves(
    axes: Axes,
    scores: Float32,
    time: Float32,
    kinds: list[SoundClass],
    theme: Theme,
    span: tuple[float, float],
) -> None:
    """The name of each class whose curve is high in the span, near its peak."""
    from matplotlib.patheffects import withStroke

    visible = scores[:, (time >= span[0]) & (time <= span[1])]
    peaks = visible.max(axis=1, initial=0.0)
    high = [k for k in np.argsort(-peaks) if peaks[k] > NAMED_FROM]
    dpi = axes.figure.dpi
    inches = axes.bbox.width / dpi, axes.bbox.height / dpi
    letter = 0.56 * TICK / 72 / inches[0] * (span[1] - span[0])
    height = 1.15 * TICK / 72 / inches[1] * (SCORE_LIMITS[1] - SCORE_LIMITS[0])
    places = place_names(
        [scores[k] for k in high],
        [letter * len(kinds[k].short) for k in high],
        height,
        time=time,
        span=span,
        limits=SCORE_LIMITS,
    )
    for k, place in zip(high, places, strict=True):
        if place is None:
            continue
        text = axes.text(
            *place,
            kinds[k].short,
            fontsize=TICK,
            color=kinds[k].color(theme),
            ha="center",
            va="center",
            clip_on=True,
            zorder=5,
        )
        text.set_path_effects([withStroke(linewidth=1.6, foreground=INKS[theme].paper)])


def _events(
    axes: Axes,
    result: ClipResult,
    truth: list[tuple[float, float, str]] | None,
    decoder: Decoder | None,
    kinds: dict[str, SoundClass],
    theme: Theme,
) -> None:
    """A lane per class: true events as thick bars, decoded events as thin bars beneath them.

    Decoded events are hits, false alarms and misses where there is a truth, else in the class's
    colour.
    """
    ink = INKS[theme]
    detected = [] if decoder is None else events_of(result.decoded(decoder))
    shown = [
        label for label in kinds if any(event[2] == label for event in [*(truth or []), *detected])
    ]
    lanes = {label: len(shown) - 1 - row for row, label in enumerate(shown)}
    both = decoder is not None and truth is not None
    centre, size = (0.14, 0.3) if both else (0.0, 0.5)
    for onset, offset, label in truth or []:
        bar = (onset, offset, lanes[label] + centre - size / 2, size)
        event_bar(axes, bar, "truth", ink, kinds[label].color(theme))
    for onset, offset, label, kind in agreement(detected, truth or []) if both else ():
        event_bar(axes, (onset, offset, lanes[label] - 0.34, 0.2), kind, ink)
    for onset, offset, label in () if both else detected:
        event_bar(
            axes,
            (onset, offset, lanes[label] - 0.25, 0.5),
            "detected",
            ink,
            kinds[label].color(theme),
        )
    if not shown:
        sentence(axes, "no annotation" if truth is None else "no events", ink, LABEL)
    axes.set_ylim(-0.6, max(1, len(shown)) - 0.4)
    axes.set_yticks([lanes[label] for label in shown], [kinds[label].short for label in shown])
    above = decoder.above if decoder else ""
    titles = {
        (True, False): "ground truth",
        (False, False): "ground truth: none",
        (True, True): f"ground truth (thick) and events {above} (thin)",
        (False, True): f"events {above}; no ground truth",
    }
    tag(axes, titles[truth is not None, decoder is not None], ink)


def event_bar(
    axes: Axes,
    bar: tuple[float, float, float, float],
    kind: str,
    ink: Ink,
    colour: str = "",
    of: str = "",
) -> None:
    """Draw one event.

    Args:
        axes: Where.
        bar: Onset and offset in seconds, lower edge and height.
        kind: "truth", "detected", "hit", "false alarm" (hatched) or "miss" (a dashed frame).
        ink: Colours of the theme.
        colour: Of the class, for "truth" and "detected".
        of: The system, for the identifier in the file.
    """
    from matplotlib.patches import Rectangle

    onset, offset, bottom, height = bar
    look: dict[str, Any] = {"facecolor": colour or ink.outcomes[kind], "linewidth": 0}
    if kind in ("false alarm", "miss"):
        look = {"facecolor": "none", "edgecolor": ink.outcomes[kind], "linewidth": 0.5}
        look |= {"hatch": "//////"} if kind == "false alarm" else {"linestyle": (0, (2, 1))}
    axes.add_patch(
        Rectangle((onset, bottom), offset - onset, height, gid=f"{of} {kind}".strip(), **look)
    )


def outcome_legend(fig: Figure, height: float, ink: Ink) -> None:
    """Legend of hits, false alarms and misses, above the key of the spectrograms."""
    from matplotlib.patches import Patch

    keys = [
        Patch(facecolor=ink.outcomes["hit"]),
        Patch(
            facecolor="none", edgecolor=ink.outcomes["false alarm"], linewidth=0.5, hatch="//////"
        ),
        Patch(
            facecolor="none", edgecolor=ink.outcomes["miss"], linewidth=0.5, linestyle=(0, (2, 1))
        ),
    ]
    fig.legend(
        keys,
        ["hit", "false alarm", "missed"],
        loc="center left",
        bbox_to_anchor=(0.07, 0.6 / height),
        ncols=3,
        frameon=False,
        fontsize=TICK,
        labelcolor=ink.text,
        handlelength=1.4,
        handleheight=0.6,
        borderaxespad=0.2,
        columnspacing=1.0,
        handletextpad=0.5,
    )


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
