"""A chart for print: the numbers of the screen at print size, as SVG, PDF or PNG."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from jss.errors import JssError
from jss.labels import Theme
from jss.viz.chart import Chart, Panel, Series
from jss.viz.style import HEAT, INKS, LABEL, TICK, WIDTH, Ink, dress, heat_steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Format = Literal["svg", "pdf", "png"]
#: Their MIME types.
FORMATS: Mapping[Format, str] = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
}
#: Held while a figure is written: matplotlib's settings and font cache belong to the process.
RENDERING = threading.Lock()
_MARKS = {"circle": "o", "diamond": "D", "star": "*"}


def printed(chart: Chart, theme: Theme = "light") -> Figure:
    """The chart as a matplotlib Figure, 183 mm wide."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    ink, rows = INKS[theme], len(chart.panels)
    columns = max(len(row) for row in chart.panels)
    names = len({s.name for row in chart.panels for panel in row for s in panel.series if s.legend})
    below = 0.18 * -(-names // 5)
    height = rows * chart.height / 330 * (2.6 if columns > 1 else 3.0) + below
    layout = ConstrainedLayoutEngine(rect=(0, below / height, 1, 1 - below / height))
    figure = Figure(figsize=(WIDTH, height), facecolor=ink.paper, layout=layout)
    grid = figure.add_gridspec(rows, columns)
    shown: dict[str, Any] = {}
    for r, row in enumerate(chart.panels):
        for c, panel in enumerate(row):
            axes = figure.add_subplot(grid[r, c])
            dress(axes, ink)
            for series in panel.series:
                handle = _draw(axes, series, ink)
                if series.legend:
                    shown.setdefault(series.name, handle)
            if panel.heat is not None:
                _heat(axes, panel, ink)
            _axes(axes, panel, ink)
    if len(shown) > 1:
        figure.legend(
            list(shown.values()),
            list(shown),
            loc="lower center",
            frameon=False,
            ncols=min(5, len(shown)),
            fontsize=TICK,
            labelcolor=ink.text,
        )
    return figure


def save(drawing: Figure, format: Format, dpi: int = 300) -> bytes:
    """A matplotlib Figure as a file.

    Args:
        drawing: The figure.
        format: svg and pdf (text stays text), or png.
        dpi: Of a png.

    Raises:
        JssError: Another format.
    """
    if format not in FORMATS:
        raise JssError(f"A figure is written as svg, pdf or png, not as '{format}'.")
    import matplotlib

    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[format]
    buffer = io.BytesIO()
    with (
        RENDERING,
        matplotlib.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "jss"}),
    ):
        drawing.savefig(
            buffer, format=format, dpi=dpi, facecolor=drawing.get_facecolor(), metadata=metadata
        )
    return buffer.getvalue()


def print_chart(chart: Chart, format: Format = "pdf", theme: Theme = "light") -> bytes:
    """The chart as a file.

    Args:
        chart: The chart.
        format: svg, pdf or png.
        theme: "light" or "dark".

    Raises:
        JssError: Another format.
    """
    return save(printed(chart, theme), format)


