"""Charts of a data set (amounts, lengths, polyphony) and of the score curves of a clip."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from jss.arrays import Float32
from jss.labels import Theme, sound_class
from jss.viz.agreement import Event
from jss.viz.chart import Chart, Heat, Panel, Series
from jss.viz.style import INKS, PLAIN


def class_amounts(amounts: Mapping[str, Mapping[str, float]], theme: Theme = "light") -> Chart:
    """Amounts by class, a panel per amount.

    Args:
        amounts: Name with its unit -> label -> amount.
        theme: "light" or "dark".
    """
    panels = []
    for name, values in amounts.items():
        series = [
            Series(
                "bars",
                sound_class(label, k).display,
                [float(k)],
                [value],
                sound_class(label, k).color(theme),
                keys=[(label,)],
                legend=False,
            )
            for k, (label, value) in enumerate(values.items())
        ]
        ticks = [(float(k), sound_class(label, k).short) for k, label in enumerate(values)]
        panels.append(Panel("", "", name, series, ticks, zero=True))
    return Chart([panels], f"{', '.join(amounts)} of each class", 330)


def event_lengths(lengths: Mapping[str, Sequence[float] | None], theme: Theme = "light") -> Chart:
    """Lengths of events by class.

    Args:
        lengths: Label -> minimum, quartiles and maximum in seconds; None: no event.
        theme: "light" or "dark".
    """
    kinds = [sound_class(label, k) for k, label in enumerate(lengths)]
    series = [
        Series(
            "quartiles",
            kind.display,
            [float(k)],
            list(five),
            kind.color(theme),
            width=0.6,
            legend=False,
        )
        for k, (kind, five) in enumerate(zip(kinds, lengths.values(), strict=True))
        if five is not None
    ]
    ticks = [(float(k), kind.short) for k, kind in enumerate(kinds)]
    panel = Panel("", "", "length of an event (s)", series, ticks, zero=True)
    return Chart(
        [[panel]], "Lengths of the events of each class: least, quartiles and greatest", 330
    )


def bins(counts: Sequence[float], lower: Sequence[float], x_label: str, y_label: str) -> Chart:
    """A histogram.

    Args:
        counts: Of each bin.
        lower: Lower edge of each bin; the last bin has no upper edge.
        x_label: With its unit.
        y_label: With its unit.
    """
    texts = [f"{a:g}-{b:g}" for a, b in itertools.pairwise(lower)] + [f"{lower[-1]:g}+"]
    places = [float(n) for n in range(len(counts))]
    panel = Panel(
        "",
        x_label,
        y_label,
        [Series("bars", y_label, places, list(counts), PLAIN, legend=False)],
        list(zip(places, texts, strict=True)),
        zero=True,
    )
    return Chart([[panel]], f"{y_label} by {x_label}", 330)


def shares(values: Sequence[float], texts: Sequence[str], x_label: str, y_label: str) -> Chart:
    """Parts of a whole, in percent.

    Args:
        values: Shares in [0, 1].
        texts: Names of the parts.
        x_label: Of the parts.
        y_label: Of the shares.
    """
    places = [float(n) for n in range(len(values))]
    series = Series("bars", y_label, places, [100 * v for v in values], PLAIN, legend=False)
    panel = Panel("", x_label, y_label, [series], list(zip(places, texts, strict=True)), zero=True)
    return Chart([[panel]], f"{y_label} by {x_label}", 330)


def co_occurrence(labels: Sequence[str], counts: Sequence[Sequence[float]]) -> Chart:
    """Number of clips in which two classes both occur; on the diagonal, in which one occurs."""
    names = [sound_class(label, k).short for k, label in enumerate(labels)]
    panel = Panel("", "", "", heat=Heat(names, names, counts, "clips"))
    return Chart([[panel]], "Clips in which the classes of row and column both occur", 420)


def clip_scores(
    scores: Float32,
    hop: float,
    labels: Sequence[str],
    truth: Sequence[Event],
    duration: float,
    theme: Theme = "light",
) -> Chart:
    """Ground truth, and the pooled score curves of the classes that are true or reach 0.2.

    Args:
        scores: (K, T) in [0, 1].
        hop: Seconds from frame to frame.
        labels: The K classes.
        truth: True events.
        duration: Of the clip in seconds.
        theme: "light" or "dark".
    """
    true = {label for _, _, label in truth}
    shown = [
        (k, label)
        for k, label in enumerate(labels)
        if label in true or scores[k].max(initial=0.0) >= 0.2
    ]
    time = ((np.arange(scores.shape[1]) + 0.5) * hop).tolist()
    lanes, curves = [], []
    for lane, (k, label) in enumerate(shown):
        kind = sound_class(label, k)
        true_spans = [(on, off) for on, off, name in truth if name == label]
        lanes.append(
            Series(
                "line",
                kind.display,
                [x for on, off in true_spans for x in (on, off, None)],
                [y for _ in true_spans for y in (lane, lane, None)],
                kind.color(theme),
                stroke=8,
                legend=False,
            )
        )
        curves.append(
            Series(
                "line", kind.display, time, scores[k].tolist(), kind.color(theme), dash=kind.dash
            )
        )
    curves.append(
        Series(
            "line",
            "threshold 0.5",
            [0.0, duration],
            [0.5, 0.5],
            INKS[theme].soft,
            dash=(1, 2),
            stroke=1,
        )
    )
    span = (0.0, duration)
    names = Panel(
        "ground truth",
        "time (s)",
        "",
        lanes,
        x_range=span,
        y_range=(-0.6, max(1, len(shown)) - 0.4),
        y_ticks=[(float(n), sound_class(label).short) for n, (_, label) in enumerate(shown)],
    )
    pooled = Panel(
        "pooled scores", "time (s)", "score (0 to 1)", curves, x_range=span, y_range=(-0.03, 1.03)
    )
    return Chart([[names, pooled]], "Ground truth and pooled score curves of the clip", 300)
