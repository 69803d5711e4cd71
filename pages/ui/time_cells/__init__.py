"""Charts by time of the page Timeline: cells to be pressed, and bars below them on the same axis.

Drawn in the browser from the counts. Plotly takes half a second to start, and needs an element for
each of thousands of cells to have them pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jss.review.timeline import Grid
from jss.viewer import styles
from jss.viz.style import PLAIN, PRESSED, heat_steps
from jss.viz.timeline_charts import SHARE
from pages.ui import widgets
from pages.ui.viewer import internals

_WEB = Path(__file__).parent / "web"


def cells(
    grid: Grid,
    labels: Mapping[str, str],
    times: Sequence[str],
    ticks: Sequence[tuple[float, str]],
    scale: Sequence[tuple[float, str]],
    chosen: tuple[str, int] | None,
    *,
    alt: str,
    key: str,
    on_press: Callable[[], None],
) -> None:
    """Show how much of the recorded time each class is active, bin by bin.

    Args:
        grid: The counts.
        labels: The K classes -> their names for people.
        times: Of the B bins, in full.
        ticks: (bin, text) of the axis.
        scale: (square root of a share, text) of the scale of colours.
        chosen: Label and bin that are marked.
        alt: Text alternative for screen readers.
        key: Of the widget: ``st.session_state[key]["pressed"]`` is a mapping of the label and the
            start of the cell, in seconds, that was pressed. One without sound cannot be.
        on_press: Called before the rerun that follows a press.
    """
    data = {
        "cells": {
            "events": grid.events.tolist(),
            "active": grid.active.round(2).tolist(),
            "recorded": grid.recorded.round(2).tolist(),
            "start": float(grid.starts[0]),
            "step": grid.step,
            "scale": [list(mark) for mark in scale],
            "unit": SHARE,
            "colors": [color for _, color in heat_steps(widgets.theme())],
            "pressed": PRESSED,
            "chosen": chosen and [list(labels).index(chosen[0]), chosen[1]],
        },
        "labels": list(labels),
    }
    _mount(data, labels, times, ticks, alt, key, on_press)


def bars(
    values: Mapping[str, Sequence[float]],
    labels: Mapping[str, str],
    times: Sequence[str],
    ticks: Sequence[tuple[float, str]],
    *,
    alt: str,
    key: str,
) -> None:
    """Show amounts by time, below the cells.

    Args:
        values: What is counted -> (B,).
        labels: As of :func:`cells`, for the same margins.
        times: Of the B bins, in full.
        ticks: (bin, text) of the axis.
        alt: Text alternative for screen readers.
        key: Of the widget.
    """
    data = {"bars": [[name, list(row)] for name, row in values.items()], "color": PLAIN}
    _mount(data, labels, times, ticks, alt, key, lambda: None)


def _mount(
    data: dict[str, Any],
    labels: Mapping[str, str],
    times: Sequence[str],
    ticks: Sequence[tuple[float, str]],
    alt: str,
    key: str,
    on_press: Callable[[], None],
) -> None:
    shared = {
        "names": list(labels.values()),
        "times": list(times),
        "ticks": [list(tick) for tick in ticks],
        "alt": alt,
    }
    mount = internals.component(
        _WEB, html="cells.html", styles=styles(_WEB / "cells.css"), js="main.js"
    )
    mount(key=key, data=shared | data, on_pressed_change=on_press)
