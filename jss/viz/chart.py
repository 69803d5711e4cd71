"""A chart as data: panels of series, drawn by ``interactive`` for the screen and by ``printed`` for
paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["bars", "line", "points", "box", "quartiles"]
#: Okabe and Ito's colours, told apart by every kind of sight, in the order of the systems on a
#: page; the last four were chosen to be as far from these, and from one another, as theirs are.
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
    """One name in the legend. x, y: numbers, None where nothing was measured (a line breaks there).

    kind: bars of ``width``; a line of ``stroke`` pixels, with ``dash`` (on, off, ... in pixels);
    points, with bounds ``low`` and ``high``; a box: quartiles of y at the one place x[0], with
    every value as a point, or only those beyond the whiskers (1.5 times the height of the box)
    where ``outliers``; quartiles: y is the least value, the quartiles and the greatest value at
    x[0]. color: #RRGGBB; symbol: of points; keys: what a click on a point says; legend: whether the
    name is shown there.
    """

    kind: Kind
    name: str
    x: Sequence[float | None]
    y: Sequence[float | None]
    color: str
    width: float = 0.8
    stroke: float = 2.0
    dash: tuple[int, ...] = ()
    symbol: Literal["circle", "diamond", "star"] = "circle"
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None
    keys: Sequence[Any] | None = None
    legend: bool = True
    outliers: bool = False


@dataclass(frozen=True)
class Heat:
    """A table of numbers as colours. values: rows x columns; unit: what they count."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    unit: str


@dataclass(frozen=True)
class Panel:
    """One pair of axes. x_label, y_label: with units; x_ticks, y_ticks: (place, text) instead of
    numbers; x_range, y_range: of the axes (None: as the data want); zero: y begins at 0; heat: a
    table instead of series.
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series] = ()
    x_ticks: Sequence[tuple[float, str]] | None = None
    y_ticks: Sequence[tuple[float, str]] | None = None
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    zero: bool = False
    heat: Heat | None = None


@dataclass(frozen=True)
class Chart:
    """Rows of panels. alt: what is to be seen, for those who cannot; height: of a row in pixels."""

    panels: Sequence[Sequence[Panel]]
    alt: str
    height: int = 330
