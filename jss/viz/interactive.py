"""A chart as a Plotly figure: hover, zoom and click."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from jss.labels import Theme
from jss.viz.chart import Chart, Panel, Series
from jss.viz.style import HEAT, INKS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def interactive(chart: Chart, theme: Theme = "light") -> Figure:
    """The chart for the screen; a point's key is its custom data."""
    from plotly.subplots import make_subplots

    columns = max(len(row) for row in chart.panels)
    titles = [
        panel.title
        for row in chart.panels
        for panel in [*row, *[Panel("", "", "")] * (columns - len(row))]
    ]
    rows = len(chart.panels)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=titles if any(titles) else None,
        horizontal_spacing=0.22 / columns,
        vertical_spacing=0.34 / rows,
    )
    named: set[str] = set()
    for r, row in enumerate(chart.panels, 1):
        for c, panel in enumerate(row, 1):
            place = {"row": r, "col": c}
            if panel.heat is not None:
                _heat(figure, panel, theme, place)
            for series in panel.series:
                _add(figure, series, series.legend and series.name not in named, place)
                named.add(series.name)
                _outline(figure, series, chart.chosen, theme, place)
            _axes(figure, panel, theme, place)
    room = (
        60 if any(s.legend for row in chart.panels for panel in row for s in panel.series) else 20
    )
    legend = {"orientation": "h", "x": 0, "y": -0.2 * 330 / (chart.height * rows), "yanchor": "top"}
    figure.update_layout(
        height=chart.height * rows + room,
        margin={"l": 60, "r": 8, "t": 34, "b": 40},
        hoverlabel={"namelength": -1},
        legend=legend,
        boxmode="overlay",
        barmode="overlay",
    )
    figure.update_annotations(font_size=13, font_color=INKS[theme].soft)
    return figure


#: Points of a box that is drawn with all of them: share of its width, and opacity.
_SPREAD, _OPACITY = 0.28, 0.55


def _spread(s: Series) -> list[float]:
    """Places of a box's points beside one another, the same every time. -> as many as y"""
    assert s.x[0] is not None
    rng = random.Random(0)
    return [s.x[0] + rng.uniform(-_SPREAD, _SPREAD) * s.width for _ in s.y]


def _outline(figure: Figure, s: Series, chosen: Any, theme: Theme, place: dict[str, int]) -> None:
    """Draw the outline of the chosen bar or point, where this series holds it."""
    keys = [tuple(key) if isinstance(key, list | tuple) else (key,) for key in s.keys or ()]
    if chosen is None or tuple(chosen) not in keys:
        return
    at, ink = keys.index(tuple(chosen)), INKS[theme].text
    shared: dict[str, Any] = {"showlegend": False, "hoverinfo": "skip", "legendgroup": s.name}
    if s.kind == "bars":
        figure.add_bar(
            x=[s.x[at]],
            y=[s.y[at]],
            width=s.width,
            marker={"color": "rgba(0,0,0,0)", "line": {"color": ink, "width": 3}},
            **shared,
            **place,
        )
    else:
        x = _spread(s)[at] if s.kind == "box" and not s.outliers else s.x[min(at, len(s.x) - 1)]
        figure.add_scatter(
            x=[x],
            y=[s.y[at]],
            mode="markers",
            marker={"symbol": "circle-open", "size": 17, "color": ink, "line": {"width": 3}},
            **shared,
            **place,
        )


