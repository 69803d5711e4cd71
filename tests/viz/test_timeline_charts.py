"""Class by time as colours, and amounts by time."""

from __future__ import annotations

import numpy as np

from jss.viz.printed import print_chart
from jss.viz.timeline_charts import amount, amounts, class_by_time, scale, ticks


def test_cells_without_sound_are_empty():
    active = np.array([[36.0, 0.0, 0.0], [0.0, 900.0, 0.0]])
    recorded = np.array([3600.0, 3600.0, 0.0])
    chart = class_by_time(["Dog", "Speech"], ["06:00", "", "08:00"], active, recorded)
    heat = chart.panels[0][0].heat
    assert heat is not None
    assert heat.values == [[0.1, 0.0, None], [0.0, 0.5, None]]
    assert scale(active, recorded)[-1] == (np.sqrt(0.5), "50 %")
    assert print_chart(chart, "svg").startswith(b"<?xml")


def test_axes_name_some_times():
    assert ticks(["a", "", "b"]) == [(0.0, "a"), (2.0, "b")]
    assert len(ticks([str(n) for n in range(1000)])) <= 13
    (events, active) = amounts(["a", "b"], [1, 2], [60.0, 90.0]).panels[0]
    assert list(events.series[0].y) == [1, 2]
    assert list(active.series[0].y) == [1.0, 1.5]
    assert [amount(s) for s in (4.24, 90, 7200, 5e6)] == ["4.24 s", "1.5 min", "2 h", "1390 h"]
