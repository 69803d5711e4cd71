"""Class by time as colours: what is drawn, what can be pressed, and the same in print."""

from __future__ import annotations

import numpy as np

from jss.viz.interactive import interactive
from jss.viz.printed import print_chart
from jss.viz.timeline_charts import amount, amounts, class_by_time, ticks


def test_cells_without_sound_are_empty_and_cannot_be_pressed():
    chart = class_by_time(
        ["Dog", "Speech"],
        ["06:00", "07:00", "08:00"],
        ["06:00", "", "08:00"],
        np.array([[1, 0, 0], [0, 2, 0]]),
        np.array([[36.0, 0.0, 0.0], [0.0, 900.0, 0.0]]),
        np.array([3600.0, 3600.0, 0.0]),
        ("Speech", 1),
    )
    heat = chart.panels[0][0].heat
    assert heat is not None
    assert heat.values == [[0.1, 0.0, None], [0.0, 0.5, None]]
    drawn, cells = interactive(chart, "dark").data
    assert drawn.zmax == np.sqrt(0.5)
    assert [tuple(key) for key in cells.customdata] == [
        ("Dog", 0),
        ("Dog", 1),
        ("Speech", 0),
        ("Speech", 1),
    ]
    assert cells.hovertext[0] == "Dog, 06:00<br>36 s active of 1 h recorded<br>1 event"
    assert len(interactive(chart).layout.shapes) == 1, "the chosen cell is marked"
    assert print_chart(chart, "svg").startswith(b"<?xml")


def test_axes_name_some_times():
    assert ticks(["a", "", "b"]) == [(0.0, "a"), (2.0, "b")]
    assert len(ticks([str(n) for n in range(1000)])) <= 13
    (events, active) = amounts(["a", "b"], [1, 2], [60.0, 90.0]).panels[0]
    assert list(events.series[0].y) == [1, 2]
    assert list(active.series[0].y) == [1.0, 1.5]
    assert [amount(s) for s in (4.24, 90, 7200, 5e6)] == ["4.24 s", "1.5 min", "2 h", "1390 h"]
