"""Charts of a long recording: class by time as colours, and amounts by time as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jss.labels import sound_class
from jss.viz.chart import Chart, Heat, Panel, Series
from jss.viz.style import PLAIN

#: What the colours are, and the text alternative of the chart.
SHARE = "share of the recorded time"
ALT = "Share of the recorded time in which each class is active, by time"
#: Shares that the scale of colours may name.
_SHARES = (0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
#: Most names of times below a chart.
_TICKS = 13


def class_by_time(
    labels: Sequence[str],
    short_times: Sequence[str],
    active: npt.NDArray[np.float64],
    recorded: npt.NDArray[np.float64],
) -> Chart:
    """How much of the recorded time each class is active, bin by bin, for print.

    Colours go by the square root of the share, so that a rare class shows beside a common one.

    Args:
        labels: The K classes.
        short_times: Of the B bins, for the axis; "": none is needed there.
        active: (K, B), seconds.
        recorded: (B,), seconds of sound; where there is none, cells stay empty.
    """
    some = recorded > 0
    share = active / np.where(some, recorded, 1.0)
    names = [sound_class(label, k).display for k, label in enumerate(labels)]
    values = [
        [math.sqrt(value) if there else None for value, there in zip(row, some, strict=True)]
        for row in share.tolist()
    ]
    heat = Heat(names, short_times, values, SHARE, scale(active, recorded))
    panel = Panel("", "", "", x_ticks=ticks(short_times), heat=heat)
    return Chart([[panel]], ALT, max(260, 90 + 28 * len(labels)))


def scale(
    active: npt.NDArray[np.float64], recorded: npt.NDArray[np.float64]
) -> list[tuple[float, str]]:
    """Marks of a scale of colours: (square root of a share, the share as text).

    Args:
        active: (K, B), seconds.
        recorded: (B,), seconds of sound.
    """
    highest = float((active / np.where(recorded > 0, recorded, np.inf)).max(initial=0.0))
    top = next((mark for mark in _SHARES[2:] if mark >= highest), 1.0)
    return [
        (math.sqrt(mark), f"{100 * mark:g} %")
        for mark in _SHARES
        if not mark or top / 200 < mark <= top
    ]


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
