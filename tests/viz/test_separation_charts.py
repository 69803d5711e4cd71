from __future__ import annotations

from jss.viz.interactive import interactive
from jss.viz.printed import print_chart, printed
from jss.viz.separation_charts import INPUT, separation_boxes

SAMPLES = [
    ("siren", float(db), number) for number, db in enumerate([0, 1, 1, 2, 2, 2, 3, 3, 4, 30])
]
BOXES = {INPUT: [("car_horn", -5.0, 3), *SAMPLES], "weak-frame": [("car_horn", 1.0, 3), *SAMPLES]}


def test_a_group_a_class_and_overall_a_box_a_separator():
    chart = separation_boxes(BOXES, ("car_horn", "dog_bark", "siren"))
    ((panel,),) = chart.panels
    assert [text for _, text in panel.x_ticks] == ["Horn", "Dog", "Siren", "Overall"]
    assert [(s.name, len(s.y)) for s in panel.series] == [
        ("Mixture", 1),
        ("Mixture", 10),
        ("Mixture", 11),
        ("weak-frame", 1),
        ("weak-frame", 10),
        ("weak-frame", 11),
    ]
    assert panel.y_label.endswith("(dB)")
    assert panel.series[4].keys[-1] == ("scene 9, Siren", 9, "siren", "weak-frame")
    places = [s.x[0] for s in panel.series]
    assert len(set(places)) == 6


def test_only_what_is_beyond_the_whiskers_is_a_point():
    chart = separation_boxes(BOXES, ("siren",), "dark")
    figure = interactive(chart, "dark")
    assert {trace.boxpoints for trace in figure.data} == {"outliers"}
    (axes,) = printed(chart).axes
    points = [line for line in axes.lines if line.get_marker() == "."]
    assert [list(line.get_ydata()) for line in points] == [[30.0], [-5.0, 30.0], [30.0], [30.0]]
    assert len(print_chart(chart, "png")) > 1000
