"""A chart as data: panels of series, drawn by ``interactive`` (screen) and ``printed`` (paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["bars", "line", "points", "box", "quartiles"]
#: Okabe and Ito's colours, safe for colour-blind readers, in the order of the systems on a page;
#: the last four were chosen to be as far from these, and from one another, as theirs are.
PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#8C8C8C",
    "#884455",
    "#7A2FE0",
    "#B8141B",
    "#B26BFF",
)


@dataclass(frozen=True)
class Series:
    """One entry of the legend."""

    #: Bars of ``width``; a line; points, with bounds ``low`` and ``high``; box: quartiles of y at
    #: the one place x[0], with every value as a point; quartiles: y is the minimum, the quartiles
    #: and the maximum at x[0].
    kind: Kind
    #: In the legend.
    name: str
    #: Numbers, or None.
    x: Sequence[float | None]
    #: Numbers; None where nothing was measured (a line breaks there).
    y: Sequence[float | None]
    #: #RRGGBB.
    color: str
    #: Of bars and boxes, in units of x.
    width: float = 0.8
    #: Of a line, in pixels.
    stroke: float = 2.0
    #: On, off, ... of a line, in pixels; empty: solid.
    dash: tuple[int, ...] = ()
    #: Of a line: mark each value, so that one between gaps is seen too.
    dots: bool = False
    #: Of points.
    symbol: Literal["circle", "diamond", "star"] = "circle"
    #: Lower bounds of points.
    low: Sequence[float | None] | None = None
    #: Upper bounds of points.
    high: Sequence[float | None] | None = None
    #: Data of each point, returned by a click on it.
    keys: Sequence[Any] | None = None
    #: Whether the name is in the legend.
    legend: bool = True
    #: Of a box: show only the points beyond the whiskers (1.5 times the height of the box).
    outliers: bool = False


@dataclass(frozen=True)
class Heat:
    """A table of numbers as colours."""

    #: Names of the rows.
    rows: Sequence[str]
    #: Names of the columns.
    columns: Sequence[str]
    #: rows x columns; None: nothing was measured, and the place stays empty.
    values: Sequence[Sequence[float | None]]
    #: Of the numbers.
    unit: str
    #: (number, text) of the scale beside it; None: each number is written into its cell instead.
    scale: Sequence[tuple[float, str]] | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    #: Above it.
    title: str
    #: With its unit.
    x_label: str
    #: With its unit.
    y_label: str
    #: Drawn in it.
    series: Sequence[Series] = ()
    #: (place, text) instead of numbers.
    x_ticks: Sequence[tuple[float, str]] | None = None
    #: (place, text) instead of numbers.
    y_ticks: Sequence[tuple[float, str]] | None = None
    #: Of the axis; None: that of the data.
    x_range: tuple[float, float] | None = None
    #: Of the axis; None: that of the data.
    y_range: tuple[float, float] | None = None
    #: Whether y begins at 0.
    zero: bool = False
    #: A table instead of series.
    heat: Heat | None = None


@dataclass(frozen=True)
class Chart:
    """Rows of panels."""

    #: By row.
    panels: Sequence[Sequence[Panel]]
    #: Text alternative for screen readers.
    alt: str
    #: Of a row, in pixels.
    height: int = 330
    #: Key of the point or bar that is chosen, drawn with an outline; None: none.
    chosen: Any = None
