"""Charts of a long recording: class by time as colours, and amounts by time as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jss.labels import sound_class
from jss.viz.chart import Chart, Heat, Panel, Series
from jss.viz.style import PLAIN

#: Shares that the scale of colours may name.
_SHARES = (0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
#: Most names of times below a chart.
_TICKS = 13


def class_by_time(
    labels: Sequence[str],
    times: Sequence[str],
    short_times: Sequence[str],
    events: npt.NDArray[np.int64],
    active: npt.NDArray[np.float64],
    recorded: npt.NDArray[np.float64],
    chosen: tuple[str, int] | None = None,
) -> Chart:
    """How much of the recorded time each class is active, bin by bin.

    Colours go by the square root of the share, so that a rare class shows beside a common one.

    Args:
        labels: The K classes.
        times: Of the B bins, in full.
        short_times: The same for the axis; "": none is needed there.
        events: (K, B), that begin in the bin.
        active: (K, B), seconds.
        recorded: (B,), seconds of sound; where there is none, cells stay empty and cannot be
            pressed.
        chosen: Label and bin that are outlined.

    Returns:
        The chart; the key of a cell is (label, number of the bin).
    """
    some = recorded > 0
    share = active / np.where(some, recorded, 1.0)
    names = [sound_class(label, k).display for k, label in enumerate(labels)]
    values = [
        [math.sqrt(value) if there else None for value, there in zip(row, some, strict=True)]
        for row in share.tolist()
    ]
    texts = [
        [
            f"{name}, {time}<br>{amount(row_active[b])} active of {amount(recorded[b])} recorded"
            f"<br>{row_events[b]} event{'s' * (row_events[b] != 1)}"
            for b, time in enumerate(times)
        ]
        for name, row_active, row_events in zip(
            names, active.tolist(), events.tolist(), strict=True
        )
    ]
    keys = [[(label, b) for b in range(len(times))] for label in labels]
    top = float(share.max(initial=0.0))
    top = next((mark for mark in _SHARES[2:] if mark >= top), 1.0)
    scale = [
        (math.sqrt(mark), f"{100 * mark:g} %")
        for mark in _SHARES
        if not mark or top / 200 < mark <= top
    ]
    heat = Heat(names, times, values, "share of the recorded time", texts, keys, scale)
    panel = Panel("", "", "", x_ticks=ticks(short_times), heat=heat)
    alt = "Share of the recorded time in which each class is active, by time"
    return Chart([[panel]], alt, max(260, 90 + 28 * len(labels)), chosen)


def amounts(
    short_times: Sequence[str],
    events: Sequence[float],
    active: Sequence[float],
    label: str | None = None,
) -> Chart:
    """Events and active minutes by time.

    Args:
        short_times: Of the B bins, for the axis.
        events: (B,).
        active: (B,), seconds.
        label: The class that is counted; None: all of them.
    """
    name = sound_class(label).display if label else "all classes"
    places = [float(b) for b in range(len(short_times))]
    panels = [
        Panel(
            "",
            "",
            what,
            [Series("bars", what, places, list(values), PLAIN, legend=False)],
            ticks(short_times, 7),
            zero=True,
        )
        for what, values in (
            ("events", events),
            ("active time (min)", [seconds / 60 for seconds in active]),
        )
    ]
    return Chart([panels], f"Events and minutes of {name} by time", 250)


def ticks(texts: Sequence[str], most: int = _TICKS) -> list[tuple[float, str]]:
    """Some of the names of bins, evenly spaced, for an axis."""
    named = [(float(n), text) for n, text in enumerate(texts) if text]
    return named[:: max(1, math.ceil(len(named) / most))]


def amount(seconds: float) -> str:
    """A length of time: 4.2 s, 12 min, 3.5 h."""
    size, unit = (1, "s") if seconds < 60 else (60, "min") if seconds < 3600 else (3600, "h")
    return f"{float(f'{seconds / size:.3g}'):g} {unit}"