def _add(figure: Figure, s: Series, legend: bool, place: dict[str, int]) -> None:
    shared: dict[str, Any] = {"name": s.name, "legendgroup": s.name, "showlegend": legend}
    # A click outlines a point or bar (see _outline), and nothing else fades.
    calm: dict[str, Any] = {"unselected": {"marker": {"opacity": 1.0}}}
    if s.keys is not None:
        shared["customdata"] = [
            list(key) if isinstance(key, list | tuple) else [key] for key in s.keys
        ]
    key_line = "%{customdata[0]}<br>" if s.keys is not None else ""
    if s.kind == "bars":
        figure.add_bar(
            x=s.x,
            y=s.y,
            width=s.width,
            marker_color=s.color,
            hovertemplate=f"{key_line}{s.name}: %{{y:.4~g}}<extra></extra>",
            **calm,
            **shared,
            **place,
        )
    elif s.kind == "box" and not s.outliers:
        box = {key: value for key, value in shared.items() if key != "customdata"}
        figure.add_box(
            x=[s.x[0]] * len(s.y),
            y=s.y,
            width=s.width,
            line_width=1.5,
            marker_color=s.color,
            boxpoints=False,
            hoverinfo="skip",
            **box,
            **place,
        )
        figure.add_scatter(
            x=_spread(s),
            y=s.y,
            mode="markers",
            marker={"size": 4, "color": s.color, "opacity": _OPACITY},
            unselected={"marker": {"opacity": _OPACITY}},
            hovertemplate=f"{key_line}{s.name}: %{{y:.3f}}<extra></extra>",
            **(shared | {"showlegend": False}),
            **place,
        )
    elif s.kind == "box":
        figure.add_box(
            x=[s.x[0]] * len(s.y),
            y=s.y,
            width=s.width,
            line_width=1.5,
            marker_color=s.color,
            boxpoints="outliers",
            jitter=0,
            pointpos=0,
            marker={"size": 4, "opacity": _OPACITY},
            unselected={"marker": {"opacity": _OPACITY}},
            hovertemplate=f"{key_line}{s.name}: %{{y:.3f}}<extra></extra>",
            **shared,
            **place,
        )
    elif s.kind == "quartiles":
        low, q1, median, q3, high = ([v] for v in s.y)
        figure.add_box(
            x=[s.x[0]],
            lowerfence=low,
            q1=q1,
            median=median,
            q3=q3,
            upperfence=high,
            width=s.width,
            line_width=1.5,
            marker_color=s.color,
            **shared,
            **place,
        )
    elif s.kind == "line":
        dash = ",".join(f"{step}px" for step in s.dash) or "solid"
        figure.add_scatter(
            x=s.x,
            y=s.y,
            mode="lines+markers" if s.dots else "lines",
            marker={"size": 6, "color": s.color},
            cliponaxis=not s.dots,
            line={"color": s.color, "width": s.stroke, "dash": dash},
            connectgaps=False,
            hovertemplate=f"{s.name}: %{{y:.4~g}}<extra></extra>",
            **shared,
            **place,
        )
    else:
        bounds: dict[str, Any] = {}
        if s.low is not None and s.high is not None:
            up = [
                (h - y) if h is not None and y is not None else 0.0
                for h, y in zip(s.high, s.y, strict=True)
            ]
            down = [
                (y - v) if v is not None and y is not None else 0.0
                for v, y in zip(s.low, s.y, strict=True)
            ]
            bounds["error_y"] = {"array": up, "arrayminus": down, "width": 3, "thickness": 1}
        figure.add_scatter(
            x=s.x,
            y=s.y,
            mode="markers",
            marker={"size": 11, "color": s.color, "symbol": s.symbol},
            hovertemplate=f"{key_line}{s.name}<br>%{{x:.4~g}}, %{{y:.4~g}}<extra></extra>",
            **calm,
            **bounds,
            **shared,
            **place,
        )


def _heat(figure: Figure, panel: Panel, theme: Theme, place: dict[str, int]) -> None:
    heat, ink = panel.heat, INKS[theme]
    assert heat is not None
    figure.update_yaxes(autorange="reversed", **place)
    figure.add_heatmap(
        z=heat.values,
        x=heat.columns,
        y=heat.rows,
        texttemplate="%{z}",
        colorscale=[[0, ink.paper], [1, HEAT]],
        showscale=False,
        hovertemplate="%{y}, %{x}: %{z} " + heat.unit + "<extra></extra>",
        **place,
    )


def _axes(figure: Figure, panel: Panel, theme: Theme, place: dict[str, int]) -> None:
    ink = INKS[theme]
    text = {"tickfont_color": ink.soft, "title_font_color": ink.soft}
    x: dict[str, Any] = {
        "title_text": panel.x_label,
        "showgrid": panel.x_ticks is None and panel.heat is None,
        **text,
    }
    y: dict[str, Any] = {"title_text": panel.y_label, "gridcolor": ink.line, **text}
    if panel.x_ticks is not None:
        x |= {
            "tickvals": [at for at, _ in panel.x_ticks],
            "ticktext": [text for _, text in panel.x_ticks],
            "autotickangles": [0, -30],  # level where the texts have room
        }
    if panel.y_ticks is not None:
        y |= {
            "tickvals": [at for at, _ in panel.y_ticks],
            "ticktext": [text for _, text in panel.y_ticks],
        }
    if panel.x_range is not None:
        x["range"] = list(panel.x_range)
    if panel.y_range is not None:
        y["range"] = list(panel.y_range)
    elif panel.zero:
        y["rangemode"] = "tozero"
    figure.update_xaxes(**x, **place)
    figure.update_yaxes(**y, **place)