def _draw(axes: Axes, s: Series, ink: Ink) -> Any:
    """Draw a series. Returns its handle for the legend."""
    x = np.array([np.nan if v is None else v for v in s.x], float)
    y = np.array([np.nan if v is None else v for v in s.y], float)
    if s.kind == "bars":
        return axes.bar(x, np.nan_to_num(y), s.width, color=s.color, gid=s.name)
    if s.kind == "line":
        dashes = (0, tuple(step / 2 for step in s.dash)) if s.dash else "-"
        return axes.plot(
            x,
            y,
            color=s.color,
            linestyle=dashes,
            linewidth=0.6 * s.stroke,
            marker="o" if s.dots else None,
            markersize=2.5,
            solid_capstyle="butt",
            gid=s.name,
        )[0]
    if s.kind == "quartiles":
        names = ("whislo", "q1", "med", "q3", "whishi")
        parts = axes.bxp(
            [dict(zip(names, y, strict=True))],
            positions=[x[0]],
            widths=s.width * 0.8,
            showfliers=False,
            manage_ticks=False,
        )
        return _paint(parts, s.color)
    if s.kind == "box":
        values = y[~np.isnan(y)]
        look: dict[str, Any] = {"positions": [x[0]], "widths": s.width * 0.8, "manage_ticks": False}
        if s.outliers:
            point = {
                "marker": ".",
                "markersize": 1.8,
                "markerfacecolor": s.color,
                "markeredgewidth": 0,
            }
            return _paint(axes.boxplot([values], flierprops=point, **look), s.color)
        if len(values):
            _paint(axes.boxplot([values], showfliers=False, **look), s.color)
        jitter = np.random.default_rng(0).uniform(-0.28, 0.28, len(y)) * s.width
        return axes.scatter(
            x[0] + jitter, y, s=2.5, color=s.color, alpha=0.5, linewidths=0, gid=s.name
        )
    if s.low is not None and s.high is not None:
        low, high = (
            np.array([np.nan if v is None else v for v in part], float) for part in (s.low, s.high)
        )
        axes.vlines(x, low, high, color=s.color, linewidth=0.8)
    return axes.scatter(
        x, y, s=22, color=s.color, marker=_MARKS[s.symbol], linewidths=0, gid=s.name, zorder=3
    )


def _paint(parts: Any, color: str) -> Any:
    """Draw the lines of a box plot in one colour. Returns its box."""
    for line in (line for kind in parts.values() for line in kind):
        line.set_color(color)
        line.set_linewidth(0.9)
    return parts["boxes"][0]


def _heat(axes: Axes, panel: Panel, ink: Ink) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    heat = panel.heat
    assert heat is not None
    values = np.array(heat.values, float)
    axes.set_yticks(range(len(heat.rows)), heat.rows)
    if heat.scale is not None:
        theme: Theme = "light" if ink is INKS["light"] else "dark"
        top = max((at for at, _ in heat.scale), default=None)
        image = axes.imshow(
            values,
            cmap=LinearSegmentedColormap.from_list("amounts", heat_steps(theme)),
            aspect="auto",
            interpolation="nearest",
            vmin=0,
            vmax=top,
        )
        if axes.figure is not None:
            bar = axes.figure.colorbar(image, ax=axes, pad=0.01, fraction=0.03)
            bar.set_ticks([at for at, _ in heat.scale], labels=[text for _, text in heat.scale])
            bar.ax.tick_params(labelsize=TICK, colors=ink.soft, length=2, width=0.5)
            bar.set_label(heat.unit, fontsize=TICK, color=ink.text)
            bar.outline.set_visible(False)
        return
    axes.imshow(
        values, cmap=LinearSegmentedColormap.from_list("heat", [ink.paper, HEAT]), aspect="auto"
    )
    axes.set_xticks(range(len(heat.columns)), heat.columns, rotation=40, ha="right")
    for (row, column), value in np.ndenumerate(values):
        dark = value > 0.55 * values.max()
        axes.text(
            column,
            row,
            f"{value:g}",
            fontsize=TICK,
            ha="center",
            va="center",
            color="#ffffff" if dark else ink.text,
        )


def _axes(axes: Axes, panel: Panel, ink: Ink) -> None:
    axes.set_title(panel.title, fontsize=LABEL, color=ink.text, loc="left", pad=3)
    axes.set_xlabel(panel.x_label, fontsize=LABEL, color=ink.text, labelpad=2)
    axes.set_ylabel(panel.y_label, fontsize=LABEL, color=ink.text, labelpad=2)
    if panel.heat is None:
        axes.grid(axis="y", color=ink.line, linewidth=0.4)
        axes.set_axisbelow(True)
    if panel.x_ticks is not None:
        turned: dict[str, Any] = {"rotation": 30, "ha": "right"} if len(panel.x_ticks) > 5 else {}
        axes.set_xticks(
            [at for at, _ in panel.x_ticks], [text for _, text in panel.x_ticks], **turned
        )
    if panel.y_ticks is not None:
        axes.set_yticks([at for at, _ in panel.y_ticks], [text for _, text in panel.y_ticks])
    if panel.x_range is not None:
        axes.set_xlim(*panel.x_range)
    if panel.y_range is not None:
        axes.set_ylim(*panel.y_range)
    elif panel.zero:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
